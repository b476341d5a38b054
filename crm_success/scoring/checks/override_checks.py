"""The rules of a score that a person sets: complete and limited in time. Stores nothing."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, getdate, nowdate

from crm_success.record_checks.field_errors import refuse

# what a person fills in
ENTERED = ("override_score", "override_reason", "override_until")


def check_override(doc: Document, before: Document | None = None) -> None:
	"""Refuse an incomplete override, and remember who set it. One that nobody touched may have ended meanwhile."""
	if not is_given(doc):
		doc.override_by = None
		return
	if before and is_given(before) and not is_changed(doc, before):
		doc.override_by = before.override_by
		return
	check_complete(doc)
	doc.override_by = frappe.session.user


def is_given(doc: Document) -> bool:
	return any(doc.get(fieldname) for fieldname in ENTERED)


def is_changed(doc: Document, before: Document) -> bool:
	return (
		flt(doc.override_score) != flt(before.override_score)
		or cstr(doc.override_reason) != cstr(before.override_reason)
		or cstr(doc.override_until) != cstr(before.override_until)
	)


def check_complete(doc: Document) -> None:
	if not 0 <= flt(doc.override_score) <= 100:
		refuse(doc, "override_score", _("Enter a score from 0 to 100."))
	if not cstr(doc.override_reason).strip():
		refuse(doc, "override_reason", _("Say why the computed score is wrong, for those who read this one."))
	if not doc.override_until:
		refuse(
			doc, "override_until", _("Enter the last day of the override. It ends by itself after that day.")
		)
	if getdate(doc.override_until) < getdate(nowdate()):
		refuse(doc, "override_until", _("This day is over. Enter today or a later day."))
