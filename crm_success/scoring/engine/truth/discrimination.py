"""How well a number tells customers who lapsed from those who did not: the area under its ROC curve.

The area is the chance that of two customers, one of whom lapsed, the number is higher for that one; equal
numbers count half. 1 is always right, 0.5 no better than drawing lots. Only the order of the numbers matters.
"""

from dataclasses import dataclass
from math import fsum, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.intervals import STANDARD_ERRORS, Estimate

Array: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# of each outcome: one customer alone does not show how much such customers differ
_FEWEST = 2
# halvings of an interval of length 1, after which a float holds no more
_HALVINGS = 52


@dataclass(frozen=True)
class Placements:
	"""What every customer adds to an area: the share of those with the other outcome whom the number puts right."""

	lapsed: Array
	others: Array

	@property
	def area(self) -> float:
		"""The area that they make up."""
		return _mean(self.lapsed)


def area_under_curve(risk: pd.Series, lapsed: pd.Series) -> Estimate:
	"""The area, from 0 to 1, of a risk (any unit, higher is riskier) against the outcome, with its 95 % interval.

	`lapsed` holds booleans and shares the index of `risk`, one row a customer, in any order. Where the risk parts
	the two outcomes without an overlap, DeLong's variance is nothing, and the interval is Newcombe's.

	Raises ScoringError for a risk that is missing, and for fewer than two customers of either outcome.

	Source: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more correlated
	receiver operating characteristic curves", Biometrics 44 (1988), 837-845; by ranks as in X. Sun and W. Xu,
	IEEE Signal Processing Letters 21 (2014), 1389-1393.
	"""
	placed = placements(risk, lapsed)
	area = placed.area
	if area in (0.0, 1.0):
		return _without_overlap(area, len(placed.lapsed), len(placed.others))
	reach = STANDARD_ERRORS * sqrt(_variance(placed.lapsed) + _variance(placed.others))
	return Estimate(area, max(0.0, area - reach), min(1.0, area + reach))


def area_gain(risk: pd.Series, other: pd.Series, lapsed: pd.Series) -> Estimate:
	"""By how much the area of `risk` exceeds that of `other` for the same customers, from -1 to 1.

	The interval is narrower than those of two areas would let expect, because both are right and wrong about much
	the same customers. Raises ScoringError as `area_under_curve` does. Source: as there.
	"""
	one, two = placements(risk, lapsed), placements(other, lapsed)
	reach = STANDARD_ERRORS * sqrt(_variance(one.lapsed - two.lapsed) + _variance(one.others - two.others))
	gain = one.area - two.area
	return Estimate(gain, max(-1.0, gain - reach), min(1.0, gain + reach))


def placements(risk: pd.Series, lapsed: pd.Series) -> Placements:
	"""Those of the customers who lapsed and of the others, each in the order of `risk`; raises as `area_under_curve`."""
	numbers = risk.to_numpy(dtype="float64", na_value=np.nan)
	is_lapsed: Mask = lapsed.loc[risk.index].to_numpy(dtype=bool)
	_check(numbers, is_lapsed)
	everybody = _middle_ranks(numbers)
	number_lapsed, number_others = int(is_lapsed.sum()), int((~is_lapsed).sum())
	below = everybody[is_lapsed] - _middle_ranks(numbers[is_lapsed])
	above = number_lapsed - (everybody[~is_lapsed] - _middle_ranks(numbers[~is_lapsed]))
	return Placements(below / number_others, above / number_lapsed)


def _check(numbers: Array, is_lapsed: Mask) -> None:
	missing = int(np.isnan(numbers).sum())
	if missing:
		raise ScoringError("{0} customers have no risk to compare: leave them out.", missing)
	fewest = min(int(is_lapsed.sum()), int((~is_lapsed).sum()))
	if fewest < _FEWEST:
		raise ScoringError(
			"An area needs at least {0} customers of either outcome, but there are only {1} of one of them.",
			_FEWEST,
			fewest,
		)


def _middle_ranks(numbers: Array) -> Array:
	"""Ranks from 1; equal numbers share the middle of theirs."""
	_, places, equal = np.unique(numbers, return_inverse=True, return_counts=True)
	ranks: Array = (np.cumsum(equal) - (equal - 1) / 2)[places]
	return ranks


def _mean(values: Array) -> float:
	# rounded once, so that the order of the customers does not matter
	return fsum(values) / len(values)


def _variance(values: Array) -> float:
	"""Of the mean of the values."""
	return fsum((values - _mean(values)) ** 2) / (len(values) - 1) / len(values)


def _without_overlap(area: float, number_lapsed: int, number_others: int) -> Estimate:
	"""An area of 1, or of 0, with the areas that would have given it with a chance that is not too small.

	Source: R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic,
	part 2", Statistics in Medicine 25 (2006), 559-573, method 5.
	"""
	least, most = 0.0, 1.0
	for _ in range(_HALVINGS):
		middle = (least + most) / 2
		reach = STANDARD_ERRORS * sqrt(_newcombe_variance(middle, number_lapsed, number_others))
		least, most = (middle, most) if 1 - middle > reach else (least, middle)
	return Estimate(1.0, most, 1.0) if area == 1.0 else Estimate(0.0, 0.0, 1 - most)


def _newcombe_variance(area: float, number_lapsed: int, number_others: int) -> float:
	pairs, half = number_lapsed * number_others, (number_lapsed + number_others) / 2 - 1
	return area * (1 - area) / pairs * (1 + half * ((1 - area) / (2 - area) + area / (1 + area)))
