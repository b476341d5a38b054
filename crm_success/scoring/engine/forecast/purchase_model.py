"""How probable it is that a customer buys again, and how often: BG/NBD, and NBD where nobody leaves. Knows no amounts.

A customer buys at random, at a rate of their own, and after each repeat purchase leaves for good with a probability of
their own. Rates are spread over customers as a gamma distribution, probabilities to leave as a beta distribution.

Source of all formulas: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
Model, Marketing Science 24(2), 2005; where a method names another, that one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import FitError, Phrase, ScoringError
from crm_success.scoring.engine.forecast.beta_quadrature import NODES, beta_quadrature
from crm_success.scoring.engine.forecast.likelihood_search import Peak, highest_peak, weighted_sum

Array: TypeAlias = npt.NDArray[np.float64]

COLUMNS = ("repeats", "last_age", "age")
# with half of them, one fit in ten misses the probability of no purchase by more than 5 points on average
FEWEST_CUSTOMERS = 200
FEWEST_REPEATERS = 50  # only who came back can be seen to leave
# of a mean probability to leave, or to stay: nearer to 0 nobody does
LEAST_LEAVING = 1e-3
MOST_EXPONENT = 700.0  # of what a number can hold
LOWEST = np.array([1e-3, 1e-4, 1e-4, 1e-4])  # r, alpha in mean ages, a, b
HIGHEST = np.array([1e3, 1e5, 1e3, 1e3])
STARTS = np.array([[0.5, 0.5, 0.5, 2.0], [2.0, 2.0, 1.0, 1.0], [0.2, 0.1, 0.2, 5.0]])


@dataclass(frozen=True)
class BgNbd:
	"""The fitted BG/NBD model.

	The purchase rates a day are gamma distributed with shape `r` and rate `alpha`, in days; the probabilities to
	leave after a repeat purchase beta distributed with `a` and `b`. `log_likelihood` is that of the `customers` it was
	fitted to.

	The methods take a frame as `fit_purchase_model` does, one row a customer, and give one number a customer with its
	index: NaN for who never bought. They raise ScoringError for a frame that contradicts itself.
	"""

	r: float
	alpha: float
	a: float
	b: float
	log_likelihood: float
	customers: int

	def probability_alive(self, history: pd.DataFrame) -> pd.Series:
		"""The probability (0-1) that a customer has not left; 1 without a repeat purchase, by assumption.

		Source: Fader, Hardie and Lee, "Computing P(alive) Using the BG/NBD Model", 2008.
		"""
		repeats, last_age, age = _columns(history)
		return pd.Series(self._alive(repeats, last_age, age), index=history.index)

	def probability_of_no_purchase(self, history: pd.DataFrame, horizon: float) -> pd.Series:
		"""The probability (0-1) that a customer buys nothing in the next `horizon` days: left, or there and quiet."""
		repeats, last_age, age = _columns(history)
		alive = self._alive(repeats, last_age, age)
		quiet = _quiet(self.r + repeats, self.alpha + age, horizon)
		return pd.Series(1 - alive + alive * quiet, index=history.index)

	def expected_purchases(self, history: pd.DataFrame, horizon: float) -> pd.Series:
		"""On how many of the next `horizon` days a customer is expected to buy.

		Expression (10) of the paper, as the integral that it stands for, because its series has no value where a is 1:
		who stays with probability 1 - p after each purchase, and has a rate, buys (1 - exp(-p rate horizon)) / p times.
		Exact to a millionth while `horizon` is at most 20 times alpha + age.
		"""
		return self.expected_of_alive(history, [horizon])[horizon] * self.probability_alive(history)

	def expected_of_alive(
		self, history: pd.DataFrame, horizons: Sequence[float], nodes: int = NODES
	) -> pd.DataFrame:
		"""The same for each of several horizons, a column each, of who has not left.

		With fewer `nodes` it is faster, and less exact.
		"""
		repeats, _last_age, age = _columns(history)
		for horizon in horizons:
			_check_horizon(horizon)
		expected = np.full((len(repeats), len(horizons)), np.nan)
		known = ~np.isnan(repeats)
		expected[known] = self._mean_over_leaving(repeats[known], age[known], np.array(horizons), nodes)
		return pd.DataFrame(expected, index=history.index, columns=list(horizons))

	def _alive(self, repeats: Array, last_age: Array, age: Array) -> Array:
		since = np.log((self.alpha + age) / (self.alpha + last_age))
		came_back = repeats > 0
		power, before = self.r + repeats, np.where(came_back, self.b + repeats - 1, 1.0)
		left = np.where(came_back, self.a / before * np.exp(np.minimum(power * since, MOST_EXPONENT)), 0.0)
		return np.where(np.isnan(repeats), np.nan, 1 / (1 + left))

	def _mean_over_leaving(self, repeats: Array, age: Array, horizons: Array, nodes: int) -> Array:
		"""The mean over p, which is beta distributed with a and b + repeats for who is still there."""
		distinct, kind = np.unique(repeats, return_inverse=True)
		points, weights = beta_quadrature(self.a, self.b + distinct, nodes)
		power, stretch = (self.r + repeats)[:, None], horizons / (self.alpha + age)[:, None]
		expected = np.zeros(stretch.shape)
		for point, weight in zip(points.T, weights.T, strict=True):
			leaving = point[kind][:, None]
			expected -= weight[kind][:, None] * np.expm1(-power * np.log1p(leaving * stretch)) / leaving
		return expected


@dataclass(frozen=True)
class Nbd:
	"""The simpler model, in which nobody ever leaves: the NBD, which BG/NBD becomes where a is 0.

	`r`, `alpha`, `log_likelihood`, `customers` and the methods are as in BG/NBD. `reason` says why there is no BG/NBD.

	Source: Ehrenberg, "The Pattern of Consumer Purchases", Applied Statistics 8(1), 1959.
	"""

	r: float
	alpha: float
	log_likelihood: float
	customers: int
	reason: Phrase

	def probability_alive(self, history: pd.DataFrame) -> pd.Series:
		"""1, for who has ever bought."""
		repeats, _last_age, _age = _columns(history)
		return pd.Series(np.where(np.isnan(repeats), np.nan, 1.0), index=history.index)

	def probability_of_no_purchase(self, history: pd.DataFrame, horizon: float) -> pd.Series:
		"""The probability (0-1) that a customer buys nothing in the next `horizon` days."""
		repeats, _last_age, age = _columns(history)
		return pd.Series(_quiet(self.r + repeats, self.alpha + age, horizon), index=history.index)

	def expected_purchases(self, history: pd.DataFrame, horizon: float) -> pd.Series:
		"""On how many of the next `horizon` days a customer is expected to buy: at the mean rate, all the time."""
		_check_horizon(horizon)
		repeats, _last_age, age = _columns(history)
		return pd.Series((self.r + repeats) / (self.alpha + age) * horizon, index=history.index)


def fit_purchase_model(history: pd.DataFrame) -> BgNbd | Nbd:
	"""The BG/NBD model under which the purchases of these customers are most likely, or the NBD where nobody leaves.

	`history` has a row for each customer and the columns repeats (days with a purchase after the first such day, a
	whole number), last_age (days from the first to the last) and age (days from the first until today); NaN in all
	three for who never bought. Any other unit than days does, if it is the same everywhere.

	Raises FitError, which says why, where the data tells no such model: few customers, few or none who came back,
	no time since, all who came back left at once. Raises ScoringError for a frame that contradicts itself.
	"""
	repeats, last_age, age = _columns(history.dropna(how="all", subset=list(COLUMNS)))
	_refuse_too_little(repeats, age)
	unit = float(np.sort(age).mean())
	data = GroupedHistories.of(repeats, last_age / unit, age / unit)
	peak = highest_peak(data.likelihood, list(STARTS), LOWEST, HIGHEST)
	_refuse_unended(peak)
	r, alpha, a, b = peak.parameters.tolist()
	# the density of so many moments, in days instead of mean ages
	in_days = float(repeats.sum()) * math.log(unit)
	if a < LEAST_LEAVING * (a + b):
		return _nbd(data, unit, in_days)
	_refuse_border(peak)
	return BgNbd(r, alpha * unit, a, b, peak.height * len(repeats) - in_days, len(repeats))


def _nbd(data: "GroupedHistories", unit: float, in_days: float) -> Nbd:
	peak = highest_peak(data.likelihood_of_nbd, list(STARTS[:, :2]), LOWEST[:2], HIGHEST[:2])
	_refuse_unended(peak)
	r, alpha = peak.parameters.tolist()
	customers = int(data.customers.sum())
	reason = Phrase("Nobody is seen to leave for good: pauses are as long as chance makes them.")
	return Nbd(r, alpha * unit, peak.height * customers - in_days, customers, reason)


@dataclass(frozen=True)
class GroupedHistories:
	"""Customers with the same history, once, in ascending order: the likelihood depends on neither order nor ties."""

	repeats: Array
	last_age: Array
	age: Array
	customers: Array
	above: Array  # customers with more than 0, 1, 2, ... repeats

	@classmethod
	def of(cls, repeats: Array, last_age: Array, age: Array) -> "GroupedHistories":
		"""Of the three columns, one number a customer."""
		frame = pd.DataFrame({"repeats": repeats, "last_age": last_age, "age": age})
		sizes = frame.groupby(list(COLUMNS), sort=True).size()
		distinct = [sizes.index.get_level_values(name).to_numpy(dtype="float64") for name in COLUMNS]
		above = np.bincount(repeats.astype("int64"))[::-1].cumsum()[::-1][1:].astype("float64")
		return cls(distinct[0], distinct[1], distinct[2], sizes.to_numpy(dtype="float64"), above)

	def likelihood(self, parameters: Array) -> tuple[float, Array]:
		"""The log likelihood per customer at r, alpha, a, b, and its slopes.

		The gamma and beta functions of the formula are sums of logarithms, because repeats are whole numbers. What
		is left of a customer's own is the sum of two cases: still there, or gone after the last purchase.
		"""
		r, alpha, a, b = parameters.tolist()
		step, customers = np.arange(len(self.above)), float(self.customers.sum())
		still, gone, share_gone = self._two_cases(r, alpha, a, b)
		height = weighted_sum(self.above, np.log(r + step) + np.log(b + step) - np.log(a + b + step))
		height += weighted_sum(self.customers, np.logaddexp(still, gone)) + customers * r * math.log(alpha)
		together = weighted_sum(self.above, 1 / (a + b + step))
		slopes_of_sums = [
			weighted_sum(self.above, 1 / (r + step)) + customers * math.log(alpha),
			customers * r / alpha,
			-together,
			weighted_sum(self.above, 1 / (b + step)) - together,
		]
		slopes = np.array(slopes_of_sums) + self._slopes_of_cases(r, alpha, a, b, share_gone)
		return height / customers, slopes / customers

	def likelihood_of_nbd(self, parameters: Array) -> tuple[float, Array]:
		"""The log likelihood per customer at r, alpha, and its slopes, where nobody leaves."""
		r, alpha = parameters.tolist()
		step, customers = np.arange(len(self.above)), float(self.customers.sum())
		power, at_age = r + self.repeats, alpha + self.age
		rates = weighted_sum(self.customers, r * math.log(alpha) - power * np.log(at_age))
		slopes = [
			weighted_sum(self.above, 1 / (r + step))
			+ weighted_sum(self.customers, math.log(alpha) - np.log(at_age)),
			weighted_sum(self.customers, r / alpha - power / at_age),
		]
		height = weighted_sum(self.above, np.log(r + step)) + rates
		return height / customers, np.array(slopes) / customers

	def _two_cases(self, r: float, alpha: float, a: float, b: float) -> tuple[Array, Array, Array]:
		"""Logarithms of the terms for still there and for gone, and the share of the second in their sum."""
		power, back = r + self.repeats, self.repeats > 0
		still = -power * np.log(alpha + self.age)
		before = np.log(self._chances_before(b))
		gone = np.where(back, math.log(a) - before - power * np.log(alpha + self.last_age), -np.inf)
		return still, gone, np.exp(gone - np.logaddexp(still, gone))

	def _slopes_of_cases(self, r: float, alpha: float, a: float, b: float, share_gone: Array) -> Array:
		gone, still = self.customers * share_gone, self.customers * (1 - share_gone)
		power, at_age, at_last = r + self.repeats, alpha + self.age, alpha + self.last_age
		return np.array(
			[
				-(weighted_sum(still, np.log(at_age)) + weighted_sum(gone, np.log(at_last))),
				-(weighted_sum(still, power / at_age) + weighted_sum(gone, power / at_last)),
				gone.sum() / a,
				-(weighted_sum(gone, 1 / self._chances_before(b))),
			]
		)

	def _chances_before(self, b: float) -> Array:
		"""b and the repeats before the last; any number above 0 where there are none."""
		return np.where(self.repeats > 0, b + self.repeats - 1, 1.0)


def _columns(history: pd.DataFrame) -> tuple[Array, Array, Array]:
	"""The three columns as numbers; raises ScoringError where they contradict each other."""
	repeats, last_age, age = (history[name].to_numpy(dtype="float64", na_value=np.nan) for name in COLUMNS)
	never = np.isnan(repeats) & np.isnan(last_age) & np.isnan(age)
	whole = (repeats >= 0) & (repeats == np.floor(repeats)) & np.isfinite(repeats)
	in_order = (last_age >= 0) & (last_age <= age) & np.isfinite(age) & ((repeats > 0) | (last_age == 0))
	if not (never | whole & in_order).all():
		raise ScoringError(
			"Repeat purchases must be whole numbers, and the last purchase must lie between the first one and today."
		)
	return repeats, last_age, age


def _quiet(power: Array, at_age: Array, horizon: float) -> Array:
	"""The probability that who is there buys nothing in the horizon.

	The rate of a customer who is still there is gamma distributed with r + repeats and alpha + age, `power` and
	`at_age`; the mean of exp(-rate horizon) over it is (at_age / (at_age + horizon))^power.
	"""
	_check_horizon(horizon)
	return np.exp(-power * np.log1p(horizon / at_age))


def _check_horizon(horizon: float) -> None:
	if not 0 < horizon < np.inf:
		raise ScoringError("A horizon of {0} days is none: set one day or more.", horizon)


def _refuse_too_little(repeats: Array, age: Array) -> None:
	came_back = int((repeats > 0).sum())
	if len(repeats) < FEWEST_CUSTOMERS:
		raise FitError(
			"Customers who have bought: {0}. A model of their purchases needs {1}.",
			len(repeats),
			FEWEST_CUSTOMERS,
		)
	if not age.any():
		raise FitError("All customers bought for the first time today: there is no time to learn from.")
	if not came_back:
		raise FitError("No customer has bought on a second day.")
	if came_back < FEWEST_REPEATERS:
		raise FitError(
			"Customers who came back to buy again: {0}. A model of their purchases needs {1}.",
			came_back,
			FEWEST_REPEATERS,
		)


def _refuse_unended(peak: Peak) -> None:
	if not peak.converged:
		raise FitError("The search for the model of purchases came to no end.")


def _refuse_border(peak: Peak) -> None:
	"""At an upper border customers are as alike as can be, which does no harm; at a lower one they are all or nothing."""
	_r, _alpha, a, b = peak.parameters
	if b < LEAST_LEAVING * (a + b):
		raise FitError("Customers who came back did so once and never again.")
	if (peak.parameters <= LOWEST).any():
		raise FitError("The purchases of these customers differ more than the model of purchases can say.")
