"""Default records whose meaning was corrected become what a new site gets, where nobody has changed them."""

import json
from collections.abc import Mapping
from typing import Any

import frappe

from crm_success.record_names import METRIC, SEGMENT
from crm_success.setup.defaults import METRICS, SEGMENTS
from crm_success.setup.seed import JSON_FIELDS, desk_values

_NO_RETURNS = [["is_return", "=", 0]]

# what the records said before, by name: only a field that still says so is set
BEFORE: dict[str, dict[str, dict[str, Any]]] = {
	METRIC: {
		"Return Rate": {
			"description": "Share of the year's revenue that was returned",
			"expression": "100 * abs(returned_value_365d) / gross_revenue_365d if gross_revenue_365d > 0 else 0",
		},
		"Overdue Share of Billed": {
			"description": "How much of what was billed within a year is overdue",
			"expression": (
				"max(0, 100 * overdue_amount / billed_365d) if billed_365d > 0 "
				"else (100 if overdue_amount > 0 else 0)"
			),
		},
		"Invoices 365 Days": {
			"description": "Invoices within a year, returns not counted",
			"filters": _NO_RETURNS,
		},
		"Days Since Last Invoice": {"filters": _NO_RETURNS},
		"Tenure": {"filters": _NO_RETURNS},
	},
	SEGMENT: {"High Value": {"r_min": 4, "f_min": 4}},
}
_NOW = {
	METRIC: {record["metric_name"]: record for record in METRICS},
	SEGMENT: {record["segment_name"]: record for record in SEGMENTS},
}


def execute() -> None:
	for doctype, records in BEFORE.items():
		for name, before in records.items():
			_correct(doctype, name, before, desk_values(_NOW[doctype][name]))


def _correct(doctype: str, name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
	found = frappe.db.get_value(doctype, name, list(before), as_dict=True)
	# half of a correction would mean neither the one nor the other
	meaning = [fieldname for fieldname in before if fieldname != "description"]
	if not found or not all(_same(fieldname, found[fieldname], before[fieldname]) for fieldname in meaning):
		return
	fieldnames = [fieldname for fieldname in before if _same(fieldname, found[fieldname], before[fieldname])]
	frappe.db.set_value(doctype, name, {fieldname: now[fieldname] for fieldname in fieldnames})


def _same(fieldname: str, found: Any, before: Any) -> bool:
	return (json.loads(found or "[]") if fieldname in JSON_FIELDS else found) == before
