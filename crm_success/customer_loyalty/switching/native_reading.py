"""ERPNext's own loyalty points of some customers, and the sales behind them, as the comparison takes them. Writes nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import frappe
from frappe.utils import cint, cstr, flt
from pypika import Table as SqlTable
from pypika import functions as fn

from crm_success.customer_loyalty.earning.earning_documents import INVOICES
from crm_success.customer_loyalty.switching.native_rules import compare
from crm_success.customer_loyalty.switching.native_values import (
	ENTRY,
	Compared,
	Document,
	NativeEntry,
	Program,
	Sale,
)
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within

PROGRAM = "Loyalty Program"
_AT_ONCE = 1000
_OF_ENTRY = (
	*("name", "creation", "customer", "loyalty_points", "posting_date", "expiry_date", "invoice_type"),
	*("invoice", "redeem_against", "loyalty_program", "purchase_amount"),
)
_OF_SALE = (
	*("name", "creation", "customer", "posting_date", "docstatus", "is_return", "grand_total"),
	*("loyalty_program", "loyalty_amount", "loyalty_points", "redeem_loyalty_points"),
)
# those that are there in one of the two, or in some releases
_SOMETIMES = ("is_consolidated", "dont_create_loyalty_points")
Row = Mapping[str, Any]


def compared_in(company: str, keys: KeyRange, on: date) -> dict[str, Compared]:
	"""The points of each customer of the range in the company, as far as ERPNext gave any or should have."""
	entries = _entries(company, keys)
	sales, programs = _sales(company, keys, entries), _programs()
	found = {
		customer: compare(entries.get(customer, []), sales.get(customer, {}), programs, on)
		for customer in sorted({*entries, *sales})
	}
	return {customer: compared for customer, compared in found.items() if compared.lines}


def _entries(company: str, keys: KeyRange) -> dict[str, list[NativeEntry]]:
	found: dict[str, list[NativeEntry]] = {}
	for row in _rows(ENTRY, _OF_ENTRY, company, keys):
		found.setdefault(row["customer"], []).append(_entry(row))
	return found


def _entry(row: Row) -> NativeEntry:
	return NativeEntry(
		name=row["name"],
		points=cint(row["loyalty_points"]),
		posted_on=row["posting_date"] or row["creation"].date(),
		expires_on=row["expiry_date"],
		made=row["creation"],
		document=Document(cstr(row["invoice_type"]), row["invoice"]) if row["invoice"] else Document(),
		against=cstr(row["redeem_against"]),
		program=cstr(row["loyalty_program"]),
		amount=flt(row["purchase_amount"]),
	)


def _sales(
	company: str, keys: KeyRange, entries: Mapping[str, Collection[NativeEntry]]
) -> dict[str, dict[Document, Sale]]:
	"""By customer: invoices that earned, may have earned or were paid with points, and those that entries name."""
	named = {
		(entry.document, customer)
		for customer, rows in entries.items()
		for entry in rows
		if entry.document.doctype in INVOICES
	}
	found: dict[str, dict[Document, Sale]] = {}
	for doctype in INVOICES:
		wanted = {document.name: customer for document, customer in named if document.doctype == doctype}
		for row in _invoices(doctype, company, keys, wanted):
			# the customer whom the entry names, whoever the invoice names since
			customer = wanted.get(row["name"]) or row["customer"]
			sale = _sale(doctype, row)
			found.setdefault(customer, {})[sale.document] = sale
		returned = _returned(doctype, company, keys)
		for sales in found.values():
			for document in [each for each in sales if each.doctype == doctype and each.name in returned]:
				sales[document] = replace(sales[document], returned=returned[document.name])
	return found


def _invoices(doctype: str, company: str, keys: KeyRange, wanted: Collection[str]) -> Iterator[Row]:
	rows, fields = SqlTable(f"tab{doctype}"), _fields_of(doctype)
	concerns_points = (fn.Coalesce(rows.loyalty_program, "") != "") | (rows.redeem_loyalty_points == 1)
	seen = set()
	for row in _rows(doctype, fields, company, keys, (rows.docstatus == 1) & concerns_points):
		seen.add(row["name"])
		yield row
	missing = sorted(set(wanted) - seen)
	for start in range(0, len(missing), _AT_ONCE):
		filters = {"name": ("in", missing[start : start + _AT_ONCE])}
		yield from frappe.get_all(doctype, filters, fields, order_by=None)


def _fields_of(doctype: str) -> list[str]:
	meta = frappe.get_meta(doctype)
	return [*_OF_SALE, *(name for name in _SOMETIMES if meta.has_field(name))]


def _sale(doctype: str, row: Row) -> Sale:
	"""The invoice that sums up a shift earns nothing, and its points were spent by the sales of that shift."""
	own = not row.get("is_consolidated") and not row["is_return"]
	return Sale(
		document=Document(doctype, row["name"]),
		on=row["posting_date"],
		made=row["creation"],
		status=row["docstatus"],
		program=cstr(row["loyalty_program"]),
		earns=bool(own and not row.get("dont_create_loyalty_points")),
		# as ERPNext reckons
		amount=flt(row["grand_total"]) - cint(row["loyalty_amount"]),
		spent=cint(row["loyalty_points"]) if own and row["redeem_loyalty_points"] else 0,
	)


def _returned(doctype: str, company: str, keys: KeyRange) -> dict[str, float]:
	"""The amounts that were returned, by the invoice that they are returned against."""
	rows = SqlTable(f"tab{doctype}")
	is_return = (rows.docstatus == 1) & (rows.is_return == 1) & rows.return_against.notnull()
	returned: dict[str, float] = {}
	for row in _rows(doctype, ("return_against", "grand_total"), company, keys, is_return):
		name = row["return_against"]
		returned[name] = returned.get(name, 0.0) - flt(row["grand_total"])
	return {name: abs(amount) for name, amount in returned.items()}


def _programs() -> dict[str, Program]:
	fields = ["name", "expiry_duration", "from_date", "to_date"]
	lowest: dict[str, float] = {}
	rules = frappe.get_all(
		"Loyalty Program Collection",
		{"parenttype": PROGRAM},
		["parent", "collection_factor"],
		order_by="min_spent desc",
	)
	for rule in rules:
		lowest[rule.parent] = flt(rule.collection_factor)
	return {
		row.name: Program(
			row.name, lowest.get(row.name, 1.0), cint(row.expiry_duration), row.from_date, row.to_date
		)
		for row in frappe.get_all(PROGRAM, fields=fields, order_by=None)
	}


def _rows(
	doctype: str, fields: Iterable[str], company: str, keys: KeyRange, condition: Any = None
) -> list[dict[str, Any]]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{doctype}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in fields))
	query = query.where((rows.company == bindings.bind(company)) & rows.customer.notnull())
	for each in (*within(rows.customer, keys, bindings), *([condition] if condition else [])):
		query = query.where(each)
	return reading.read_rows(bindings.statement(query.orderby(rows.creation).orderby(rows.name)))
