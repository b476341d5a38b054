"""Whether the points of each metric alone tell who lapsed, and which way. Weighs no metric."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from crm_success.scoring.engine.truth.back_test import FEWEST_OF_AN_OUTCOME
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.pooled_areas import Judged, pooled_area
from crm_success.scoring.engine.truth.weight_suggestion import Leaning

_NO_BETTER_THAN_LOTS = 0.5
# of each outcome, for a date to count
_FEWEST = 2


@dataclass(frozen=True)
class MetricLeaning:
	"""`area` is that of the metric alone, None where it is hardly known; `known`: of how many customers and dates."""

	metric: str
	leaning: Leaning
	area: Estimate | None
	known: int


def leaning_of(metric: str, dates: Sequence[tuple[pd.Series, pd.Series]]) -> MetricLeaning:
	"""`dates` are points (0 to 100, NaN for none) and who lapsed (booleans of the same index).

	Hardly known is a metric that has points for fewer than FEWEST_OF_AN_OUTCOME of those who lapsed or of the others,
	or the same for everybody. It tells, or does so the wrong way, where the whole interval of its area says so.
	"""
	known = [_known(points, lapsed) for points, lapsed in dates]
	judged = [each for each in known if _outcomes(each) >= _FEWEST]
	number = sum(len(each.risk) for each in known)
	if not judged or _is_hardly_known(judged):
		return MetricLeaning(metric, Leaning.UNKNOWN, None, number)
	area = pooled_area(judged)
	return MetricLeaning(metric, _leaning(area), area, number)


def _known(points: pd.Series, lapsed: pd.Series) -> Judged:
	given = points.dropna()
	return Judged(100.0 - given, lapsed.loc[given.index])


def _outcomes(date: Judged) -> int:
	"""Of the rarer outcome."""
	lapsed = int(date.lapsed.sum())
	return min(lapsed, len(date.lapsed) - lapsed)


def _is_hardly_known(dates: Sequence[Judged]) -> bool:
	risks = [risk for date in dates for risk in (date.risk.min(), date.risk.max())]
	lapsed = sum(int(date.lapsed.sum()) for date in dates)
	others = sum(len(date.lapsed) for date in dates) - lapsed
	return min(risks) == max(risks) or min(lapsed, others) < FEWEST_OF_AN_OUTCOME


def _leaning(area: Estimate) -> Leaning:
	if area.low > _NO_BETTER_THAN_LOTS:
		return Leaning.TELLING
	return Leaning.WRONG_WAY if area.high < _NO_BETTER_THAN_LOTS else Leaning.NOT_TELLING
