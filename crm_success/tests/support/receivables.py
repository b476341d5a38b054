"""The judge of what is overdue: ERPNext's own Accounts Receivable, and its due dates. Knows nothing of this app."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import frappe
from erpnext.accounts.report.accounts_receivable.accounts_receivable import execute
from frappe.utils import flt, getdate

INVOICE, JOURNAL = "Sales Invoice", "Journal Entry"


@dataclass(frozen=True)
class Voucher:
	"""A document of a customer with something outstanding, in the company's currency."""

	customer: str
	doctype: str
	name: str
	outstanding: float


def overdue_on(day: date) -> dict[tuple[str, str], float]:
	"""What is overdue by customer and document, where it is anything.

	The report says what is outstanding. It pays the oldest instalments; what is due before the day is overdue.
	"""
	vouchers = outstanding_on(day)
	credits = open_credits(vouchers)
	found = {}
	for voucher in (voucher for voucher in vouchers if voucher.outstanding > 0):
		owed = voucher.outstanding - credits.get((voucher.customer, voucher.name), 0)
		later = sum(amount for due, amount in instalments_of(voucher) if due >= day)
		if (overdue := flt(owed - later, 2)) > 0:
			found[voucher.customer, voucher.name] = overdue
	return found


def outstanding_on(day: date) -> list[Voucher]:
	"""The rows of the report over all companies.

	What is nothing in the currency of the customer's account is left out: an exchange difference, which ERPNext books by
	itself on days before the invoice too, is a debt to the report of that day only, and nobody owes it.
	"""
	in_party_currency = {
		(row.voucher_type, row.voucher_no) for row in _rows(day, 1) if abs(row.outstanding) > 0
	}
	return [
		Voucher(row.party, row.voucher_type, row.voucher_no, row.outstanding)
		for row in _rows(day, 0)
		if (row.voucher_type, row.voucher_no) in in_party_currency
	]


def _rows(day: date, in_party_currency: int) -> list[frappe._dict]:
	filters = {"report_date": day, "party_type": "Customer", "range": "30, 60, 90, 120"}
	filters["in_party_currency"] = in_party_currency
	companies = frappe.get_all("Company", pluck="name")
	return [row for company in companies for row in execute({**filters, "company": company})[1]]


def open_credits(vouchers: list[Voucher]) -> dict[tuple[str, str], float]:
	"""What credit notes that are open by themselves are worth, by customer and the invoice that they are against."""
	against = dict(frappe.get_all(INVOICE, {"is_return": 1}, ["name", "return_against"], as_list=True))
	credits: dict[tuple[str, str], float] = defaultdict(float)
	for voucher in vouchers:
		if voucher.outstanding < 0 and against.get(voucher.name):
			credits[voucher.customer, against[voucher.name]] -= voucher.outstanding
	return dict(credits)


def instalments_of(voucher: Voucher) -> list[tuple[date, float]]:
	"""Due dates and amounts: of the payment schedule, else one, else what is owed since it was posted."""
	fields = ["due_date", "base_payment_amount"]
	rows = frappe.get_all("Payment Schedule", {"parent": voucher.name, "parenttype": voucher.doctype}, fields)
	if rows:
		return [(row.due_date, row.base_payment_amount) for row in rows]
	due = None
	if voucher.doctype in (INVOICE, JOURNAL):
		due = frappe.db.get_value(voucher.doctype, voucher.name, "due_date")
	due = due or frappe.db.get_value(voucher.doctype, voucher.name, "posting_date")
	return [(getdate(due), voucher.outstanding)]
