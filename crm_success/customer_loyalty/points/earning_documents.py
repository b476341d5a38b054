"""What is known of documents that may earn points, as the rules take it. Judges none of them.

Everything is read for some documents at once, a statement of each kind, whether one was just saved or a million are old.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import frappe
from frappe.model import numeric_fieldtypes
from frappe.query_builder import functions as fn
from frappe.utils import flt, getdate

from crm_success.audiences.membership import open_memberships
from crm_success.customer_loyalty.points.carried_over import carried_among
from crm_success.customer_loyalty.points.earning_values import OF_INVOICES, Earner, EarningRule, Event
from crm_success.customer_loyalty.points.tier_history import multipliers_on
from crm_success.database.dialects import KeyRange

INVOICE, TILL = "Sales Invoice", "POS Invoice"
INVOICES = (INVOICE, TILL)
CUSTOMER = "Customer"
# what an invoice is worth: net of tax, in the currency of its company
AMOUNT = "amount"
_OF_INVOICE = (
	*("name", "customer", "company", "posting_date", "docstatus", "is_return", "base_net_total"),
	*("grand_total", "rounded_total", "outstanding_amount", "currency", "party_account_currency"),
	*("base_grand_total", "base_rounded_total", "is_pos"),
)
# those that are there in one of the two, or in some releases
_SOMETIMES = ("is_opening", "is_consolidated", "is_internal_customer", "loyalty_amount")
_CENTS = 100


@dataclass(frozen=True)
class Settled:
	"""What changed an invoice after it was submitted: returns of it, and its last payment."""

	returned: float = 0.0
	total: float = 0.0
	outstanding: float = 0.0


def read_earners(
	doctype: str, names: Sequence[str], rules: Collection[EarningRule], on: date | None = None
) -> dict[str, Earner]:
	"""The documents by name, as rules that read them alike take them; those that are gone are not there.

	`on`: as if they were of that day.
	"""
	of_invoices = any(rule.event in OF_INVOICES for rule in rules)
	read = _invoices if of_invoices else _documents
	found = read(doctype, names, rules)
	if on:
		found = {name: replace(earner, on=on) for name, earner in found.items()}
	return _with_customers(found, rules)


def rules_for(doctype: str, rules: Iterable[EarningRule]) -> list[list[EarningRule]]:
	"""Those by which a document of the DocType may earn, in groups that read it alike: the same customer, day and amount."""
	groups: dict[tuple[str, ...], list[EarningRule]] = {}
	for rule in rules:
		if rule.event is Event.YEARLY or doctype not in doctypes_of(rule):
			continue
		key = () if rule.event in OF_INVOICES else (rule.customer_field, rule.date_field, rule.amount_field)
		groups.setdefault(key, []).append(rule)
	return list(groups.values())


def doctypes_of(rule: EarningRule) -> tuple[str, ...]:
	"""The DocTypes whose documents earn by the rule."""
	return INVOICES if rule.event in OF_INVOICES else (rule.doctype,)


def conditions_of(rule: EarningRule) -> list[list[Any]]:
	"""The filters of a rule as Frappe takes them."""
	return json.loads(rule.filters) if rule.filters else []


def _invoices(doctype: str, names: Sequence[str], rules: Collection[EarningRule]) -> dict[str, Earner]:
	meta = frappe.get_meta(doctype)
	numbers = _numbers_asked(meta, rules)
	fields = [*_OF_INVOICE, *(name for name in _SOMETIMES if meta.has_field(name)), *numbers]
	rows = frappe.get_all(doctype, {"name": ("in", names)}, list(dict.fromkeys(fields)), order_by=None)
	returns = _returns_of(doctype, names)
	paid_on = _paid_on(doctype, names) if any(rule.event in _PAID for rule in rules) else {}
	native = _with_native_points(doctype, names) | carried_among(doctype, names)
	matches = _matches(doctype, names, rules)
	return {
		row.name: Earner(
			doctype=doctype,
			name=row.name,
			customer=row.customer or "",
			on=row.posting_date,
			company=row.company or "",
			amount=_worth(row),
			counts=_counts(row),
			kept=_kept(row, returns.get(row.name, Settled())),
			paid=_paid(row, returns.get(row.name, Settled())),
			paid_on=paid_on.get(row.name),
			has_native_points=row.name in native,
			numbers={**{name: flt(row.get(name)) for name in numbers}, AMOUNT: _worth(row)},
			matches=matches[row.name],
		)
		for row in rows
	}


_PAID = [event for event in OF_INVOICES if event.value.startswith("Invoice Paid")]


def _documents(doctype: str, names: Sequence[str], rules: Collection[EarningRule]) -> dict[str, Earner]:
	meta, rule = frappe.get_meta(doctype), next(iter(rules))
	numbers = _numbers_asked(meta, rules)
	customer_field, type_field = _customer_fields(meta, rule)
	asked = {"creation", customer_field, type_field, rule.date_field, rule.amount_field, "company", *numbers}
	fields = ["name", "docstatus", *(name for name in sorted(asked) if _is_stored(meta, name))]
	matches, counts_from = _matches(doctype, names, rules), int(bool(meta.is_submittable))
	found = {}
	for row in frappe.get_all(doctype, {"name": ("in", names)}, fields, order_by=None):
		is_customer = not type_field or row.get(type_field) == CUSTOMER
		amount = flt(row.get(rule.amount_field))
		found[row.name] = Earner(
			doctype=doctype,
			name=row.name,
			customer=(row.get(customer_field) or "") if is_customer else "",
			on=_day(row.get(rule.date_field or "creation")) or getdate(),
			company=row.get("company") or "",
			amount=amount,
			counts=counts_from <= row.docstatus < 2,
			numbers={**{name: flt(row.get(name)) for name in numbers}, AMOUNT: amount},
			matches=matches[row.name],
		)
	return found


def _is_stored(meta: Any, fieldname: str) -> bool:
	df = meta.get_field(fieldname)
	return fieldname in ("name", "creation", "modified", "owner") or bool(df and not df.is_virtual)


def _with_customers(found: Mapping[str, Earner], rules: Collection[EarningRule]) -> dict[str, Earner]:
	"""What depends on the customer: its audiences today, and its tier on the day of the document."""
	customers = sorted({earner.customer for earner in found.values() if earner.customer})
	if not customers:
		return dict(found)
	audiences: Mapping[str, frozenset[str]] = {}
	if any(rule.audience for rule in rules):
		audiences = open_memberships(KeyRange(names=tuple(customers)))
	multipliers = multipliers_on(customers) if any(rule.with_tier for rule in rules) else None
	return {
		name: replace(
			earner,
			audiences=audiences.get(earner.customer, frozenset()),
			multiplier=multipliers(earner.customer, earner.on) if multipliers else 1.0,
		)
		for name, earner in found.items()
	}


def _matches(doctype: str, names: Sequence[str], rules: Collection[EarningRule]) -> dict[str, frozenset[str]]:
	matching: dict[str, set[str]] = {name: set() for name in names}
	for rule in rules:
		conditions = conditions_of(rule)
		met = names
		if conditions:
			filters = [*conditions, [doctype, "name", "in", names]]
			met = frappe.get_all(doctype, filters, pluck="name", order_by=None, distinct=True)
		for name in met:
			if name in matching:
				matching[name].add(rule.name)
	return {name: frozenset(found) for name, found in matching.items()}


def _numbers_asked(meta: Any, rules: Collection[EarningRule]) -> list[str]:
	"""The fields of the DocType that formulas of the rules may name."""
	texts = " ".join(rule.formula for rule in rules)
	if not texts:
		return []
	return [
		df.fieldname
		for df in meta.fields
		if df.fieldtype in numeric_fieldtypes and not df.is_virtual and df.fieldname in texts
	]


def _worth(row: Mapping[str, Any]) -> float:
	"""What was sold, less what was paid with points of ERPNext's own."""
	return flt(row["base_net_total"]) - flt(row.get("loyalty_amount"))


