"""Evaluating all audiences as a kind of leased work: what a pass freezes, how a range of customers is judged and written.

A range is read in one statement, whatever the number of audiences. Who entered and who left is written, and told, in
the transaction that ends the batch: once, however often it is killed.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import frappe
from frappe import _

from crm_success.audiences.audience_changed import tell_audience_changes
from crm_success.audiences.audience_facts import columns_of_bits, facts_of, facts_statement
from crm_success.audiences.audience_records import FrozenAudiences, freeze_audiences, version_of
from crm_success.audiences.audience_rules import Audience
from crm_success.audiences.membership import (
	NOWHERE,
	Memberships,
	Moves,
	forget_customers,
	moves_between,
	open_memberships,
	write_moves,
	write_names,
)
from crm_success.batches.kinds import Done, Plan, Range, Work
from crm_success.batches.leases import MOST_ATTEMPTS
from crm_success.batches.messages import ERROR, Message, from_text
from crm_success.batches.statuses import BATCH, COMPLETED, RUN, WITH_WARNINGS
from crm_success.database import clock, conflicts, reading
from crm_success.database.dialects import KeyRange
from crm_success.record_names import AUDIENCE
from crm_success.scoring.engine.definitions import from_json
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER, table_of

KIND = "Audiences"
BATCH_SIZE = 10_000


@dataclass(frozen=True)
class Judged:
	"""Which of the audiences hold each customer of a range; `failed`: audiences that could not be asked, with the error."""

	members: Memberships
	failed: dict[str, str]


class AudiencePass(Work):
	"""Finds the members of all enabled audiences, by the definitions that the pass began with."""

	counters: ClassVar[dict[str, str]] = {"entered": "customers_entered", "departed": "customers_left"}

	def prepare(self, sign_of_life: Callable[[], None]) -> Plan:
		"""Freeze the definitions, and cut ranges of customers."""
		moment = clock.utc_now()
		frozen = freeze_audiences()
		frappe.db.set_value(AUDIENCE, {"enabled": 1}, "looked_at_utc", moment, update_modified=False)
		ranges = customer_ranges(reading.SITE, table_of(CUSTOMER), BATCH_SIZE)
		return Plan(
			[Range(keys.after, keys.upto, count) for keys, count in ranges], {"definitions": frozen.as_text()}
		)

	def compute(self, batch: frappe._dict) -> Judged:
		"""Who of the range is in which audience. The last attempt leaves out the audiences that fail."""
		keys = keys_of(batch)
		if batch.attempts < MOST_ATTEMPTS:
			return Judged(members_of(self.frozen, keys), {})
		failed = self._failing(keys)
		left = without_failed(self.frozen, failed)
		# who is made of one that fails stays as it was too
		failed.update(
			{
				name: _("one that it is made of fails")
				for name in set(self.frozen.kept).difference(each.name for each in left.audiences)
				if name not in failed
			}
		)
		return Judged(members_of(left, keys), failed)

	def write(self, batch: frappe._dict, computed: Judged) -> Done:
		"""Rows for who entered and who left, told to whoever wants to know, and the names of audiences for lists."""
		keys = keys_of(batch)
		# nobody renames or deletes them before the batch ends
		kept = frozenset(reading.hold(AUDIENCE, set(self.frozen.kept).difference(computed.failed)))
		before = open_memberships(keys)
		after = memberships_after(before, computed.members, kept)
		moves = moves_between(before, after)
		gone = gone_among(
			{customer for _, customer in moves.entering}.union(set(before).difference(computed.members))
		)
		moves = without_customers(moves, gone)
		forget_customers(gone)
		changes = write_moves(moves, self.frozen.redefined)
		write_names(keys, after)
		counted = {"entered": len(moves.entering), "departed": len(moves.leaving)}
		return Done(counted, (*self._about(computed.failed), *tell_audience_changes(changes)))

	def found(self) -> Iterable[Message]:
		"""What was wrong with the definitions."""
		return self.frozen.messages

	def ended(self, status: str) -> None:
		"""Remember by which definition the members were found, and when; of those that failed nowhere."""
		if status not in (COMPLETED, WITH_WARNINGS):
			return
		audiences = {audience.name: audience for audience in self.frozen.audiences}
		failed, moment = self._failed_anywhere(), clock.now()
		for name in (each for each in self.frozen.kept if each not in failed):
			values = {"evaluated_version": version_of(name, audiences), "evaluated_on": moment}
			frappe.db.set_value(AUDIENCE, name, values, update_modified=False)

	def _failing(self, keys: KeyRange) -> dict[str, str]:
		"""The audiences that cannot be asked of these customers, each tried alone."""
		failed = {}
		for audience in self.frozen.audiences:
			# its parts are tried by themselves
			parts = [Audience(part, by_hand=True) for part in audience.parts]
			try:
				members_of(replace(self.frozen, audiences=(*parts, audience)), keys)
			except Exception as error:
				conflicts.raise_if_out_of_time(error)
				conflicts.start_over()
				failed[audience.name] = str(error)
		return failed

	def _about(self, failed: dict[str, str]) -> list[Message]:
		reason = _("Customer Audience {0} could not be evaluated, its members stay as they were: {1}")
		return [
			Message(ERROR, reason.format(name, error), AUDIENCE, examples=(name,))
			for name, error in failed.items()
		]

	def _failed_anywhere(self) -> set[str]:
		"""The audiences that some batch of the pass could not ask."""
		texts = frappe.get_all(
			BATCH, {"work_run": self.run, "messages": ("is", "set")}, pluck="messages", order_by=None
		)
		told = [message for text in texts for message in from_text(text)]
		errors = [each for each in told if (each.severity, each.reference_doctype) == (ERROR, AUDIENCE)]
		return {name for message in errors for name in message.examples}

	@cached_property
	def frozen(self) -> FrozenAudiences:
		"""What the pass began with."""
		return from_json(FrozenAudiences, frappe.db.get_value(RUN, self.run, "definitions"))


def members_of(frozen: FrozenAudiences, keys: KeyRange) -> Memberships:
	"""The audiences that each customer of the range is in, of those whose members are kept; every customer that is not
	internal is there.
	"""
	rules, kept = frozen.rules, frozenset(frozen.kept)
	names = [audience.name for audience in rules.audiences]
	statement = facts_statement(rules, frozen.tables_by_doctype, reading.bindings(), keys)
	columns = columns_of_bits(rules)
	by_mask: dict[int, frozenset[str]] = {}
	members = {}
	for row in reading.run(statement.sql, statement.parameters):
		customer, is_disabled, facts, values = facts_of(row, columns)
		mask = rules.members(facts, values, is_disabled)
		if mask not in by_mask:
			by_mask[mask] = kept.intersection(name for at, name in enumerate(names) if mask >> at & 1)
		members[customer] = by_mask[mask]
	return members


def memberships_after(before: Memberships, members: Memberships, kept: frozenset[str]) -> Memberships:
	"""Who is in which audience then: as judged in those that are kept, as before in all others."""
	known: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
	after = {}
	for customer in {**before, **members}:
		pair = (before.get(customer, NOWHERE), members.get(customer, NOWHERE))
		if pair not in known:
			known[pair] = (pair[0] - kept) | (pair[1] & kept)
		after[customer] = known[pair]
	return after


def without_failed(frozen: FrozenAudiences, failed: Collection[str]) -> FrozenAudiences:
	"""Without these audiences and those that are made of them."""
	left: dict[str, Audience] = {}
	for audience in frozen.audiences:
		if audience.name not in failed and all(part in left for part in audience.parts):
			left[audience.name] = audience
	return replace(frozen, audiences=tuple(left.values()))


def without_customers(moves: Moves, customers: Collection[str]) -> Moves:
	"""The moves of all others."""
	entering = [(audience, customer) for audience, customer in moves.entering if customer not in customers]
	leaving = [(audience, customer) for audience, customer in moves.leaving if customer not in customers]
	return Moves(entering, leaving)


def gone_among(customers: Collection[str]) -> set[str]:
	"""Those that do not exist any more."""
	left = set(customers)
	for start in range(0, len(left), BATCH_SIZE):
		names = sorted(customers)[start : start + BATCH_SIZE]
		left.difference_update(frappe.get_all(CUSTOMER, {"name": ("in", names)}, pluck="name"))
	return left


def keys_of(batch: frappe._dict) -> KeyRange:
	"""The customers of a batch."""
	return KeyRange(batch.after_customer, batch.upto_customer)
