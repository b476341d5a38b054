"""Checks the source fields of a Health Metric against the meta, and fills in what has only one answer."""

from collections.abc import Collection, Mapping

import frappe
from frappe import _
from frappe.model.document import Document

from crm_success.record_checks.field_errors import bold, one_of, refuse, refusing
from crm_success.scoring.checks.filter_checks import check_filters, known_field
from crm_success.scoring.checks.source_fields import (
	CUSTOMER,
	PREFERRED_DATES,
	RECORD_DATES,
	SourceField,
	customer_fields,
	date_fields,
	fields_of,
	parents_with_customer,
)
from crm_success.scoring.engine.measure_table import Measure, ValueField
from crm_success.scoring.source_tables import parent_doctype_for
from crm_success.setup.custom_fields import CUSTOM_FIELDS, our_fields
from crm_success.visibility import reads_everything

# amounts first, yes-or-no fields last
NUMBERS_IN_ORDER = ("Currency", "Float", "Int", "Duration", "Percent", "Rating", "Long Int", "Check")


def check_source(doc: Document) -> None:
	check_source_doctype(doc)
	check_parent_doctype(doc)
	fields = fields_of(doc.source_doctype, doc.parent_doctype)
	check_customer_field(doc, fields)
	check_date_field(doc, fields)
	check_value_field(doc, fields)
	doctypes = [doctype for doctype in (doc.source_doctype, doc.parent_doctype) if doctype]
	for fieldname in ("filters", "matching"):
		with refusing(doc, fieldname):
			check_filters(doc.get(fieldname), doctypes, fields)
	if Measure(doc.measure).row.matching and not frappe.parse_json(doc.matching or "[]"):
		refuse(doc, "matching", _("A share needs a condition that the documents of the numerator match."))


def check_source_doctype(doc: Document) -> None:
	if not doc.source_doctype:
		refuse(doc, "source_doctype", _("Choose the DocType whose documents are measured."))
	if not frappe.db.exists("DocType", doc.source_doctype):
		refuse(doc, "source_doctype", _("There is no DocType {0}.").format(bold(doc.source_doctype)))
	meta = frappe.get_meta(doc.source_doctype)
	if meta.issingle or meta.get("is_virtual"):
		refuse(
			doc,
			"source_doctype",
			_("{0} keeps no documents of customers. Choose a DocType with a link to Customer.").format(
				bold(_(doc.source_doctype))
			),
		)


def check_readable(doc: Document) -> None:
	"""Who measures documents must be allowed to read them."""
	doctype = doc.parent_doctype or doc.source_doctype
	if doctype and not frappe.has_permission(doctype, "read"):
		refuse(
			doc,
			"source_doctype",
			_("You are not allowed to read {0}. Ask a System Manager for that permission.").format(
				bold(_(doctype))
			),
			frappe.PermissionError,
		)


def check_wholly_readable(doc: Document) -> None:
	"""Who declares a metric must be allowed to read all that it measures: its values tell of every document, and
	a filter changed again and again tells what is in them.
	"""
	check_readable(doc)
	doctype = doc.parent_doctype or doc.source_doctype
	if doctype and not reads_everything(doctype):
		message = _(
			"You may read only some of the documents of {0}, and a metric measures all of them. Ask somebody who may read them all to change what it measures."
		)
		refuse(doc, "source_doctype", message.format(bold(_(doctype))), frappe.PermissionError)


def check_parent_doctype(doc: Document) -> None:
	"""A child table names no customer: the document it belongs to does."""
	if not frappe.get_meta(doc.source_doctype).istable:
		doc.parent_doctype = None
		return
	parents = parents_with_customer(doc.source_doctype)
	if not parents:
		refuse(
			doc,
			"source_doctype",
			_("{0} is a child table, and no DocType that has it has a link to Customer.").format(
				bold(_(doc.source_doctype))
			),
		)
	if not doc.parent_doctype:
		likely = parent_doctype_for(doc.source_doctype, doc.customer_field or "customer")
		doc.parent_doctype = likely if likely in parents else parents[0]
	if doc.parent_doctype not in parents:
		refuse(
			doc,
			"parent_doctype",
			_("{0} has no table of {1} and a customer. Choose one of {2}.").format(
				bold(_(doc.parent_doctype)), _(doc.source_doctype), one_of([_(parent) for parent in parents])
			),
		)


