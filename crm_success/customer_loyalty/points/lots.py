"""Lots and accounts as they are in the database. Writes none.

Everything is read as it is now, not as the transaction first saw it: whoever holds an account has waited for others.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import frappe
from pypika import Case
from pypika import Table as SqlTable
from pypika import functions as fn
from pypika.queries import QueryBuilder
from pypika.terms import Term

from crm_success.customer_loyalty.points.point_values import OF_TIERS, Kind, Lot, Source
from crm_success.database import reading
from crm_success.database.dialects import Bindings, Dialect, KeyRange, Statement, within
from crm_success.database.upsert import keep_what_is_there, upsert
from crm_success.record_names import ACCOUNT, LEDGER_ENTRY

ACCOUNT_FIELDS = ("name", "customer", "customer_name", "last_activity", "entries", "balance", "next_change")
_LOT_FIELDS = (
	*("name", "customer", "points", "posting_date", "available_from", "expires_on", "idle_days"),
	*("is_qualifying", "reference_doctype", "reference_name", "rule"),
)
Row = Mapping[str, Any]


@dataclass
class Summary:
	"""The entries of a customer: the points of each kind, those that count toward a tier, and what is left of lots, where
	lots that are alike are one.
	"""

	of_kinds: dict[Kind, int] = field(default_factory=dict)
	qualifying: int = 0
	_left: dict[tuple[Any, ...], int] = field(default_factory=dict)

	def add(self, terms: tuple[Any, ...], kind: Kind, points: int, qualifying: int) -> None:
		"""Entries of a kind, of lots with the same terms: last day, days without activity, first day."""
		self._left[terms] = self._left.get(terms, 0) + points
		self.of_kinds[kind] = self.of_kinds.get(kind, 0) + points
		if kind in OF_TIERS:
			self.qualifying += qualifying

	def lots(self, on: date) -> list[Lot]:
		"""What is left, or owed."""
		return [
			Lot(
				name="",
				points=left,
				left=left,
				earned_on=on,
				available_from=_day(starts) or on,
				expires_on=_day(expires_on),
				idle_days=int(idle_days or 0),
			)
			for (expires_on, idle_days, starts), left in self._left.items()
			if left
		]


def _day(value: date | str | None) -> date | None:
	"""A day that the database has chosen among several comes as a text."""
	return date.fromisoformat(value) if isinstance(value, str) else value


def held_accounts(customers: Collection[str]) -> dict[str, dict[str, Any]]:
	"""The account of each customer, made where there is none, which nobody else changes until the transaction ends.

	Nothing is made of a customer that does not exist.
	"""
	names = sorted(customers)
	if not names:
		return {}
	held = _held(names)
	if missing := [name for name in names if name not in held]:
		_make(missing)
		held = _held(names)
	return held


def lots_of(customers: Collection[str], is_fresh: bool = False) -> dict[str, list[Lot]]:
	"""The lots of which something is left, or owed, of each of the customers; their accounts are held."""
	names = sorted(customers)
	found: dict[str, list[Lot]] = {name: [] for name in names}
	if not names:
		return found
	used = _used(names, is_fresh)
	for row in _roots(names, is_fresh):
		if left := row["points"] + used.get(row["name"], 0):
			found[row["customer"]].append(lot_of(row, left))
	return found


def accounts_in(keys: KeyRange) -> list[str]:
	"""The customers of a range that have an account, or entries without one."""
	bindings = reading.bindings()
	found: set[str] = set()
	for doctype in (ACCOUNT, LEDGER_ENTRY):
		rows = SqlTable(f"tab{doctype}")
		query = bindings.dialect.query.from_(rows).select(rows.customer).distinct()
		for condition in within(rows.customer, keys, bindings):
			query = query.where(condition)
		statement = bindings.statement(query)
		found.update(name for (name,) in reading.run(statement.sql, statement.parameters))
	return sorted(found)


def taken_from(
	customer: str, source: Source, kind: Kind, created: str | None = None
) -> list[tuple[str, int]]:
	"""What entries of a kind took from the lots of a document and a rule, as (lot, points above zero), in the order in which
	they did; the account is held. An entry without a lot is one itself. `created` tells documents of one name apart.
	"""
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(rows.name, rows.lot, rows.kind, rows.points)
	for condition in (
		rows.customer == bindings.bind(customer),
		rows.reference_name == bindings.bind(source.name),
		rows.reference_doctype == bindings.bind(source.doctype),
		fn.Coalesce(rows.rule, "") == bindings.bind(source.rule),
		rows.kind == bindings.bind(kind.value),
	):
		query = query.where(condition)
	if created:
		query = query.where(rows.reference_created == bindings.bind(created))
	query = query.orderby(rows.entry_number)
	taken: dict[str, int] = {}
	for row in reading.read_rows(as_now(query, bindings)):
		lot = row["lot"] or row["name"]
		taken[lot] = taken.get(lot, 0) - row["points"]
	return [(lot, points) for lot, points in taken.items() if points > 0]


def expired_among(customer: str, lots: Collection[str]) -> set[str]:
	"""Those of the lots that lapsed already; the account is held."""
	if not lots:
		return set()
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(rows.lot)
	query = _of(query, rows, [customer], bindings).where(rows.lot.isin(bindings.bind_all(sorted(lots))))
	query = query.where((rows.kind == bindings.bind(Kind.EXPIRE.value)) & (rows.points < 0))
	return {row["lot"] for row in reading.read_rows(as_now(query, bindings))}


def summaries_of(customers: Collection[str], on: date, is_fresh: bool = False) -> dict[str, Summary]:
	"""What the entries of each customer add up to; their accounts are held."""
	found = {name: Summary() for name in customers}
	if not found:
		return found
	bindings, rows, roots = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}"), SqlTable(f"tab{LEDGER_ENTRY}")
	rows, roots = rows.as_("entry"), roots.as_("root")
	alike = _alike(roots, on, bindings)
	query = bindings.dialect.query.from_(rows).join(roots).on(roots.name == fn.Coalesce(rows.lot, rows.name))
	query = query.select(
		rows.customer, *alike, rows.kind, fn.Sum(rows.points), fn.Sum(rows.points * rows.is_qualifying)
	)
	query = query.where(rows.customer.isin(bindings.bind_list(sorted(customers))))
	statement = as_now(query.groupby(rows.customer, *alike, rows.kind), bindings, is_fresh)
	for customer, *terms, kind, points, qualifying in reading.run(statement.sql, statement.parameters):
		found[customer].add(tuple(terms), Kind(kind), int(points), int(qualifying))
	return found


def summaries_of_first(entries: Sequence[Row], on: date) -> dict[str, Summary]:
	"""The same of those customers whose first entry is among these new ones: there are no others of them."""
	found = {entry["customer"]: Summary() for entry in entries if entry["entry_number"] == 1}
	roots = {entry["name"]: entry for entry in entries if not entry["lot"]}
	for entry in entries:
		if summary := found.get(entry["customer"]):
			qualifying = entry["points"] * entry["is_qualifying"]
			terms = _terms(roots[entry["lot"] or entry["name"]], on)
			summary.add(terms, Kind(entry["kind"]), entry["points"], qualifying)
	return found


def _terms(root: Row, on: date) -> tuple[Any, ...]:
	"""What `_alike` tells lots apart by."""
	expires_on, idle_days, starts = root["expires_on"], root["idle_days"], root["available_from"]
	if expires_on and expires_on < on:
		return (on - timedelta(days=1), 0, None)
	return (expires_on, idle_days, starts if idle_days or starts > on else None)


def _alike(roots: SqlTable, on: date, bindings: Bindings) -> list[Term]:
	"""What tells lots apart on a day: when they lapse, and from when they can be spent where that is to come, or where
	they lapse without activity. All that have lapsed by a fixed day are alike.
	"""
	starts = fn.Coalesce(roots.available_from, roots.posting_date)
	today, yesterday = bindings.bind(on), bindings.bind(on - timedelta(days=1))
	has_lapsed = roots.expires_on < today
	return [
		Case().when(has_lapsed, yesterday).else_(roots.expires_on),
		Case().when(has_lapsed, 0).else_(roots.idle_days),
		Case().when(has_lapsed, None).when((roots.idle_days > 0) | (starts > today), starts),
	]


def last_numbers(customers: Iterable[str]) -> dict[str, int]:
	"""The number of the newest entry of each customer that has any."""
	rows = frappe.qb.DocType(LEDGER_ENTRY)
	query = frappe.qb.from_(rows).select(rows.customer, fn.Max(rows.entry_number))
	query = query.where(rows.customer.isin(list(customers))).groupby(rows.customer)
	return {customer: int(number) for customer, number in query.run()}


def _held(names: list[str]) -> dict[str, dict[str, Any]]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{ACCOUNT}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in ACCOUNT_FIELDS))
	query = query.where(rows.customer.isin(bindings.bind_list(names))).orderby(rows.customer).for_update()
	return {row["customer"]: row for row in reading.read_rows(bindings.statement(query))}


def _make(customers: Sequence[str]) -> None:
	existing = frappe.get_all(
		"Customer", {"name": ("in", list(customers))}, ["name", "customer_name"], order_by=None
	)
	now, user, last = frappe.utils.now_datetime(), frappe.session.user, last_numbers(customers)
	rows = [
		{
			"name": frappe.generate_hash(length=20),
			**{"creation": now, "modified": now, "owner": user, "modified_by": user},
			"customer": row.name,
			"customer_name": row.customer_name,
			# of one that was deleted, and is there again
			"entries": last.get(row.name, 0),
		}
		for row in sorted(existing, key=lambda row: row.name)
	]
	# somebody else may make it in the same moment
	upsert(ACCOUNT, rows, ["customer"], {"customer": keep_what_is_there})


def _roots(names: list[str], is_fresh: bool) -> list[dict[str, Any]]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in _LOT_FIELDS))
	query = _of(query, rows, names, bindings).where(rows.lot.isnull())
	return reading.read_rows(as_now(query, bindings, is_fresh))


def _used(names: list[str], is_fresh: bool) -> dict[str, int]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(rows.lot, fn.Sum(rows.points))
	query = _of(query, rows, names, bindings).where(rows.lot.notnull()).groupby(rows.lot)
	statement = as_now(query, bindings, is_fresh)
	return {lot: int(points) for lot, points in reading.run(statement.sql, statement.parameters)}


def as_now(query: QueryBuilder, bindings: Bindings, is_fresh: bool = False) -> Statement:
	"""MariaDB shows a transaction what it saw first, unless it asks for a lock; PostgreSQL shows each statement what is there.

	`is_fresh`: the transaction saw nothing before the accounts were held, and needs no lock.
	"""
	needs_lock = bindings.dialect is Dialect.MARIADB and not is_fresh
	return bindings.holding(query) if needs_lock else bindings.statement(query)


def _of(query: QueryBuilder, rows: SqlTable, names: list[str], bindings: Bindings) -> QueryBuilder:
	return query.where(rows.customer.isin(bindings.bind_list(names)))


def lot_of(row: Row, left: int) -> Lot:
	"""An entry that has no lot, by its field names, as the rules take it."""
	return Lot(
		name=row["name"],
		points=row["points"],
		left=left,
		earned_on=row["posting_date"],
		available_from=row["available_from"] or row["posting_date"],
		expires_on=row["expires_on"],
		idle_days=row["idle_days"] or 0,
		is_qualifying=bool(row["is_qualifying"]),
		source=Source(row["reference_doctype"] or "", row["reference_name"] or "", row["rule"] or ""),
	)
