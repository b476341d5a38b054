"""Who sees the records of scoring that name customers of everybody. Decides nothing about a customer's own records.

Frappe limits Customer Health by itself, through its link to Customer; a run and its batches name customers in
their messages and ranges, without a link.
"""

import frappe
from frappe.desk.reportview import build_match_conditions
from frappe.model.document import Document

HEALTH = "Customer Health"


def conditions_for_runs(user: str | None = None, doctype: str | None = None) -> str:
	"""Nothing to add for somebody who may see all customers, nothing to see for somebody who may not."""
	return "1 = 0" if is_limited(user) else ""


def has_run_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	return not is_limited(user)


def is_limited(user: str | None = None) -> bool:
	"""Whether User Permissions, on Customer or on anything else that a health names, hide some customers."""
	user = user or frappe.session.user
	return not frappe.has_permission(HEALTH, user=user) or bool(build_match_conditions(HEALTH, user=user))
