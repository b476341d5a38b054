"""Customers, ranges and the number of statements, on each database."""

import re
from typing import Any

import pytest
from asking import AS_OF, metric, reader, values
from databases import Database
from erpnext_tables import TABLES

from crm_success.database.dialects import EVERYBODY, Dialect, KeyRange
from crm_success.scoring.engine.definitions import CompanyRate, Definitions, Filter, Money, Scorecard
from crm_success.scoring.engine.errors import DefinitionError, SourceError
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.pipeline import all_metrics
from crm_success.scoring.queries.plan import plan_reads
from crm_success.scoring.queries.tables import Column, Table
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.shared.reader import Reader
from crm_success.standalone.default_definitions import default_definitions

NAMES = [
	"10",
	"9",
	"A & B",
	"Acme",
	'O\'Neil "x"',
	"Zeta",
	"beta",
	"Émile",
	"Über",
	"λ",
	"客户",
	"😀 Ltd",
	"x" * 140,
]


def _scorecard(name: str, *filters: tuple[str, str, Any], **fields: Any) -> Scorecard:
	return Scorecard(name, (), (), filters=tuple(Filter(*row) for row in filters), **fields)


def _customers(
	database: Database, *scorecards: Scorecard, keys: KeyRange = EVERYBODY, **tables: Table
) -> Any:
	definitions = Definitions(scorecards=scorecards)
	plan = plan_reads([], TABLES)
	return Reader(plan, definitions, {**TABLES, **tables}, database).customers(keys)


def _ranges(database: Database, size: int) -> list[KeyRange]:
	ranges = customer_ranges(database, TABLES["Customer"], size)
	assert all(customers <= size for _, customers in ranges)
	return [keys for keys, _ in ranges]


def test_a_hundred_metrics_are_read_in_as_many_statements_as_there_are_sources(database: Database) -> None:
	invoice = database.add("Sales Invoice", customer="A", posting_date="2024-06-01", base_net_total=10)
	database.add("Sales Invoice Item", parent=invoice, qty=1)
	database.add("Issue", customer="A", opening_date="2024-06-01")
	few = [metric(key="a"), metric(doctype="Issue", key="b")]
	many = [
		metric(Measure.SUM, value_field="base_net_total", window_days=days, key=f"m{days}")
		for days in range(100)
	]
	children = [
		metric(window_days=days, doctype="Sales Invoice Item", parent_doctype="Sales Invoice", key=f"c{days}")
		for days in range(10)
	]
	reader(database, *few).aggregates(AS_OF)
	assert len(database.executed) == 2
	found = values(database, *few, *many, *children)
	assert len(database.executed) == 2 + 3
	assert found.loc["A", ["a", "b", "m99", "m1", "c9"]].tolist() == [1, 1, 10, 0, 0]


def test_every_literal_of_a_statement_is_one_of_ours(database: Database) -> None:
	filters = [("territory", "=", "Secret"), ("base_net_total", ">", 424242), ("due_date", "<", "1999-12-31")]
	filters += [("territory", "like", "%Hidden%"), ("remarks", "not in", ("Veiled", "Masked"))]
	reader(database, metric(Measure.SUM, value_field="base_net_total", filters=filters)).aggregates(
		AS_OF, KeyRange("After", "Upto")
	)
	(statement,) = database.executed
	for value in ("Secret", "424242", "1999", "Hidden", "Veiled", "Masked", "After", "Upto", "2024"):
		assert value not in statement.sql
		assert any(value in str(bound) for bound in statement.parameters.values())
	assert set(re.findall(r"'([^']*)'", statement.sql)) <= {""}


def test_a_range_is_open_below_and_closed_above(database: Database) -> None:
	for customer in ("A", "B", "C", "D"):
		database.add("Sales Invoice", customer=customer, posting_date="2024-06-01")
		database.add("Customer", name=customer)
	for keys, expected in {
		KeyRange("A", "C"): ["B", "C"],
		KeyRange(None, "B"): ["A", "B"],
		KeyRange("C", None): ["D"],
		KeyRange("D", None): [],
		KeyRange(names=("A", "D", "unknown")): ["A", "D"],
		EVERYBODY: ["A", "B", "C", "D"],
	}.items():
		assert values(database, metric(), keys=keys).index.tolist() == expected
		assert _customers(database, keys=keys).index.tolist() == expected


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_ranges_part_the_customers_and_orphans_fall_in_one_of_them(database: Database, size: int) -> None:
	for name in NAMES:
		database.add("Customer", name=name)
	orphans = (
		["", "0", "B orphan", "zzzz orphan", "😎"]
		if database.dialect is not Dialect.MARIADB
		else ["0", "B orphan"]
	)
	for name in [*NAMES, *orphans]:
		database.add("Sales Invoice", customer=name, posting_date="2024-06-01")
	ranges = _ranges(database, size)
	found = [name for keys in ranges for name in _customers(database, keys=keys).index]
	assert sorted(found) == sorted(NAMES)
	counted = [name for keys in ranges for name in values(database, metric(), keys=keys).index]
	assert sorted(counted) == sorted({*NAMES, *orphans} - {""})


