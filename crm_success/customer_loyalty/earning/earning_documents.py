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
from frappe.utils import flt, getdate
from pypika import Case
from pypika import Table as SqlTable
from pypika import functions as fn
from pypika.terms import Criterion, Term

from crm_success.audiences.membership import open_memberships
from crm_success.customer_loyalty.earning.carried_over import carried_among
from crm_success.customer_loyalty.earning.earning_values import OF_INVOICES, Earner, EarningRule, Event
from crm_success.customer_loyalty.earning.tier_history import multipliers_on
from crm_success.customer_loyalty.referrals.referral_values import Status
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, in_parts
from crm_success.record_names import REFERRAL

INVOICE, TILL = "Sales Invoice", "POS Invoice"
INVOICES = (INVOICE, TILL)
CUSTOMER = "Customer"
# what an invoice is worth: net of tax, in the currency of its company
AMOUNT = "amount"
_OF_INVOICE = ("name", "customer", "company", "posting_date", "base_net_total")
# what tells how much of it is paid
_OF_PAYMENT = (
	*("grand_total", "rounded_total", "outstanding_amount", "currency", "party_account_currency"),
	*("base_grand_total", "base_rounded_total"),
)
# those that are there in one of the two, or in some releases
_SOMETIMES = ("loyalty_program", "consolidated_invoice")
_NEVER_COUNTED: Mapping[str, Any] = {"is_consolidated": 1, "is_opening": "Yes", "is_internal_customer": 1}
# what counts as long as a field has a value, as others do while they are submitted
_WHILE: Mapping[str, Mapping[str, str]] = {REFERRAL: {"status": Status.CONVERTED.value}}
# columns that are worked out by the database; no field of any DocType has such a name
_CREATED, _COUNTS = "crm_success_created", "crm_success_counts"
_PAID_WITH_POINTS = "crm_success_paid_with_points"
_CENTS = 100
_ALL, _NOTHING = Fraction(1), Fraction(0)


@dataclass(frozen=True)
class Settled:
	"""What changed an invoice after it was submitted: returns of it, and its last payment."""

	returned: float = 0.0
	total: float = 0.0
	outstanding: float = 0.0


_NOT_RETURNED = Settled()
Row = Mapping[str, Any]
# documents by name, or their names alone
Documents = Mapping[str, Row] | Sequence[str]


def read_earners(
	doctype: str, documents: Documents, rules: Collection[EarningRule], on: date | None = None
) -> dict[str, Earner]:
	"""The documents by name, as rules that read them alike take them; those that are gone are not there. What is given of them
	already, all of `columns_of`, is not read.

	`on`: as if they were of that day.
	"""
	if not isinstance(documents, Mapping):
		rows = SqlTable(f"tab{doctype}")
		found_rows = _rows_of(rows, columns_of(doctype, rules, rows), "name", documents)
		documents = {row["name"]: row for row in found_rows}
	read = _invoices if _are_of_invoices(rules) else _documents
	found = read(doctype, documents, rules) if documents else {}
	if on:
		found = {name: replace(earner, on=on) for name, earner in found.items()}
	return _with_customers(found, rules)


def columns_of(doctype: str, rules: Collection[EarningRule], rows: SqlTable) -> list[Term]:
	"""What such rules ask of a document itself, as columns of a query over `rows`."""
	meta = frappe.get_meta(doctype)
	# as a text: drivers take long to make a moment of it, and it is only compared
	created = fn.Cast(rows.creation, "CHAR(26)").as_(_CREATED)
	if not _are_of_invoices(rules):
		names = [name for name in _asked_of_document(doctype, rules) if _is_stored(meta, name)]
		return [created, *(rows[name] for name in ("name", "docstatus", *names))]
	of_payment = _OF_PAYMENT if _wait_for_payments(rules) else ()
	sometimes = (name for name in _SOMETIMES if meta.has_field(name))
	names = list(dict.fromkeys([*_OF_INVOICE, *of_payment, *sometimes, *_numbers_asked(meta, rules)]))
	counts = Case().when(_is_counted(rows, meta), 1).else_(0).as_(_COUNTS)
	# an amount stays there where somebody unticked it again
	paid = Case().when(rows.redeem_loyalty_points == 1, rows.loyalty_amount).else_(0).as_(_PAID_WITH_POINTS)
	return [created, counts, paid, *(rows[name] for name in names)]


