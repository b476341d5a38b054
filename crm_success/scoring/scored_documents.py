"""Which documents decide scores, and what a change to one of them means: its customers have to be scored again.

The watcher of scoring, as hooks.py names it under `crm_success_watchers`. Scores nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, replace
from typing import Any

import frappe
from frappe.model.document import Document
from frappe.model.meta import Meta

from crm_success.record_names import HEALTH, METRIC, SNAPSHOT
from crm_success.scoring.engine.measure_table import WITHOUT_DOCUMENTS
from crm_success.scoring.named_customers import CUSTOMER, OF_EVERY_SCORE, CustomerField, customers_named
from crm_success.scoring.source_tables import parent_doctype_for
from crm_success.scoring.stale import mark_stale_after_commit

# scoring writes the first two itself, and what goes wrong at marking is written to the last: it would never end
_NEVER = {HEALTH, SNAPSHOT, "Error Log"}

# a DocType, a field of its documents, and the DocType that says whether there are drafts: its own, or that of whose rows it is
Place = tuple[str, CustomerField, str]


def watched_doctypes() -> dict[str, Any]:
	"""The DocTypes that every score and the enabled metrics are read from: from which docstatus on their documents
	count, and where these name their customers.
	"""
	watched: dict[str, Any] = {}
	for doctype, field, owner in sorted({*_places_of_every_score(), *_places_of_metrics()}, key=str):
		at_hand = watched.setdefault(doctype, {"counts_from": 1, "fields": []})
		# drafts of what can be submitted never count; a row has the docstatus of its document
		at_hand["counts_from"] &= int(bool(frappe.get_meta(owner).is_submittable))
		at_hand["fields"].append(astuple(field))
	return watched


def mark_customers_of(doc: Document, at_hand: Mapping[str, Any]) -> None:
	"""Whenever such a document counts, changes or no longer counts; also for a customer that it was moved away from."""
	if doc.docstatus < at_hand["counts_from"] or _is_customer_that_goes(doc):
		return
	fields = [CustomerField(*values) for values in at_hand["fields"]]
	before = doc.get_doc_before_save()
	mark_stale_after_commit(
		{*customers_named(doc, fields), *(customers_named(before, fields) if before else ())}
	)


def mark_customers(
	doctype: str, names: Iterable[str], customers: Iterable[str], at_hand: Mapping[str, Any]
) -> None:
	"""The same for documents that were written without events."""
	mark_stale_after_commit(customers)


def _places_of_every_score() -> Iterator[Place]:
	for doctype in _existing(OF_EVERY_SCORE):
		yield from ((doctype, field, doctype) for field in OF_EVERY_SCORE[doctype])


def _places_of_metrics() -> Iterator[Place]:
	sources = set(_sources_of_metrics())
	existing = _existing({doctype for source, parent, _ in sources for doctype in (source, parent)}) - _NEVER
	for source, parent, fieldname in sources:
		if {source, parent or source} <= existing:
			yield from _places(source, parent, fieldname)


def _sources_of_metrics() -> Iterator[tuple[str, str, str]]:
	"""What is read, of whose rows it is, and the field for the customer."""
	asked = ["source_doctype", "parent_doctype", "customer_field"]
	filters = {"enabled": 1, "measure": ("not in", WITHOUT_DOCUMENTS)}
	for metric in frappe.get_all(METRIC, filters, asked, order_by=None):
		source, field = metric.source_doctype or "", metric.customer_field or ""
		yield source, metric.parent_doctype or parent_doctype_for(source, field), field


def _existing(doctypes: Iterable[str]) -> set[str]:
	return set(frappe.get_all("DocType", {"name": ("in", sorted(doctypes))}, pluck="name", order_by=None))


def _places(source: str, parent: str, fieldname: str) -> Iterator[Place]:
	"""Where the customer of a source is found, when a document is saved and when a row of it is saved by itself."""
	meta, owner = frappe.get_meta(source), parent or source
	if _has(meta, fieldname):
		field = CustomerField(fieldname, _type_field(meta, fieldname))
		yield source, field, owner
		yield from ((parent, replace(field, table=table), owner) for table in _tables_of(parent, source))
	elif parent and _has(frappe.get_meta(parent), fieldname):
		field = CustomerField(fieldname, _type_field(frappe.get_meta(parent), fieldname))
		yield parent, field, owner
		yield source, replace(field, parent_doctype=parent), owner


def _has(meta: Meta, fieldname: str) -> bool:
	return meta.has_field(fieldname) or (meta.name == CUSTOMER and fieldname == "name")


def _type_field(meta: Meta, fieldname: str) -> str:
	field = meta.get_field(fieldname)
	return field.options if field and field.fieldtype == "Dynamic Link" else ""


def _tables_of(parent: str, child: str) -> list[str]:
	if not parent:
		return []
	return [df.fieldname for df in frappe.get_meta(parent).get_table_fields() if df.options == child]


def _is_customer_that_goes(doc: Document) -> bool:
	return doc.doctype == CUSTOMER and bool(doc.flags.in_delete)
