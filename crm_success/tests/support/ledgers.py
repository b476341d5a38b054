"""What customers owe and pay, for tests, made through ERPNext's own API: instalments, dollars, journals, reconciliation."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import frappe
from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry
from erpnext.accounts.party import get_party_account
from frappe.utils import add_days, flt, getdate

from crm_success.tests.support import factories
from crm_success.tests.support.factories import default_company

DOLLAR = "USD"
# what a dollar is worth where nothing else is said
RATE = 0.8
# lets an invoice in dollars be owed in the company's own currency
DOLLARS_ALLOWED = ("Accounts Settings", "allow_multi_currency_invoices_against_single_party_account", 1)


def days_ago(days: int) -> date:
	"""The day so many days before today."""
	return add_days(getdate(), -days)


def make_years() -> None:
	"""Fiscal years for all that these tests post."""
	factories.make_fiscal_years(*range(getdate().year - 2, getdate().year + 1))


def account_of(account_type: str) -> str:
	"""The first account of that type in the company's own currency."""
	currency = frappe.get_cached_value("Company", default_company(), "default_currency")
	filters = {"company": default_company(), "account_type": account_type, "is_group": 0}
	return frappe.get_all(
		"Account", {**filters, "account_currency": currency}, pluck="name", order_by="name"
	)[0]


def company_account(fieldname: str) -> str:
	"""The account that the company names for a purpose."""
	return frappe.get_cached_value("Company", default_company(), fieldname)


def make_dollars_usable() -> None:
	"""So that no rate is asked of a service on the web."""
	frappe.db.set_value("Currency", DOLLAR, "enabled", 1)
	own = frappe.get_cached_value("Company", default_company(), "default_currency")
	rate = {"from_currency": DOLLAR, "to_currency": own, "exchange_rate": RATE, "date": days_ago(700)}
	frappe.get_doc({"doctype": "Currency Exchange", **rate, "for_buying": 1, "for_selling": 1}).insert()


def dollar_debtors() -> str:
	"""The receivable account in dollars."""
	values = {"account_name": "Debtors USD", "company": default_company(), "account_currency": DOLLAR}
	if name := frappe.db.exists("Account", values):
		return name
	parent = frappe.db.get_value("Account", company_account("default_receivable_account"), "parent_account")
	values |= {"parent_account": parent, "account_type": "Receivable"}
	return frappe.get_doc({"doctype": "Account", **values}).insert().name


def make_dollar_customer(name: str) -> str:
	"""A customer whose debts are kept in dollars."""
	account = {"company": default_company(), "account": dollar_debtors()}
	return factories.make_customer(name, default_currency=DOLLAR, accounts=[account])


def sell(
	customer: str,
	amount: float,
	day: date,
	instalments: Iterable[tuple[int, float]] = (),
	rate: float = 0,
	**values: Any,
):
	"""An invoice of that day; `instalments` as days after it and amount, `rate` where it is in dollars."""
	if rate:
		values |= {"currency": DOLLAR, "conversion_rate": rate}
		values |= {"price_list_currency": DOLLAR, "plc_conversion_rate": rate}
	if schedule := [{"due_date": add_days(day, days), "payment_amount": part} for days, part in instalments]:
		values["payment_schedule"] = schedule
	return factories.make_invoice(customer, amount, day, **values)


def credit(invoice, amount: float, day: date, by_itself: bool = True):
	"""A credit note against an invoice. By itself, it is open until somebody reconciles or refunds it."""
	values = {"is_return": 1, "return_against": invoice.name, "update_outstanding_for_self": int(by_itself)}
	if invoice.currency == DOLLAR:
		values["rate"] = invoice.conversion_rate
	return sell(invoice.customer, amount, day, due_in_days=0, qty=-1, **values)


def adjust(invoice, amount: float, day: date, due_in_days: int = 30):
	"""A debit note that raises the price of an invoice: no more is sold."""
	values = {"is_debit_note": 1, "return_against": invoice.name, "qty": 0}
	if invoice.currency == DOLLAR:
		values["rate"] = invoice.conversion_rate
	return sell(invoice.customer, amount, day, due_in_days=due_in_days, **values)


def receive(customer: str, amount: float, day: date, against: Iterable[tuple] = (), rate: float = 1):
	"""Money received at the bank, in the currency of the customer's account; `against` documents and their shares."""
	values = {
		"doctype": "Payment Entry",
		"payment_type": "Receive",
		"company": default_company(),
		"posting_date": day,
		"party_type": "Customer",
		"party": customer,
		"paid_from": receivable_of(customer),
		"paid_to": account_of("Bank"),
		"paid_amount": amount,
		"received_amount": flt(amount * rate, 2),
		"source_exchange_rate": rate,
		"target_exchange_rate": 1,
		"reference_no": customer,
		"reference_date": day,
	}
	references = [
		{"reference_doctype": document.doctype, "reference_name": document.name, "allocated_amount": part}
		for document, part in against
	]
	return frappe.get_doc({**values, "references": references}).insert().submit()


