"""A measure that nobody thought of is planned, read and computed from its row in the table alone."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from asking import metric, value_of
from databases import Database
from erpnext_tables import TABLES

from crm_success.scoring.engine.measure_table import (
	MEASURES,
	Function,
	Measure,
	MeasureRow,
	PartRead,
	Parts,
	ValueField,
	Window,
)
from crm_success.scoring.queries.plan import plan_reads


def _two_ends(days: int) -> tuple[PartRead, ...]:
	return PartRead("low", Function.MINIMUM, Window(days)), PartRead("high", Function.MAXIMUM, Window(days))


def _spread(parts: Parts, as_of: date) -> pd.Series:
	return parts["high"] - parts["low"]


SPREAD = MeasureRow(_two_ends, _spread, ValueField.NEEDED, shortest_window=7)


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> Measure:
	"""An enum takes no new member, so the row of another measure makes room."""
	monkeypatch.setitem(MEASURES, Measure.MAXIMUM, SPREAD)
	return Measure.MAXIMUM


def test_its_row_is_all_that_reading_and_computing_need(database: Database, spread: Measure) -> None:
	for amount in (20, -5.5, 7):
		database.add("Sales Invoice", customer="A", posting_date="2024-06-30", base_net_total=amount)
	database.add("Sales Invoice", customer="A", posting_date="2024-01-01", base_net_total=999)
	assert value_of(database, metric(spread, value_field="base_net_total", window_days=30)) == 25.5


@pytest.mark.parametrize(
	("fields", "reason"),
	[
		({"window_days": 30}, "Maximum needs a value field"),
		({"window_days": 6, "value_field": "base_net_total"}, "Maximum needs a window of at least 7 days."),
		(
			{"window_days": 30, "value_field": "territory"},
			"'territory' holds no numbers: Maximum needs some",
		),
	],
)
def test_its_row_is_all_that_the_checks_need(spread: Measure, fields: dict[str, object], reason: str) -> None:
	plan = plan_reads([metric(spread, **fields)], TABLES)
	assert [problem.reason for problem in plan.problems] == [reason]


def test_a_row_that_takes_any_value_takes_text(spread: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setitem(MEASURES, spread, replace(SPREAD, of_numbers=False))
	asked = metric(spread, window_days=30, value_field="territory")
	assert plan_reads([asked], TABLES).problems == ()
