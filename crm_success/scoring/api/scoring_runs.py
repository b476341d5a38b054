"""Starting a scoring of all customers, and scoring one customer again, for the desk."""

from typing import Any

import frappe
from frappe import _

from crm_success.batches import queueing
from crm_success.batches.statuses import RUN
from crm_success.record_checks.field_errors import bold
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import CALIBRATION, HEALTH, RESCORING_ROLES
from crm_success.scoring import door
from crm_success.scoring.runs.starting import start_scoring
from crm_success.scoring.scoring_day import parse_day
from crm_success.visibility import check_may_see, may_see_all


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def start_run(as_of: str | None = None) -> dict[str, str]:
	"""Score all customers in the background, as of today or a day in the past; the name of the run."""
	frappe.has_permission(RUN, "create", throw=True)
	if not may_see_all():
		frappe.throw(_("A run scores all customers, and you may see some only."), frappe.PermissionError)
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	run = start_scoring(parse_day(as_of), "Desk")
	queueing.enqueue_prepare(run)
	return {"run": run}


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def rescore_customer(customer: str) -> dict[str, Any]:
	"""Score one customer now; its score and band."""
	_check_may_rescore(customer)
	if not frappe.db.count(CALIBRATION):
		frappe.throw(_("Nobody was scored yet. Use Run Now in the list of Work Runs first."))
	door.rescore_customers([customer])
	scored = frappe.db.get_value(HEALTH, {"customer": customer}, ["score", "band"], as_dict=True)
	if not scored:
		frappe.throw(_("{0} is not scored: internal customers are left out.").format(bold(customer)))
	return scored


def _check_may_rescore(customer: str) -> None:
	"""Customer success people, for customers whose health they may see."""
	if not may_rescore():
		frappe.throw(_("Only customer success people may score a customer again."), frappe.PermissionError)
	check_may_see(customer)


def may_rescore() -> bool:
	"""Whether a role of the user may score a customer again that the user may see."""
	return not frozenset(RESCORING_ROLES).isdisjoint(frappe.get_roles())
