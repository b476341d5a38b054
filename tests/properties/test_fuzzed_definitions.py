"""Definitions of any kind, up to the rows of a real database: refused in words, or read without touching anything else.

FUZZ_TIMES=50 tries fifty times as many (`make soak`); without it, as many as take a few seconds.
"""

import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from databases import Database
from deadline import deadline
from erpnext_tables import TABLES
from hypothesis import HealthCheck, given, settings
from rough_definitions import NUMBER_MARK, TEXT_MARK, metric_records

from crm_success.database.dialects import Dialect, Statement
from crm_success.database.port import Answer
from crm_success.scoring.engine.calibrated import Calibration, PercentileCuts
from crm_success.scoring.engine.definitions import (
	CompanyRate,
	Definitions,
	Metric,
	Money,
	fingerprint,
	from_json,
	to_json,
)
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.engine.pipeline import metric_points
from crm_success.scoring.engine.records import metric_from_record
from crm_success.scoring.queries.computed import COMPUTED_FIELDS, needed_elsewhere
from crm_success.scoring.queries.document_statements import (
	data_checks,
	documents_statement,
	value_statement,
)
from crm_success.scoring.queries.plan import plan_reads
from crm_success.scoring.queries.read_statements import read_statement
from crm_success.scoring.shared.reader import Reader

FEW = 150
SECONDS_EACH = 5.0
AS_OF = date(2024, 6, 30)
MONEY = Money("EUR", ("Main",), (CompanyRate("Main", 1.1),))
# what the builders themselves write between quotes
LITERALS = {"", "|", "00:00:00", "epoch"}
OUR_NAMES = {"source", "parent", "invoice", "customer", "document", "date", "value", "documents", "example"}
# other tables under names of ours, and the numbers of a debt
OUR_NAMES |= {
	"original",
	"counterpart",
	"bank",
	"counted",
	"instalment",
	"earlier",
	"settled",
	"charged",
	"coming",
}
# when a debt was read, for each way that one metric looks at it
OUR_NAMES |= {"moment_0", "moment_1", "moment_2"}
OUR_NAMES |= {"_customer", "_owed", "_owed_in_account_currency", "_last_due", "_coming", "_charged"}
ROWS = {
	"Customer": {"customer_name": "A"},
	"Sales Invoice": {
		"customer": "A",
		"posting_date": "2024-05-01",
		"posting_time": "10:00:00",
		"delivered_on": "2024-05-02 10:00:00",
		"base_net_total": 12.5,
		"remarks": "x" * 200,
		"support_time": 60,
	},
	"Sales Invoice Item": {"parent": "INV", "item_code": "I", "qty": 2, "base_net_amount": 12.5},
	"Delivery Note": {"customer": "A", "posting_date": "2024-05-01"},
	"Payment Ledger Entry": {
		"party": "A",
		"posting_date": "2024-05-01",
		"amount": -5,
		"voucher_type": "Payment Entry",
	},
	"Issue": {"customer": "A", "opening_date": "2024-05-01", "opening_time": "08:00:00"},
	"Service Visit": {"party": "A", "visited_on": "2024-05-01 10:00:00", "duration": 90},
	"Journal Entry": {"posting_date": "2024-05-01"},
	"Journal Entry Account": {"parent": "JV", "party": "A", "credit": 3},
}


def remarks(operator: str, value: Any) -> dict[str, Any]:
	return {"filters": json.dumps([["remarks", operator, value]])}


