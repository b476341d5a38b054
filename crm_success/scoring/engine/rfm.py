"""Recency, frequency and monetary scores from 1 to 5, and the segments over them. Reads no documents."""

import sys
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Segment

Array: TypeAlias = npt.NDArray[np.float64]
Cube: TypeAlias = npt.NDArray[np.object_]

HIGHEST = 5
# cuts that every value is above, or below
BELOW_ALL, ABOVE_ALL = -sys.float_info.max, sys.float_info.max
# below whatever a segment may ask for
UNKNOWN_GROWTH = -float("inf")
SCORE_COLUMNS = ("recency_score", "frequency_score", "monetary_score")


def quintile_cuts(values: pd.Series | Array) -> tuple[float, ...]:
	"""The four ascending numbers that part `values` (any unit, any order) into fifths by their middle ranks.

	The middle rank of a value is the share of those below it and of half of those equal to it, so equal ones stay
	together: all equal, they are in the middle fifth, and on a border in the one nearer to the middle. A cut lies
	halfway between two neighbours; where it has none on one side it is BELOW_ALL or ABOVE_ALL. NaN and infinite
	values are left out; nothing left gives ().
	"""
	numbers = np.asarray(values, dtype="float64")
	distinct, equal = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
	if not len(distinct):
		return ()
	# middle ranks x 2 x 5 x the number of customers: whole numbers are on a border or not
	ranks, everybody = HIGHEST * (2 * np.cumsum(equal) - equal), equal.sum()
	low, high = 2 * everybody * np.array([1, 2]), 2 * everybody * np.array([3, 4])
	at = [*np.searchsorted(ranks, low, side="left"), *np.searchsorted(ranks, high, side="right")]
	cuts = np.concatenate([[BELOW_ALL], _between(distinct), [ABOVE_ALL]])
	return tuple(cuts[at].tolist())


def rfm_scores(
	recency_days: pd.Series, frequency: pd.Series, monetary: pd.Series, calibration: Calibration
) -> pd.DataFrame:
	"""Columns recency_score, frequency_score and monetary_score: int64, 1 to 5 (best), a row per customer.

	`recency_days` is days since the last invoice, NaN for who never bought: all three scores are 0.
	`frequency` is invoices in the window, NaN for none; `monetary` net revenue, NaN where nobody knows what the
	invoices are worth. The three share one index. Equal values share a score. A score of what nobody knows, or
	without cut points in the calibration, is 0.
	"""
	bought = recency_days.notna().to_numpy()
	known = {"monetary_score": monetary.notna().to_numpy()}
	columns = {
		"recency_score": HIGHEST - _cuts_below(recency_days, calibration.recency),
		"frequency_score": 1 + _cuts_below(frequency, calibration.frequency),
		"monetary_score": 1 + _cuts_below(monetary, calibration.monetary),
	}
	cuts = (calibration.recency, calibration.frequency, calibration.monetary)
	scores = {
		name: np.where(bought & known.get(name, True) & bool(cut), column, 0)
		for (name, column), cut in zip(columns.items(), cuts, strict=True)
	}
	return pd.DataFrame(scores, index=recency_days.index, dtype="int64")


def segments(scores: pd.DataFrame, growth: pd.Series, segments: Sequence[Segment]) -> pd.Series:
	"""The name of each customer's segment, for a frame with the three score columns (0 to 5).

	`growth` is in percent, NaN where there is nothing to compare with. The first by (priority, name) whose ranges hold
	all three and whose growth is reached; None where a score is 0 or no segment holds.
	"""
	steps = _growth_steps(segments)
	cubes = np.full((len(steps), *(HIGHEST + 1,) * 3), None, dtype=object)
	for number, least in enumerate(steps):
		cubes[number, 1:, 1:, 1:] = cells(segments, least)
	reached = growth.to_numpy(dtype="float64", na_value=np.nan)
	at = np.searchsorted(steps, np.where(np.isnan(reached), UNKNOWN_GROWTH, reached), side="right") - 1
	recency, frequency, monetary = (scores[name].to_numpy(dtype="int64") for name in SCORE_COLUMNS)
	return pd.Series(cubes[at, recency, frequency, monetary], index=scores.index, dtype=object)


def cells(segments: Sequence[Segment], growth: float = UNKNOWN_GROWTH) -> Cube:
	"""The segment name at [R - 1, F - 1, M - 1] of a 5 x 5 x 5 array, for customers of that growth in percent; None
	where no segment holds.
	"""
	cube = np.full((HIGHEST,) * 3, None, dtype=object)
	for segment in sorted(segments, key=lambda segment: (segment.priority, segment.name), reverse=True):
		if segment.growth_from is not None and segment.growth_from > growth:
			continue
		ranges = (segment.recency, segment.frequency, segment.monetary)
		cube[tuple(slice(max(low, 1) - 1, max(high, 0)) for low, high in ranges)] = segment.name
	return cube


def uncovered_cells(segments: Sequence[Segment]) -> list[tuple[int, int, int]]:
	"""The (R, F, M) scores, each 1 to 5, with which a customer may be in no segment: one who does not grow has the
	fewest to be in.
	"""
	empty = np.argwhere(pd.isna(cells(segments))) + 1
	return [(recency, frequency, monetary) for recency, frequency, monetary in empty.tolist()]


def hidden_segments(segments: Sequence[Segment]) -> list[str]:
	"""The segments, in the order given, that take nobody, since others come before them wherever they hold."""
	reached = {name for growth in _growth_steps(segments) for name in cells(segments, growth).flat}
	return [segment.name for segment in segments if segment.name not in reached]


def _growth_steps(segments: Sequence[Segment]) -> list[float]:
	"""The growths at which a customer may come to be in another segment, ascending, from that of who does not grow."""
	asked = {segment.growth_from for segment in segments if segment.growth_from is not None}
	return [UNKNOWN_GROWTH, *sorted(asked)]


def _between(distinct: Array) -> Array:
	"""Halfway between each two neighbours of ascending numbers, and below the higher one."""
	middles = distinct[:-1] / 2 + distinct[1:] / 2
	return np.where(middles < distinct[1:], middles, distinct[:-1])


def _cuts_below(values: pd.Series, cuts: tuple[float, ...]) -> npt.NDArray[np.intp]:
	"""How many cuts are strictly below each value, so that equal values always share a score."""
	numbers = np.nan_to_num(values.to_numpy(dtype="float64", na_value=np.nan), nan=0.0)
	return np.searchsorted(np.asarray(cuts, dtype="float64"), numbers, side="left")
