"""Sales at a till: each counts once, when it happened, whether or not a Sales Invoice already holds it."""

from typing import Any

import pytest
from asking import AS_OF, metric, value_of
from databases import Database
from erpnext_tables import TABLES, TABLES_WITH_TILL

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.document_statements import documents_statement, value_statement

PURCHASES = [("is_purchase", "=", 1)]
FREQUENCY = metric(filters=PURCHASES)
RECENCY = metric(Measure.DAYS_SINCE_LAST, filters=PURCHASES)
REVENUE = metric(Measure.SUM, value_field="base_net_total")


def _visit(database: Database, day: str, amount: float, **values: Any) -> None:
	database.add("POS Invoice", customer="A", posting_date=day, base_net_total=amount, **values)


def _of(database: Database, asked: Any) -> float | None:
	return value_of(database, asked, tables=TABLES_WITH_TILL)


def test_sales_of_an_open_shift_count(database: Database) -> None:
	for day in ("2024-06-10", "2024-06-11", "2024-06-20"):
		_visit(database, day, 10)
	assert _of(database, FREQUENCY) == 3
	assert _of(database, RECENCY) == 10
	assert _of(database, REVENUE) == 30


def test_once_the_shift_is_closed_they_count_no_second_time(database: Database) -> None:
	for day in ("2024-06-10", "2024-06-11"):
		_visit(database, day, 10)
	database.add(
		"Sales Invoice",
		customer="A",
		posting_date="2024-06-29",
		base_net_total=20,
		is_consolidated=1,
		is_pos=1,
	)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-15", base_net_total=5)
	assert _of(database, FREQUENCY) == 3
	assert _of(database, RECENCY) == 15
	assert _of(database, REVENUE) == 25


def test_returns_drafts_and_opening_sales_are_as_with_invoices(database: Database) -> None:
	_visit(database, "2024-06-10", 10)
	_visit(database, "2024-06-20", -4, is_return=1)
	_visit(database, "2024-06-21", 99, docstatus=0)
	_visit(database, "2024-06-21", 99, docstatus=2)
	_visit(database, "2024-06-21", 99, is_opening="Yes")
	_visit(database, "2024-07-01", 99)
	assert _of(database, FREQUENCY) == 1
	assert _of(database, RECENCY) == 20
	assert _of(database, REVENUE) == 6


def test_a_field_that_a_till_has_not_is_empty_there(database: Database) -> None:
	_visit(database, "2024-06-10", 10, remarks="x", territory="North")
	assert _of(database, metric(filters=[("territory", "=", "North")])) == 1
	assert _of(database, metric(Measure.SUM, value_field="items_count")) == 0
	assert _of(database, metric(filters=[("delivered_on", "is", "set")])) == 0


def test_the_documents_behind_a_value_say_what_they_are(database: Database) -> None:
	database.add("Sales Invoice", name="S", customer="A", posting_date="2024-06-02", base_net_total=1)
	_visit(database, "2024-06-01", 2, name="P")
	statement = documents_statement(REVENUE, TABLES_WITH_TILL, AS_OF, database.dialect, Money(), "A")
	found = database.execute(statement).records()
	assert [(row["document_type"], row["document"], float(row["value"])) for row in found] == [
		("Sales Invoice", "S", 1),
		("POS Invoice", "P", 2),
	]


@pytest.mark.parametrize(("tables", "expected"), [(TABLES, 0), (TABLES_WITH_TILL, 1)])
def test_a_sale_gives_a_value(database: Database, tables: Any, expected: int) -> None:
	_visit(database, "2024-06-01", 2)
	recency = value_statement(RECENCY, tables, AS_OF, database.dialect, Money())
	assert len(database.execute(recency).rows) == expected
