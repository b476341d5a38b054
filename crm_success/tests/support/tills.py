"""A till for tests: shifts, visits and what is brought back, made through ERPNext's own API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import frappe
from erpnext.accounts.doctype.pos_closing_entry.pos_closing_entry import make_closing_entry_from_opening
from erpnext.accounts.doctype.pos_invoice.pos_invoice import make_sales_return
from frappe.utils import now_datetime, nowdate

from crm_success.tests.support import factories
from crm_success.tests.support.factories import default_company
from crm_success.tests.support.ledgers import account_of, company_account, days_ago

TILL = "CRM Success Test Till"
# rows for the change that is given back, which 15 keeps unless told otherwise, and 16 only if told so
CHANGE = tuple((doctype, "post_change_gl_entries", 1) for doctype in ("Accounts Settings", "POS Settings"))
# older than any visit of these tests
LONG_AGO = 300


def make_till() -> str:
	"""A POS Profile that takes cash."""
	if frappe.db.exists("POS Profile", TILL):
		return TILL
	company = default_company()
	_accept_cash(company)
	profile = {
		"doctype": "POS Profile",
		"company": company,
		"currency": frappe.get_cached_value("Company", company, "default_currency"),
		"warehouse": frappe.get_all("Warehouse", {"company": company, "is_group": 0}, pluck="name")[0],
		"write_off_account": company_account("default_expense_account"),
		"write_off_cost_center": company_account("cost_center"),
		"cost_center": company_account("cost_center"),
		"income_account": company_account("default_income_account"),
		"account_for_change_amount": account_of("Cash"),
		"write_off_limit": 1,
		"update_stock": 0,
		"payments": [{"mode_of_payment": "Cash", "default": 1}],
	}
	return frappe.get_doc(profile).insert(set_name=TILL).name


@contextmanager
def till_that_writes(doctype: str) -> Iterator[None]:
	"""What a till makes of a visit: POS Invoice, or from version 16 on Sales Invoice. 15 knows the first only."""
	settings = frappe.get_meta("POS Settings")
	if not settings.has_field("invoice_type"):
		yield
		return
	before = frappe.db.get_single_value("POS Settings", "invoice_type")
	frappe.db.set_single_value("POS Settings", "invoice_type", doctype)
	try:
		yield
	finally:
		frappe.db.set_single_value("POS Settings", "invoice_type", before)


def open_till():
	"""A shift that begins now."""
	shift = {"pos_profile": make_till(), "company": default_company(), "user": "Administrator"}
	shift |= {"period_start_date": now_datetime(), "posting_date": nowdate()}
	cash = [{"mode_of_payment": "Cash", "opening_amount": 0}]
	return (
		frappe.get_doc({"doctype": "POS Opening Entry", **shift, "balance_details": cash}).insert().submit()
	)


def visit(customer: str, amount: float, day: date, paid: float = 0, doctype: str = "POS Invoice"):
	"""Somebody buys at the till and pays in cash; what is paid too much is given back as change."""
	line = {"item_code": factories.make_item(), "qty": 1, "rate": amount}
	line |= {"income_account": company_account("default_income_account")}
	line |= {"cost_center": company_account("cost_center")}
	bill = {"doctype": doctype, "customer": customer, "company": default_company(), "is_pos": 1}
	bill |= {"pos_profile": TILL, "account_for_change_amount": account_of("Cash"), **_moment(day)}
	if doctype == "Sales Invoice":
		bill |= {"is_created_using_pos": 1, "due_date": day}
	bill |= {"currency": frappe.get_cached_value("Company", default_company(), "default_currency")}
	return frappe.get_doc({**bill, "items": [line], "payments": [_cash(paid or amount)]}).insert().submit()


def bring_back(sale, day: date):
	"""All of a visit brought back and refunded in cash."""
	returned = make_sales_return(sale.name)
	returned.update(_moment(day))
	returned.set("payments", [_cash(-sale.grand_total)])
	return returned.insert().submit()


def close_till(shift):
	"""The shift ends, however long it was open: ERPNext makes Sales Invoices of its POS Invoices. Commits."""
	shift.db_set("period_start_date", days_ago(LONG_AGO))
	closing = make_closing_entry_from_opening(shift.reload())
	for row in closing.payment_reconciliation:
		row.closing_amount = row.expected_amount
	return closing.insert().submit()


def sell_for_cash(customer: str, amount: float, day: date, paid: float | None = None, **values: Any):
	"""A Sales Invoice that is paid when it is made, without a shift; what is not paid is owed."""
	make_till()
	cash = [_cash(amount if paid is None else paid)]
	head = {"is_pos": 1, "pos_profile": TILL, "account_for_change_amount": account_of("Cash"), **values}
	return factories.make_invoice(customer, amount, day, payments=cash, **head)


def return_for_cash(invoice, amount: float, day: date, by_itself: bool = False):
	"""What was sold for cash is brought back and refunded in cash."""
	against = {"is_return": 1, "return_against": invoice.name, "update_outstanding_for_self": int(by_itself)}
	return sell_for_cash(invoice.customer, amount, day, -amount, due_in_days=0, qty=-1, **against)


def _moment(day: date) -> dict:
	return {"set_posting_time": 1, "posting_date": day, "posting_time": "00:00:01"}


def _cash(amount: float) -> dict:
	return {"mode_of_payment": "Cash", "amount": amount, "account": account_of("Cash"), "type": "Cash"}


def _accept_cash(company: str) -> None:
	mode = frappe.get_doc("Mode of Payment", "Cash")
	if not any(row.company == company and row.default_account for row in mode.accounts):
		mode.append("accounts", {"company": company, "default_account": account_of("Cash")})
		mode.save()
