"""What the form of a Health Metric asks for: the fields of a source, and a preview of an unsaved metric."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, getdate, strip_html

from crm_success.record_checks.phrases import in_words
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_checks.unsaved_records import parse_record
from crm_success.record_names import METRIC
from crm_success.scoring import door
from crm_success.scoring.checks.source_checks import check_readable
from crm_success.scoring.checks.source_fields import (
	SourceField,
	customer_fields,
	date_fields,
	parents_with_customer,
	usable_fields,
)
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.scoring_day import parse_day
from crm_success.scoring.source_tables import parent_doctype_for


@frappe.whitelist()
@of_bounded_size
def get_source_fields(
	doctype: str, parent_doctype: str | None = None, measure: str | None = None
) -> dict[str, list[dict[str, str]]]:
	"""The fields of a source, by what a metric may use them for, each as value, label and description.

	The values are numbers that can be added up, or anything where the measure can do without numbers.
	None of a source that the user may not read: the form of its metric opens all the same.
	"""
	frappe.has_permission(METRIC, "read", throw=True)
	parent = _parent_of(doctype, parent_doctype)
	# a child table has no permissions of its own
	if not frappe.has_permission(parent or doctype, "read"):
		return {"customer_fields": [], "date_fields": [], "value_fields": []}
	fields = {field.fieldname: field for field in usable_fields(doctype, parent)}
	takes_anything = measure in [each for each in Measure if not each.row.of_numbers]
	choices = {
		"customer_fields": customer_fields(doctype, parent),
		"date_fields": date_fields(doctype, parent),
		"value_fields": [name for name, field in fields.items() if field.is_addable or takes_anything],
	}
	return {key: [_choice(fields[name]) for name in names] for key, names in choices.items()}


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def preview_metric(metric: str | dict, as_of: str | None = None) -> dict[str, Any]:
	"""What the metric, saved or not, measures for a few customers that the user may see. Saves nothing."""
	frappe.has_permission(METRIC, "write", throw=True)
	return _measured(door.preview, metric, parse_day(as_of))


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def metric_distribution(metric: str | dict) -> dict[str, Any]:
	"""Today's values of the metric, saved or not, with how many customers have each. Saves nothing.

	A metric that cannot be measured yet is no error here, where the form draws by itself: `problem` says why.
	"""
	frappe.has_permission(METRIC, "write", throw=True)
	try:
		return _measured(door.distribution, metric, getdate())
	except (frappe.ValidationError, frappe.PermissionError) as error:
		frappe.clear_last_message()
		return {"problem": strip_html(str(error))}


def _measured(
	measure: Callable[[Mapping[str, Any], date], dict[str, Any]], metric: str | dict, as_of: date
) -> dict[str, Any]:
	"""What `measure` finds for a metric that could be saved, and whose source the user may read."""
	doc = frappe.get_doc(parse_record(METRIC, metric))
	doc.run_method("validate")
	check_readable(doc)
	try:
		return measure(doc.as_dict(), as_of)
	except ScoringError as error:
		frappe.throw(escape_html(in_words(error)), title=_("This Metric Cannot Be Measured"))


def _parent_of(doctype: str, parent_doctype: str | None) -> str:
	"""The parent that a child table is read through, the likeliest where none is chosen yet."""
	if not frappe.get_meta(doctype).istable:
		return ""
	parents = parents_with_customer(doctype)
	likely = parent_doctype_for(doctype, "customer")
	return next((name for name in (parent_doctype, likely, *parents) if name in parents), "")


def _choice(field: SourceField) -> dict[str, str]:
	return {"value": field.fieldname, "label": field.label, "description": _(field.fieldtype)}
