"""Keeps memberships in audiences with their customer: renamed, merged or deleted. Whoever leaves so is told to nobody."""

import frappe
from frappe.model.document import Document

from crm_success.audiences.membership import forget_customers, write_names_of
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import MEMBER


@never_stops_saving
def delete_memberships(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known of a customer goes with it."""
	forget_customers([doc.name])


@never_stops_saving
def make_room_for_memberships(
	doc: Document, method: str | None, old: str, new: str, merge: bool = False
) -> None:
	"""before_rename: of each audience that both were in, a merge keeps the visits of one: of whom is in it, else of `new`.

	Frappe then moves what is left, and the visits of a customer stay apart. A name that no customer has yet has none.
	"""
	if merge:
		_keep_one_of_each_audience(old, new)
	# "acme" renamed to "Acme" is the same customer to the database
	elif not frappe.db.exists("Customer", new):
		forget_customers([new])


@never_stops_saving
def clear_memberships(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, what would make Frappe's own merge collide is lost."""
	if merge and (both := _audiences_of(old) & _audiences_of(new)):
		frappe.db.delete(MEMBER, {"customer": old, "audience": ("in", sorted(both))})


@never_stops_saving
def show_memberships(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the names of its audiences follow, also those that the other brought."""
	write_names_of([new])


def _keep_one_of_each_audience(old: str, new: str) -> None:
	visits = {customer: _held_visits(customer) for customer in sorted((old, new))}
	is_in = {
		customer: {visit.audience for visit in rows if not visit.left_on} for customer, rows in visits.items()
	}
	of_both = {visit.audience for visit in visits[old]} & {visit.audience for visit in visits[new]}
	for audience in sorted(of_both):
		loser = new if audience in is_in[old] - is_in[new] else old
		frappe.db.delete(MEMBER, {"audience": audience, "customer": loser})


def _held_visits(customer: str) -> list[frappe._dict]:
	"""All visits of the customer, as they are and not as this transaction found them first: no pass adds one until it ends."""
	member = frappe.qb.DocType(MEMBER)
	query = frappe.qb.from_(member).select(member.audience, member.left_on)
	return query.where(member.customer == customer).for_update().run(as_dict=True)


def _audiences_of(customer: str) -> set[str]:
	return set(frappe.get_all(MEMBER, {"customer": customer}, pluck="audience", distinct=True, order_by=None))
