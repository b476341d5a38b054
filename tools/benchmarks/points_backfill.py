"""What points of old documents cost against the bare grouped read of invoices and bare inserts of what was written; what a
balance costs, and what rules cost whoever submits an invoice.

Bare: one statement that reads each invoice with what was returned of it, and the same rows of entries and accounts, written
again into empty tables in plain multi-row statements. Nothing of it stays.
"""

import time
from collections.abc import Callable
from statistics import median

import frappe
from frappe.desk.form.save import savedocs
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import RUN
from crm_success.customer_loyalty.earning.backfill_records import KIND, start_backfill
from crm_success.customer_loyalty.earning.earning import key_of
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.record_names import (
	ACCOUNT,
	BACKFILL,
	BACKFILL_REASON,
	DUE_DOCUMENT,
	EARNING_RULE,
	LEDGER_ENTRY,
)
from crm_success.tests.support import factories
from crm_success.watching.watched_doctypes import ask_again
from tools.benchmarks.floor import ROWS_AT_ONCE
from tools.benchmarks.small_jobs import seconds_of
from tools.benchmarks.whole_run import finished

ENTRIES = 10_000
BALANCES = 20
PAIRS = 60
WARM_UP = 5
RULES = 5
# a point for each ten, until the end of the year after
RULE = {
	"basis": "For Each Amount",
	"points": 1,
	"each_amount": 10,
	"lapse": "End of a Year",
	"lapse_number": 1,
}


def measure() -> dict:
	"""Seconds and megabytes of a dry run and of a backfill of all invoices, and of their bare statements; of a balance; and of
	submitting an invoice.
	"""
	forget()
	make_rules(1)
	backfill = _backfill()
	dry = finished(lambda: start_backfill(backfill, is_dry=True), workers=1)
	given = finished(lambda: start_backfill(backfill, is_dry=False), workers=1)
	read = bare_read()
	entries = frappe.db.count(LEDGER_ENTRY)
	inserts = {doctype: bare_insert(doctype) for doctype in (LEDGER_ENTRY, ACCOUNT)}
	figures = {
		"dry": dry["seconds"],
		"given": given["seconds"],
		"entries": entries,
		"bare_read": read,
		"bare_entries": inserts[LEDGER_ENTRY],
		"bare_accounts": inserts[ACCOUNT],
		"peak_mb": max(dry["peak_mb"], given["peak_mb"]),
		"balance": balance(),
		"submit": submitting(),
	}
	forget()
	return figures


def make_rules(number: int) -> None:
	for place in range(number):
		name = f"Benchmark {place}"
		frappe.get_doc(
			{"doctype": EARNING_RULE, "rule_name": name, "event": "Invoice Submitted", **RULE}
		).insert()
	frappe.db.commit()


def bare_read() -> float:
	"""Seconds for what each invoice is worth, and what was returned of it."""
	sql = """
		SELECT invoice.name, invoice.customer, invoice.company, invoice.posting_date, invoice.base_net_total,
			invoice.loyalty_amount, invoice.is_opening, SUM(returned.base_net_total)
		FROM `tabSales Invoice` invoice LEFT JOIN `tabSales Invoice` returned
			ON returned.return_against = invoice.name AND returned.docstatus = 1
		WHERE invoice.docstatus = 1 AND invoice.is_return = 0
		GROUP BY invoice.name"""
	return seconds_of(lambda: frappe.db.sql(sql))


def bare_insert(doctype: str) -> float:
	"""Seconds to write the rows of the DocType again into an empty table, a commit every ROWS_AT_ONCE rows."""
	rows = frappe.db.sql(f"SELECT * FROM `tab{doctype}` ORDER BY customer, creation, name")
	columns = [column[0] for column in frappe.db.get_description()]
	frappe.db.sql_ddl(f"TRUNCATE `tab{doctype}`")
	names = ", ".join(f"`{column}`" for column in columns)
	sql = f"INSERT INTO `tab{doctype}` ({names}) VALUES ({', '.join(['%s'] * len(columns))})"
	cursor = frappe.db._conn.cursor()
	start = time.perf_counter()
	for first in range(0, len(rows), ROWS_AT_ONCE):
		cursor.executemany(sql, rows[first : first + ROWS_AT_ONCE])
		frappe.db.commit()
	return time.perf_counter() - start