def _counts(row: Mapping[str, Any]) -> bool:
	"""Not drafts, returns, opening balances, sales to oneself, and the sums of a day whose sales count themselves."""
	if row["docstatus"] != 1 or row["is_return"] or row.get("is_consolidated"):
		return False
	return row.get("is_opening") != "Yes" and not row.get("is_internal_customer")


def _kept(row: Mapping[str, Any], returns: Settled) -> Fraction:
	net = _cents(row["base_net_total"])
	if net <= 0:
		return Fraction(1)
	return min(max(Fraction(net + _cents(returns.returned), net), Fraction(0)), Fraction(1))


def _paid(row: Mapping[str, Any], returns: Settled) -> Fraction:
	"""The part of what is to be paid, returns deducted, that is not owed any more."""
	total = _cents(_total(row)) + _cents(returns.total)
	owed = _cents(row["outstanding_amount"]) + _cents(returns.outstanding)
	if total <= 0 or owed <= 0:
		return Fraction(1)
	return min(max(1 - Fraction(owed, total), Fraction(0)), Fraction(1))


def _total(row: Mapping[str, Any]) -> float:
	"""What is to be paid, in the currency of what is owed."""
	if row["party_account_currency"] in (row["currency"], None, ""):
		return flt(row["rounded_total"]) or flt(row["grand_total"])
	return flt(row["base_rounded_total"]) or flt(row["base_grand_total"])


def _returns_of(doctype: str, names: Sequence[str]) -> dict[str, Settled]:
	fields = [name for name in _OF_INVOICE if name not in ("posting_date", "company")]
	filters = {"return_against": ("in", names), "docstatus": 1, "is_return": 1}
	found: dict[str, Settled] = {}
	for row in frappe.get_all(doctype, filters, [*fields, "return_against"], order_by=None):
		before = found.get(row.return_against, Settled())
		found[row.return_against] = Settled(
			before.returned + flt(row.base_net_total),
			before.total + _total(row),
			before.outstanding + flt(row.outstanding_amount),
		)
	return found


def _paid_on(doctype: str, names: Sequence[str]) -> dict[str, date]:
	"""The day of the last entry that lowered what is owed."""
	if doctype != INVOICE:
		return {}
	rows = frappe.qb.DocType("Payment Ledger Entry")
	query = frappe.qb.from_(rows).select(rows.against_voucher_no, fn.Max(rows.posting_date))
	query = query.where((rows.against_voucher_type == doctype) & rows.against_voucher_no.isin(names))
	query = query.where((rows.delinked == 0) & (rows.amount < 0)).groupby(rows.against_voucher_no)
	return dict(query.run())


def _with_native_points(doctype: str, names: Sequence[str]) -> set[str]:
	filters = {"invoice": ("in", names), "invoice_type": doctype, "loyalty_points": (">", 0)}
	return set(frappe.get_all("Loyalty Point Entry", filters, pluck="invoice", order_by=None))


def _customer_fields(meta: Any, rule: EarningRule) -> tuple[str, str]:
	df = meta.get_field(rule.customer_field)
	return rule.customer_field, df.options if df and df.fieldtype == "Dynamic Link" else ""


def _day(value: Any) -> date | None:
	if isinstance(value, datetime):
		return value.date()
	return getdate(value) if value else None


def _cents(amount: Any) -> int:
	return round(flt(amount) * _CENTS)
