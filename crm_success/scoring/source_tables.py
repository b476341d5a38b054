"""The meta of DocTypes as tables for the query builders. Reads no documents."""

from collections.abc import Iterable, Iterator

import frappe
from frappe.model import no_value_fields, table_fields
from frappe.model.meta import Meta

from crm_success.database import reading
from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.errors import SourceError
from crm_success.scoring.queries.read_statements import any_till_sale_statement
from crm_success.scoring.queries.source_rows import READ_ALWAYS
from crm_success.scoring.queries.tables import Column, PartyField, Table, kind_of
from crm_success.scoring.queries.till_sales import TILL

CUSTOMER = "Customer"

# what every score needs, whatever the administrator's metrics
_ALWAYS = (CUSTOMER, *READ_ALWAYS)

_STANDARD_COLUMNS = {
	"name": "Data",
	"owner": "Data",
	"creation": "Datetime",
	"modified": "Datetime",
	"modified_by": "Data",
	"docstatus": "Int",
	"idx": "Int",
}
_CHILD_COLUMNS = {"parent": "Data", "parenttype": "Data", "parentfield": "Data"}


def tables_for(metrics: Iterable[Metric]) -> dict[str, Table]:
	"""The tables that metrics and the fixed profile read, by DocType; one that does not exist is left out."""
	doctypes = set(_ALWAYS)
	for metric in metrics:
		doctypes |= {metric.doctype, metric.parent_doctype} - {""}
	if reading.read_rows(any_till_sale_statement(reading.dialect())):
		doctypes.add(TILL)
	tables = {doctype: table_of(doctype) for doctype in sorted(doctypes)}
	return {doctype: table for doctype, table in tables.items() if table}


def table_of(doctype: str) -> Table | None:
	"""The table of a DocType, or None where there is no such DocType or it keeps no rows of its own.

	A field counts only if both the meta and the database know it: removing a custom field takes it from the
	meta and leaves its column, and a field just added may not have its column yet.
	"""
	if not frappe.db.exists("DocType", doctype, cache=True):
		return None
	meta = frappe.get_meta(doctype)
	if meta.issingle or meta.get("is_virtual"):
		return None
	stored = set(frappe.db.get_table_columns(doctype))
	columns = {name: kind for name, kind in _fieldtypes(meta) if name in stored}
	try:
		return Table(
			doctype=doctype,
			columns=tuple(Column(name, kind_of(fieldtype)) for name, fieldtype in columns.items()),
			submittable=bool(meta.is_submittable),
			is_child=bool(meta.istable),
			party_fields=tuple(PartyField(df.fieldname, df.options) for df in _dynamic_links(meta)),
		)
	except SourceError:
		return None


def parents_of(child_doctype: str) -> list[str]:
	"""The DocTypes that have a child table of this DocType, by name."""
	filters = {"options": child_doctype, "fieldtype": ("in", table_fields)}
	standard = frappe.get_all("DocField", filters=filters, pluck="parent")
	custom = frappe.get_all("Custom Field", filters=filters, pluck="dt")
	return sorted({*standard, *custom})


def parent_doctype_for(child_doctype: str, customer_field: str) -> str:
	"""The parent through which a child table names its customer; "" for a DocType that is no child table.

	Of several parents that have the field, a submittable one is taken before others, then the first by name.
	"""
	if not child_doctype or not frappe.db.exists("DocType", child_doctype, cache=True):
		return ""
	if not frappe.get_meta(child_doctype).istable:
		return ""
	metas = [frappe.get_meta(parent) for parent in parents_of(child_doctype)]
	fitting = [meta for meta in metas if meta.has_field(customer_field)]
	fitting.sort(key=lambda meta: (meta.name != "Sales Invoice", not meta.is_submittable, meta.name))
	return fitting[0].name if fitting else ""


def _fieldtypes(meta: Meta) -> Iterator[tuple[str, str]]:
	yield from _STANDARD_COLUMNS.items()
	if meta.istable:
		yield from _CHILD_COLUMNS.items()
	for df in meta.fields:
		if (
			df.fieldtype not in no_value_fields
			and df.fieldtype not in table_fields
			and not df.get("is_virtual")
		):
			yield df.fieldname, df.fieldtype


def _dynamic_links(meta: Meta) -> list:
	return [df for df in meta.fields if df.fieldtype == "Dynamic Link" and meta.has_field(df.options)]
