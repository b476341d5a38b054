"""What the form of a Customer Audience asks for: a preview of an unsaved one, its size, and members now."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from crm_success.audiences.audience_checks import check_rights
from crm_success.audiences.evaluation import start_pass
from crm_success.audiences.membership_history import check_days, size_on_days
from crm_success.audiences.previewing import preview_audience
from crm_success.audiences.visible_members import count_members
from crm_success.batches import queueing
from crm_success.record_checks.phrases import in_words
from crm_success.record_checks.sizes import of_bounded_size, parsed_names
from crm_success.record_names import AUDIENCE
from crm_success.scoring.api.requests import parse_record
from crm_success.scoring.engine.errors import ScoringError


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def preview(audience: str | dict) -> dict[str, Any]:
	"""Who would be in the audience, saved or not, of the customers that the user may see. Saves nothing."""
	_check_may_define()
	doc = frappe.get_doc(parse_record(AUDIENCE, audience))
	doc.run_method("validate")
	check_rights(doc)
	try:
		return preview_audience(doc.as_dict())
	except ScoringError as error:
		frappe.throw(escape_html(in_words(error)), title=_("This Audience Cannot Be Evaluated"))


@frappe.whitelist()
@of_bounded_size
def sizes(audiences: str | list) -> dict[str, int]:
	"""How many customers that the user may see are in each of these audiences."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	return count_members(parsed_names(audiences, _("Send the names of audiences as a list.")))


@frappe.whitelist()
@of_bounded_size
def size_over_time(
	audience: str, from_date: str | None = None, to_date: str | None = None
) -> list[dict[str, Any]]:
	"""Of each day in that time, up to sixty of them, how many customers that the user may see were in the audience."""
	frappe.has_permission(AUDIENCE, "read", audience, throw=True)
	return size_on_days(audience, check_days(from_date, to_date))


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def evaluate_now() -> dict[str, str]:
	"""Find the members of all enabled audiences in the background; the name of the run."""
	frappe.has_permission(AUDIENCE, "write", throw=True)
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	run = start_pass("Desk")
	queueing.enqueue_prepare(run)
	return {"run": run}


def _check_may_define() -> None:
	"""Whoever makes audiences, or changes one that was shared: a preview of it saves nothing."""
	if not frappe.has_permission(AUDIENCE, "create"):
		frappe.has_permission(AUDIENCE, "write", throw=True)
