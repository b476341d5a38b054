"""One number per customer, declared by an administrator. What it may be is checked in metric_checks.py."""

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.sizes import of_bounded_size, parsed
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import METRIC
from crm_success.scoring.checks.expression_checks import check_not_used
from crm_success.scoring.checks.metric_checks import MEASURED, validate_metric
from crm_success.scoring.checks.source_checks import check_wholly_readable
from crm_success.scoring.checks.source_fields import (
	measurable_doctypes,
	parents_with_customer,
)
from crm_success.watching.watched_doctypes import ask_again


class HealthMetric(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		validate_metric(self)
		self.check_use_when_disabled()

	def before_save(self):
		self.check_permission_of_source()

	def on_change(self):
		ask_again()

	def on_trash(self):
		check_not_used(self)

	def check_permission_of_source(self):
		if not self.flags.ignore_permissions and any(
			self.has_value_changed(fieldname) for fieldname in MEASURED
		):
			check_wholly_readable(self)

	def check_use_when_disabled(self):
		if not self.enabled and not self.is_new() and self.has_value_changed("enabled"):
			check_not_used(self)


@frappe.whitelist()
@of_bounded_size
@frappe.validate_and_sanitize_search_inputs
def search_source_doctypes(
	doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict | str | None = None
):
	"""DocTypes that hold documents of customers and that the user may read, for the link field of the form."""
	frappe.has_permission(METRIC, "read", throw=True)
	names = [name for name in measurable_doctypes(txt) if _is_readable(name)]
	return [[name] for name in names[start : start + page_len]]


@frappe.whitelist()
@of_bounded_size
@frappe.validate_and_sanitize_search_inputs
def search_parent_doctypes(
	doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict | str | None = None
):
	"""The DocTypes with a customer that have the child table in `filters`, for the link field of the form."""
	frappe.has_permission(METRIC, "read", throw=True)
	asked = parsed(filters, _("Send the filters as one JSON object."))
	child = asked.get("source_doctype") if isinstance(asked, dict) else None
	if not isinstance(child, str) or child not in measurable_doctypes(child):
		return []
	names = [
		name for name in parents_with_customer(child) if txt.lower() in name.lower() and _is_readable(name)
	]
	return [[name] for name in names[start : start + page_len]]


def _is_readable(doctype: str) -> bool:
	return bool(frappe.get_meta(doctype).istable or frappe.has_permission(doctype, "read"))