def _asked_of_document(doctype: str, rules: Collection[EarningRule]) -> list[str]:
	meta, rule = frappe.get_meta(doctype), next(iter(rules))
	asked = {"creation", *customer_fields_of(meta, rule), rule.date_field, rule.amount_field, "company"}
	asked.update(_numbers_asked(meta, rules), _WHILE.get(doctype, {}))
	return sorted(name for name in asked if name)


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


def customers_of(doctype: str, names: Sequence[str], rules: Iterable[EarningRule]) -> set[str]:
	"""Whose documents these are, by any of the rules, as they are now."""
	meta, found = frappe.get_meta(doctype), set()
	for places in {customer_fields_of(meta, rule) for rule in rules if doctype in doctypes_of(rule)}:
		customer_field, type_field = places
		if all(_is_stored(meta, name) for name in places if name):
			filters = {"name": ("in", names), **({type_field: CUSTOMER} if type_field else {})}
			found.update(frappe.get_all(doctype, filters, pluck=customer_field, order_by=None))
	return {customer for customer in found if customer}


def conditions_of(rule: EarningRule) -> list[list[Any]]:
	"""The filters of a rule as Frappe takes them."""
	return json.loads(rule.filters) if rule.filters else []


def _are_of_invoices(rules: Collection[EarningRule]) -> bool:
	return any(rule.event in OF_INVOICES for rule in rules)


def _wait_for_payments(rules: Collection[EarningRule]) -> bool:
	return any(rule.event in _PAID for rule in rules)


def _invoices(
	doctype: str, documents: Mapping[str, Row], rules: Collection[EarningRule]
) -> dict[str, Earner]:
	names, numbers = list(documents), _numbers_asked(frappe.get_meta(doctype), rules)
	waits = _wait_for_payments(rules)
	returns = _returns_of(doctype, names)
	paid_on = _paid_on(doctype, names) if waits else {}
	if waits and doctype == TILL:
		documents, paid_on = _with_what_was_paid_later(documents)
	# ERPNext gives points to what names a program, and to nothing else
	enrolled = [name for name, row in documents.items() if row.get("loyalty_program")]
	native = _with_native_points(doctype, enrolled) | carried_among(doctype, names)
	matches = _matches(doctype, names, rules)
	found = {}
	for name, row in documents.items():
		amount, returned = _worth(row), returns.get(name, _NOT_RETURNED)
		found[name] = Earner(
			doctype=doctype,
			name=name,
			customer=row["customer"] or "",
			on=row["posting_date"],
			company=row["company"] or "",
			amount=amount,
			counts=bool(row[_COUNTS]),
			kept=_kept(row, returned),
			paid=_paid(row, returned) if waits else _ALL,
			paid_on=paid_on.get(name),
			has_native_points=name in native,
			numbers={**{number: flt(row.get(number)) for number in numbers}, AMOUNT: amount},
			matches=matches[name],
			created=row[_CREATED],
		)
	return found


_PAID = [event for event in OF_INVOICES if event.value.startswith("Invoice Paid")]


def _documents(
	doctype: str, documents: Mapping[str, Row], rules: Collection[EarningRule]
) -> dict[str, Earner]:
	meta, rule = frappe.get_meta(doctype), next(iter(rules))
	numbers = _numbers_asked(meta, rules)
	customer_field, type_field = customer_fields_of(meta, rule)
	matches, counts_from = _matches(doctype, list(documents), rules), int(bool(meta.is_submittable))
	found = {}
	for name, row in documents.items():
		is_customer = not type_field or row.get(type_field) == CUSTOMER
		amount = flt(row.get(rule.amount_field))
		found[name] = Earner(
			doctype=doctype,
			name=name,
			customer=(row.get(customer_field) or "") if is_customer else "",
			on=_day(row.get(rule.date_field or "creation")) or getdate(),
			company=row.get("company") or "",
			amount=amount,
			counts=counts_from <= row["docstatus"] < 2 and _holds(doctype, row),
			numbers={**{number: flt(row.get(number)) for number in numbers}, AMOUNT: amount},
			matches=matches[name],
			created=row[_CREATED],
		)
	return found


