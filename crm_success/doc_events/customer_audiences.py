"""Keeps memberships in audiences with their customer: renamed, merged or deleted. Whoever leaves so is told to nobody."""

import frappe
from frappe.model.document import Document

from crm_success.audiences.membership import NOWHERE, forget_customers, open_memberships, write_names_of
from crm_success.database.dialects import KeyRange
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import MEMBER


@never_stops_saving
def delete_memberships(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known of a customer goes with it."""
	forget_customers([doc.name])


@never_stops_saving
def keep_one_membership(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: of each audience that both were in, a merge keeps the visits of one: of whom is in it, else of `new`.

	Frappe then moves what is left, and the visits of a customer stay apart.
	"""
	if not merge:
		return
	open_ones = open_memberships(KeyRange(names=(old, new)))
	only_old_is_in = open_ones.get(old, NOWHERE) - open_ones.get(new, NOWHERE)
	for audience in _audiences_of_both(old, new):
		loser = new if audience in only_old_is_in else old
		frappe.db.delete(MEMBER, {"audience": audience, "customer": loser})


@never_stops_saving
def clear_memberships(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, what would make Frappe's own merge collide is lost."""
	if merge and (both := _audiences_of_both(old, new)):
		frappe.db.delete(MEMBER, {"customer": old, "audience": ("in", both)})


@never_stops_saving
def show_memberships(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the names of its audiences follow, also those that the other brought."""
	write_names_of([new])


def _audiences_of_both(old: str, new: str) -> list[str]:
	known = {
		customer: set(
			frappe.get_all(MEMBER, {"customer": customer}, pluck="audience", distinct=True, order_by=None)
		)
		for customer in (old, new)
	}
	return sorted(known[old] & known[new])
