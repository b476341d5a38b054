"""Keeps the points of a customer with the customer that is renamed, merged or deleted."""

import frappe
from frappe.model.document import Document

from crm_success.customer_loyalty.points import merging
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import ACCOUNT, LEDGER_ENTRY


@never_stops_saving
def make_room_for_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: the entries of both customers of a merge can stand beside each other; Frappe then moves them."""
	if merge and frappe.db.exists(LEDGER_ENTRY, {"customer": old}):
		merging.make_room(old, new)


@never_stops_saving
def clear_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, nothing of ours makes Frappe's own merge collide."""
	if merge and frappe.db.exists(ACCOUNT, {"customer": old}):
		merging.step_aside(old)


@never_stops_saving
def show_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the account of the customer sums up what both had."""
	if merge:
		merging.bring_together(new)


@never_stops_saving
def close_points(doc: Document, method: str | None = None) -> None:
	"""on_trash: what a customer had is written off, and the entries stay."""
	if frappe.db.exists(LEDGER_ENTRY, {"customer": doc.name}):
		merging.close_accounts([doc.name])