def _holds(doctype: str, row: Mapping[str, Any]) -> bool:
	return all(row.get(name) == value for name, value in _WHILE.get(doctype, {}).items())


def _rows_of(
	rows: SqlTable, columns: Iterable[Term], fieldname: str, values: Sequence[str], **equal: Any
) -> list[dict[str, Any]]:
	"""The rows in which a field has one of the values, however many these are, and others are as they should be."""
	bindings = reading.bindings()
	query = bindings.dialect.query.from_(rows).select(*columns)
	query = query.where(rows[fieldname].isin(bindings.bind_list(values)))
	for name, value in equal.items():
		query = query.where(rows[name] == bindings.bind(value))
	return reading.read_rows(bindings.statement(query))


def _is_stored(meta: Any, fieldname: str) -> bool:
	df = meta.get_field(fieldname)
	return fieldname in ("name", "creation", "modified", "owner") or bool(df and not df.is_virtual)


def _with_customers(found: Mapping[str, Earner], rules: Collection[EarningRule]) -> dict[str, Earner]:
	"""What depends on the customer: its audiences today, and its tier on the day of the document."""
	customers = sorted({earner.customer for earner in found.values() if earner.customer})
	if not customers:
		return dict(found)
	if not any(rule.audience or rule.with_tier for rule in rules):
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
	conditions = {rule.name: conditions_of(rule) for rule in rules}
	# the same for all documents
	always = frozenset(rule for rule, filters in conditions.items() if not filters)
	matching = dict.fromkeys(names, always)
	for rule, filters in conditions.items():
		if filters:
			asked = [*filters, [doctype, "name", "in", names]]
			for name in frappe.get_all(doctype, asked, pluck="name", order_by=None, distinct=True):
				if name in matching:
					matching[name] |= {rule}
	return matching


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
	return flt(row["base_net_total"]) - flt(row[_PAID_WITH_POINTS])


def counted(doctype: str) -> Criterion:
	"""Which invoices count, for a query over their table, under its own name."""
	return _is_counted(frappe.qb.DocType(doctype), frappe.get_meta(doctype))


def _is_counted(rows: SqlTable, meta: Any) -> Criterion:
	"""Not drafts, returns, opening balances, sales to oneself, and the sums of a day whose sales count themselves."""
	conditions = [rows.docstatus == 1, rows.is_return == 0]
	for name, never in _NEVER_COUNTED.items():
		if meta.has_field(name):
			conditions.append(rows[name].isnull() | (rows[name] != never))
	return Criterion.all(conditions)


def _kept(row: Mapping[str, Any], returns: Settled) -> Fraction:
	if returns is _NOT_RETURNED:
		return _ALL
	net = _cents(row["base_net_total"])
	if net <= 0:
		return _ALL
	return min(max(Fraction(net + _cents(returns.returned), net), _NOTHING), _ALL)


def _paid(row: Mapping[str, Any], returns: Settled) -> Fraction:
	"""The part of what is to be paid, returns deducted, that is not owed any more."""
	owed = _cents(row["outstanding_amount"]) + _cents(returns.outstanding)
	if owed <= 0:
		return _ALL
	total = _cents(_total(row)) + _cents(returns.total)
	if total <= 0:
		return _ALL
	return min(max(1 - Fraction(owed, total), _NOTHING), _ALL)


def _total(row: Mapping[str, Any]) -> float:
	"""What is to be paid, in the currency of what is owed."""
	if row["party_account_currency"] in (row["currency"], None, ""):
		return flt(row["rounded_total"]) or flt(row["grand_total"])
	return flt(row["base_rounded_total"]) or flt(row["base_grand_total"])


