"""What a Loyalty Earning Rule may be: each refusal says what is wrong and what would be right. Earns nothing."""

import json
from collections.abc import Mapping

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, getdate

from crm_success.customer_loyalty.earning.earning_documents import AMOUNT, INVOICE, TILL
from crm_success.customer_loyalty.earning.earning_values import OF_INVOICES, Basis, Event, Lapse, Span
from crm_success.record_checks.field_errors import Refusal, bold, closest, one_of, refuse, refusing
from crm_success.record_names import (
	ACCOUNT,
	DUE_DOCUMENT,
	HEALTH,
	LEDGER_ENTRY,
	MEMBER,
	SNAPSHOT,
	STANDING,
	TIER_CHANGE,
)
from crm_success.scoring.checks.filter_checks import check_filters, parse
from crm_success.scoring.checks.source_fields import SourceField, customer_fields, fields_of
from crm_success.scoring.reads import Names, parse_expression
from crm_success.scoring.scoring_day import parse_asked_day

# fieldname: lowest and highest value
RANGES = {
	"points": (0, 10**6),
	"priority": (0, 1000),
	"cap": (0, 10**9),
	"wait_days": (0, 3650),
	"lapse_number": (0, 3650),
}
_LARGEST_AMOUNT = 10**9
_CHOICES = {"event": Event, "basis": Basis, "lapse": Lapse, "cap_period": Span}
# what only documents of any DocType have; for invoices it is known
_OF_ANY_DOCTYPE = ("document_type", "customer_field", "date_field", "amount_field")
# earning by them would earn again for what is earned, or for what we write ourselves
_NEVER = (ACCOUNT, DUE_DOCUMENT, HEALTH, LEDGER_ENTRY, MEMBER, SNAPSHOT, STANDING, TIER_CHANGE)


def check_rule(doc: Document) -> None:
	"""Refuse the first thing that cannot be meant, on its field."""
	_check_choices(doc)
	_check_ranges(doc)
	_check_same_event(doc)
	if Event(doc.event) in OF_INVOICES:
		for fieldname in _OF_ANY_DOCTYPE:
			doc.set(fieldname, None)
		at_tills = frappe.get_meta(TILL)
		fields = {
			name: field
			for name, field in _fields(INVOICE).items()
			if name == "name" or at_tills.has_field(name)
		}
		_check_conditions(doc, INVOICE, fields)
	else:
		fields = _check_documents(doc)
	_check_points(doc, fields)
	for fieldname in ("valid_from", "valid_upto"):
		if doc.get(fieldname):
			doc.set(fieldname, parse_asked_day(doc.get(fieldname)))
	if doc.valid_from and doc.valid_upto and getdate(doc.valid_upto) < getdate(doc.valid_from):
		refuse(doc, "valid_upto", _("Enter a day that is not before {0}.").format(_("Valid From")))


def check_not_used(doc: Document) -> None:
	"""A rule by which somebody has earned stays, so that the ledger can say why."""
	if frappe.db.exists(LEDGER_ENTRY, {"rule": doc.name}):
		frappe.throw(
			_("Customers have earned points by {0}. Disable it instead.").format(bold(doc.name)),
			title=_("Rule Is Used"),
		)


def _check_choices(doc: Document) -> None:
	for fieldname, choices in _CHOICES.items():
		allowed = [choice.value for choice in choices]
		if doc.get(fieldname) not in allowed and (doc.get(fieldname) or fieldname in ("event", "basis")):
			shown = one_of([_(each, context=doc.doctype) for each in allowed])
			refuse(doc, fieldname, _("Choose {0}.").format(shown))


def _check_ranges(doc: Document) -> None:
	for fieldname, (lowest, highest) in RANGES.items():
		if not lowest <= cint(doc.get(fieldname)) <= highest:
			refuse(doc, fieldname, _("Enter a number from {0} to {1}.").format(lowest, highest))
	if Lapse(doc.lapse or Lapse.NEVER) in (Lapse.DAYS, Lapse.IDLE) and cint(doc.lapse_number) < 1:
		refuse(doc, "lapse_number", _("Enter after how many days: 1 or more. Never is a choice of its own."))
	if not 0 <= flt(doc.minimum_amount) <= _LARGEST_AMOUNT:
		refuse(doc, "minimum_amount", _("Enter a number from {0} to {1}.").format(0, _LARGEST_AMOUNT))


def _check_same_event(doc: Document) -> None:
	"""What was earned by one event cannot be that of another."""
	before = doc.get_doc_before_save()
	for fieldname in ("event", "document_type") if before else ():
		if before.get(fieldname) != doc.get(fieldname) and frappe.db.exists(LEDGER_ENTRY, {"rule": doc.name}):
			refuse(
				doc,
				fieldname,
				_("Customers have earned points by {0}. Disable it, and make another rule.").format(
					bold(doc.name)
				),
			)


