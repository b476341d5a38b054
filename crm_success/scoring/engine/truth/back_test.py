"""How true the scores of a past date were: what they said then beside what the customers did. Pure.

A customer lapsed who had bought by the date and bought nothing in the horizon, the days after it. Who had not
bought by then has no part in it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum, nan

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import HealthBand, LifecycleStage
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve
from crm_success.scoring.engine.truth.intervals import Estimate, share_of
from crm_success.scoring.engine.truth.reliability import Reliability, reliability
from crm_success.scoring.engine.truth.what_is_compared import NO_BAND, Calls, Grouping, RiskNumber

FEWEST_CUSTOMERS = 100
FEWEST_OF_AN_OUTCOME = 20
_DECILES = 10

_RISKS: dict[RiskNumber, Callable[[pd.DataFrame], pd.Series]] = {
	RiskNumber.SCORE: lambda customers: 100.0 - customers["score"],
	RiskNumber.RFM: lambda customers: (
		-customers[["recency_score", "frequency_score", "monetary_score"]].sum(axis=1)
	),
	RiskNumber.RECENCY: lambda customers: customers["days_since_last"],
	RiskNumber.LAPSE: lambda customers: customers["lapse_risk"],
}
_GROUPS: dict[Grouping, Callable[[pd.DataFrame], pd.Series]] = {
	Grouping.BAND: lambda customers: customers["band"],
	Grouping.STAGE: lambda customers: customers["stage"],
	Grouping.SEGMENT: lambda customers: customers["segment"],
	Grouping.DECILE: lambda customers: deciles(customers["score"]),
}
# groups that have a row though nobody is in them
_ALWAYS: dict[Grouping, tuple[str, ...]] = {
	Grouping.BAND: tuple(band.value for band in HealthBand),
	Grouping.STAGE: tuple(stage.value for stage in LifecycleStage if stage is not LifecycleStage.POTENTIAL),
}


@dataclass(frozen=True)
class BackTest:
	"""The figures of one past date.

	Areas and gains (by how much the score's area exceeds another's) are of the customers who have a score; all else
	is of everybody who had bought, where who has no score has no band and was not called. `reliability` is that of the
	lapse risk; where that could not be told it is None, and there is no area of it.
	"""

	customers: int
	without_score: int
	lapsed: int
	lapsed_without_score: int
	share: Estimate
	areas: dict[RiskNumber, Estimate]
	gains: dict[RiskNumber, Estimate]
	groups: dict[Grouping, pd.DataFrame]
	bands_ordered: bool
	calls: Calls
	reliability: Reliability | None = None


def back_test(customers: pd.DataFrame, lapsed: pd.Series) -> BackTest:
	"""The figures for customers who had bought by a date, a row each, in any order.

	Columns: score (0 to 100, NaN for none), band, stage, segment (texts, None for none), recency_score,
	frequency_score and monetary_score (0 to 5), days_since_last (days from the last invoice), lapse_risk (a probability,
	or NaN for everybody), revenue (of the window before, in one currency). `lapsed` holds booleans of the same index. Raises ScoringError for a sample that is too
	small to tell.
	"""
	lapsed = lapsed.loc[customers.index]
	scored = customers[customers["score"].notna()]
	check_sample(lapsed.loc[scored.index])
	areas, gains = _compared(scored, lapsed)
	groups = {
		grouping: lapse_by_group(group_of(customers), lapsed, _ALWAYS.get(grouping, ()))
		for grouping, group_of in _GROUPS.items()
	}
	return BackTest(
		customers=len(customers),
		without_score=len(customers) - len(scored),
		lapsed=int(lapsed.sum()),
		lapsed_without_score=int((lapsed & customers["score"].isna()).sum()),
		share=share_of(int(lapsed.sum()), len(customers)),
		areas=areas,
		gains=gains,
		groups=groups,
		bands_ordered=is_strictly_ordered(groups[Grouping.BAND], [band.value for band in HealthBand]),
		calls=calls(customers["band"] == HealthBand.AT_RISK.value, lapsed, customers["revenue"]),
		reliability=reliability(customers["lapse_risk"], lapsed) if _is_told(customers) else None,
	)


def check_sample(lapsed: pd.Series) -> None:
	"""Raises ScoringError for a sample (booleans) in which chance would move the figures more than scores do.

	With 20 of each outcome the 95 % interval of an area around .75 still reaches .15 to either side.
	"""
	number, number_lapsed = len(lapsed), int(lapsed.sum())
	if number < FEWEST_CUSTOMERS:
		raise ScoringError(
			"Only {0} customers with a score had bought by then, and at least {1} are needed: with fewer, chance moves "
			"the figures more than scores do. Take a later date.",
			number,
			FEWEST_CUSTOMERS,
		)
	if number_lapsed < FEWEST_OF_AN_OUTCOME:
		raise ScoringError(
			"Only {0} of {1} customers bought nothing afterwards, and at least {2} are needed to tell them from the "
			"others. Take a shorter horizon.",
			number_lapsed,
			number,
			FEWEST_OF_AN_OUTCOME,
		)
	if number - number_lapsed < FEWEST_OF_AN_OUTCOME:
		raise ScoringError(
			"Only {0} of {1} customers bought again afterwards, and at least {2} are needed to tell them from the "
			"others. Take a longer horizon.",
			number - number_lapsed,
			number,
			FEWEST_OF_AN_OUTCOME,
		)


def lapse_by_group(groups: pd.Series, lapsed: pd.Series, always: Iterable[str] = ()) -> pd.DataFrame:
	"""Customers, those who lapsed, and their share with its 95 % interval, a row a group.

	`groups` are names or whole numbers, None or NaN (in no group, NO_BAND) for some; `lapsed` shares their index.
	Groups named `always` come first and have a row though nobody is in them: share, low and high are NaN there. The
	others follow in their own order, those in no group last.
	"""
	names = groups.astype(object).where(groups.notna(), NO_BAND)
	counted = lapsed.loc[groups.index].astype("int64").groupby(names).agg(["size", "sum"])
	first = list(always)
	others = sorted(name for name in counted.index if name not in first and name != NO_BAND)
	last = [NO_BAND] if NO_BAND in counted.index else []
	counted = counted.reindex([*first, *others, *last]).fillna(0).astype("int64")
	rows = [_group_row(customers, gone) for customers, gone in counted.itertuples(index=False)]
	columns = ["customers", "lapsed", "share", "low", "high"]
	return pd.DataFrame(rows, index=counted.index.rename("group"), columns=columns)


def is_strictly_ordered(groups: pd.DataFrame, from_best: Iterable[str]) -> bool:
	"""Whether of the named groups that have customers each lapsed more than the better one before it."""
	shares = groups["share"].reindex(list(from_best)).dropna()
	return bool((shares.diff().iloc[1:] > 0).all())


def deciles(score: pd.Series) -> pd.Series:
	"""The tenth of the customers that a score is in: 1 (the lowest scores) to 10; equal scores share the middle one.

	NaN has none: <NA>.
	"""
	share_below = (score.rank(method="average") - 0.5) / score.notna().sum()
	return (np.floor(share_below * _DECILES) + 1).astype("Int64")


def calls(called: pd.Series, lapsed: pd.Series, revenue: pd.Series) -> Calls:
	"""Precision and recall of calling customers, and the revenue of those who lapsed; booleans and amounts of one index.

	Who has returned more than they bought loses nobody any revenue: less than 0 counts as 0. Raises ScoringError
	where nobody lapsed.
	"""
	right = int((called & lapsed).sum())
	lost = revenue.clip(lower=0.0)
	return Calls(
		customers=int(called.sum()),
		right=right,
		precision=share_of(right, int(called.sum())) if called.any() else None,
		recall=share_of(right, int(lapsed.sum())),
		lost_revenue_called=fsum(lost[called & lapsed]),
		lost_revenue_not_called=fsum(lost[~called & lapsed]),
	)


def _compared(
	scored: pd.DataFrame, lapsed: pd.Series
) -> tuple[dict[RiskNumber, Estimate], dict[RiskNumber, Estimate]]:
	told = [number for number in _RISKS if number is not RiskNumber.LAPSE or _is_told(scored)]
	risks = {number: _RISKS[number](scored) for number in told}
	known = lapsed.loc[scored.index]
	areas = {number: area_under_curve(risk, known) for number, risk in risks.items()}
	score = risks.pop(RiskNumber.SCORE)
	return areas, {number: area_gain(score, risk, known) for number, risk in risks.items()}


def _is_told(customers: pd.DataFrame) -> bool:
	return bool(customers["lapse_risk"].notna().all())


def _group_row(customers: int, lapsed: int) -> tuple[int, int, float, float, float]:
	if not customers:
		return 0, 0, nan, nan, nan
	share = share_of(lapsed, customers)
	return customers, lapsed, share.value, share.low, share.high