def check_customer_field(doc: Document, fields: Mapping[str, SourceField]) -> None:
	source = bold(_(doc.parent_doctype or doc.source_doctype))
	candidates = customer_fields(doc.source_doctype, doc.parent_doctype)
	if not candidates:
		refuse(
			doc, "source_doctype", _("{0} has no link to Customer. Choose another DocType.").format(source)
		)
	if not doc.customer_field:
		doc.customer_field = only_candidate(doc, candidates, fields)
	if not doc.customer_field:
		refuse(
			doc,
			"customer_field",
			_("{0} has several fields for a customer. Choose {1}.").format(source, one_of(candidates)),
		)
	with refusing(doc, "customer_field"):
		known_field(doc.customer_field, [doc.parent_doctype or doc.source_doctype], fields)
	if doc.customer_field not in candidates:
		refuse(
			doc,
			"customer_field",
			_("{0} is not a link to Customer. Choose {1}.").format(
				bold(doc.customer_field), one_of(candidates)
			),
		)


def only_candidate(
	doc: Document, candidates: Collection[str], fields: Mapping[str, SourceField]
) -> str | None:
	"""The one field that can be meant: the only one, the only plain link, or the one named customer."""
	if doc.source_doctype == CUSTOMER:
		return "name"
	links = [name for name in candidates if fields[name].fieldtype == "Link"]
	if "customer" in links:
		return "customer"
	choices = links or list(candidates)
	return choices[0] if len(choices) == 1 else None


def check_date_field(doc: Document, fields: Mapping[str, SourceField]) -> None:
	candidates = date_fields(doc.source_doctype, doc.parent_doctype)
	if not doc.date_field:
		doc.date_field = usual_date(_without_ours(doc.source_doctype, candidates))
	if not doc.date_field:
		refuse(
			doc,
			"date_field",
			_("{0} has several dates. Choose the one that places a document in the window: {1}.").format(
				bold(_(doc.source_doctype)), one_of(candidates)
			),
		)
	with refusing(doc, "date_field"):
		field = known_field(doc.date_field, [doc.source_doctype], fields)
	if not field.is_date:
		refuse(
			doc,
			"date_field",
			_("{0} is a {1}, not a date. Choose {2}.").format(
				bold(field.fieldname), _(field.fieldtype), one_of(candidates)
			),
		)


def _without_ours(doctype: str, names: Collection[str]) -> list[str]:
	"""What the app itself keeps on a document of ERPNext does not say when that was."""
	ours = our_fields(doctype) if doctype in CUSTOM_FIELDS else ()
	return [name for name in names if name not in ours]


def usual_date(candidates: Collection[str]) -> str | None:
	"""The date that ERPNext's documents are placed by, else the only one, else when the document was made."""
	usual = next((name for name in PREFERRED_DATES if name in candidates), None)
	own = [name for name in candidates if name not in RECORD_DATES]
	return usual or (own[0] if len(own) == 1 else None if own else "creation")


def check_value_field(doc: Document, fields: Mapping[str, SourceField]) -> None:
	numbers, row = numbers_to_choose(fields), Measure(doc.measure).row
	if not doc.value_field:
		if row.value_field is ValueField.NEEDED:
			choice = one_of(numbers) if row.of_numbers else _("the field whose values are counted")
			refuse(doc, "value_field", _("{0} needs a field. Choose {1}.").format(_(doc.measure), choice))
		return
	with refusing(doc, "value_field"):
		field = known_field(doc.value_field, [doc.source_doctype], fields)
	if row.of_numbers:
		check_number(doc, field, fields, numbers)


def numbers_to_choose(fields: Mapping[str, SourceField]) -> list[str]:
	addable = [field for field in fields.values() if field.is_addable]
	addable.sort(key=lambda field: NUMBERS_IN_ORDER.index(field.fieldtype))
	return [field.fieldname for field in addable]


def check_number(
	doc: Document, field: SourceField, fields: Mapping[str, SourceField], numbers: list[str]
) -> None:
	if not field.is_number:
		refuse(
			doc,
			"value_field",
			_("{0} is a {1}, not a number. Choose {2}.").format(
				bold(field.fieldname), _(field.fieldtype), one_of(numbers)
			),
		)
	if field.is_in_document_currency:
		refuse(
			doc,
			"value_field",
			_("{0} is in the currency of each document, which cannot be added up. Choose {1}.").format(
				bold(field.fieldname), one_of(in_company_currency(field, fields) or numbers)
			),
		)


def in_company_currency(field: SourceField, fields: Mapping[str, SourceField]) -> list[str]:
	"""ERPNext keeps the amount of `net_total` in the company's currency as `base_net_total`."""
	base = fields.get(f"base_{field.fieldname}")
	return [base.fieldname] if base and base.is_addable else []