def _check_documents(doc: Document) -> Mapping[str, SourceField]:
	doctype = doc.document_type
	if not doctype or not frappe.db.exists("DocType", doctype):
		refuse(doc, "document_type", _("Choose the kind of documents that earn."))
	meta = frappe.get_meta(doctype)
	if doctype in _NEVER or meta.istable or meta.issingle or meta.is_virtual:
		refuse(doc, "document_type", _("{0} earns no points. Choose another one.").format(bold(_(doctype))))
	fields = _fields(doctype)
	candidates = customer_fields(doctype)
	doc.customer_field = doc.customer_field or next(iter(candidates), None)
	if doc.customer_field not in candidates:
		if not candidates:
			refuse(
				doc, "document_type", _("{0} names no customer. Choose another one.").format(bold(_(doctype)))
			)
		refuse(doc, "customer_field", _("Choose {0}.").format(one_of(candidates)))
	_check_date(doc, fields)
	if flt(doc.minimum_amount) and not doc.amount_field:
		refuse(doc, "amount_field", _("Choose the field that holds the amount."))
	if doc.amount_field and not (field := fields.get(doc.amount_field)):
		refuse(doc, "amount_field", _unknown(doc.amount_field, doctype, fields))
	elif doc.amount_field and not field.is_addable:
		refuse(doc, "amount_field", _("Choose a number in the currency of the company."))
	_check_conditions(doc, doctype, fields)
	return fields


def _check_date(doc: Document, fields: Mapping[str, SourceField]) -> None:
	dates = [name for name, field in fields.items() if field.is_date and not field.refused]
	if doc.date_field and doc.date_field not in dates:
		refuse(doc, "date_field", _("Choose {0}.").format(one_of(dates)))
	if Event(doc.event) is Event.YEARLY and not doc.date_field:
		refuse(doc, "date_field", _("Choose the day that returns each year: {0}.").format(one_of(dates)))


def _check_conditions(doc: Document, doctype: str, fields: Mapping[str, SourceField]) -> None:
	with refusing(doc, "filters"):
		check_filters(doc.filters, [doctype], fields)
		# without the DocType: rules of invoices hold for two
		rows = [row[1:4] if len(row) > 3 else row for row in parse(doc.filters)]
	doc.filters = json.dumps(rows, ensure_ascii=False) if rows else None
	if Event(doc.event) is Event.MATCHES and not doc.filters and not _is_submittable(doctype):
		refuse(doc, "filters", _("Enter a condition. Without one, each new document earns at once."))


def _check_points(doc: Document, fields: Mapping[str, SourceField]) -> None:
	basis = Basis(doc.basis)
	if basis is not Basis.EACH:
		# kept by the form, and of no use
		doc.each_amount = min(max(flt(doc.each_amount), 0), _LARGEST_AMOUNT)
	if basis is not Basis.FORMULA:
		doc.formula = None
		if cint(doc.points) < 1:
			refuse(doc, "points", _("Enter 1 or more."))
	if basis is Basis.EACH:
		if not 0 < flt(doc.each_amount) <= _LARGEST_AMOUNT:
			refuse(doc, "each_amount", _("Enter an amount above 0, and {0} at most.").format(_LARGEST_AMOUNT))
		if Event(doc.event) not in OF_INVOICES and not doc.amount_field:
			refuse(doc, "amount_field", _("Choose the field that holds the amount."))
	if basis is Basis.FORMULA:
		with refusing(doc, "formula"):
			_check_formula(doc, fields)


def _check_formula(doc: Document, fields: Mapping[str, SourceField]) -> None:
	names = [AMOUNT, *(name for name, field in fields.items() if field.is_addable)]
	for name in parse_expression(doc.formula or "", Names.FIELDS).names:
		if name in fields and name not in names:
			raise Refusal(_("Choose a number in the currency of the company."))
		if name not in names:
			doctype = doc.document_type or INVOICE
			raise Refusal(_unknown(name, doctype, dict.fromkeys(names)))


def _unknown(name: str, doctype: str, fields: Mapping[str, object]) -> str:
	return _("{0} has no field {1}.").format(bold(_(doctype)), bold(name)) + closest(name, fields)


def _fields(doctype: str) -> dict[str, SourceField]:
	"""Those that are columns of its table."""
	meta = frappe.get_meta(doctype)
	known = ("name", "owner", "creation", "modified")
	return {
		name: field for name, field in fields_of(doctype).items() if name in known or meta.has_field(name)
	}


def _is_submittable(doctype: str) -> bool:
	return bool(frappe.get_meta(doctype).is_submittable)