KNOWN: list[tuple[dict[str, Any], str]] = [
	(remarks("=", f"{TEXT_MARK}' OR 1=1 -- "), "scored"),
	(remarks("in", [f'{TEXT_MARK}") --', f"{TEXT_MARK}`;%s"]), "scored"),
	(remarks("like", f"{TEXT_MARK}'%(p1)s:p1\\"), "scored"),
	(remarks("not like", f"%{TEXT_MARK}_%"), "scored"),
	(remarks("like", "%_" * 499), "scored"),
	(remarks("like", "%a" * 30_000), "refused"),
	(remarks("=", "\ud800"), "refused"),
	({"metric_name": "\ud800"}, "refused"),
	(remarks("!=", "a\x00b"), "refused"),
	({"filters": [["base_net_total", "=", 10**400]]}, "unreadable"),
	({"filters": [["base_net_total", ">", 1e300]]}, "scored"),
	({"filters": [["total_qty", "in", [float("nan")]]]}, "unreadable"),
	({"filters": [["posting_time", ">=", "half past nine"]]}, "unreadable"),
	({"filters": [["posting_time", ">=", "9:30"]]}, "scored"),
	({"filters": [["remarks", "=", str(number)] for number in range(100)]}, "scored"),
	({"filters": [["remarks", "=", str(number)] for number in range(101)]}, "refused"),
	({"filters": "[" * 100_000}, "refused"),
	({"filters": {"remarks": {"deeper": 1}}}, "refused"),
	({"worst": 10**400}, "refused"),
	({"source_doctype": ["Sales Invoice"]}, "refused"),
	({"value_field": {"a": 1}}, "refused"),
	({"window_days": 10**300}, "scored"),
	({"customer_field": "customer AS x"}, "unreadable"),
	({"date_field": "posting_date`; --"}, "unreadable"),
	({"filters": [["a0", "=", 1]]}, "unreadable"),
]


@pytest.fixture(scope="module")
def watched() -> Iterator["Watched"]:
	connection = sqlite3.connect(":memory:")
	watched = Watched(connection)
	for doctype, values in ROWS.items():
		first = {"Sales Invoice": "INV", "Journal Entry": "JV", "Customer": "A"}.get(doctype, doctype)
		for name in (first, f"{first} 2"):
			watched.database.add(doctype, name=name, **values)
	yield watched
	connection.close()


class Watched:
	"""Executes statements and notes what SQLite was asked for."""

	dialect = Dialect.SQLITE

	def __init__(self, connection: sqlite3.Connection) -> None:
		self.database = Database(Dialect.SQLITE, connection)
		self._connection = connection
		self.forget()

	def forget(self) -> None:
		self.actions: set[int] = set()
		self.tables: set[str] = set()

	def execute(self, statement: Statement) -> Answer:
		assert_clean(statement)
		self._connection.set_authorizer(self._note)
		try:
			return self.database.execute(statement)
		finally:
			self._connection.set_authorizer(None)

	def _note(self, action: int, table: str | None, *_: object) -> int:
		self.actions.add(action)
		if action == sqlite3.SQLITE_READ and table:
			self.tables.add(table)
		return sqlite3.SQLITE_OK


def test_any_definition_is_refused_in_words_or_read_and_nothing_else_is_touched(watched: Watched) -> None:
	outcomes: Counter[str] = Counter()

	@settings(
		max_examples=FEW * int(os.environ.get("FUZZ_TIMES") or 1), suppress_health_check=list(HealthCheck)
	)
	@given(metric_records())
	def check(record: dict[str, Any]) -> None:
		with deadline(SECONDS_EACH):
			outcomes[outcome_of(record, watched)] += 1

	check()
	print(f"\ndefinitions: {dict(outcomes)}")
	# without enough of each, the records would prove nothing
	assert min(outcomes[kind] for kind in ("refused", "unreadable", "read", "scored")) > FEW / 50


@pytest.mark.parametrize(("changes", "outcome"), KNOWN)
def test_what_once_broke_it_or_easily_could(changes: dict[str, Any], outcome: str, watched: Watched) -> None:
	usable = {"metric_key": "m", "metric_name": "M", "measure": "Count", "source_doctype": "Sales Invoice"}
	usable |= {"customer_field": "customer", "date_field": "posting_date", "best": 1}
	with deadline(SECONDS_EACH):
		assert outcome_of(usable | changes, watched) == outcome


