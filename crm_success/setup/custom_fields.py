"""The fields that the app adds to DocTypes of ERPNext: made once, taken back whole. Fills none of them."""

from collections.abc import Collection, Iterable
from typing import Any

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_fields
from frappe.model import numeric_fieldtypes

from crm_success.setup.table_columns import allow_null, change_table

MODULE = "CRM Success"

# a default of 0 and no precision: see setup/table_columns.py
NULLABLE = {"Customer": ("health_score", "lapse_risk")}

TIER_FIELD = "customer_tier"

DOCUMENTS_OF_SALES = ("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice")
# those whose own save sets the tier
DOCUMENTS_WITH_TIER = (*DOCUMENTS_OF_SALES, "Issue")

CUSTOM_FIELDS = {
	"Customer": (
		{
			"fieldname": "health_tab",
			"fieldtype": "Tab Break",
			"label": "Health",
			"insert_after": "customer_details",
		},
		{
			"fieldname": "health_band",
			"fieldtype": "Select",
			"label": "Health Band",
			"options": "\nHealthy\nWatch\nAt Risk",
			"insert_after": "health_tab",
			"in_standard_filter": 1,
		},
		{
			"fieldname": "health_score",
			"fieldtype": "Float",
			"label": "Health Score",
			"description": "0 to 100",
			"default": "0",
			"depends_on": "health_band",
			"insert_after": "health_band",
		},
		{
			"fieldname": "lapse_risk",
			"fieldtype": "Percent",
			"label": "Lapse Risk",
			"description": "How many of 100 customers like this one buy nothing within the horizon",
			"default": "0",
			"depends_on": "lapse_risk",
			"insert_after": "health_score",
		},
		{
			"fieldname": "health_column_break",
			"fieldtype": "Column Break",
			"insert_after": "lapse_risk",
		},
		{
			"fieldname": "customer_segment",
			"fieldtype": "Link",
			"label": "Customer Segment",
			"options": "Customer Segment",
			"insert_after": "health_column_break",
			# else renaming a segment locks every customer
			"search_index": 1,
		},
		{
			"fieldname": "lifecycle_stage",
			"fieldtype": "Select",
			"label": "Lifecycle Stage",
			"options": "\nPotential\nNew\nActive\nSilent\nAt Risk\nLost",
			"insert_after": "customer_segment",
		},
		{
			"fieldname": "customer_audiences",
			"fieldtype": "Long Text",
			"label": "Audiences",
			"description": "The names of the audiences that the customer is in, each between two bars",
			"insert_after": "lifecycle_stage",
		},
		{
			"fieldname": "customer_tier",
			"fieldtype": "Link",
			"label": "Customer Tier",
			"options": "Customer Tier",
			"insert_after": "customer_audiences",
			"in_standard_filter": 1,
			# else renaming a tier locks every customer
			"search_index": 1,
		},
		{
			"fieldname": "tier_since",
			"fieldtype": "Date",
			"label": "Tier Since",
			"depends_on": "customer_tier",
			"insert_after": "customer_tier",
		},
	),
	"Issue": (
		{
			"fieldname": "health_closed_on",
			"fieldtype": "Datetime",
			"label": "Closed On",
			"description": "When the issue was closed. Scores go by it where ERPNext keeps no Resolution Date.",
			"depends_on": "health_closed_on",
			"insert_after": "sla_resolution_date",
		},
		{
			"fieldname": "customer_tier",
			"fieldtype": "Small Text",
			"label": "Customer Tier",
			"description": "The tier that the customer had when the issue was opened",
			"depends_on": "customer_tier",
			"insert_after": "customer_name",
			"translatable": 0,
		},
	),
}
# Text and neither a link nor fetched: a tier that is gone, or a field of Customer that is, must stop no document. Long text,
# as a row of these tables has little room left. Copied where a document is made from another, as prices are.
TIER_OF_SALE = {
	"fieldname": "customer_tier",
	"fieldtype": "Small Text",
	"label": "Customer Tier",
	"description": "The tier of the customer by which this was priced",
	"depends_on": "customer_tier",
	"insert_after": "customer_name",
	"no_copy": 0,
	"translatable": 0,
}
CUSTOM_FIELDS |= dict.fromkeys(DOCUMENTS_OF_SALES, (TIER_OF_SALE,))
_LAYOUT = ("Tab Break", "Section Break", "Column Break")
# what holds more than the 140 characters of other texts
_LONG_TEXTS = ("Small Text", "Text", "Long Text")
_MOMENTS = ("Date", "Datetime")


