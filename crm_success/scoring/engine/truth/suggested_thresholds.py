"""Finds the scores from which bands should begin, so that the bands alone tell best who lapsed. Weighs no metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Array: TypeAlias = npt.NDArray[np.float64]

# of the customers: a smaller band is no help, and a larger At Risk is no call to anybody
LEAST_OF_A_BAND = 0.05
MOST_AT_RISK = 0.40
# administrators read whole numbers
_STEPS = np.arange(101)
# areas closer than floats can tell count as equal
_KNOWN_DECIMALS = 9


@dataclass(frozen=True)
class Thresholds:
	"""Scores from which customers are Healthy, and from which they are Watch."""

	healthy_from: float
	watch_from: float


def best_thresholds(dates: Sequence[tuple[pd.Series, pd.Series]], today: Thresholds) -> Thresholds | None:
	"""The whole numbers with which the three bands alone have the largest area, each date counting by its customers.

	`dates` are scores (0 to 100, one decimal, NaN for none) and who lapsed (booleans of the same index). Of each date no
	band holds fewer than LEAST_OF_A_BAND of the customers, and At Risk holds at most MOST_AT_RISK; over all dates a
	worse band lapsed more. Of equal areas the pair nearest to today's is taken. None where there is no such pair.
	"""
	counts = [_counts(score.dropna(), lapsed) for score, lapsed in dates]
	possible = np.all([_is_possible(each) for each in counts], axis=0) & _is_ordered(_summed(counts))
	if not possible.any():
		return None
	everybody = sum(each.customers for each in counts)
	areas = sum(each.customers / everybody * _areas(each) for each in counts)
	return _nearest(np.where(possible, np.round(areas, _KNOWN_DECIMALS), -1.0), today)


@dataclass(frozen=True)
class _Counts:
	"""For each pair of thresholds (rows: Watch begins, columns: Healthy begins) who is in which band: lapsed and others."""

	lapsed: tuple[Array, Array, Array]
	others: tuple[Array, Array, Array]

	@property
	def customers(self) -> float:
		return float(sum(band[0, 0] for band in (*self.lapsed, *self.others)))

	def of_band(self, number: int) -> Array:
		return self.lapsed[number] + self.others[number]


def _counts(score: pd.Series, lapsed: pd.Series) -> _Counts:
	is_lapsed = lapsed.loc[score.index].to_numpy(dtype=bool)
	numbers = score.to_numpy(dtype="float64")
	return _Counts(_by_band(numbers[is_lapsed]), _by_band(numbers[~is_lapsed]))


def _by_band(numbers: Array) -> tuple[Array, Array, Array]:
	"""How many are At Risk, Watch and Healthy; limits are inclusive, as those of bands are."""
	below = np.searchsorted(np.sort(numbers), _STEPS, side="left").astype("float64")
	size = (len(_STEPS), len(_STEPS))
	at_risk, not_healthy = np.broadcast_to(below[:, None], size), np.broadcast_to(below, size)
	return at_risk, not_healthy - at_risk, len(numbers) - not_healthy


def _summed(counts: Sequence[_Counts]) -> _Counts:
	lapsed = [np.sum([each.lapsed[band] for each in counts], axis=0) for band in range(3)]
	others = [np.sum([each.others[band] for each in counts], axis=0) for band in range(3)]
	return _Counts((lapsed[0], lapsed[1], lapsed[2]), (others[0], others[1], others[2]))


def _is_possible(counts: _Counts) -> npt.NDArray[np.bool_]:
	least = LEAST_OF_A_BAND * counts.customers
	are_large = np.all([counts.of_band(band) >= least for band in range(3)], axis=0)
	return np.asarray(are_large & (counts.of_band(0) <= MOST_AT_RISK * counts.customers))


def _is_ordered(counts: _Counts) -> npt.NDArray[np.bool_]:
	# shares compared crosswise: a band may be empty
	pairs = ((0, 1), (1, 2))
	worse = [
		counts.lapsed[one] * counts.of_band(two) > counts.lapsed[two] * counts.of_band(one)
		for one, two in pairs
	]
	return np.asarray(np.all(worse, axis=0))


def _areas(counts: _Counts) -> Array:
	lapsed, others = counts.lapsed, counts.others
	right = lapsed[0] * (others[1] + others[2]) + lapsed[1] * others[2]
	equal = sum(lapsed[band] * others[band] for band in range(3))
	pairs = sum(band[0, 0] for band in lapsed) * sum(band[0, 0] for band in others)
	return np.asarray((right + equal / 2) / pairs)


def _nearest(areas: Array, today: Thresholds) -> Thresholds:
	watch, healthy = np.nonzero(areas == areas.max())
	far = np.abs(watch - today.watch_from) + np.abs(healthy - today.healthy_from)
	at = int(far.argmin())
	return Thresholds(float(healthy[at]), float(watch[at]))