def test_customers_come_in_key_order_without_internal_ones(database: Database) -> None:
	database.add("Customer", name="B", customer_name="Bee", account_manager="b@example.com")
	database.add("Customer", name="C", is_internal_customer=1)
	database.add("Customer", name="A", customer_name="Ay", territory=None, disabled=1)
	found = _customers(database)
	assert found.index.tolist() == ["A", "B"]
	assert found.loc["B"].to_dict() == {
		"customer_name": "Bee",
		"customer_group": "Retail",
		"territory": "Europe",
		"account_manager": "b@example.com",
		"customer_disabled": 0,
		"scorecard": None,
	}
	assert found.loc["A", "territory"] is None
	assert found.loc["A", "customer_disabled"] == 1


def test_fields_that_the_customer_table_lacks_are_empty(database: Database) -> None:
	database.add("Customer", name="A", is_internal_customer=1)
	found = _customers(database, Customer=Table("Customer", (Column("name"), Column("customer_name"))))
	assert found.index.tolist() == ["A"]
	assert found.loc["A", "territory"] is None
	assert found.loc["A", "customer_disabled"] == 0


def test_the_first_scorecard_that_fits_is_taken(database: Database) -> None:
	database.add("Customer", name="A", customer_group="Public", territory="Asia")
	database.add("Customer", name="B", customer_group="Public", territory="Europe")
	database.add("Customer", name="C", customer_group=None, territory="Europe")
	public = _scorecard("Public", ("customer_group", "=", "Public"), ("territory", "!=", "Asia"))
	europe = _scorecard("Europe", ("territory", "=", "Europe"))
	rest = _scorecard("Everybody", is_default=True)
	taken = _customers(database, public, europe, rest)["scorecard"]
	assert taken.to_dict() == {"A": "Everybody", "B": "Public", "C": "Europe"}
	assert _customers(database, europe, public)["scorecard"].to_dict() == {
		"A": None,
		"B": "Europe",
		"C": "Europe",
	}
	assert _customers(database, rest, public)["scorecard"].unique().tolist() == ["Everybody"]


def test_scorecards_of_no_customers_at_all(database: Database) -> None:
	found = _customers(database, _scorecard("Asia", ("territory", "=", "Asia")), _scorecard("Everybody"))
	assert found.empty
	assert "scorecard" in found.columns
	assert values(database, metric()).empty


def test_a_scorecard_filter_that_cannot_be_read_says_why(database: Database) -> None:
	with pytest.raises(SourceError, match="Customer has no column 'industry'"):
		_customers(database, _scorecard("X", ("industry", "=", "Paper")))
	with pytest.raises(DefinitionError, match="'good' is not a number"):
		_customers(database, _scorecard("X", ("loyalty_rating", ">", "good")))


def test_no_metric_at_all_reads_nothing(database: Database) -> None:
	assert reader(database).aggregates(AS_OF).empty
	assert database.executed == []


def test_the_default_records_can_be_read_in_one_statement_a_source(database: Database) -> None:
	definitions = default_definitions(Money("EUR", rates=(CompanyRate("Main", 1.5),)))
	plan = plan_reads(all_metrics(definitions), TABLES)
	assert plan.problems == ()
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", base_net_total=10)
	read = Reader(plan, definitions, TABLES, database)
	assert float(read.aggregates(AS_OF).loc["A", "net_revenue_365d.value"]) == 15
	assert len(database.executed) == len(plan.reads) == 3


def test_an_expression_over_metrics_of_two_sources(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", base_net_total=200)
	database.add("Sales Invoice", customer="B", posting_date="2024-06-01", base_net_total=200)
	for _ in range(4):
		database.add("Issue", customer="A", opening_date="2024-06-01")
	revenue = metric(Measure.SUM, value_field="base_net_total", key="revenue")
	issues = metric(doctype="Issue", key="issues")
	ratio = metric(Measure.EXPRESSION, key="ratio", expression="revenue / issues")
	found = values(database, revenue, issues, ratio)
	assert found["ratio"].fillna(-1).to_dict() == {"A": 50, "B": -1}


def test_a_change_of_letters_in_a_link_is_the_same_customer_where_the_database_says_so(
	database: Database,
) -> None:
	database.add("Sales Invoice", customer="Acme", posting_date="2024-06-01")
	database.add("Sales Invoice", customer="ACME", posting_date="2024-06-01")
	found = values(database, metric())["m"].tolist()
	assert found == ([2] if database.dialect is Dialect.MARIADB else [1, 1])
