"""Which tier a document of ERPNext carries: the one its prices were agreed by, else the one its customer has today.

What was made from another document, returned or amended keeps that document's tier, as long as the customer is the same
one: an invoice goes by the tier of its order, as ERPNext goes by the price. Gives nobody a tier.
"""

from collections.abc import Mapping
from typing import Any

import frappe
from erpnext.accounts.doctype.pricing_rule.pricing_rule import (
	get_pricing_rule_for_item,
	remove_pricing_rule_for_item,
)
from erpnext.accounts.doctype.pricing_rule.utils import get_applied_pricing_rules
from frappe import _
from frappe.model.document import Document

from crm_success.record_checks.field_errors import bold
from crm_success.record_names import STANDING, TIER
from crm_success.setup.custom_fields import DOCUMENTS_WITH_TIER, TIER_FIELD, can_hold, our_fields
from crm_success.setup.table_columns import columns_of

# DocType: the fields of its rows that name what a row was made from
MADE_FROM: Mapping[str, Mapping[str, str]] = {
	"Quotation": {},
	"Sales Order": {"prevdoc_docname": "Quotation"},
	"Delivery Note": {"against_sales_order": "Sales Order", "against_sales_invoice": "Sales Invoice"},
	"Sales Invoice": {
		"sales_order": "Sales Order",
		"delivery_note": "Delivery Note",
		"pos_invoice": "POS Invoice",
	},
	"POS Invoice": {"sales_order": "Sales Order", "delivery_note": "Delivery Note"},
}
# names a document of the same DocType
_REPLACES = ("amended_from", "return_against")
_AT_ONCE = 5000


def holds_tier(doctype: str) -> bool:
	"""Whether the field is there and ours, and takes a name of any length: an administrator may have done as they like."""
	return TIER_FIELD in our_fields(doctype) and can_hold(doctype, TIER_FIELD)


def tier_now(customer: str | None) -> str | None:
	"""The tier that the customer has."""
	return frappe.db.get_value(STANDING, {"customer": customer}, "tier") if customer else None


def customer_of(doc: Document) -> str | None:
	"""Of a Quotation the party, where that is a customer."""
	if doc.doctype == "Quotation":
		return doc.get("party_name") if doc.get("quotation_to") == "Customer" else None
	return doc.get("customer")


def set_tier_of_sale(doc: Document) -> None:
	"""Before it is priced. Who submits a draft submits what the draft said; what a request sends is not believed."""
	if not holds_tier(doc.doctype):
		return
	draft = doc.get_doc_before_save()
	if draft and doc.docstatus.is_submitted() and customer_of(draft) == customer_of(doc):
		doc.set(TIER_FIELD, draft.get(TIER_FIELD))
		return
	doc.set(TIER_FIELD, _tier_of_sale(doc))
	_forget_prices_of_other_tiers(doc)


def price_chosen_item(doc: Document, number: int) -> None:
	"""After version 16 has filled the row of an item that somebody chose in a form: it asks no rule for its condition there,
	and so adds up those of all tiers.
	"""
	rows = [row for row in doc.get("items") if row.idx == number and row.get("pricing_rules")]
	for row in rows:
		if _rules_of_other_tiers(set(get_applied_pricing_rules(row.pricing_rules)), doc.get(TIER_FIELD)):
			_forget_price(row)
			_price(row, doc)
			doc.calculate_taxes_and_totals()


def set_tier_of_issue(doc: Document) -> None:
	"""The day on which it was opened counts, or on which it was found to be of another customer."""
	if not holds_tier(doc.doctype):
		return
	before = doc.get_doc_before_save()
	is_same = before and before.get("customer") == doc.get("customer")
	doc.set(TIER_FIELD, before.get(TIER_FIELD) if is_same else tier_now(doc.get("customer")))


def rename_tier_in_documents(old: str, new: str) -> None:
	"""The same tier under another name, in documents of every state. A few at a time, by their names: no table is locked."""
	for doctype in DOCUMENTS_WITH_TIER:
		if TIER_FIELD not in our_fields(doctype) or TIER_FIELD not in columns_of(doctype):
			continue
		names = frappe.get_all(doctype, {TIER_FIELD: old}, pluck="name", order_by="name")
		for start in range(0, len(names), _AT_ONCE):
			some = names[start : start + _AT_ONCE]
			frappe.db.set_value(doctype, {"name": ("in", some)}, TIER_FIELD, new, update_modified=False)


