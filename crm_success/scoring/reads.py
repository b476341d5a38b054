"""What scoring knows of customers, for the parts that act on it: who they are, what they spent, how healthy they are.

Each is one read of a range of customers. What is decided in scoring is not decided again: which invoices count, what
amounts are worth, who is a customer. Judges nobody and writes nothing. What a formula may be, and what it is worth for
one document, comes from the engine as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from pypika import Table as SqlTable

from crm_success.batches.messages import Message
from crm_success.database import reading
from crm_success.database.dialects import Dialect, KeyRange, within
from crm_success.record_names import HEALTH
from crm_success.scoring.engine.definitions import Money, from_json, to_json
from crm_success.scoring.engine.errors import ExpressionError as ExpressionError
from crm_success.scoring.engine.expressions import Expression as Expression
from crm_success.scoring.engine.expressions import Names as Names
from crm_success.scoring.engine.expressions import check_names as check_names
from crm_success.scoring.engine.expressions import parse_expression as parse_expression
from crm_success.scoring.engine.expressions import value_of as value_of
from crm_success.scoring.money import money_on, reporting_currency
from crm_success.scoring.queries.ledger_rows import INVOICE
from crm_success.scoring.queries.read_statements import customers_statement
from crm_success.scoring.queries.span_revenue import Spans, revenue_statement
from crm_success.scoring.queries.tables import Table
from crm_success.scoring.queries.till_sales import TILL
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER, tables_for

T = TypeVar("T")

_READ = (CUSTOMER, INVOICE, TILL)


@dataclass(frozen=True)
class FrozenReads:
	"""What every range of one evaluation is read by, as a run can keep it: the day, the tables, what currencies are worth."""

	as_of: date
	tables: tuple[Table, ...]
	money: Money
	messages: tuple[Message, ...] = ()

	@cached_property
	def by_doctype(self) -> dict[str, Table]:
		"""The tables as the builders take them."""
		return {table.doctype: table for table in self.tables}


@dataclass(frozen=True)
class Spent:
	"""The net revenue of a customer in each span, and its first purchase, where that was asked for."""

	revenue: tuple[float, ...] = ()
	first: date | None = None


def as_text(frozen: Any) -> str:
	"""JSON of a frozen dataclass, for a run; `from_text` reads it back."""
	return to_json(frozen)


def from_text(kind: type[T], text: str) -> T:
	"""What `as_text` wrote of a dataclass of that kind."""
	return from_json(kind, text)


def freeze_reads(as_of: date) -> FrozenReads:
	"""As a scoring of that day would read."""
	money, messages = money_on(as_of)
	tables = (table for table in tables_for(()).values() if table.doctype in _READ)
	return FrozenReads(as_of, tuple(tables), money, tuple(messages))


def currency_of_amounts() -> str:
	"""The currency in which amounts of today are told."""
	return reporting_currency()


def ranges_of(frozen: FrozenReads, size: int) -> list[tuple[KeyRange, int]]:
	"""All customers in ranges, with how many each has."""
	return customer_ranges(reading.SITE, frozen.by_doctype[CUSTOMER], size)


def names_of(frozen: FrozenReads, keys: KeyRange) -> dict[str, str]:
	"""Every customer of the range that is not internal, by its ID, with what it is called."""
	table = frozen.by_doctype[CUSTOMER]
	few = replace(table, columns=tuple(column for column in table.columns if column.name in _OF_CUSTOMER))
	rows = reading.read_rows(customers_statement((), few, reading.dialect(), keys))
	return {row["customer"]: row.get("customer_name") or row["customer"] for row in rows}


# what tells who is one, and what one is called
_OF_CUSTOMER = ("name", "customer_name", "is_internal_customer")


def spent_by(frozen: FrozenReads, spans: Spans, keys: KeyRange, customers: Iterable[str]) -> dict[str, Spent]:
	"""What these customers of the range spent; nothing is there of one who has no invoice."""
	if not (spans.days or spans.of_customers or spans.with_first):
		return {}
	statement = revenue_statement(
		spans, frozen.by_doctype, frozen.as_of, frozen.money, reading.dialect(), keys
	)
	rows = {row["customer"]: row for row in reading.read_rows(statement)}
	return {name: _spent(row) for name, row in _by_exact_name(rows, customers).items()}


def scores_of(keys: KeyRange) -> dict[str, float]:
	"""The health score that each customer of the range has now; nothing of those who have none."""
	bindings, health = reading.bindings(), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(health).select(health.customer, health.score)
	for condition in (health.score.notnull(), *within(health.customer, keys, bindings)):
		query = query.where(condition)
	statement = bindings.statement(query)
	return {customer: float(score) for customer, score in reading.run(statement.sql, statement.parameters)}


def _spent(row: Mapping[str, Any]) -> Spent:
	revenue = tuple(
		float(row[name] or 0) for name in sorted(row) if name.startswith("r") and name[1:].isdigit()
	)
	return Spent(revenue, row.get("first"))


def _by_exact_name(rows: Mapping[str, Any], customers: Iterable[str]) -> dict[str, Any]:
	"""A name that MariaDB takes for a customer, though it differs in capitals or in spaces at its end, is that one."""
	found = {name: rows[name] for name in customers if name in rows}
	if len(found) == len(rows) or reading.dialect() is not Dialect.MARIADB:
		return found
	strange = {_folded(name): row for name, row in rows.items() if name and name not in found}
	for name in customers:
		if name not in found and _folded(name) in strange:
			found[name] = strange[_folded(name)]
	return found


def _folded(name: str) -> str:
	return name.casefold().rstrip(" ")
