"""Every filter operator answers as a list in the desk does, on each database."""

from typing import Any

import pytest
from asking import metric, value_of
from databases import Database
from erpnext_tables import TABLES
from pypika import Field

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.plan import plan_reads

TERRITORIES = ("North", "South", "", None)
DUE = ("2024-05-31", "2024-06-01", "2024-06-02", None)
DELIVERED = ("2024-06-01 00:00:00", "2024-06-01 23:59:59", "2024-06-02 00:00:00.000001", None)
QUANTITIES = (0, 1, 2.5, -1)
DURATIONS = (0, 60, 3600, None)


def _count(
	database: Database, fieldname: str, values: tuple[Any, ...], operator: str, value: Any
) -> float | None:
	for content in values:
		database.add("Sales Invoice", customer="A", posting_date="2024-06-01", **{fieldname: content})
	return value_of(database, metric(filters=[(fieldname, operator, value)]))


@pytest.mark.parametrize(
	("operator", "value", "expected"),
	[
		("=", "North", 1),
		("=", "", 2),
		("=", None, 2),
		("!=", "North", 3),
		("!=", "", 2),
		("<", "North", 2),
		("<=", "North", 3),
		(">", "North", 1),
		(">=", "", 4),
		("in", ("North", "South"), 2),
		("in", "North, South", 2),
		("in", ("North", ""), 3),
		("not in", ("North",), 3),
		("not in", ("North", ""), 1),
		("like", "%ort%", 1),
		("like", "n%", 1),
		("like", "", 2),
		("not like", "%o%", 2),
		("between", ("A", "O"), 1),
		("is", "set", 2),
		("is", "not set", 2),
	],
)
def test_text(database: Database, operator: str, value: Any, expected: int) -> None:
	assert _count(database, "territory", TERRITORIES, operator, value) == expected


@pytest.mark.parametrize(
	("operator", "value", "expected"),
	[
		("=", "2024-06-01", 1),
		("=", "2024-06-01 12:00:00", 1),
		("!=", "2024-06-01", 3),
		("<", "2024-06-01", 2),
		("<=", "2024-06-01", 3),
		(">", "2024-06-01", 1),
		(">=", "2024-06-01", 2),
		("in", ("2024-06-01", "2024-06-02"), 2),
		("not in", ("2024-06-01",), 3),
		("between", ("2024-06-01", "2024-06-02"), 2),
		("is", "set", 3),
		("is", "not set", 1),
	],
)
def test_dates(database: Database, operator: str, value: Any, expected: int) -> None:
	assert _count(database, "due_date", DUE, operator, value) == expected


@pytest.mark.parametrize(
	("operator", "value", "expected"),
	[
		("<", "2024-06-02", 3),
		(">=", "2024-06-01", 3),
		(">", "2024-06-01 23:59:58", 2),
		("!=", "2024-06-01 23:59:59", 3),
		("between", ("2024-06-01", "2024-06-01"), 2),
		("between", ("2024-06-01", "9999-12-31"), 3),
		("between", ("2024-06-01 12:00:00", "2024-06-02 12:00:00"), 2),
		("is", "not set", 1),
	],
)
def test_datetimes(database: Database, operator: str, value: Any, expected: int) -> None:
	assert _count(database, "delivered_on", DELIVERED, operator, value) == expected


@pytest.mark.parametrize(
	("operator", "value", "expected"),
	[
		("=", 0, 1),
		("=", None, 1),
		("=", "2.5", 1),
		("!=", 0, 3),
		("<", 1, 2),
		("<=", 1, 3),
		(">", -1, 3),
		("in", (1, "2.5"), 2),
		("not in", (1, 2.5), 2),
		("between", (0, 2), 2),
		("is", "set", 3),
		("is", "not set", 1),
	],
)
def test_numbers(database: Database, operator: str, value: Any, expected: int) -> None:
	assert _count(database, "total_qty", QUANTITIES, operator, value) == expected


@pytest.mark.parametrize(
	("operator", "value", "expected"),
	[("=", 0, 2), ("!=", 60, 3), ("<", 60, 2), (">=", 60, 2), ("is", "set", 2), ("is", "not set", 2)],
)
def test_a_number_that_is_not_there_is_zero(
	database: Database, operator: str, value: Any, expected: int
) -> None:
	assert _count(database, "support_time", DURATIONS, operator, value) == expected


def test_checks(database: Database) -> None:
	assert _count(database, "is_return", (0, 1, 1), "=", True) == 2


def test_times(database: Database) -> None:
	times = ("10:00:00", "12:30:00", None)
	assert _count(database, "posting_time", times, ">", "11:00:00") == 1
	assert value_of(database, metric(filters=[("posting_time", "is", "not set")])) == 1


@pytest.mark.parametrize(
	"text", ["O'Brien", '"quoted"', "100% %s %(p1)s :p1", "back\\slash\\", "😀", "a;--b", "x" * 140]
)
def test_any_text_is_only_a_value(database: Database, text: str) -> None:
	for territory in (text, "other"):
		database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory=territory)
	assert value_of(database, metric(filters=[("territory", "=", text)])) == 1
	assert value_of(database, metric(filters=[("territory", "in", (text, "third"))])) == 1
	assert value_of(database, metric(filters=[("territory", "!=", text)])) == 1
	for statement in database.executed:
		assert text not in statement.sql
		assert text in statement.parameters.values()


def test_a_backslash_in_like_is_a_character(database: Database) -> None:
	assert _count(database, "territory", ("a\\b", "ab", "a\\\\b"), "like", "a\\b") == 1
	assert value_of(database, metric(filters=[("territory", "not like", "%\\b")])) == 1


def test_several_filters_hold_together_also_with_nulls(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory="North", due_date=None)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory="South", due_date=None)
	# an OR inside one condition must not swallow the other conditions
	both = [("due_date", "!=", "2024-01-01"), ("territory", "=", "North"), ("due_date", "<", "2024-01-01")]
	assert value_of(database, metric(filters=both)) == 1


@pytest.mark.parametrize(
	("fieldname", "operator", "value", "words"),
	[
		("territory", "descendants of", "Europe", "'descendants of' is not one of =, !=, <"),
		("total_qty", "=", "many", "'many' is not a number"),
		("total_qty", "<", float("inf"), "is not a finite number"),
		("total_qty", "<", float("nan"), "is not a finite number"),
		("total_qty", "like", "1%", "compare texts only"),
		("due_date", "not like", "2024%", "compare texts only"),
		("due_date", "=", "soon", "'soon' is not a date like 2026-01-31"),
		("due_date", ">", "2024-02-30", "'2024-02-30' is not a date"),
		("due_date", ">", "2024-01-01; DROP", "is not a date"),
		("due_date", "=", None, "None is not a date"),
		("due_date", "between", ("2024-01-01",), "'between' needs two values"),
		("territory", "in", (), "A list of values is empty"),
		("territory", "in", None, "A list of values is empty"),
		("territory", "is", "empty", "'is' knows the values 'set' and 'not set'"),
	],
)
def test_a_filter_that_does_not_fit_says_why(fieldname: str, operator: str, value: Any, words: str) -> None:
	asked = metric(filters=[(fieldname, operator, value)])
	problem = plan_reads([asked], TABLES).problems[0]
	assert problem.metric == "m"
	assert words in problem.reason
	kind = TABLES["Sales Invoice"].kinds[fieldname]
	with pytest.raises(DefinitionError) as refused:
		condition(Filter(fieldname, operator, value), Field(fieldname), kind, Bindings(Dialect.SQLITE))
	assert str(refused.value) == problem.reason
