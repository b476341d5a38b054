"""The payments and issues of made customers, by how much trouble each of them is in on a day. Decides no purchase.

What a record says is known here, so that it is known whether a score does well to listen: with trouble drawn at random
the records say nothing about who goes on buying; with trouble that comes before a customer leaves, they say much.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random

from crm_success.standalone.demo.schema import Row
from tools.truth.company_database import COMPANY, CURRENCY, Sale, record

# from 0, all is well, to 1
Trouble = Callable[[str, date], float]
Rows = dict[str, list[Row]]

DAYS_A_MONTH = 30.4
# priority: share of the issues, hours to resolve
_PRIORITIES = {"Low": (45, 120), "Medium": (35, 72), "High": (20, 24)}
# of those who complain at all: the others never do
_COMPLAINING = 0.4


def records_beside(sales: Iterable[Sale], trouble: Trouble, until: date, seed: int) -> Rows:
	"""Rows of the Payment Ledger and of Issue up to a day, the same for the same seed."""
	sales = [sale for sale in sales if not sale.is_return]
	chance = Random(seed)
	return {
		"Payment Ledger Entry": _ledger(sales, trouble, until, chance),
		"Issue": _issues(sales, trouble, until, chance),
	}


def drawn_trouble(seed: int) -> Trouble:
	"""Trouble that each customer has all its life, and that has nothing to do with what it buys."""

	def trouble(customer: str, day: date) -> float:
		return Random(f"{seed} {customer}").betavariate(1.2, 3.0)

	return trouble


def _ledger(sales: list[Sale], trouble: Trouble, until: date, chance: Random) -> list[Row]:
	rows, numbers = [], count(1)
	for sale in sales:
		invoice = ("Sales Invoice", sale.name)
		rows.append(_ledger_row(f"PLE-{next(numbers)}", sale, sale.day, invoice, sale.amount))
		paid_on = _paid_on(sale, trouble(sale.customer, sale.due), chance)
		if paid_on and paid_on <= until:
			number = next(numbers)
			payment = ("Payment Entry", f"PAY-{number}")
			rows.append(_ledger_row(f"PLE-{number}", sale, paid_on, payment, -sale.amount))
	return rows


def _paid_on(sale: Sale, trouble: float, chance: Random) -> date | None:
	"""The day it is paid; None for never."""
	if chance.random() < 0.004 + 0.22 * trouble**3:
		return None
	late = chance.gauss(-6 + 60 * trouble**2, 9)
	return max(sale.day + timedelta(1), sale.due + timedelta(round(late)))


def _ledger_row(name: str, sale: Sale, day: date, voucher: tuple[str, str], amount: float) -> Row:
	is_invoice = voucher[1] == sale.name
	return {
		**record(name, day),
		"docstatus": 1,
		"posting_date": day.isoformat(),
		"account_type": "Receivable",
		"account": "Debtors",
		"party_type": "Customer",
		"party": sale.customer,
		"voucher_type": voucher[0],
		"voucher_no": voucher[1],
		"against_voucher_type": "Sales Invoice",
		"against_voucher_no": sale.name,
		"amount": amount,
		"account_currency": CURRENCY,
		"amount_in_account_currency": amount,
		"due_date": sale.due.isoformat() if is_invoice else None,
		"delinked": 0,
		"company": COMPANY,
	}


def _issues(sales: list[Sale], trouble: Trouble, until: date, chance: Random) -> list[Row]:
	first: dict[str, date] = {}
	for sale in sales:
		first[sale.customer] = min(first.get(sale.customer, sale.day), sale.day)
	numbers = count(1)
	return [
		_issue(f"ISS-{next(numbers)}", customer, day, trouble(customer, day), until, chance)
		for customer in sorted(first)
		for day in _days_of_issues(customer, first[customer], until, trouble, chance)
	]


def _days_of_issues(
	customer: str, first: date, until: date, trouble: Trouble, chance: Random
) -> Iterator[date]:
	"""Whether somebody buys does not matter here: when an issue stops, nothing is told of purchases to come."""
	if chance.random() > _COMPLAINING:
		return
	day = first
	while True:
		a_month = 0.12 * (1 + 6 * trouble(customer, day))
		day += timedelta(1 + int(chance.expovariate(a_month / DAYS_A_MONTH)))
		if day > until:
			return
		yield day


def _issue(name: str, customer: str, day: date, trouble: float, until: date, chance: Random) -> Row:
	priority = chance.choices(list(_PRIORITIES), [share for share, _ in _PRIORITIES.values()])[0]
	_, hours = _PRIORITIES[priority]
	opened = datetime.combine(day, time(9))
	limit = opened + timedelta(hours=hours)
	took = timedelta(hours=round(hours * chance.lognormvariate(-1.0 + 1.3 * trouble, 0.7), 1))
	is_resolved = (
		opened + took < datetime.combine(until, time(23)) and chance.random() > 0.01 + 0.05 * trouble
	)
	resolved = {
		"status": "Closed",
		"sla_resolution_date": _moment(opened + took),
		"resolution_time": took.total_seconds(),
		"agreement_status": "Fulfilled" if opened + took <= limit else "Failed",
	}
	return {
		**record(name, day),
		"subject": "Query",
		"customer": customer,
		"priority": priority,
		"company": COMPANY,
		"opening_date": day.isoformat(),
		"opening_time": "09:00:00.000000",
		"service_level_agreement": "SLA-Default",
		"sla_resolution_by": _moment(limit),
		**(resolved if is_resolved else {"status": "Open", "agreement_status": "Resolution Due"}),
	}


def _moment(value: datetime) -> str:
	return value.strftime("%Y-%m-%d %H:%M:%S.%f")
