"""The documents behind a value, and the rows that cannot count, on each database."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from asking import AS_OF, metric, value_of
from databases import Database
from erpnext_tables import TABLES

from crm_success.scoring.engine.definitions import CompanyRate, Limits, Metric, Money, Scale
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.measures import needs_window
from crm_success.scoring.engine.profile import profile_metrics
from crm_success.scoring.queries.document_statements import (
	IN_THE_FUTURE,
	UNKNOWN_CUSTOMER,
	WITHOUT_CUSTOMER,
	WITHOUT_RESOLUTION,
	data_checks,
	documents_statement,
	value_statement,
)


def _documents(database: Database, asked: Metric, as_of: date = AS_OF, **options: Any) -> pd.DataFrame:
	money = options.pop("money", Money())
	return database.frame(documents_statement(asked, TABLES, as_of, database.dialect, money, "A", **options))


def _findings(database: Database, *metrics: Metric) -> dict[tuple[str, str], list[tuple[int, str | None]]]:
	found = {}
	for check in data_checks(metrics, TABLES, AS_OF, database.dialect, Money()):
		rows = database.frame(check.statement)
		assert list(rows.columns) == ["documents", "example"]
		if check.doubt and database.frame(check.doubt).empty:
			assert rows.empty, "a finding that nobody would look for"
		found[check.source.doctype, check.kind] = [
			(int(row.documents), row.example) for row in rows.itertuples() if row.documents
		]
	return found


def test_the_newest_documents_come_first_and_only_those_that_count(database: Database) -> None:
	for name, day, amount in (
		("S-1", "2024-06-01", 10),
		("S-2", "2024-06-30", 20),
		("S-3", "2024-06-21", 30),
	):
		database.add("Sales Invoice", name=name, customer="A", posting_date=day, base_net_total=amount)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-30", docstatus=0)
	database.add("Sales Invoice", customer="B", posting_date="2024-06-30")
	database.add("Sales Invoice", customer="A", posting_date="2024-07-01")
	found = _documents(database, metric(Measure.SUM, value_field="base_net_total", window_days=20))
	assert found["document"].tolist() == ["S-2", "S-3"]
	assert [str(day) for day in found["date"]] == ["2024-06-30", "2024-06-21"]
	assert [float(value) for value in found["value"]] == [20, 30]
	assert _documents(database, metric(), limit=1)["document"].tolist() == ["S-2"]
	assert list(_documents(database, metric())) == ["document", "date"]


def test_open_issues_are_shown_by_the_day_they_were_opened(database: Database) -> None:
	for name, day in (("I-1", "2023-01-05"), ("I-2", "2024-06-02"), ("I-3", "2022-03-01")):
		database.add("Issue", name=name, customer="A", opening_date=day)
	found = _documents(database, metric(doctype="Issue", date_field="open_until", window_days=10))
	assert found["document"].tolist() == ["I-2", "I-1", "I-3"]
	assert str(found["date"].iloc[0]) == "2024-06-02"


def test_documents_of_one_day_come_by_name(database: Database) -> None:
	for name in ("S-3", "S-1", "S-2"):
		database.add("Sales Invoice", name=name, customer="A", posting_date="2024-06-30")
	assert _documents(database, metric(), limit=2)["document"].tolist() == ["S-1", "S-2"]


def test_a_change_shows_the_documents_of_both_windows(database: Database) -> None:
	for name, day in (("now", "2024-06-25"), ("before", "2024-06-15"), ("too old", "2024-06-05")):
		database.add("Sales Invoice", name=name, customer="A", posting_date=day, territory="North")
		database.add("Sales Invoice", name=f"{name} B", customer="B", posting_date=day, territory="North")
		database.add("Sales Invoice", name=f"{name} S", customer="A", posting_date=day, territory="South")
	change = metric(
		Measure.CHANGE,
		window_days=10,
		filters=[("territory", "=", "North"), ("due_date", "!=", "2000-01-01")],
	)
	assert _documents(database, change)["document"].tolist() == ["now", "before"]


def test_the_documents_of_a_child_table_are_its_parents(database: Database) -> None:
	name = database.add("Sales Invoice", customer="A", posting_date="2024-06-30")
	database.add("Sales Invoice Item", parent=name, qty=3)
	asked = metric(Measure.SUM, "Sales Invoice Item", parent_doctype="Sales Invoice", value_field="qty")
	found = _documents(database, asked)
	assert found["document"].tolist() == [name]
	assert [float(value) for value in found["value"]] == [3]


def test_the_documents_of_computed_and_converted_values(database: Database) -> None:
	database.add("Sales Invoice", name="S-1", customer="A", posting_date="2024-05-01", due_date="2024-05-31")
	settled = {"against_voucher_type": "Sales Invoice", "against_voucher_no": "S-1"}
	own = {"voucher_type": "Sales Invoice", "voucher_no": "S-1", **settled}
	for voucher, amount in (
		(own, 100),
		({"voucher_type": "Payment Entry", "voucher_no": "P", **settled}, -30),
	):
		database.add(
			"Payment Ledger Entry",
			party="A",
			company="Branch",
			posting_date="2024-05-01",
			amount=amount,
			amount_in_account_currency=amount,
			**voucher,
		)
	asked = metric(Measure.SUM, "Payment Ledger Entry", value_field="overdue_amount")
	money = Money("EUR", rates=(CompanyRate("Branch", 0.5),))
	assert [float(value) for value in _documents(database, asked, money=money)["value"]] == [35]


def test_every_metric_of_the_profile_can_show_its_documents(database: Database) -> None:
	for asked in profile_metrics(Limits()):
		assert _documents(database, asked).empty


def test_rows_without_a_customer_with_a_deleted_one_or_in_the_future_are_counted_and_named(
	database: Database,
) -> None:
	database.add("Customer", name="A")
	database.add("Sales Invoice", name="S-1", customer="A", posting_date="2024-06-30")
	database.add("Sales Invoice", name="S-2", customer=None, posting_date="2024-06-30")
	database.add("Sales Invoice", name="S-3", customer="", posting_date="2024-06-30")
	database.add("Sales Invoice", name="S-4", customer="Gone", posting_date="2024-06-30")
	database.add("Sales Invoice", name="S-5", customer="Gone", posting_date="9999-12-31")
	database.add("Sales Invoice", name="S-6", customer='Deleted "O\'N"', posting_date="2024-07-01")
	database.add("Sales Invoice", name="S-7", customer="Draft", posting_date="2024-07-01", docstatus=0)
	assert _findings(database, metric()) == {
		("Sales Invoice", WITHOUT_CUSTOMER): [(2, "S-2")],
		("Sales Invoice", UNKNOWN_CUSTOMER): [(1, 'Deleted "O\'N"'), (2, "Gone")],
		("Sales Invoice", IN_THE_FUTURE): [(2, "S-5")],
	}


def test_each_source_is_checked_once_and_clean_ones_have_no_findings(database: Database) -> None:
	issue, by_resolution = metric(doctype="Issue"), metric(doctype="Issue", date_field="resolved_on", key="n")
	child = metric(doctype="Sales Invoice Item", parent_doctype="Sales Invoice", key="c")
	customer = metric(doctype="Customer", key="t")
	expression = metric(Measure.EXPRESSION, doctype="", expression="m + n", key="e")
	found = _findings(database, by_resolution, issue, child, customer, expression)
	assert len(found) == 2 * 3 + 1
	doubts = [check.doubt for check in data_checks([issue], TABLES, AS_OF, database.dialect, Money())]
	assert [doubt and database.frame(doubt).empty for doubt in doubts] == [None, True, None, None]
	assert not any(found.values())


def test_issues_resolved_without_a_date_are_counted_once(database: Database) -> None:
	closed = {"customer": "A", "status": "Closed", "opening_date": "2024-06-01"}
	database.add("Issue", name="I-1", **closed)
	database.add("Issue", name="I-2", **closed, sla_resolution_date="2024-06-02 10:00:00")
	database.add("Issue", name="I-3", **closed | {"status": "Open"})
	database.add("Issue", name="I-4", **closed | {"opening_date": "2024-07-01"})
	# the app has seen it being closed
	database.add("Issue", name="I-5", **closed, health_closed_on="2024-06-02 10:00:00")
	by_another_field = metric(doctype="Issue", customer_field="company", key="n")
	found = _findings(database, metric(doctype="Issue"), by_another_field)
	assert found["Issue", WITHOUT_RESOLUTION] == [(1, "I-1")]


@pytest.mark.parametrize("measure", Measure)
def test_a_metric_has_a_value_where_some_document_gives_it_one(database: Database, measure: Measure) -> None:
	"""As the engine says of the same documents, whichever measure it is."""
	if not measure.reads_documents:
		return
	window = max(30, measure.row.shortest_window)
	asked = metric(
		measure, value_field="base_net_total", window_days=window, filters=[("territory", "=", "North")]
	)
	rows = (
		{"customer": ""},
		{"posting_date": "2024-07-01"},
		{"docstatus": 0},
		{"territory": "South"},
		{"posting_date": "2024-05-20", "base_net_total": -5},
		{"posting_date": "2024-05-20", "base_net_total": 6},
		{"base_net_total": 0},
		{"base_net_total": 7},
	)
	usual = {"customer": "A", "posting_date": "2024-06-20", "territory": "North", "base_net_total": 1}
	answers = []
	for row in rows:
		database.add("Sales Invoice", **usual | row)
		statement = value_statement(asked, TABLES, AS_OF, database.dialect, Money())
		answers.append(bool(database.execute(statement).rows))
		assert answers[-1] == (value_of(database, asked, "A") is not None), row
	assert answers[:3] == [False] * 3
	assert answers[-1]


def test_where_only_the_window_gives_a_value_older_documents_do_not(database: Database) -> None:
	asked = metric(doctype="Issue", window_days=30, scale=Scale(worst=10, best=0))

	def is_said_and_is_there() -> tuple[bool, bool]:
		statement = value_statement(asked, TABLES, AS_OF, database.dialect, Money(), needs_window(asked))
		return bool(database.execute(statement).rows), value_of(database, asked) is not None

	database.add("Issue", customer="A", opening_date="2024-01-01")
	assert is_said_and_is_there() == (False, False)
	database.add("Issue", customer="A", opening_date="2024-06-20")
	assert is_said_and_is_there() == (True, True)


@pytest.mark.parametrize("party_type", ["Customer", "Supplier"])
def test_only_customers_of_a_dynamic_link_can_be_missing(database: Database, party_type: str) -> None:
	database.add("Service Visit", party="Gone", party_type=party_type, visited_on="2024-06-01 10:00:00")
	found = _findings(database, metric(doctype="Service Visit"))
	assert found["Service Visit", UNKNOWN_CUSTOMER] == ([(1, "Gone")] if party_type == "Customer" else [])