def _tier_of_sale(doc: Document) -> str | None:
	customer = customer_of(doc)
	agreed = _agreed_tiers(doc, customer) if customer else set()
	return agreed.pop() if len(agreed) == 1 else tier_now(customer)


def _agreed_tiers(doc: Document, customer: str) -> set[str | None]:
	"""The tiers of the documents of this customer from which this one was made; of those without a tier None."""
	tiers: set[str | None] = set()
	for doctype, names in _sources_of(doc).items():
		if names and holds_tier(doctype):
			of_customer = _of_customer(doctype, customer)
			filters = {"name": ("in", sorted(names)), **of_customer}
			found = frappe.get_all(doctype, filters, pluck=TIER_FIELD, order_by=None)
			tiers.update(tier or None for tier in found)
	return tiers


def _sources_of(doc: Document) -> dict[str, set[str]]:
	sources = {doc.doctype: {doc.get(fieldname) for fieldname in _REPLACES}}
	for fieldname, doctype in MADE_FROM[doc.doctype].items():
		sources.setdefault(doctype, set()).update(row.get(fieldname) for row in doc.get("items"))
	return {doctype: names - {None, ""} for doctype, names in sources.items()}


def _of_customer(doctype: str, customer: str) -> dict[str, str]:
	if doctype == "Quotation":
		return {"quotation_to": "Customer", "party_name": customer}
	return {"customer": customer}


def _forget_prices_of_other_tiers(doc: Document) -> None:
	"""A row keeps the rule that priced it as long as nobody prices it anew, so that of another tier is taken off here.

	ERPNext prices the row in the same save. One that was made from another document keeps its price.
	"""
	if doc.get("ignore_pricing_rule"):
		return
	own = [row for row in doc.get("items") if row.get("pricing_rules") and not _is_made_from(row, doc)]
	applied = [set(get_applied_pricing_rules(row.pricing_rules)) for row in own]
	foreign = _rules_of_other_tiers(set().union(*applied), doc.get(TIER_FIELD))
	wrong = [row for row, rules in zip(own, applied, strict=True) if rules & foreign]
	for row in wrong:
		_forget_price(row)
	if wrong and not doc.is_new():
		message = _("{0} has another tier than when this was priced. Rows that were priced anew: {1}")
		numbers = ", ".join(str(row.idx) for row in wrong)
		frappe.msgprint(message.format(bold(customer_of(doc)), numbers), alert=True)


def _is_made_from(row: Document, doc: Document) -> bool:
	return any(row.get(fieldname) for fieldname in MADE_FROM[doc.doctype])


def _rules_of_other_tiers(rules: set[str], tier: str | None) -> set[str]:
	if not rules:
		return set()
	filters = {"pricing_rule": ("in", sorted(rules)), "name": ("!=", tier or "")}
	return set(frappe.get_all(TIER, filters, pluck="pricing_rule", order_by=None))


def _forget_price(row: Document) -> None:
	"""As ERPNext does in a form when the customer changes."""
	gone: dict[str, Any] = remove_pricing_rule_for_item(
		row.pricing_rules, frappe._dict(), item_code=row.item_code, rate=row.price_list_rate
	)
	row.update({fieldname: value for fieldname, value in gone.items() if row.meta.has_field(fieldname)})


def _price(row: Document, doc: Document) -> None:
	"""As ERPNext does when the document is saved."""
	values = {fieldname: doc.get(fieldname) for fieldname in doc.meta.get_valid_columns()}
	asked = frappe._dict({**values, **row.as_dict(), "doctype": doc.doctype, "name": doc.name})
	asked.update(
		customer=customer_of(doc),
		price_list=doc.get("selling_price_list"),
		transaction_date=doc.get("transaction_date") or doc.get("posting_date"),
		transaction_type="selling",
		child_docname=row.name,
	)
	found = get_pricing_rule_for_item(asked, doc=doc)
	if found.get("pricing_rules"):
		doc.apply_pricing_rule_on_items(row, found)