def _returns_of(doctype: str, names: Sequence[str]) -> dict[str, Settled]:
	found: dict[str, Settled] = {}
	asked = ["return_against", "base_net_total", *_OF_PAYMENT]
	rows = SqlTable(f"tab{doctype}")
	columns = [rows[name] for name in asked]
	returns = (
		row
		for some in in_parts(names)
		for row in _rows_of(rows, columns, "return_against", some, docstatus=1, is_return=1)
	)
	for row in returns:
		before = found.get(row["return_against"], _NOT_RETURNED)
		found[row["return_against"]] = Settled(
			before.returned + flt(row["base_net_total"]),
			before.total + _total(row),
			before.outstanding + flt(row["outstanding_amount"]),
		)
	return found


def _paid_on(doctype: str, names: Sequence[str]) -> dict[str, date]:
	"""The day of the last entry that lowered what is owed."""
	if doctype != INVOICE:
		return {}
	bindings, rows = reading.bindings(), SqlTable("tabPayment Ledger Entry")
	query = bindings.dialect.query.from_(rows).select(rows.against_voucher_no, fn.Max(rows.posting_date))
	for condition in (
		rows.against_voucher_no.isin(bindings.bind_list(names)),
		rows.against_voucher_type == bindings.bind(doctype),
		rows.delinked == 0,
		rows.amount < 0,
	):
		query = query.where(condition)
	statement = bindings.statement(query.groupby(rows.against_voucher_no))
	return dict(reading.run(statement.sql, statement.parameters))


def _with_what_was_paid_later(documents: Mapping[str, Row]) -> tuple[dict[str, Row], dict[str, date]]:
	"""Sales of a till that were not paid there. Once the shift has ended they are paid by way of the invoice that sums up its
	sales, and ERPNext writes nothing of that on them.
	"""
	owed = {
		name: row["consolidated_invoice"]
		for name, row in documents.items()
		if row.get("consolidated_invoice") and flt(row["outstanding_amount"]) > 0
	}
	if not owed:
		return dict(documents), {}
	sums = sorted(set(owed.values()))
	filters = {"name": ("in", sums), "outstanding_amount": ("<=", 0), "docstatus": 1}
	paid = set(frappe.get_all(INVOICE, filters, pluck="name", order_by=None))
	days = _paid_on(INVOICE, sums)
	settled = {name: total for name, total in owed.items() if total in paid}
	return (
		{
			name: {**row, "outstanding_amount": 0} if name in settled else row
			for name, row in documents.items()
		},
		{name: days[total] for name, total in settled.items() if total in days},
	)


def till_sales_in(invoices: Sequence[str]) -> list[str]:
	"""The sales of tills that these invoices sum up, if any."""
	summed = {"consolidated_invoice": ("in", list(invoices)), "docstatus": 1}
	logs = frappe.get_all("POS Invoice Merge Log", summed, pluck="name", order_by=None)
	if not logs:
		return []
	filters = {"parent": ("in", logs), "parenttype": "POS Invoice Merge Log"}
	return sorted(frappe.get_all("POS Invoice Reference", filters, pluck="pos_invoice", order_by=None))


def _with_native_points(doctype: str, names: Sequence[str]) -> set[str]:
	if not names:
		return set()
	entries = SqlTable("tabLoyalty Point Entry")
	columns = (entries.invoice, entries.loyalty_points)
	rows = _rows_of(entries, columns, "invoice", names, invoice_type=doctype)
	return {row["invoice"] for row in rows if row["loyalty_points"] > 0}


def customer_fields_of(meta: Any, rule: EarningRule) -> tuple[str, str]:
	"""The field in which documents have their customer, and the one that says whether it is one, where that is asked for."""
	df = meta.get_field(rule.customer_field)
	return rule.customer_field, df.options if df and df.fieldtype == "Dynamic Link" else ""


def _day(value: Any) -> date | None:
	if isinstance(value, datetime):
		return value.date()
	return getdate(value) if value else None


def _cents(amount: Any) -> int:
	return round(flt(amount) * _CENTS)