def pay(invoice, day: date, amount: float = 0, rate: float = 1):
	"""An invoice paid, whole or in part."""
	amount = amount or frappe.db.get_value("Sales Invoice", invoice.name, "outstanding_amount")
	return receive(invoice.customer, amount, day, [(invoice, amount)], rate)


def refund(credit_note, day: date):
	"""The money of an open credit note given back."""
	payment = get_payment_entry("Sales Invoice", credit_note.name)
	payment.update({"posting_date": day, "reference_no": credit_note.name, "reference_date": day})
	return payment.insert().submit()


def journal(day: date, *rows: dict, **head: Any):
	"""A submitted Journal Entry of these rows."""
	values = {"doctype": "Journal Entry", "company": default_company(), "posting_date": day, **head}
	if any(row.get("exchange_rate", 1) != 1 for row in rows):
		values["multi_currency"] = 1
	if values.get("voucher_type") in ("Bank Entry", "Cash Entry"):
		values |= {"cheque_no": "1", "cheque_date": day}
	return frappe.get_doc({**values, "accounts": list(rows)}).insert().submit()


def owed_by(customer: str, amount: float, against=None, rate: float = 1) -> dict:
	"""A row by which a customer owes more, or less where it is negative, in the currency of their account."""
	row = {"account": receivable_of(customer), "party_type": "Customer", "party": customer}
	if against:
		row |= {"reference_type": against.doctype, "reference_name": against.name}
	return {**row, **_debit(amount), "exchange_rate": rate}


def booked_on(account: str, amount: float) -> dict:
	"""A row that debits an account, or credits it where the amount is negative."""
	return {"account": account, "cost_center": company_account("cost_center"), **_debit(amount)}


def write_off(invoice, amount: float, day: date):
	"""A debt given up."""
	account = company_account("write_off_account") or company_account("default_expense_account")
	return lessen(invoice.customer, amount, day, account, invoice, voucher_type="Write Off Entry")


def receive_by_journal(
	customer: str, amount: float, day: date, against=None, kind: str = "Bank", rate: float = 1
):
	"""Money at the bank or in cash that nobody made a Payment Entry for."""
	return lessen(customer, amount, day, account_of(kind), against, rate, voucher_type=f"{kind} Entry")


def lessen(customer: str, amount: float, day: date, account: str, against=None, rate: float = 1, **head: Any):
	"""A journal by which a customer owes less; an invoice keeps its own rate."""
	if against and against.get("party_account_currency") == DOLLAR:
		rate = against.conversion_rate
	less = owed_by(customer, -amount, against, rate)
	return journal(day, less, booked_on(account, flt(amount * rate, 2)), **head)


def open_debt(customer: str, amount: float, day: date, due: date | None = None, rate: float = 1):
	"""What a customer owed before ERPNext was used."""
	opening = booked_on(account_of("Temporary"), -flt(amount * rate, 2))
	head = {"voucher_type": "Opening Entry", "is_opening": "Yes", "due_date": due}
	return journal(day, owed_by(customer, amount, rate=rate), opening, **head)


def move_debt(invoice, amount: float, to: str, day: date, due: date | None = None):
	"""A debt that another customer takes over."""
	return journal(day, owed_by(invoice.customer, -amount, invoice), owed_by(to, amount), due_date=due)


def reconcile(customer: str) -> bool:
	"""Payment Reconciliation of all that is open, oldest first; false where there is nothing to set against another."""
	tool = frappe.get_doc("Payment Reconciliation")
	tool.update({"company": default_company(), "party_type": "Customer", "party": customer})
	tool.receivable_payable_account = receivable_of(customer)
	tool.get_unreconciled_entries()
	tables = {name: [row.as_dict() for row in tool.get(name)] for name in ("invoices", "payments")}
	if not all(tables.values()):
		return False
	tool.allocate_entries(frappe._dict(tables))
	tool.reconcile()
	return True


def unreconcile(payment) -> bool:
	"""Unreconcile Payment of all that a payment or journal was set against; false where it was nothing."""
	voucher = {"voucher_type": payment.doctype, "voucher_no": payment.name}
	undoing = frappe.get_doc({"doctype": "Unreconcile Payment", "company": payment.company, **voucher})
	undoing.add_references()
	if not undoing.allocations:
		return False
	undoing.insert().submit()
	return True


def receivable_of(customer: str) -> str:
	"""The account that keeps what a customer owes."""
	return get_party_account("Customer", customer, default_company())


def _debit(amount: float) -> dict:
	side = "debit" if amount > 0 else "credit"
	return {f"{side}_in_account_currency": abs(amount)}
