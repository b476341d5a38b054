"""Keeps the points of a customer with the customer that is renamed, merged or deleted."""

from collections.abc import Collection

import frappe
from frappe.model.document import Document

from crm_success.customer_loyalty.points import merging
from crm_success.customer_loyalty.points.account_names import take_up_names
from crm_success.database import conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import ACCOUNT, LEDGER_ENTRY


@never_stops_saving
def make_room_for_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: the entries of both customers of a merge can stand beside each other; Frappe then moves them. So can
	those of a customer that was deleted, and whose name is given to another one.
	"""
	if (merge or _was_deleted(new)) and frappe.db.exists(LEDGER_ENTRY, {"customer": old}):
		merging.make_room(old, new)


@never_stops_saving
def clear_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, nothing of ours makes what Frappe does collide."""
	if (merge or _was_deleted(new)) and frappe.db.exists(ACCOUNT, {"customer": old}):
		merging.step_aside(old)


@never_stops_saving
def show_points(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the account of the customer sums up what both had, and has its name."""
	if merge or not frappe.db.exists(ACCOUNT, {"customer": new}):
		merging.bring_together(new)
	take_up_names([new])


@never_stops_saving
def keep_name_saved(doc: Document, method: str | None = None) -> None:
	"""on_update: the account is written once the save is committed, so that no lock of ours can reach it."""
	if not doc.flags.in_insert and doc.has_value_changed("customer_name"):
		_TO_NAME.note([doc.name])


@never_stops_saving
def close_points(doc: Document, method: str | None = None) -> None:
	"""on_trash: what a customer had is written off, and the entries stay."""
	if frappe.db.exists(LEDGER_ENTRY, {"customer": doc.name}):
		merging.close_accounts([doc.name])


def _was_deleted(customer: str) -> bool:
	"""Whether there are entries of a customer of this name, and no customer. "acme" and "Acme" are one to the database."""
	return not frappe.db.exists("Customer", customer) and bool(
		frappe.db.exists(LEDGER_ENTRY, {"customer": customer})
	)


def _take_up_names(customers: Collection[str]) -> None:
	try:
		with conflicts.impatient():
			take_up_names(customers)
	except Exception as error:
		# somebody gives them points right now, perhaps, and the next night looks again
		if not conflicts.is_passing(error):
			raise


_TO_NAME = AfterCommit(
	"crm_success_customers_with_accounts", _take_up_names, "Accounts could not take up the names of customers"
)
