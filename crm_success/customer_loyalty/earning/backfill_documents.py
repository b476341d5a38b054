"""The old documents by which a rule may give points: of which customers, and in which ranges of these. Reads no amounts."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import frappe
from pypika import Table as SqlTable
from pypika import functions as fn
from pypika.terms import Criterion, Field

from crm_success.batches.kinds import Range
from crm_success.customer_loyalty.earning.earning_documents import (
	CUSTOMER,
	Row,
	columns_of,
	customer_fields_of,
	doctypes_of,
)
from crm_success.customer_loyalty.earning.earning_values import OF_INVOICES, EarningRule
from crm_success.database import reading
from crm_success.database.dialects import Bindings, KeyRange, within

# customers that are counted at once
_AT_ONCE = 10_000


@dataclass(frozen=True)
class OldDocuments:
	"""Those of a rule, by their own day, both days included."""

	rule: EarningRule
	from_date: date
	to_date: date

	def customers(self, keys: KeyRange) -> list[str]:
		"""The customers of a range that have such documents."""
		found: set[str] = set()
		for doctype in self._doctypes():
			found.update(self._counted(doctype, keys))
		return sorted(found)

	def of_customers(
		self, keys: KeyRange, rules: Collection[EarningRule]
	) -> tuple[dict[str, dict[str, Row]], set[str]]:
		"""All documents of a range by their DocType and name, with what the rules ask of them; and their customers."""
		documents: dict[str, dict[str, Row]] = {}
		customers: set[str] = set()
		for doctype in self._doctypes():
			source = _source(doctype, self.rule)
			bindings, rows = reading.bindings(), SqlTable(f"tab{doctype}")
			query = bindings.dialect.query.from_(rows)
			query = query.select(*columns_of(doctype, rules, rows))
			for condition in self._conditions(source, rows, keys, bindings):
				query = query.where(condition)
			statement = bindings.statement(query)
			documents[doctype] = {row["name"]: row for row in reading.read_rows(statement)}
			customers.update(row[source.customer] for row in documents[doctype].values())
		return documents, customers

	def ranges(self, size: int, sign_of_life: Callable[[], None]) -> list[Range]:
		"""Ranges of customers with about so many documents each; a customer is in one of them, whatever the number of its
		documents. Together they hold every name, and none where nobody has such documents.
		"""
		cuts = cut(
			((name, counts.get(name, 0)) for names, counts in self._pages(sign_of_life) for name in names),
			size,
		)
		if not any(documents for _upto, _customers, documents in cuts):
			return []
		# the first one begins before every name, the last one ends after every name
		ends = [None, *(upto for upto, _customers, _documents in cuts[:-1]), None]
		counted = [customers for _upto, customers, _documents in cuts]
		return [Range(*pair, count) for pair, count in zip(pairwise(ends), counted, strict=True)]

	def _pages(self, sign_of_life: Callable[[], None]) -> Iterator[tuple[list[str], Mapping[str, int]]]:
		"""All customers in the database's order, some at once, with how many documents each has."""
		after = ""
		while names := frappe.get_all(
			CUSTOMER, {"name": (">", after)}, pluck="name", order_by="name", limit=_AT_ONCE
		):
			counts: dict[str, int] = {}
			for doctype in self._doctypes():
				for name, count in self._counted(doctype, KeyRange(after or None, names[-1])).items():
					counts[name] = counts.get(name, 0) + count
			yield names, counts
			after = names[-1]
			sign_of_life()

	def _counted(self, doctype: str, keys: KeyRange) -> dict[str, int]:
		source = _source(doctype, self.rule)
		bindings, rows = reading.bindings(), SqlTable(f"tab{doctype}")
		customer = rows[source.customer]
		query = bindings.dialect.query.from_(rows).select(customer, fn.Count("*"))
		for condition in self._conditions(source, rows, keys, bindings):
			query = query.where(condition)
		statement = bindings.statement(query.groupby(customer))
		return {name: int(count) for name, count in reading.run(statement.sql, statement.parameters)}

	def _conditions(
		self, source: "_Source", rows: SqlTable, keys: KeyRange, bindings: Bindings
	) -> list[Criterion]:
		customer: Field = rows[source.customer]
		conditions = [
			customer > "",
			*within(customer, keys, bindings),
			rows[source.day] >= bindings.bind(self.from_date),
			# it may be a moment of the last day
			rows[source.day] < bindings.bind(self.to_date + timedelta(days=1)),
			rows.docstatus == source.docstatus,
		]
		if source.customer_type:
			conditions.append(rows[source.customer_type] == bindings.bind(CUSTOMER))
		return conditions

	def _doctypes(self) -> Collection[str]:
		return [name for name in doctypes_of(self.rule) if frappe.db.table_exists(name)]


def cut(counted: Iterable[tuple[str, int]], size: int) -> list[tuple[str, int, int]]:
	"""Customers in their order, each with how many documents it has, in pieces of `size` documents at most, or of one
	customer: the last name of each piece, its customers and its documents.
	"""
	pieces: list[tuple[str, int, int]] = []
	upto, customers, documents = "", 0, 0
	for name, count in counted:
		if documents and documents + count > size:
			pieces.append((upto, customers, documents))
			customers = documents = 0
		upto, customers, documents = name, customers + 1, documents + count
	return [*pieces, (upto, customers, documents)] if customers else pieces


@dataclass(frozen=True)
class _Source:
	"""Where a DocType has its customer, and its day; and the state of documents that count."""

	customer: str
	customer_type: str
	day: str
	docstatus: int


def _source(doctype: str, rule: EarningRule) -> _Source:
	if rule.event in OF_INVOICES:
		return _Source("customer", "", "posting_date", 1)
	meta: Any = frappe.get_meta(doctype)
	customer, customer_type = customer_fields_of(meta, rule)
	return _Source(customer, customer_type, rule.date_field or "creation", int(bool(meta.is_submittable)))
