"""What the form of a Customer asks for: its points, when they are lost, and the newest entries of the ledger."""

from typing import Any

import frappe

from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import ACCOUNT, ADJUSTMENT, LEDGER_ENTRY
from crm_success.visibility import visible_rows

_FIGURES = ("available", "pending", "balance", "next_expiry", "expiring", "last_activity", "checked_on")
_ENTRY_FIELDS = (
	*("name", "posting_date", "kind", "points", "cause", "note", "rule"),
	*("reference_doctype", "reference_name"),
)
NEWEST = 5


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def get_points(customer: str) -> dict[str, Any] | None:
	"""The figures of a customer's account and its newest entries, newest first; None where it has none, or where they may
	not be seen.
	"""
	frappe.has_permission(ACCOUNT, "read", throw=True)
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	seen = visible_rows(ACCOUNT, customer, fields=["name", *_FIGURES], limit=1)
	if not seen:
		return None
	entries = visible_rows(
		LEDGER_ENTRY, customer, fields=list(_ENTRY_FIELDS), order_by="entry_number desc", limit=NEWEST
	)
	return {
		**seen[0],
		"newest": entries,
		"entries": frappe.db.count(LEDGER_ENTRY, {"customer": customer}) if entries else 0,
		"may_adjust": bool(frappe.has_permission(ADJUSTMENT, "create")),
	}
