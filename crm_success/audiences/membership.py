"""Who is in which audience since when: the one writer of Customer Audience Member. Judges nobody.

A customer that enters gets a row, whose `left_on` is filled when it leaves; coming back is a new row, with the next
visit. The database refuses the same visit twice. Nothing here commits. What it writes past the documents it tells
whoever watches them, such as scoring, where a metric measures memberships.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

import frappe
from pypika import Table as SqlTable
from pypika.functions import Max
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from crm_success.audiences.audience_changed import AudienceChange
from crm_success.audiences.audience_names import BAR, names_in, text_of
from crm_success.database import clock, reading
from crm_success.database.dialects import Bindings, KeyRange, joined, uncut, within
from crm_success.record_names import HEALTH, MEMBER
from crm_success.scoring.customer_fields import update_customers
from crm_success.watching.watchers import tell_of_written

_AT_ONCE = 2000

Pair = tuple[str, str]
# the audiences that each customer is in, by customer
Memberships = dict[str, frozenset[str]]
NOWHERE: frozenset[str] = frozenset()


@dataclass
class Moves:
	"""Who enters and who leaves, as pairs of audience and customer."""

	entering: list[Pair] = field(default_factory=list)
	leaving: list[Pair] = field(default_factory=list)


def open_memberships(keys: KeyRange) -> Memberships:
	"""The audiences that each customer of the range is in, by customer; nobody who is in none."""
	bindings, rows = reading.bindings(), SqlTable(f"tab{MEMBER}")
	# one row a customer: to fetch one for each audience takes six times as long
	names = joined(rows.audience, BAR, bindings.dialect)
	statement = bindings.statement(
		_open(rows, keys, bindings).select(rows.customer, names).groupby(rows.customer)
	)
	# many customers are in the same ones
	known: dict[str, frozenset[str]] = {}
	found = {}
	for customer, text in reading.run(uncut(statement.sql, bindings.dialect), statement.parameters):
		if text not in known:
			known[text] = frozenset(names_in(text))
		found[customer] = known[text]
	return found


def _open(rows: SqlTable, keys: KeyRange, bindings: Bindings) -> QueryBuilder:
	query = bindings.dialect.query.from_(rows).where(rows.left_on.isnull())
	return query.where(Criterion.all(within(rows.customer, keys, bindings)))


def moves_between(before: Memberships, after: Memberships) -> Moves:
	"""What differs."""
	moves = Moves()
	for customer, new in after.items():
		old = before.get(customer, NOWHERE)
		if old is not new and old != new:
			moves.entering.extend((audience, customer) for audience in sorted(new - old))
			moves.leaving.extend((audience, customer) for audience in sorted(old - new))
	return moves


def write_moves(moves: Moves, redefined: Collection[str] = ()) -> list[AudienceChange]:
	"""Write who enters and who leaves, as of now; what to tell of it."""
	moment = clock.now()
	entered = _enter(moves.entering, moment)
	left = _leave(moves.leaving, moment)
	told = ((*pair, True, entered[pair]) for pair in moves.entering)
	gone = ((*pair, False, left[pair]) for pair in moves.leaving)
	return [AudienceChange(*each, by_definition=each[0] in redefined) for each in (*gone, *told)]


def forget_customers(customers: Collection[str]) -> None:
	"""Delete what is known of customers that are gone: nobody is told, there is nobody to score or to act on."""
	for names in _chunks(sorted(customers)):
		frappe.db.delete(MEMBER, {"customer": ("in", names)})


def write_names(keys: KeyRange, memberships: Mapping[str, Collection[str]]) -> None:
	"""Write the names of its audiences on the health of each customer of the range, and on the customer: lists filter
	by them. Writes what differs.
	"""
	wanted: dict[Collection[str], str | None] = {}
	differing = {}
	for name, customer, text in _stored_names(keys):
		names = memberships.get(customer, ())
		if names not in wanted:
			wanted[names] = text_of(names)
		if (text or None) != wanted[names]:
			differing[name] = {"audiences": wanted[names]}
	if differing:
		frappe.db.bulk_update(HEALTH, differing, update_modified=False)
	update_customers(keys)


def _stored_names(keys: KeyRange) -> Sequence[tuple[str, str, str | None]]:
	bindings, health = reading.bindings(), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(health).select(health.name, health.customer, health.audiences)
	for condition in within(health.customer, keys, bindings):
		query = query.where(condition)
	statement = bindings.statement(query)
	return reading.run(statement.sql, statement.parameters)


def _enter(pairs: Sequence[Pair], moment: datetime) -> dict[Pair, datetime]:
	if not pairs:
		return {}
	earlier = last_visits(pairs)
	user = frappe.session.user
	fields = [
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"audience",
		"customer",
		"visit",
		"entered_on",
	]
	entered, rows = {}, []
	for pair in pairs:
		visit, left_on = earlier.get(pair, (0, None))
		# the clock may have been set back, as it is every autumn
		entered[pair] = max(moment, left_on) if left_on else moment
		stamps = (frappe.generate_hash(length=20), moment, moment, user, user)
		rows.append((*stamps, *pair, visit + 1, entered[pair]))
	frappe.db.bulk_insert(MEMBER, fields, rows)
	tell_of_written(MEMBER, [row[0] for row in rows], [customer for _, customer in pairs])
	return entered


def last_visits(pairs: Iterable[Pair]) -> dict[Pair, tuple[int, datetime | None]]:
	"""The number of the last visit of each customer to each audience, and when it ended."""
	rows = SqlTable(f"tab{MEMBER}")

	def last(customers: Sequence[str]) -> Sequence[tuple]:
		bindings = reading.bindings()
		query = bindings.dialect.query.from_(rows).where(rows.customer.isin(bindings.bind_all(customers)))
		query = query.groupby(rows.audience, rows.customer)
		statement = bindings.statement(
			query.select(rows.audience, rows.customer, Max(rows.visit), Max(rows.left_on))
		)
		return reading.run(statement.sql, statement.parameters)

	found = _in_chunks(last, sorted({customer for _, customer in pairs}))
	return {(audience, customer): (visit, left_on) for audience, customer, visit, left_on in found}


def _leave(pairs: Sequence[Pair], moment: datetime) -> dict[Pair, datetime]:
	wanted, left = set(pairs), {}
	ended: dict[datetime, list[str]] = {}
	for name, audience, customer, entered_on in _in_chunks(_open_rows, sorted({name for _, name in pairs})):
		if (audience, customer) in wanted:
			# the clock may have been set back
			left[audience, customer] = max(moment, entered_on)
			ended.setdefault(left[audience, customer], []).append(name)
	for left_on, rows in ended.items():
		for names in _chunks(rows):
			frappe.db.set_value(MEMBER, {"name": ("in", names)}, "left_on", left_on, update_modified=False)
	tell_of_written(MEMBER, list(chain(*ended.values())), [customer for _, customer in left])
	return left


def _open_rows(customers: Sequence[str]) -> Sequence[tuple]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{MEMBER}")
	query = _open(rows, KeyRange(names=tuple(customers)), bindings)
	statement = bindings.statement(query.select(rows.name, rows.audience, rows.customer, rows.entered_on))
	return reading.run(statement.sql, statement.parameters)


def _in_chunks(read: Callable[[Sequence[str]], Sequence[tuple]], names: Sequence[str]) -> list[tuple]:
	return [row for chunk in _chunks(names) for row in read(chunk)]


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
	return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def write_names_of(customers: Collection[str]) -> None:
	"""The same for these customers, as their rows stand now."""
	for names in _chunks(sorted(customers)):
		keys = KeyRange(names=tuple(names))
		write_names(keys, open_memberships(keys))


def members_now(audience: str) -> list[str]:
	"""The customers that are in the audience."""
	filters = {"audience": audience, "left_on": ("is", "not set")}
	return frappe.get_all(MEMBER, filters, pluck="customer", order_by="customer")


def forget_audience(audience: str) -> None:
	"""Delete what is known of its members."""
	members = members_now(audience)
	rows = frappe.get_all(MEMBER, {"audience": audience}, ["name", "customer"], order_by=None, as_list=True)
	frappe.db.delete(MEMBER, {"audience": audience})
	write_names_of(members)
	tell_of_written(MEMBER, [name for name, _ in rows], [customer for _, customer in rows])
