"""Who has which tier since when: the one writer of standings and of their history. Judges nobody: rules.py does.

All that is written of a customer, its standing, its history and the fields of Customer, is part of the caller's
transaction, which holds the standing. A change has a number, the customer's first, second and so on, which the database
takes once. Nothing here commits. What it writes past the documents it tells whoever watches them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import frappe
from pypika import Table as SqlTable
from pypika.functions import Count

from crm_success.batches.messages import Message
from crm_success.customer_copies import CUSTOMER, NO_DAY, CustomerCopies
from crm_success.customer_loyalty.tiers.rules import decide
from crm_success.customer_loyalty.tiers.tier_changed import TierChange, tell_tier_changes
from crm_success.customer_loyalty.tiers.tier_facts import Known
from crm_success.customer_loyalty.tiers.tier_records import FrozenTiers
from crm_success.customer_loyalty.tiers.tier_standings import (
	DECIDED,
	PROTECTION,
	TOLD,
	Row,
	Stored,
	chunks,
	decided_values,
	held_standings,
)
from crm_success.customer_loyalty.tiers.tier_values import Decision, Event, Facts, Policy, Verdict
from crm_success.customer_loyalty.tiers.tier_words import facts_as_text, missing_as_text
from crm_success.database import clock, reading
from crm_success.database.dialects import KeyRange, within
from crm_success.database.upsert import insert, take_the_offer, upsert
from crm_success.record_names import STANDING, TIER, TIER_CHANGE
from crm_success.watching.watchers import tell_of_written

TIER_FIELD, SINCE_FIELD = "customer_tier", "tier_since"

# a customer whom somebody else saves keeps what it has: the save itself, and the next evaluation, look again
COPIES = CustomerCopies(
	STANDING,
	{TIER_FIELD: "tier", SINCE_FIELD: "tier_since"},
	{TIER_FIELD: TIER},
	{SINCE_FIELD: NO_DAY},
	lambda customers: None,
)

_WRITTEN = (*DECIDED, *PROTECTION, *TOLD)
_STAMPS = ("creation", "modified", "owner", "modified_by")


@dataclass
class Written:
	"""What became of a range of customers: how many rose, fell, or wait for approval, and what to say of it."""

	raised: int = 0
	lowered: int = 0
	proposed: int = 0
	messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class By:
	"""Who decided, and why, where it was a person."""

	user: str | None = None
	note: str | None = None


@dataclass
class Notes:
	"""What the standings and the history of some customers become, before it is written."""

	policy: Policy
	on: date
	moment: datetime
	by: By = By()
	at_review: bool = False
	# standings that customers have from now on, and those they had that change, in these columns
	new: list[Row] = field(default_factory=list)
	changed: list[Row] = field(default_factory=list)
	columns: set[str] = field(default_factory=set)
	changes: list[Row] = field(default_factory=list)
	# values of proposals that are there, by name
	decided: dict[str, Row] = field(default_factory=dict)
	moved: list[TierChange] = field(default_factory=list)
	# to whom something happened
	touched: set[str] = field(default_factory=set)

	def add(self, stored: Stored, values: Row, events: Iterable[Event], facts: str | None) -> None:
		"""Note a standing, where it differs from what is there, and what happened to the customer."""
		customer = values["customer"]
		row = {**stored.row, **values, "proposal": stored.row.get("proposal")}
		row["changes"] = stored.row.get("changes") or 0
		if not row["protected_until"]:
			# nobody is told any more why somebody was protected
			row.update(protection_reason=None, protected_by=None)
		for event in events:
			row = self._add_event(row, event, facts)
			self.touched.add(customer)
		if stored.row:
			self.columns.update(differing := differing_columns(stored.row, row))
			if differing:
				self.changed.append(row)
		else:
			self.new.append({**row, "name": frappe.generate_hash(length=20)})

	def _add_event(self, row: dict[str, Any], event: Event, facts: str | None) -> dict[str, Any]:
		waits = event.decision in (Decision.WITHDRAWN, Decision.REJECTED)
		if row["proposal"] and (waits or event.decision is Decision.APPLIED):
			# what waited is decided, whoever decided it
			values = self._decision(event)
			# a note that somebody wrote before stays
			self.decided[row["proposal"]] = {
				key: value for key, value in values.items() if key != "note" or value
			}
			name, row = row["proposal"], {**row, "proposal": None}
		else:
			name = frappe.generate_hash(length=20)
			row = {**row, "changes": row["changes"] + 1}
			self.changes.append(self._change(name, row, event, facts))
		if event.decision is Decision.PROPOSED:
			row = {**row, "proposal": name}
		if event.decision is Decision.APPLIED:
			self.moved.append(TierChange(row["customer"], event.from_tier, event.to_tier, self.on, name))
		return row

	def _change(self, name: str, row: Row, event: Event, facts: str | None) -> dict[str, Any]:
		return {
			"name": name,
			**self.stamps,
			"customer": row["customer"],
			"customer_name": row.get("customer_name"),
			"from_tier": event.from_tier or None,
			"to_tier": event.to_tier or None,
			"movement": _movement(self.policy, event),
			"cause": event.cause.value,
			"kept_by": event.kept_by.value if event.kept_by else None,
			"found_on": self.on,
			"at_review": int(self.at_review),
			"change_number": row["changes"],
			"facts": facts,
			**self._decision(event),
		}

	def _decision(self, event: Event) -> dict[str, Any]:
		is_by_person = self.by.user and event.decision in (Decision.APPLIED, Decision.REJECTED)
		return {
			"decision": event.decision.value,
			"applied_on": self.on if event.decision is Decision.APPLIED else None,
			"decided_by": self.by.user if is_by_person else None,
			"decided_on": self.moment if is_by_person else None,
			"note": self.by.note if is_by_person else None,
		}

	def write(self) -> list[Message]:
		"""Write all of it, without committing, and tell whoever wants to know; what to say of those who failed."""
		self._write_standings(self.new, _WRITTEN)
		self._write_standings(self.changed, [name for name in _WRITTEN if name in self.columns])
		for name, values in self.decided.items():
			frappe.db.set_value(TIER_CHANGE, name, {**values, "modified": self.moment}, update_modified=False)
		insert(TIER_CHANGE, self.changes)
		names = [*self.decided, *(row["name"] for row in self.changes)]
		tell_of_written(TIER_CHANGE, names, sorted(self.touched))
		tell_of_written(STANDING, self.customers, self.customers)
		return tell_tier_changes(self.moved)

	def _write_standings(self, rows: Iterable[Row], columns: Sequence[str]) -> None:
		names = ("name", "customer", *columns)
		complete = [{**self.stamps, **{name: row.get(name) for name in names}} for row in rows]
		# somebody else may have begun a standing meanwhile
		upsert(
			STANDING,
			complete,
			["customer"],
			dict.fromkeys((*columns, "modified", "modified_by"), take_the_offer),
		)

	@cached_property
	def stamps(self) -> Row:
		"""What each row says of who wrote it, and when."""
		user = frappe.session.user
		return dict(zip(_STAMPS, (self.moment, self.moment, user, user), strict=True))

	@property
	def customers(self) -> list[str]:
		"""Those whose standing is written."""
		return [row["customer"] for row in (*self.new, *self.changed)]

	def count(self) -> Written:
		"""How many moved, and how many wait."""
		level = self.policy.level
		rises = [level(change.to_tier) > level(change.from_tier) for change in self.moved]
		proposed = sum(change["decision"] == Decision.PROPOSED.value for change in self.changes)
		return Written(rises.count(True), rises.count(False), proposed)


def write_evaluation(frozen: FrozenTiers, keys: KeyRange, known: Known) -> Written:
	"""Decide about the customers of a range, as their standings are now, and write what comes of it."""
	strangers = strangers_in(keys)
	forget_customers(strangers)
	stored = held_standings(known.facts)
	notes = Notes(frozen.policy, frozen.day.as_of, clock.now(), at_review=frozen.day.is_review)
	for customer, facts in known.facts.items():
		before = stored.get(customer) or Stored({})
		verdict = decide(frozen.policy, before.standing, facts, frozen.day)
		values = values_of(verdict, facts, customer, known.names[customer], frozen.reads.money.currency)
		told = facts_as_text(frozen, before.standing, facts, verdict) if verdict.events else None
		notes.add(before, values, verdict.events, told)
	_leave_out(notes, strangers.union(gone_among(set(known.facts).difference(stored))))
	written = notes.count()
	written.messages = notes.write()
	COPIES.update(keys)
	return written


def values_of(
	verdict: Verdict, facts: Facts, customer: str, customer_name: str, currency: str
) -> dict[str, Any]:
	"""The fields of a standing that follow from the verdict."""
	return {
		"customer": customer,
		"customer_name": customer_name,
		**decided_values(verdict.standing),
		"next_tier": verdict.next_tier or None,
		"missing": missing_as_text(verdict.missing),
		"lost_by": verdict.lost_by,
		"falls_to": verdict.falls_to or None,
		"earned_tier": verdict.earned or None,
		"revenue": facts.revenue,
		"score": facts.score,
		"customer_since": facts.customer_since,
		"currency": currency or None,
	}


def differing_columns(before: Row, after: Row) -> list[str]:
	"""What there is to write of a standing that is there; a number that was stored has nine decimals."""
	# most are the same as they stand, which is asked first: it costs less
	unlike = (name for name in _WRITTEN if before.get(name) != after.get(name))
	return [name for name in unlike if _plain(before.get(name)) != _plain(after.get(name))]


def forget_customers(customers: Collection[str]) -> None:
	"""Delete what is known of customers that are gone, or are none any more: nobody is told."""
	for names in chunks(sorted(customers)):
		for doctype in (TIER_CHANGE, STANDING):
			frappe.db.delete(doctype, {"customer": ("in", names)})


def forget_tier(tier: str) -> None:
	"""No standing names a tier that is being deleted, and that nobody has; history goes on saying what it was called."""
	for fieldname in ("next_tier", "falls_to", "earned_tier"):
		frappe.db.set_value(STANDING, {fieldname: tier}, fieldname, None, update_modified=False)


def gone_among(customers: Collection[str]) -> set[str]:
	"""Those that do not exist any more."""
	gone: set[str] = set()
	for names in chunks(sorted(customers)):
		bindings, customer = reading.bindings(), SqlTable(f"tab{CUSTOMER}")
		there = bindings.dialect.query.from_(customer).where(customer.name.isin(bindings.bind_all(names)))
		# counted first: to hear of each costs more, and nearly always all are there
		counted = bindings.statement(there.select(Count("*")))
		if next(iter(reading.run(counted.sql, counted.parameters)))[0] < len(names):
			gone.update(
				set(names).difference(frappe.get_all(CUSTOMER, {"name": ("in", names)}, pluck="name"))
			)
	return gone


def strangers_in(keys: KeyRange) -> set[str]:
	"""Those of the range with a standing who do not exist any more, or are internal by now."""
	bindings, customer, rows = reading.bindings(), SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{STANDING}")
	query = bindings.dialect.query.from_(rows).left_join(customer).on(customer.name == rows.customer)
	query = query.select(rows.customer).where(customer.name.isnull() | (customer.is_internal_customer == 1))
	for condition in within(rows.customer, keys, bindings):
		query = query.where(condition)
	statement = bindings.statement(query)
	return {name for (name,) in reading.run(statement.sql, statement.parameters)}


def _leave_out(notes: Notes, customers: Collection[str]) -> None:
	if customers:
		notes.new = [row for row in notes.new if row["customer"] not in customers]
		notes.changed = [row for row in notes.changed if row["customer"] not in customers]
		notes.changes = [row for row in notes.changes if row["customer"] not in customers]
		notes.moved = [change for change in notes.moved if change.customer not in customers]


def _movement(policy: Policy, event: Event) -> str:
	before, after = policy.level(event.from_tier), policy.level(event.to_tier)
	return "Same" if before == after else "Up" if after > before else "Down"


def _plain(value: Any) -> Any:
	return round(value, 6) if isinstance(value, float) else value or None
