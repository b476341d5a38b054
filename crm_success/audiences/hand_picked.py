"""Audiences by hand: who is added and taken out by people, one by one, from lists or by an import."""

from collections.abc import Collection, Sequence

import frappe
from frappe import _
from frappe.model.document import Document

from crm_success.audiences.audience_changed import AudienceChange, tell_audience_changes
from crm_success.audiences.audience_records import BY_HAND
from crm_success.audiences.membership import (
	Moves,
	last_visits,
	open_memberships,
	write_moves,
	write_names_of,
)
from crm_success.batches.messages import Message
from crm_success.database import clock
from crm_success.database.dialects import KeyRange
from crm_success.record_checks.field_errors import bold
from crm_success.record_names import AUDIENCE
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.visibility import check_may_see


def add_members(audience: str, customers: Collection[str]) -> int:
	"""Put those of the customers into the audience that are not in it; how many. Without committing."""
	_check_by_hand(audience)
	inside = _among(audience, customers)
	entering = [name for name in dict.fromkeys(customers) if name not in inside]
	_write(Moves(entering=[(audience, name) for name in entering]))
	return len(entering)


def remove_members(audience: str, customers: Collection[str]) -> int:
	"""Take those of the customers out of the audience that are in it; how many. Without committing."""
	_check_by_hand(audience)
	leaving = sorted(_among(audience, customers))
	_write(Moves(leaving=[(audience, name) for name in leaving]))
	return len(leaving)


def wait_for_turn(audience: str) -> None:
	"""Until nobody else adds to the audience or takes out of it; for the beginning of a request. Commits.

	Two who add the same customer at the same moment would else meet at the unique key.
	"""
	# what others did meanwhile is seen by a new transaction only; nothing was written in this one
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	_lock(audience)


def check_may_be_added(member: Document) -> None:
	"""Refuse a row for an audience that finds its members itself or that the user may not change, for a customer that is
	in it already, or that is not seen.
	"""
	if not member.audience or not member.customer:
		# Frappe says so itself, later
		return
	_lock(member.audience)
	_check_by_hand(member.audience)
	if not member.flags.ignore_permissions:
		frappe.has_permission(AUDIENCE, "write", member.audience, throw=True)
		check_may_see(member.customer)
	# as it is written there: the database may find it in another case, but would keep two visits apart
	member.customer = frappe.db.get_value(CUSTOMER, member.customer, "name") or member.customer
	if _among(member.audience, [member.customer]):
		message = _("{0} is in the audience {1} already.")
		frappe.throw(message.format(bold(member.customer), bold(member.audience)), frappe.DuplicateEntryError)


def begin_visit(member: Document) -> None:
	"""What a person cannot choose: when it begins, and which one it is."""
	moment = clock.now()
	visit, left_on = last_visits([(member.audience, member.customer)]).get(
		(member.audience, member.customer), (0, None)
	)
	member.update({"visit": visit + 1, "left_on": None, "entered_on": max(moment, left_on or moment)})


def tell_of_new_member(member: Document) -> None:
	"""What follows a row that was made by itself, as by an import."""
	write_names_of([member.customer])
	change = AudienceChange(member.audience, member.customer, True, member.entered_on)
	_say(tell_audience_changes([change]))


def _write(moves: Moves) -> None:
	changes = write_moves(moves)
	write_names_of({customer for _audience, customer in (*moves.entering, *moves.leaving)})
	_say(tell_audience_changes(changes))


def _say(messages: Sequence[Message]) -> None:
	for message in messages:
		frappe.msgprint(message.reason, alert=True, indicator="orange")


def _among(audience: str, customers: Collection[str]) -> set[str]:
	"""Those of the customers that are in the audience."""
	found = open_memberships(KeyRange(names=tuple(customers))) if customers else {}
	return {customer for customer, audiences in found.items() if audience in audiences}


def _lock(audience: str) -> None:
	frappe.db.get_value(AUDIENCE, audience, "name", for_update=True)


def _check_by_hand(audience: str) -> None:
	how = frappe.db.get_value(AUDIENCE, audience, "how")
	if not how:
		frappe.throw(_("There is no audience {0}.").format(bold(audience)), frappe.DoesNotExistError)
	if how != BY_HAND:
		message = _("{0} finds its members by filters. Change its conditions, or make an audience by hand.")
		frappe.throw(message.format(bold(audience)), title=_("Not Made by Hand"))
