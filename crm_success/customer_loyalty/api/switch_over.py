"""What the form of a Loyalty Switch Over asks for: a preview, the switch itself, and undoing it, all in the background."""

from collections.abc import Callable

import frappe
from frappe import _

from crm_success.batches import queueing
from crm_success.customer_loyalty.switching import switch_overs
from crm_success.customer_loyalty.switching.native_reading import PROGRAM
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import SWITCH_OVER
from crm_success.visibility import may_see_all


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def preview(switch_over: str) -> dict[str, str]:
	"""Compare the balances in ERPNext with corrected ones; the name of the run. Changes nobody's points."""
	frappe.has_permission(SWITCH_OVER, "write", throw=True)
	return _begun(switch_overs.start_preview, switch_over)


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def switch(switch_over: str) -> dict[str, str]:
	"""End ERPNext's programs of the company, and carry the balances over; the name of the run."""
	frappe.has_permission(SWITCH_OVER, "write", throw=True)
	frappe.has_permission(PROGRAM, "write", throw=True)
	return _begun(switch_overs.start_switch, switch_over)


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def undo(switch_over: str) -> dict[str, str]:
	"""Take the carried points back, and set ERPNext's programs as they were; the name of the run."""
	frappe.has_permission(SWITCH_OVER, "write", throw=True)
	frappe.has_permission(PROGRAM, "write", throw=True)
	return _begun(switch_overs.start_undo, switch_over)


def _begun(start: Callable[[str], str], switch_over: str) -> dict[str, str]:
	if not may_see_all():
		frappe.throw(_("A switch concerns all customers, and you may see some only."), frappe.PermissionError)
	frappe.get_doc(SWITCH_OVER, switch_over).check_permission("write")
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	return {"run": start(switch_over)}