def balance() -> dict:
	"""Medians for a customer with ENTRIES entries: its balance as it is asked for, its account added up anew, and the bare sum."""
	customer = frappe.get_all("Customer", pluck="name", order_by="name desc", limit=1)[0]
	_earn_often(customer)

	def add_up() -> None:
		ledger = Ledger([customer], getdate())
		ledger.sum_up([customer])
		frappe.db.commit()

	asked = {
		"asked": lambda: frappe.db.get_value(ACCOUNT, {"customer": customer}, "balance"),
		"added_up": add_up,
		"bare": lambda: frappe.db.sql(
			f"SELECT SUM(points) FROM `tab{LEDGER_ENTRY}` WHERE customer = %s", customer
		),
	}
	return {name: _median(work) for name, work in asked.items()}


def _earn_often(customer: str) -> None:
	ledger = Ledger([customer], getdate())
	for number in range(ENTRIES):
		on = add_days(getdate(), -(number % 1000))
		key = key_of("benchmark", customer, number)
		ledger.earn(customer, 5, Details(on, expires_on=add_days(on, 1500), event_key=key))
	ledger.write()
	frappe.db.commit()


def _median(work: Callable[[], object]) -> float:
	work()
	return median(seconds_of(work) for _number in range(BALANCES))


def submitting() -> dict:
	"""Medians of submitting an invoice without rules and with RULES of them, by turns; and of how much longer each pair took."""
	forget()
	make_rules(RULES)
	rules = frappe.db.sql(f"SELECT * FROM `tab{EARNING_RULE}`")
	columns = [column[0] for column in frappe.db.get_description()]
	without, beside = [], []
	for number in range(-WARM_UP, PAIRS):
		_set_rules(columns, ())
		bare = _submit()
		_set_rules(columns, rules)
		ruled = _submit()
		if number >= 0:
			without.append(bare)
			beside.append(ruled)
	more = median(ruled / bare - 1 for bare, ruled in zip(without, beside, strict=True))
	return {"without": median(without), "with": median(beside), "more": more}


def _set_rules(columns: list[str], rules: tuple) -> None:
	frappe.db.delete(EARNING_RULE)
	if rules:
		frappe.db.bulk_insert(EARNING_RULE, columns, rules)
	ask_again()
	frappe.db.commit()


def _submit() -> float:
	"""As the desk asks for it when somebody presses Submit."""
	factories.make_fiscal_years(getdate().year)
	customer = frappe.get_all("Customer", pluck="name", order_by="name", limit=1)[0]
	invoice = factories.make_invoice(customer, 100, getdate(), submit=False)
	frappe.db.commit()
	frappe.clear_messages()
	frappe.response.docs = []
	text = frappe.as_json(invoice.as_dict())

	def submit() -> None:
		savedocs(text, "Submit")
		frappe.db.commit()

	seconds = seconds_of(submit)
	_forget_invoice(invoice.name)
	return seconds


def _forget_invoice(name: str) -> None:
	for doctype in ("GL Entry", "Payment Ledger Entry"):
		frappe.db.delete(doctype, {"voucher_no": name})
	for doctype in ("Sales Invoice Item", "Payment Schedule"):
		frappe.db.delete(doctype, {"parent": name})
	frappe.db.delete("Sales Invoice", {"name": name})
	frappe.db.commit()


def _backfill() -> str:
	first = frappe.db.sql("SELECT MIN(posting_date) FROM `tabSales Invoice`")[0][0]
	days = {"from_date": first, "to_date": getdate()}
	doc = frappe.get_doc({"doctype": BACKFILL, "earning_rule": "Benchmark 0", **days}).insert()
	frappe.db.commit()
	return doc.name


def forget() -> None:
	"""The site as it was: without rules and points."""
	frappe.db.rollback()
	for doctype in (LEDGER_ENTRY, ACCOUNT, DUE_DOCUMENT, EARNING_RULE, BACKFILL, BACKFILL_REASON):
		frappe.db.sql_ddl(f"TRUNCATE `tab{doctype}`")
	frappe.db.delete(RUN, {"kind": KIND})
	ask_again()
	frappe.db.commit()
