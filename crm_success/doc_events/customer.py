"""Keeps the health of a customer with the customer: whoever saves it, deleted, renamed or merged with it."""

import frappe
from frappe.model.document import Document
from frappe.model.rename_doc import rename_doc

from crm_success.database.dialects import KeyRange
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.customer_changes import show_on_health
from crm_success.scoring.customer_fields import NUMBERS, health_of, update_customers
from crm_success.scoring.saved_customers import compare_after_commit
from crm_success.scoring.stale import note_stale
from crm_success.setup.custom_fields import our_fields


@never_stops_saving
def keep_health(doc: Document, method: str | None = None) -> None:
	"""validate: scoring writes the health fields past open forms, so what a form sends may be old."""
	doc.update(health_of(doc.name))


@never_stops_saving
def keep_health_saved(doc: Document, method: str | None = None) -> None:
	"""on_update: Frappe stores a missing number as 0, but a customer without a score or a risk has none.

	What `validate` read may be older than a score that was written meanwhile. No lock is taken to prevent that: it
	could make the user's save the victim of a deadlock. Both are compared once the save is committed: the fields again,
	and what the health repeats of the customer.
	"""
	missing = [name for name in our_fields(doc.doctype).intersection(NUMBERS) if doc.get(name) is None]
	if missing:
		frappe.db.set_value(doc.doctype, doc.name, dict.fromkeys(missing), update_modified=False)
	if not doc.flags.in_insert:
		compare_after_commit(doc)


@never_stops_saving
def delete_health(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known about a customer goes with it."""
	_delete_health_of(doc.name)


@never_stops_saving
def make_room_for_merge(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: a customer has one health and one snapshot a day, so a merge keeps those of `new`.

	Frappe then moves the other snapshots with all links, and the merged customer is scored again soon.
	"""
	if not merge or not frappe.db.exists("Customer", new):
		return
	_hold(old, new)
	_delete_snapshots_that_collide(old, new)
	if frappe.db.exists(HEALTH, new):
		_delete_record(old)
		frappe.db.set_value(HEALTH, new, "stale", 1, update_modified=False)


@never_stops_saving
def clear_the_way(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, what would make Frappe's own merge collide is lost."""
	if merge and frappe.db.exists(HEALTH, {"customer": old}) and frappe.db.exists(HEALTH, {"customer": new}):
		frappe.db.delete(HEALTH, {"customer": old})
	if merge and _have_snapshots_of_one_day(old, new):
		frappe.db.delete(SNAPSHOT, {"customer": old})


@never_stops_saving
def rename_health(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the links are moved already; the record's own name, comments and versions follow."""
	if old != new and frappe.db.exists(HEALTH, old):
		# who may rename the customer renames what goes with it
		rename_doc(
			HEALTH, old, new, force=True, ignore_permissions=True, show_alert=False, rebuild_search=False
		)
		frappe.db.set_value(HEALTH, new, "stale", 1, update_modified=False)
	if merge:
		note_stale([new])
	# ERPNext may have renamed it without an event, and a merge may have brought the health of another
	show_on_health([new])
	update_customers(KeyRange(names=(new,)))


def _have_snapshots_of_one_day(*customers: str) -> bool:
	days = frappe.get_all(SNAPSHOT, filters={"customer": ("in", customers)}, pluck="as_of", order_by="as_of")
	return len(days) > len(set(days))


def _hold(*customers: str) -> None:
	"""No batch writes a row of these until the merge is committed. In the order in which batches write."""
	for doctype in (HEALTH, SNAPSHOT):
		table = frappe.qb.DocType(doctype)
		for customer in sorted(customers):
			frappe.qb.from_(table).select(table.name).where(table.customer == customer).for_update().run()


def _delete_health_of(customer: str) -> None:
	frappe.db.delete(SNAPSHOT, {"customer": customer})
	_delete_record(customer)


def _delete_record(customer: str) -> None:
	if frappe.db.exists(HEALTH, customer):
		# who may delete the customer deletes what goes with it
		frappe.delete_doc(HEALTH, customer, ignore_permissions=True, force=True, delete_permanently=True)


def _delete_snapshots_that_collide(old: str, new: str) -> None:
	kept = frappe.get_all(SNAPSHOT, filters={"customer": new}, pluck="as_of", order_by="as_of")
	if kept:
		frappe.db.delete(SNAPSHOT, {"customer": old, "as_of": ("in", kept)})
