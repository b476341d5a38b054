"""Who has which tier since when: the one writer of standings and of their history. Judges nobody: rules.py does.

All that is written of a customer, its standing, its history and the fields of Customer, is part of the caller's
transaction, which holds the standing. A change has a number, the customer's first, second and so on, which the database
takes once. Nothing here commits. What it writes past the documents it tells whoever watches them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import frappe

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
from crm_success.database import clock
from crm_success.database.dialects import KeyRange
from crm_success.database.upsert import take_the_offer, upsert
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
_CHANGE_FIELDS = (
	*("name", *_STAMPS, "customer", "customer_name", "from_tier", "to_tier", "decision", "movement"),
	*("cause", "kept_by", "found_on", "applied_on", "decided_by", "decided_on", "note", "at_review"),
	*("change_number", "facts"),
)


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
	standings: list[Row] = field(default_factory=list)
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
		if differs(stored.row, row):
			self.standings.append({**row, "customer": customer})

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
			**_stamps(self.moment),
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
		_upsert_standings(self.standings, self.moment)
		for name, values in self.decided.items():
			frappe.db.set_value(TIER_CHANGE, name, {**values, "modified": self.moment}, update_modified=False)
		if self.changes:
			rows = [tuple(change[name] for name in _CHANGE_FIELDS) for change in self.changes]
			frappe.db.bulk_insert(TIER_CHANGE, list(_CHANGE_FIELDS), rows)
		names = [*self.decided, *(row["name"] for row in self.changes)]
		tell_of_written(TIER_CHANGE, names, sorted(self.touched))
		tell_of_written(STANDING, self.customers, self.customers)
		return tell_tier_changes(self.moved)

	@property
	def customers(self) -> list[str]:
		"""Those whose standing is written."""
		return [row["customer"] for row in self.standings]

	def count(self) -> Written:
		"""How many moved, and how many wait."""
		level = self.policy.level
		rises = [level(change.to_tier) > level(change.from_tier) for change in self.moved]
		proposed = sum(change["decision"] == Decision.PROPOSED.value for change in self.changes)
		return Written(rises.count(True), rises.count(False), proposed)


def write_evaluation(frozen: FrozenTiers, keys: KeyRange, known: Known) -> Written:
	"""Decide about the customers of a range, as their standings are now, and write what comes of it."""
	stored = held_standings(keys)
	# who was renamed since the facts were read is another customer to them, and keeps what it has
	forget_customers(strangers_among(sorted(set(stored).difference(known.facts))))
	notes = Notes(frozen.policy, frozen.day.as_of, clock.now(), at_review=frozen.day.is_review)
	for customer, facts in known.facts.items():
		before = stored.get(customer) or Stored({})
		verdict = decide(frozen.policy, before.standing, facts, frozen.day)
		values = values_of(verdict, facts, customer, known.names[customer], frozen.reads.money.currency)
		told = facts_as_text(frozen, before.standing, facts, verdict) if verdict.events else None
		notes.add(before, values, verdict.events, told)
	_leave_out(notes, gone_among(notes.customers))
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


def differs(before: Row, after: Row) -> bool:
	"""Whether there is anything to write; a number that was stored has nine decimals."""
	return not before or any(_plain(before.get(name)) != _plain(after.get(name)) for name in _WRITTEN)


def forget_customers(customers: Collection[str]) -> None:
	"""Delete what is known of customers that are gone, or are none any more: nobody is told."""
	for names in chunks(sorted(customers)):
		for doctype in (TIER_CHANGE, STANDING):
			frappe.db.delete(doctype, {"customer": ("in", names)})


def forget_tier(tier: str) -> None:
	"""No standing names a tier that is being deleted, and that nobody has; history goes on saying what it was called."""
	for fieldname in ("next_tier", "falls_to", "earned_tier"):
		frappe.db.set_value(STANDING, {fieldname: tier}, fieldname, None, update_modified=False)


def gone_among(customers: Sequence[str]) -> set[str]:
	"""Those that do not exist any more."""
	left = set(customers)
	for names in chunks(sorted(customers)):
		left.difference_update(frappe.get_all(CUSTOMER, {"name": ("in", names)}, pluck="name"))
	return left


def strangers_among(customers: Sequence[str]) -> set[str]:
	"""Those that do not exist any more, or are internal by now."""
	left = set(customers)
	for names in chunks(customers):
		filters = {"name": ("in", names), "is_internal_customer": 0}
		left.difference_update(frappe.get_all(CUSTOMER, filters, pluck="name", order_by=None))
	return left


def _leave_out(notes: Notes, customers: Collection[str]) -> None:
	if customers:
		notes.standings = [row for row in notes.standings if row["customer"] not in customers]
		notes.changes = [row for row in notes.changes if row["customer"] not in customers]
		notes.moved = [change for change in notes.moved if change.customer not in customers]


def _upsert_standings(rows: Iterable[Row], moment: datetime) -> None:
	complete = [
		{
			"name": row.get("name") or frappe.generate_hash(length=20),
			**_stamps(moment),
			"customer": row["customer"],
			**{name: row.get(name) for name in _WRITTEN},
		}
		for row in rows
	]
	choices = dict.fromkeys((*_WRITTEN, "modified", "modified_by"), take_the_offer)
	upsert(STANDING, complete, ["customer"], choices)


def _stamps(moment: datetime) -> dict[str, Any]:
	user = frappe.session.user
	return dict(zip(_STAMPS, (moment, moment, user, user), strict=True))


def _movement(policy: Policy, event: Event) -> str:
	before, after = policy.level(event.from_tier), policy.level(event.to_tier)
	return "Same" if before == after else "Up" if after > before else "Down"


def _plain(value: Any) -> Any:
	return round(value, 6) if isinstance(value, float) else value or None
