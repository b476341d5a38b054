"""Approving and rejecting changes of tiers, one or many at once."""

from typing import Any

import frappe
from frappe import _

from crm_success.customer_loyalty.tiers.tier_decisions import decide_changes
from crm_success.customer_loyalty.tiers.tier_writing import By
from crm_success.record_checks.sizes import of_bounded_size, parsed_names
from crm_success.record_names import TIER_CHANGE

MOST_AT_ONCE = 5000
_LONGEST_NOTE = 1000


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def approve_changes(changes: str | list, note: str = "") -> dict[str, Any]:
	"""Give and take tiers as proposed; how many were `done`, and why others were not: `refused`, by name, in words."""
	frappe.has_permission(TIER_CHANGE, "write", throw=True)
	return _decided(changes, note, is_approved=True)


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def reject_changes(changes: str | list, note: str = "") -> dict[str, Any]:
	"""Leave tiers as they are, until a review proposes it again; the same answer."""
	frappe.has_permission(TIER_CHANGE, "write", throw=True)
	return _decided(changes, note, is_approved=False)


def _decided(changes: str | list, note: str, is_approved: bool) -> dict[str, Any]:
	names = parsed_names(changes, _("Send the names of changes as a list."))
	if len(names) > MOST_AT_ONCE:
		message = _("{0} changes are too many at once. Choose {1} at most.")
		frappe.throw(message.format(len(names), MOST_AT_ONCE))
	if len(note) > _LONGEST_NOTE:
		frappe.throw(_("The text is too long. Shorten it."))
	_check_seen(names)
	decided = decide_changes(names, is_approved, By(frappe.session.user, note.strip() or None))
	return {"done": decided.done, "refused": dict(decided.refused)}


def _check_seen(names: list[str]) -> None:
	"""Of a customer that the user may not see, nobody says whether there is a change."""
	there = frappe.get_all(TIER_CHANGE, {"name": ("in", names or [""])}, pluck="name", order_by=None)
	seen = frappe.get_list(
		TIER_CHANGE, filters={"name": ("in", names or [""])}, pluck="name", limit=0, order_by="name"
	)
	if len(seen) < len(there):
		message = _("One of the changes cannot be seen by you, or does not exist.")
		frappe.throw(message, frappe.PermissionError)
