"""Areas and gains over several past dates, at which much the same customers are judged again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.truth.discrimination import Placements, placements
from crm_success.scoring.engine.truth.intervals import STANDARD_ERRORS, Estimate

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
	"""One date: a risk (any unit, higher is riskier), another one to compare it with, and who lapsed (booleans), all
	with one index. `other` is left out where there is nothing to compare with.
	"""

	risk: pd.Series
	lapsed: pd.Series
	other: pd.Series | None = None


def pooled_area(dates: Sequence[Judged]) -> Estimate:
	"""The mean of the areas of `risk`, from 0 to 1, where each date counts by its customers.

	A customer who was wrongly placed at one date tends to be so at the next. So what a customer adds is summed over
	the dates before it is squared, and the interval is not the narrower for asking the same customers again. For one
	date this is the interval of DeLong, DeLong and Clarke-Pearson (discrimination.py). Raises ScoringError as
	`area_under_curve` does, for any of the dates.

	Source: N. A. Obuchowski, "Nonparametric analysis of clustered ROC curve data", Biometrics 53 (1997), 567-578.
	"""
	middle, reach = _pooled([(each, placements(each.risk, each.lapsed)) for each in dates])
	return Estimate(middle, max(0.0, middle - reach), min(1.0, middle + reach))


def pooled_gain(dates: Sequence[Judged]) -> Estimate:
	"""By how much the area of `risk` exceeds that of `other`, from -1 to 1, over all dates as in `pooled_area`."""
	middle, reach = _pooled([(each, _differences(each)) for each in dates])
	return Estimate(middle, max(-1.0, middle - reach), min(1.0, middle + reach))


def _differences(date: Judged) -> Placements:
	assert date.other is not None
	one, two = placements(date.risk, date.lapsed), placements(date.other, date.lapsed)
	return Placements(one.lapsed - two.lapsed, one.others - two.others)


def _pooled(dates: Sequence[tuple[Judged, Placements]]) -> tuple[float, float]:
	"""The mean over the dates, and how far its 95 % interval reaches to either side."""
	everybody = sum(len(date.risk) for date, _ in dates)
	weights = [len(date.risk) / everybody for date, _ in dates]
	mean = fsum(weight * placed.area for weight, (_, placed) in zip(weights, dates, strict=True))
	parts = [weight * _deviations(*each) for weight, each in zip(weights, dates, strict=True)]
	# one sum a customer, taken in the order of the dates
	summed = pd.concat(parts, axis=1, keys=range(len(parts))).fillna(0.0).sum(axis=1)
	return mean, STANDARD_ERRORS * sqrt(fsum(summed.to_numpy() ** 2))


def _deviations(date: Judged, placed: Placements) -> pd.Series:
	"""What each customer moves the figure of this date away from its mean."""
	is_lapsed = date.lapsed.loc[date.risk.index].to_numpy(dtype=bool)
	moves = np.empty(len(is_lapsed))
	moves[is_lapsed] = _moves(placed.lapsed)
	moves[~is_lapsed] = _moves(placed.others)
	return pd.Series(moves, index=date.risk.index)


def _moves(values: Array) -> Array:
	number = len(values)
	# their squares sum up to the variance of the mean
	moves: Array = (values - fsum(values) / number) / sqrt(number * (number - 1))
	return moves
