"""Keeps who referred whom with customers that are renamed, merged or deleted."""

import frappe
from frappe.model.document import Document

from crm_success.customer_loyalty.referrals import referral_merging
from crm_success.customer_loyalty.referrals.due_referrals import mark_referrals_of
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import REFERRAL


@never_stops_saving
def make_room_for_referrals(
	doc: Document, method: str | None, old: str, new: str, merge: bool = False
) -> None:
	"""before_rename: what both customers of a merge cannot have as one is deleted; Frappe then moves the rest."""
	if merge:
		if _is_named(old):
			referral_merging.make_room(old, new)
	# "acme" renamed to "Acme" is the same customer to the database
	elif not frappe.db.exists("Customer", new):
		referral_merging.forget_customers([new])


@never_stops_saving
def clear_referrals(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, nothing of ours makes Frappe's own merge collide."""
	if merge and _is_named(old):
		referral_merging.step_aside(old, new)


@never_stops_saving
def show_referrals(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the invoices of the other may be the first ones."""
	if merge and _is_named(new):
		mark_referrals_of([new])


@never_stops_saving
def delete_referrals(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known of a customer goes with it."""
	referral_merging.forget_customers([doc.name])


def _is_named(customer: str) -> bool:
	return any(frappe.db.exists(REFERRAL, {fieldname: customer}) for fieldname in ("customer", "referrer"))
