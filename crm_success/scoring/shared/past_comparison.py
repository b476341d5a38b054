"""Compares the scores of a past date with what the customers then did: which customers count, and the figures of them.

One way for the site and for the standalone command; who asks reads customers, and what became of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.errors import Phrase, ScoringError
from crm_success.scoring.engine.profile import (
	FIRST_PURCHASE,
	RECENCY,
	profile_metrics,
	purchases_within,
	revenue_within,
)
from crm_success.scoring.engine.truth.back_test import BackTest, back_test
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.reliability import Reliability
from crm_success.scoring.engine.truth.what_is_compared import Grouping
from crm_success.scoring.queries.repeated_fields import CUSTOMER_DISABLED
from crm_success.scoring.shared.past_dates import History
from crm_success.scoring.shared.past_figures import (
	AreaFigure,
	FoundFigures,
	GroupFigure,
	PastFigures,
	RiskFigure,
)

_TEXTS = ("band", "stage", "segment")
_NUMBERS = ("score", "recency_score", "frequency_score", "monetary_score", "revenue", "lapse_risk")


@dataclass(frozen=True)
class Replayed:
	"""What a past date was worth: `test`, or None and in `refusal` why it cannot tell; see `PastFigures`."""

	as_of: date
	horizon: int
	disabled: int
	currency: str
	test: BackTest | None
	refusal: Phrase | None = None
	about_risk: tuple[Phrase, ...] = ()


def history_metrics() -> tuple[Metric, ...]:
	"""What `history_of` needs of every customer, as of today."""
	return tuple(m for m in profile_metrics(Limits()) if m.key in (FIRST_PURCHASE, RECENCY))


def history_of(measured: pd.DataFrame, today: date) -> History | None:
	"""From when to when there are purchases; `measured` holds raw values of `history_metrics`. None: there are none."""
	days = measured.dropna()
	if days.empty:
		return None
	first, last = int(days[FIRST_PURCHASE].max()), int(days[RECENCY].min())
	return History(today - timedelta(first), today - timedelta(last))


def outcome_metrics(horizon: int) -> tuple[Metric, ...]:
	"""What became of customers in the horizon: read as of its last day."""
	return purchases_within(horizon), revenue_within(horizon)


def with_outcome(customers: pd.DataFrame, measured: pd.DataFrame, horizon: int) -> pd.DataFrame:
	"""The customers with `lapsed` (booleans) and `spent` (net revenue of the horizon, below 0 where they returned more);
	`measured` holds raw values of `outcome_metrics`.
	"""
	purchases, revenue = outcome_metrics(horizon)
	after = measured.reindex(customers.index)
	return customers.assign(
		lapsed=~(after[purchases.key] > 0), spent=after[revenue.key].fillna(0.0).astype("float64")
	)


def buyers(scored: pd.DataFrame, as_of: date) -> pd.DataFrame:
	"""What is compared of each customer who had bought by the date; `scored` is as of `score_customers`."""
	days = [np.nan if day is None else (as_of - day).days for day in scored["last_invoice"]]
	kept = scored[[*_TEXTS, *_NUMBERS, CUSTOMER_DISABLED]].astype(dict.fromkeys(_NUMBERS, "float64"))
	kept = kept.assign(days_since_last=np.array(days, dtype="float64"), lapse_risk=kept["lapse_risk"] / 100)
	return kept[kept["days_since_last"].notna()]


def replayed(
	customers: pd.DataFrame,
	as_of: date,
	horizon: int,
	currency: str,
	about_risk: Iterable[Phrase] = (),
) -> Replayed:
	"""The figures of a date; `customers` are `buyers` with `lapsed`. A sample that is too small is told in `refusal`."""
	disabled = customers[CUSTOMER_DISABLED] == 1
	counted = customers[~disabled]
	test, refusal = None, None
	try:
		test = back_test(counted, counted["lapsed"])
	except ScoringError as error:
		refusal = error.phrase
	return Replayed(as_of, horizon, int(disabled.sum()), currency, test, refusal, tuple(about_risk))


def figures_of(date_: Replayed) -> PastFigures:
	"""The same plainly, to be kept and told."""
	found = _found(date_.test) if date_.test else None
	return PastFigures(
		date_.as_of,
		date_.horizon,
		date_.disabled,
		date_.currency,
		found,
		date_.refusal,
		date_.about_risk,
	)


def _found(test: BackTest) -> FoundFigures:
	return FoundFigures(
		customers=test.customers,
		without_score=test.without_score,
		lapsed=test.lapsed,
		lapsed_without_score=test.lapsed_without_score,
		share=test.share,
		areas=tuple(AreaFigure(number, area, test.gains.get(number)) for number, area in test.areas.items()),
		groups=tuple(_groups(test)),
		bands_ordered=test.bands_ordered,
		calls=test.calls,
		risks=_risks(test.reliability),
		risk_error=test.reliability.expected_error if test.reliability else None,
	)


def _groups(test: BackTest) -> Iterable[GroupFigure]:
	for grouping, groups in test.groups.items():
		for group, row in groups.iterrows():
			yield _group(grouping, str(group), row)


def _group(grouping: Grouping, group: str, row: pd.Series) -> GroupFigure:
	customers = int(row["customers"])
	share = Estimate(float(row["share"]), float(row["low"]), float(row["high"])) if customers else None
	return GroupFigure(grouping, group, customers, int(row["lapsed"]), share)


def _risks(reliability: Reliability | None) -> tuple[RiskFigure, ...]:
	if reliability is None:
		return ()
	return tuple(
		RiskFigure(
			from_risk=float(str(low)),
			customers=int(row["customers"]),
			lapsed=int(row["lapsed"]),
			told=float(row["probability"]),
			share=Estimate(float(row["share"]), float(row["low"]), float(row["high"])),
		)
		for low, row in reliability.bins.iterrows()
	)
