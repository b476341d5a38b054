"""The rows of backtest.csv, one a figure, and what its columns mean. Computes no figure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from crm_success.scoring.engine.definitions import HealthBand
from crm_success.scoring.engine.truth.back_test import BackTest
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.what_is_compared import Grouping, RiskNumber
from crm_success.scoring.shared.past_comparison import Replayed
from crm_success.standalone.csv_columns import CsvColumn

BACK_TEST_COLUMNS = (
	CsvColumn("as_of", "date", "The past date that was scored"),
	CsvColumn("horizon", "days", "Days after it within which a customer could buy again"),
	CsvColumn("figure", "", "area, area gain, calibration error, lapsed, precision, recall or lost revenue"),
	CsvColumn("measure", "", "What the figure is about: a risk number, or what customers are grouped by"),
	CsvColumn("group", "", "The group; empty: everybody, or those in no group"),
	CsvColumn("customers", "count", "Customers that the figure is made of"),
	CsvColumn("lapsed", "count", "Those of them who bought nothing within the horizon"),
	CsvColumn(
		"value",
		"by figure",
		"0-1; area gain -1 to 1; lost revenue in currency; empty where a group has nobody",
	),
	CsvColumn("low", "as value", "Lower bound of its 95 % interval"),
	CsvColumn("high", "as value", "Upper bound of its 95 % interval"),
	CsvColumn("currency", "", "Currency of lost revenue"),
)
EVERYBODY = "Everybody"
CALLED, NOT_CALLED = "Called", "Not called"
_DECIMALS = 6


class _Row(NamedTuple):
	"""A row without the columns that all rows of a date share."""

	figure: str
	measure: str
	group: str
	customers: int
	lapsed: int
	value: float
	low: float | None = None
	high: float | None = None
	currency: str = ""


def figure_rows(dates: Iterable[Replayed]) -> pd.DataFrame:
	"""The rows of all dates but those that were refused."""
	rows = [
		{"as_of": replayed.as_of, "horizon": replayed.horizon, **row._asdict()}
		for replayed in dates
		if replayed.test
		for row in _rows(replayed.test, replayed.currency)
	]
	return pd.DataFrame(rows, columns=[column.name for column in BACK_TEST_COLUMNS]).round(_DECIMALS)


def _rows(test: BackTest, currency: str) -> Iterator[_Row]:
	yield _row("lapsed", EVERYBODY, "", test.customers, test.lapsed, test.share)
	yield from _areas(test)
	for grouping, groups in test.groups.items():
		for group, row in groups.iterrows():
			counts = int(row["customers"]), int(row["lapsed"])
			share = Estimate(row["share"], row["low"], row["high"])
			yield _row("lapsed", grouping.value, str(group), *counts, share)
	yield from _calls(test, currency)


def _areas(test: BackTest) -> Iterator[_Row]:
	compared = test.customers - test.without_score, test.lapsed - test.lapsed_without_score
	for number, area in test.areas.items():
		yield _row("area", number.value, "", *compared, area)
	for number, gain in test.gains.items():
		yield _row("area gain", number.value, "", *compared, gain)
	if test.reliability:
		error = test.reliability.expected_error
		yield _Row("calibration error", RiskNumber.LAPSE.value, "", test.customers, test.lapsed, error)


def _calls(test: BackTest, currency: str) -> Iterator[_Row]:
	calls, band, at_risk = test.calls, Grouping.BAND.value, HealthBand.AT_RISK.value
	if calls.precision:
		yield _row("precision", band, at_risk, calls.customers, calls.right, calls.precision)
	yield _row("recall", band, at_risk, test.lapsed, test.lapsed, calls.recall)
	missed = test.lapsed - calls.right
	for group, number, amount in (
		(CALLED, calls.right, calls.lost_revenue_called),
		(NOT_CALLED, missed, calls.lost_revenue_not_called),
	):
		yield _Row("lost revenue", at_risk, group, number, number, amount, currency=currency)


def _row(figure: str, measure: str, group: str, customers: int, lapsed: int, estimate: Estimate) -> _Row:
	return _Row(figure, measure, group, customers, lapsed, estimate.value, estimate.low, estimate.high)
