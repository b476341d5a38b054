"""What the form of a Health Scorecard asks for: what the scorecard would change if it were saved."""

from typing import Any

import frappe
from frappe.utils import getdate

from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_checks.unsaved_records import check_as_saving_would, parse_record
from crm_success.record_names import SCORECARD
from crm_success.scoring import door
from crm_success.visibility import check_reads_health


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def what_would_change(scorecard: str | dict) -> dict[str, Any]:
	"""Moves between bands if the scorecard, saved or not, were saved now and everybody scored. Saves nothing."""
	frappe.has_permission(SCORECARD, "write", throw=True)
	check_reads_health()
	doc = frappe.get_doc(parse_record(SCORECARD, scorecard))
	if not doc.is_new():
		frappe.has_permission(SCORECARD, "write", doc=doc.name, throw=True)
	check_as_saving_would(doc)
	return door.what_would_change(doc.as_dict(), getdate())
