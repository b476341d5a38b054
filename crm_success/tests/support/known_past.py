"""A company whose customers' past is known by heart: who had bought by a day, and who bought again within 90 days after it.

Rows of the columns that scoring reads: to submit hundreds of invoices would take minutes.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import frappe
from frappe.utils import getdate

from crm_success.tests.support import factories
from crm_success.tests.support.customer_rows import insert_customers

PREFIX = "Past "
HORIZON = 90
# of those who had bought by `past_day` and are not disabled
BUYERS, LEFT, DISABLED = 100, 43, 3
_COLUMNS = (
	*("name", "creation", "modified", "docstatus", "customer", "customer_name", "company", "posting_date"),
	*("due_date", "currency", "conversion_rate", "base_net_total", "net_total", "base_grand_total"),
	*("grand_total", "is_return", "is_opening"),
)


def past_day() -> date:
	"""The day that is asked about."""
	return getdate() - timedelta(120)


def last_purchase() -> date:
	"""Of anybody."""
	return past_day() + timedelta(HORIZON + 1)


def make_known_past() -> None:
	"""57 who stay, 43 who leave, 3 who are disabled, and 5 who came afterwards.

	Of those who leave, 35 had not bought for 150 days; 5, who come back a day too late, and 3, who only return
	something, had bought as lately as those who stay.
	"""
	insert_buyers(_invoices())
	frappe.db.set_value("Customer", {"name": ("like", f"{PREFIX}Disabled%")}, "disabled", 1)
	frappe.db.commit()


def insert_buyers(bought: Iterable[tuple[str, date, float]]) -> None:
	"""The customers named, and an invoice or a return for each day and amount."""
	invoices = list(bought)
	names = sorted({invoice[0] for invoice in invoices})
	now, company = frappe.utils.now(), factories.default_company()
	insert_customers(names)
	currency = frappe.get_cached_value("Company", company, "default_currency")
	values = [
		(f"{PREFIX}{number:04}", now, now, 1, name, name, company, day, day, currency, 1)
		+ (amount,) * 4
		+ (int(amount < 0), "No")
		for number, (name, day, amount) in enumerate(invoices)
	]
	frappe.db.bulk_insert("Sales Invoice", _COLUMNS, values)
	frappe.db.commit()


def _invoices() -> Iterable[tuple[str, date, float]]:
	for number in range(57):
		yield from _bought(f"Stays {number:02}", -150, -30, 90 if number % 2 else 1)
	for number in range(35):
		yield from _bought(f"Gone {number:02}", -150)
	for number in range(5):
		yield from _bought(f"Late {number}", -150, -30, HORIZON + 1)
	for number in range(3):
		yield from _bought(f"Returns {number}", -150, -30)
		yield f"{PREFIX}Returns {number}", past_day() + timedelta(20), -40.0
	for number in range(DISABLED):
		yield from _bought(f"Disabled {number}", -150)
	for number in range(5):
		yield from _bought(f"New {number}", 1, 30)


def _bought(name: str, *days: int) -> Iterable[tuple[str, date, float]]:
	return ((f"{PREFIX}{name}", past_day() + timedelta(day), 100.0) for day in days)
