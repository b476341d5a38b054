"""Keeps the health of a customer with the customer: whoever saves it, deleted, renamed or merged with it."""

import frappe
from frappe.model.document import Document
from frappe.model.rename_doc import rename_doc

from crm_success.bridge.customer_fields import health_of, update_customers
from crm_success.queries.statements import KeyRange

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"


def keep_health(doc: Document, method: str | None = None) -> None:
	"""validate: scoring writes the health fields past open forms, so what a form sends may be old."""
	doc.update(health_of(doc.name))


def store_missing_score(doc: Document, method: str | None = None) -> None:
	"""on_update: Frappe stores a missing number as 0, but a customer without a score has none."""
	if doc.meta.has_field("health_score") and doc.get("health_score") is None:
		frappe.db.set_value(doc.doctype, doc.name, "health_score", None, update_modified=False)


def delete_health(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known about a customer goes with it."""
	_delete_health_of(doc.name)


def make_room_for_merge(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: a customer has one health and one snapshot a day, so a merge keeps those of `new`.

	Frappe then moves the other snapshots with all links, and the merged customer is scored again soon.
	"""
	if not merge or not frappe.db.exists("Customer", new):
		return
	_delete_snapshots_that_collide(old, new)
	if frappe.db.exists(HEALTH, new):
		_delete_record(old)
		frappe.db.set_value(HEALTH, new, "stale", 1, update_modified=False)


def rename_health(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the links are moved already; the record's own name, comments and versions follow."""
	if old != new and frappe.db.exists(HEALTH, old):
		rename_doc(
			HEALTH, old, new, force=True, ignore_permissions=True, show_alert=False, rebuild_search=False
		)
		frappe.db.set_value(HEALTH, new, "stale", 1, update_modified=False)
	update_customers(KeyRange(names=(new,)))


def _delete_health_of(customer: str) -> None:
	frappe.db.delete(SNAPSHOT, {"customer": customer})
	_delete_record(customer)


def _delete_record(customer: str) -> None:
	if frappe.db.exists(HEALTH, customer):
		frappe.delete_doc(HEALTH, customer, ignore_permissions=True, force=True, delete_permanently=True)


def _delete_snapshots_that_collide(old: str, new: str) -> None:
	kept = frappe.get_all(SNAPSHOT, filters={"customer": new}, pluck="as_of", order_by="as_of")
	if kept:
		frappe.db.delete(SNAPSHOT, {"customer": old, "as_of": ("in", kept)})