def outcome_of(record: dict[str, Any], watched: Watched) -> str:
	try:
		metric = metric_from_record(record)
	except ScoringError as error:
		assert_in_words(error)
		return "refused"
	# a run keeps them as text, and compares them by it
	assert fingerprint(metric)
	assert to_json(from_json(Metric, to_json(metric))) == to_json(metric)
	plan = plan_reads([metric], TABLES)
	if plan.problems or not plan.reads:
		for problem in plan.problems:
			assert_in_words(problem.error)
		return "unreadable"
	return read(metric, watched)


def read(metric: Metric, watched: Watched) -> str:
	"""Everything that a run, a preview and the checks of data ask a database for this metric."""
	plan = plan_reads([metric], TABLES)
	watched.forget()
	reader = Reader(plan, Definitions(metrics=(metric,), money=MONEY), TABLES, watched)
	values = raw_values([metric], reader.aggregates(AS_OF), pd.Index(["A", "B"]), AS_OF)
	watched.execute(documents_statement(metric, TABLES, AS_OF, Dialect.SQLITE, MONEY, f"A{TEXT_MARK}"))
	own = {f"tab{doctype}" for doctype in (metric.doctype, metric.parent_doctype) if doctype}
	looked_up = {f"tab{doctype}" for name in fields_of(metric) for doctype in needed_elsewhere(name)}
	# what is overdue, or billed, is known of charged customers only
	if metric.doctype == "Payment Ledger Entry":
		looked_up.add("tabSales Invoice")
	assert watched.tables <= own | looked_up
	for check in data_checks([metric], TABLES, AS_OF, Dialect.SQLITE, MONEY):
		watched.execute(check.statement)
	watched.execute(value_statement(metric, TABLES, AS_OF, Dialect.SQLITE, MONEY))
	assert watched.tables <= own | looked_up | {"tabCustomer"}
	assert watched.actions <= {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
	for dialect in (Dialect.MARIADB, Dialect.POSTGRES):
		assert_clean(read_statement(plan.reads[0], TABLES, AS_OF, dialect, MONEY))
		assert_clean(documents_statement(metric, TABLES, AS_OF, dialect, MONEY, f"A{TEXT_MARK}"))
		assert_clean(value_statement(metric, TABLES, AS_OF, dialect, MONEY))
	return judged(metric, values[metric.key])


def fields_of(metric: Metric) -> set[str]:
	return {
		metric.value_field,
		metric.date_field,
		*(row.fieldname for row in (*metric.filters, *metric.matching)),
	}


def judged(metric: Metric, values: pd.Series) -> str:
	assert np.isfinite(values.dropna()).all()
	cuts = tuple(np.linspace(-10.0, 10.0, 101))
	try:
		points = metric_points(
			metric, values, Calibration(AS_OF, percentiles=(PercentileCuts(metric.key, cuts),))
		)
	except ScoringError as error:
		assert_in_words(error)
		return "read"
	assert points.dropna().between(0, 100).all()
	return "scored"


def assert_clean(statement: Statement) -> None:
	"""No value stands in the text, every name in it is one of ours, and every value has its place."""
	text = statement.sql
	assert TEXT_MARK not in text
	assert str(NUMBER_MARK) not in text
	assert set(re.findall(r"'((?:[^']|'')*)'", text)) <= LITERALS
	assert set(re.findall(r'[`"]([^`"]*)[`"]', text)) <= NAMES
	assert not re.search(r"--|/\*|;", text)
	places = set(re.findall(r"%\((p\d+)\)s|:(p\d+)", text))
	assert {first or second for first, second in places} == set(statement.parameters)
	assert "%" not in re.sub(r"%\(p\d+\)s", "", text)
	for value in statement.parameters.values():
		assert isinstance(value, str | int | float)
		assert value == value and abs(value if not isinstance(value, str) else 0) != float("inf")


def assert_in_words(error: ScoringError) -> None:
	text = str(error)
	assert 10 < len(text) < 1000
	text.encode()


NAMES = OUR_NAMES | {
	f"a{number}{part}" for number in range(200) for part in ("", "_sum", "_count", "_inside")
}
NAMES |= {name for computed in COMPUTED_FIELDS.values() for name in computed}
for doctype, table in TABLES.items():
	NAMES |= {f"tab{doctype}", *(column.name for column in table.columns)}
