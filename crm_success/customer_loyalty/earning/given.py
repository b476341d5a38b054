"""What documents, and customers, have been given by rules already, as the ledger says now. Writes nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from pypika import Table as SqlTable
from pypika import functions as fn

from crm_success.customer_loyalty.earning.earning_rules import earned_on, span_around
from crm_success.customer_loyalty.earning.earning_values import Earner, EarningRule, Event, Given
from crm_success.customer_loyalty.points.lots import as_now
from crm_success.customer_loyalty.points.merging import CUSTOMER_DELETED
from crm_success.customer_loyalty.points.point_values import Kind
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within
from crm_success.record_names import LEDGER_ENTRY

_OF_CAPS = (
	"rule",
	"customer",
	"reference_doctype",
	"reference_name",
	"posting_date",
	"points",
	"full_points",
)
_OF_EARNING = (Kind.EARN.value, Kind.REVERSE.value)


@dataclass(frozen=True)
class GivenTo(Given):
	"""The same, with whom it was given to."""

	customer: str = ""
	company: str = ""
	is_qualifying: bool = False
	# when the document was made that has these points, and the number of the last entry
	created: str | None = None
	last_number: int = 0


def given_points(
	doctype: str, names: Sequence[str], is_fresh: bool = False
) -> dict[tuple[str, str], list[GivenTo]]:
	"""By the name of the document and the rule: of each document that had this name."""
	if not names:
		return {}
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(
		rows.reference_name,
		rows.rule,
		fn.Max(rows.full_points),
		fn.Sum(rows.points),
		fn.Count("*"),
		fn.Max(rows.customer),
		fn.Max(rows.company),
		fn.Max(rows.is_qualifying),
		fn.Cast(rows.reference_created, "CHAR(26)"),
		fn.Max(rows.entry_number),
	)
	for condition in (
		rows.reference_name.isin(bindings.bind_list(names)),
		rows.reference_doctype == bindings.bind(doctype),
		rows.kind.isin(bindings.bind_all(_OF_EARNING)),
		rows.rule.notnull(),
	):
		query = query.where(condition)
	query = query.groupby(rows.reference_name, rows.rule, rows.reference_created)
	statement = as_now(query, bindings, is_fresh)
	found: dict[tuple[str, str], list[GivenTo]] = {}
	for name, rule, full, now, entries, customer, company, qualifying, created, last in reading.run(
		statement.sql, statement.parameters
	):
		given = GivenTo(
			int(full or 0), int(now), int(entries), customer, company or "", bool(qualifying), created, last
		)
		found.setdefault((name, rule), []).append(given)
	return found


def still_theirs(given: Collection[GivenTo]) -> list[GivenTo]:
	"""Those whose customer was not deleted since: what a customer had went with it, whoever has the name now."""
	closed: dict[str, int] = {}
	if customers := {one.customer for one in given}:
		rows = frappe.qb.DocType(LEDGER_ENTRY)
		query = frappe.qb.from_(rows).select(rows.customer, fn.Max(rows.entry_number))
		query = query.where(rows.customer.isin(sorted(customers)) & (rows.cause == CUSTOMER_DELETED))
		closed = dict(query.groupby(rows.customer).run())
	return [one for one in given if one.last_number > closed.get(one.customer, 0)]


def given_to_gone(doctypes: Iterable[str], keys: KeyRange) -> Iterator[tuple[str, str]]:
	"""Documents of these DocTypes for which customers of a range have points, and which are cancelled or gone."""
	for doctype in doctypes:
		if not frappe.db.table_exists(doctype):
			continue
		bindings, rows, documents = (
			reading.bindings(),
			SqlTable(f"tab{LEDGER_ENTRY}"),
			SqlTable(f"tab{doctype}"),
		)
		query = bindings.dialect.query.from_(rows).left_join(documents)
		query = query.on(documents.name == rows.reference_name).select(rows.reference_name)
		for condition in (
			*within(rows.customer, keys, bindings),
			rows.reference_doctype == bindings.bind(doctype),
			rows.kind.isin(bindings.bind_all(_OF_EARNING)),
			rows.rule.notnull(),
			documents.name.isnull() | (documents.docstatus == 2),
		):
			query = query.where(condition)
		query = query.groupby(rows.reference_name).having(fn.Sum(rows.points) != 0)
		statement = bindings.statement(query)
		for (name,) in reading.run(statement.sql, statement.parameters):
			yield doctype, name


class Caps:
	"""What customers had by rules with a cap, in the period in which a document earns; what is given meanwhile is added.

	What was taken back of a document counts on the day on which the document earned. One that is paid in parts counts whole.
	Who gives holds the accounts of the customers, so nobody else gives meanwhile. `without` a document: nothing is given, and
	nothing held.
	"""

	def __init__(
		self, rules: Iterable[EarningRule], customers: Collection[str], without: tuple[str, str] | None = None
	) -> None:
		self._days: dict[tuple[str, str], list[tuple[date, int]]] = {}
		capped = {rule.name: rule for rule in rules if rule.cap}
		if not capped or not customers:
			return
		found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
		for row in _entries_of(customers, capped, is_held=not without):
			document = (row["reference_doctype"], row["reference_name"])
			if document == without:
				continue
			# a yearly date earns each year anew
			year = row["posting_date"].year if capped[row["rule"]].event is Event.YEARLY else None
			found.setdefault((row["rule"], row["customer"], *document, year), []).append(row)
		for (rule, customer, *_), entries in found.items():
			left = sum(entry["points"] for entry in entries)
			is_whole = left > 0 and capped[rule].event is Event.PAID_PART
			points = max(entry["full_points"] for entry in entries) if is_whole else left
			self.add(rule, customer, entries[0]["posting_date"], points)

	def add(self, rule: str, customer: str, on: date, points: int) -> None:
		"""Note what was given."""
		self._days.setdefault((rule, customer), []).append((on, points))

	def before(self, rule: EarningRule, earner: Earner) -> int:
		"""What the customer has by the rule in the period of the day on which the document earns."""
		first, last = span_around(rule.cap_span, earned_on(rule, earner))
		days = self._days.get((rule.name, earner.customer), ())
		return sum(points for on, points in days if first <= on <= last)


def _entries_of(customers: Collection[str], rules: Collection[str], is_held: bool) -> list[dict[str, Any]]:
	"""What rules gave the customers and took back, in order; as the ledger is now where their accounts are held."""
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in _OF_CAPS))
	for condition in (
		rows.customer.isin(bindings.bind_all(sorted(customers))),
		rows.kind.isin(bindings.bind_all(_OF_EARNING)),
		# found by the customer: by the rule, entries of other customers would be held too
		fn.Coalesce(rows.rule, "").isin(bindings.bind_all(sorted(rules))),
	):
		query = query.where(condition)
	query = query.orderby(rows.entry_number)
	return reading.read_rows(as_now(query, bindings) if is_held else bindings.statement(query))