def make_custom_fields(only: Collection[str] = (), on: Collection[str] = ()) -> None:
	"""Add the fields that are not there, all of ours or these only, on all DocTypes or these only. One that an
	administrator changed, or another app owns, stays as it is.
	"""
	missing = {
		doctype: _missing(doctype, [field for field in fields if not only or field["fieldname"] in only])
		for doctype, fields in CUSTOM_FIELDS.items()
		if not on or doctype in on
	}
	create_custom_fields(missing, ignore_validate=True, update=False)
	allow_missing_numbers()


def allow_missing_numbers() -> None:
	"""Let the numbers be empty, because "no score" is not zero. Has nothing to do where they can be already."""
	for doctype, fieldnames in NULLABLE.items():
		ours = our_fields(doctype)
		allow_null(doctype, tuple(fieldname for fieldname in fieldnames if fieldname in ours))


def our_fields(doctype: str) -> set[str]:
	"""The names of those of our fields that the DocType has, and that are not another app's of the same name."""
	meta = frappe.get_meta(doctype)
	fields = (meta.get_field(field["fieldname"]) for field in CUSTOM_FIELDS[doctype])
	return {field.fieldname for field in fields if field and field.get("module") == MODULE}


def can_hold(doctype: str, fieldname: str) -> bool:
	"""Whether one of our fields still takes what we write, after what an administrator made of its type and options."""
	made = next(field for field in CUSTOM_FIELDS[doctype] if field["fieldname"] == fieldname)
	field = frappe.get_meta(doctype).get_field(fieldname)
	if field.fieldtype == "Select":
		wanted = set((made.get("options") or "").split("\n"))
		return made["fieldtype"] == "Select" and wanted <= {"", *(field.options or "").split("\n")}
	if field.fieldtype == "Link":
		return field.options == made.get("options")
	if made["fieldtype"] in _MOMENTS:
		return field.fieldtype == made["fieldtype"]
	if made["fieldtype"] in _LONG_TEXTS:
		return field.fieldtype in _LONG_TEXTS
	return (field.fieldtype in numeric_fieldtypes) == (made["fieldtype"] in numeric_fieldtypes)


def remove_custom_fields(fieldnames_by_doctype: dict[str, set[str]]) -> None:
	"""Delete these fields, what was customized about them, and their columns with all they hold. Commits."""
	for doctype, fieldnames in fieldnames_by_doctype.items():
		if not fieldnames:
			continue
		frappe.db.delete("Custom Field", {"dt": doctype, "fieldname": ("in", fieldnames)})
		frappe.db.delete("Property Setter", {"doc_type": doctype, "field_name": ("in", fieldnames)})
		columns = fieldnames.intersection(frappe.db.get_db_table_columns(f"tab{doctype}"))
		if columns:
			change_table(_drop_statement(doctype, sorted(columns)))
		frappe.clear_cache(doctype=doctype)


def _missing(doctype: str, fields: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
	meta = frappe.get_meta(doctype, cached=False)
	return [{**_common(field), **field} for field in fields if not meta.get_field(field["fieldname"])]


def _common(field: dict[str, Any]) -> dict[str, Any]:
	"""Nobody edits, copies or prints what the app writes, unless a field says otherwise."""
	if field["fieldtype"] in _LAYOUT:
		return {"module": MODULE}
	return {"module": MODULE, "read_only": 1, "no_copy": 1, "print_hide": 1}


def _drop_statement(doctype: str, columns: list[str]) -> str:
	"""The names come from CUSTOM_FIELDS only."""
	quote = '"' if frappe.db.db_type == "postgres" else "`"
	drops = ", ".join(f"DROP COLUMN {quote}{column}{quote}" for column in columns)
	return f"ALTER TABLE {quote}tab{doctype}{quote} {drops}"
