"""What a customer is expected to spend with each purchase. Says nothing about how often they buy.

Two models, which answer the same question: Gamma-Gamma, and the shrunken mean where the data tells no Gamma-Gamma.
Both trust a customer's own mean the more, the more purchases it is made of, and everybody's mean for the rest.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import FitError, Phrase, ScoringError
from crm_success.scoring.engine.forecast.likelihood_search import Peak, highest_peak, weighted_sum

Array: TypeAlias = npt.NDArray[np.float64]

FEWEST_CUSTOMERS = 50
MOST_CORRELATED = 0.3
# purchases after which a customer's own mean counts as much as everybody's
HALF_TRUST = 2.0
LEAST_TAIL = 1.01  # of q: the mean of everybody grows without end towards 1
LOWEST = np.array([1e-2, 1e-2, 1e-4])  # p, q, gamma in everybody's mean spend
HIGHEST = np.array([1e3, 1e3, 1e4])
STARTS = np.array([[2.0, 3.0, 1.0], [10.0, 3.0, 0.2], [0.5, 6.0, 10.0]])
SHIFT = 8


@dataclass(frozen=True)
class GammaGamma:
	"""The fitted Gamma-Gamma model.

	The spend of a purchase is gamma distributed with shape `p` and a rate of the customer's own; these rates are gamma
	distributed with shape `q` and rate `gamma`, in the currency of the spend. `log_likelihood` is that of the
	`customers` it was fitted to.

	Source: Fader and Hardie, "The Gamma-Gamma Model of Monetary Value", 2013; Fader, Hardie and Lee, "RFM and CLV: Using
	Iso-Value Curves for Customer Base Analysis", Journal of Marketing Research 42(4), 2005.
	"""

	p: float
	q: float
	gamma: float
	log_likelihood: float
	customers: int

	@property
	def mean(self) -> float:
		"""The expected spend of a customer of whom nothing is known."""
		return self.p * self.gamma / (self.q - 1)

	def expected_spend(self, purchases: pd.Series, spend: pd.Series) -> pd.Series:
		"""The expected spend of each customer's next purchase, never below 0; `mean` for who has none.

		`purchases` and `spend` are as in `fit_gamma_gamma`. Negative spend counts as 0: returns are as much a fact as
		purchases, but no purchase is expected to cost less than nothing.
		"""
		return _shrunken(purchases, spend, self.mean, (self.q - 1) / self.p)


@dataclass(frozen=True)
class ShrunkenMean:
	"""The simpler way: a customer's own mean, drawn towards the mean of all customers.

	`mean` is the mean of the customers' mean spends, in their currency, with negative ones as 0, and counts as much as
	`half_trust` purchases. `customers` is how many that mean is of, and `reason` says why there is no Gamma-Gamma model.
	"""

	mean: float
	half_trust: float
	customers: int
	reason: Phrase

	def expected_spend(self, purchases: pd.Series, spend: pd.Series) -> pd.Series:
		"""As with Gamma-Gamma: (purchases x spend + half_trust x mean) / (purchases + half_trust)."""
		return _shrunken(purchases, spend, self.mean, self.half_trust)


def fit_spend_model(purchases: pd.Series, spend: pd.Series) -> GammaGamma | ShrunkenMean:
	"""The Gamma-Gamma model of these customers, or their shrunken mean with the reason. Arguments as with the first."""
	try:
		return fit_gamma_gamma(purchases, spend)
	except FitError as reason:
		return shrunken_mean(purchases, spend, reason)


def shrunken_mean(purchases: pd.Series, spend: pd.Series, reason: Phrase) -> ShrunkenMean:
	"""The mean of customers with a purchase, and the reason why it has to do. Without any it is 0."""
	count, amount = _numbers(purchases, spend)
	known = np.sort(np.maximum(amount[count > 0], 0.0))
	return ShrunkenMean(float(known.mean()) if len(known) else 0.0, HALF_TRUST, len(known), reason)


def fit_gamma_gamma(purchases: pd.Series, spend: pd.Series) -> GammaGamma:
	"""The Gamma-Gamma model under which the mean spends of these customers are most likely.

	`purchases` says of how many purchases (NaN or 0: none) `spend` is the mean, net of returns and in one currency; the
	two share an index of customers. Only spend above 0 takes part in the fit: a gamma distribution knows no other.

	Raises FitError, which says why, where the data tells no such model: few customers, who buys more often spends
	otherwise, everybody spends the same, or the spends are so far apart that they have no mean. Raises ScoringError
	for purchases below 0 and for purchases without a spend.
	"""
	count, amount = _numbers(purchases, spend)
	spent = (count > 0) & (amount > 0)
	order = np.lexsort((amount[spent], count[spent]))
	count, amount = count[spent][order], amount[spent][order]
	_refuse_unfit(count, amount)
	unit = float(amount.mean())
	peak = highest_peak(Spends(count, amount / unit).likelihood, list(STARTS), LOWEST, HIGHEST)
	_refuse_degenerate(peak)
	p, q, gamma = peak.parameters.tolist()
	return GammaGamma(p, q, gamma * unit, (peak.height - math.log(unit)) * len(count), len(count))


class Spends:
	"""Purchases and mean spends above 0 of customers, ascending in purchases."""

	def __init__(self, purchases: Array, spend: Array) -> None:
		distinct, sizes = np.unique(purchases, return_counts=True)
		self.purchases, self.spent = purchases, purchases * spend
		self.distinct, self.sizes = distinct, sizes.astype("float64")
		self.customers = float(len(purchases))
		self.logs_of_spend = float(np.log(spend).sum())
		self.logs_of_spent = weighted_sum(purchases, np.log(self.spent))

	def likelihood(self, parameters: Array) -> tuple[float, Array]:
		"""The log likelihood per customer at p, q, gamma, and its slopes: equation (1a) of the note of 2013."""
		p, q, gamma = parameters.tolist()
		shapes, both = p * self.distinct, p * self.purchases + q
		log_all = np.log(gamma + self.spent)
		functions = weighted_sum(self.sizes, log_gamma(shapes + q) - log_gamma(shapes))
		of_gamma = self.customers * (q * math.log(gamma) - math.lgamma(q))
		of_spends = p * self.logs_of_spent - self.logs_of_spend - weighted_sum(both, log_all)
		more = digamma(shapes + q)
		slopes = [
			weighted_sum(self.sizes, self.distinct * (more - digamma(shapes)))
			+ self.logs_of_spent
			- weighted_sum(self.purchases, log_all),
			weighted_sum(self.sizes, more)
			+ self.customers * (math.log(gamma) - digamma(np.array(q)))
			- log_all.sum(),
			self.customers * q / gamma - (both / (gamma + self.spent)).sum(),
		]
		return (functions + of_gamma + of_spends) / self.customers, np.array(slopes) / self.customers


def log_gamma(numbers: Array) -> Array:
	"""The logarithm of the gamma function of numbers above 0, to 13 digits.

	Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.1.15 (to move up) and 6.1.41.
	"""
	high = numbers + SHIFT
	inverse = 1 / high**2
	series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))
	stirling = (high - 0.5) * np.log(high) - high + math.log(2 * math.pi) / 2 + series / high
	return stirling - sum(np.log(numbers + step) for step in range(SHIFT))


def digamma(numbers: Array) -> Array:
	"""The slope of `log_gamma`. Source: the same, 6.3.5 and 6.3.18."""
	high = numbers + SHIFT
	inverse = 1 / high**2
	series = 1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132)))
	return np.log(high) - 0.5 / high - inverse * series - sum(1 / (numbers + step) for step in range(SHIFT))


def _numbers(purchases: pd.Series, spend: pd.Series) -> tuple[Array, Array]:
	"""Purchases and spend of each customer; 0 and 0 where either is unknown."""
	count = purchases.to_numpy(dtype="float64", na_value=np.nan)
	amount = spend.to_numpy(dtype="float64", na_value=np.nan)
	if (count < 0).any() or np.isinf(count).any() or np.isinf(amount).any():
		raise ScoringError("Purchases must be 0 or more, and what was spent must be a number.")
	known = ~np.isnan(count) & ~np.isnan(amount)
	return np.where(known, count, 0.0), np.where(known, amount, 0.0)


def _shrunken(purchases: pd.Series, spend: pd.Series, mean: float, half_trust: float) -> pd.Series:
	count, amount = _numbers(purchases, spend)
	expected = (count * np.maximum(amount, 0.0) + half_trust * mean) / (count + half_trust)
	return pd.Series(expected, index=purchases.index)


def _refuse_unfit(purchases: Array, spend: Array) -> None:
	if len(purchases) < FEWEST_CUSTOMERS:
		raise FitError(
			"Customers who have spent something: {0}. A model of what they spend needs {1}.",
			len(purchases),
			FEWEST_CUSTOMERS,
		)
	if (spend == spend[0]).all():
		raise FitError("All customers spend the same with each purchase.")
	correlation = _rank_correlation(purchases, spend)
	if abs(correlation) > MOST_CORRELATED:
		raise FitError(
			"How much customers spend with a purchase goes with how often they buy (rank correlation {0}).",
			f"{correlation:.2f}",
		)


def _rank_correlation(one: Array, other: Array) -> float:
	"""Spearman's rank correlation, -1 to 1; 0 where all are equal in one of the two."""
	if (one == one[0]).all() or (other == other[0]).all():
		return 0.0
	ranks = pd.DataFrame({"one": one, "other": other}).rank()
	return float(ranks["one"].corr(ranks["other"]))


def _refuse_degenerate(peak: Peak) -> None:
	_p, q, _gamma = peak.parameters
	if not peak.converged:
		raise FitError("The search for the model of what customers spend came to no end.")
	if q < LEAST_TAIL:
		raise FitError("A few customers spend so much more than the others that a mean cannot be told.")
	if (peak.parameters <= LOWEST).any():
		raise FitError("What these customers spend differs more than the model can say.")
