"""A tiny ERPNext database written by hand, for values that can be worked out on paper. Scored as of 2026-01-31."""

import sqlite3
from contextlib import closing
from datetime import date

from crm_success.standalone.assessment import Scoring
from crm_success.standalone.connections import connect
from crm_success.standalone.demo.schema import create_tables, insert, set_single

AS_OF = date(2026, 1, 31)


def invoice(name, customer, day, net, due=None, **values):
	row = {
		"name": name,
		"docstatus": 1,
		"customer": customer,
		"company": "Main",
		"posting_date": day,
		"due_date": due,
		"base_net_total": net,
		"base_grand_total": round(net * 1.19, 2),
		"is_opening": "No",
		"is_return": 0,
		"currency": "EUR",
		"party_account_currency": "EUR",
	}
	return row | values


def entry(name, customer, day, against, amount, voucher=None, **values):
	row = {
		"name": name,
		"docstatus": 1,
		"posting_date": day,
		"account_type": "Receivable",
		"party_type": "Customer",
		"party": customer,
		"voucher_type": "Payment Entry" if amount < 0 else "Sales Invoice",
		"voucher_no": voucher or against,
		"against_voucher_type": "Sales Invoice",
		"against_voucher_no": against,
		"amount": amount,
		"amount_in_account_currency": amount,
		"account": "Debtors",
		"company": "Main",
	}
	return row | values


# A: net 600 - 100 returned + 200 + 400. Invoice 1 was paid ten days late, invoice 3 is overdue, invoice 4 is not yet.
INVOICES = [
	invoice("1", "A", "2025-10-15", 600, "2025-11-14"),
	invoice("2", "A", "2025-10-20", -100, is_return=1, return_against="1"),
	invoice("3", "A", "2025-12-01", 200, "2025-12-31"),
	invoice("4", "A", "2026-01-01", 400, "2026-01-31"),
	# none of these counts for B
	invoice("draft", "B", "2026-01-05", 5000, docstatus=0),
	invoice("cancelled", "B", "2026-01-05", 5000, docstatus=2),
	invoice("opening", "B", "2026-01-05", 5000, is_opening="Yes"),
	invoice("tomorrow", "B", "2026-02-01", 5000),
	invoice("internal", "Sister", "2026-01-05", 9000, is_internal_customer=1),
	invoice("O1", 'O\'Neil "Q" 🚀', "2026-01-30", 50, "2026-03-01"),
]
ENTRIES = [
	entry("E1", "A", "2025-10-15", "1", 714.0),
	entry("E2", "A", "2025-10-20", "1", -119.0, "2", voucher_type="Sales Invoice"),
	entry("E3", "A", "2025-11-24", "1", -595.0, "PAY-1"),
	entry("E4", "A", "2025-12-01", "3", 238.0),
	entry("E5", "A", "2026-01-01", "4", 476.0),
	entry("E6", "A", "2025-12-05", "3", 999.0, delinked=1),
	entry("E7", 'O\'Neil "Q" 🚀', "2026-01-30", "O1", 59.5),
]
ISSUES = [
	{
		"name": "I1",
		"customer": "A",
		"status": "Open",
		"priority": "High",
		"opening_date": "2026-01-20",
		"opening_time": "09:00:00",
		"modified": "2026-01-20 09:00:00",
		"service_level_agreement": "SLA",
		"sla_resolution_by": "2026-01-23 09:00:00",
	},
	{
		"name": "I2",
		"customer": "A",
		"status": "Closed",
		"priority": "Low",
		"opening_date": "2026-01-05",
		"opening_time": "10:00:00",
		"modified": "2026-01-06 10:00:00",
		"service_level_agreement": "SLA",
		"sla_resolution_by": "2026-01-08 10:00:00",
		"sla_resolution_date": "2026-01-06 10:00:00",
	},
]


def customer(name, **values):
	return {
		"name": name,
		"customer_name": name,
		"customer_group": "Commercial",
		"territory": "Germany",
	} | values


CUSTOMERS = [
	customer("A", account_manager="anna@example.com"),
	customer("B"),
	customer('O\'Neil "Q" 🚀'),
	customer("Sister", is_internal_customer=1),
]


def write(
	path, invoices=INVOICES, entries=ENTRIES, issues=ISSUES, customers=CUSTOMERS, companies=None, rates=()
):
	"""The database as a file; companies are currencies by name."""
	with closing(sqlite3.connect(path)) as database:
		create_tables(database)
		for company, currency in (companies or {"Main": "EUR"}).items():
			insert(database, "Company", [{"name": company, "default_currency": currency}])
		for doctype, rows in (
			("Customer", customers),
			("Sales Invoice", invoices),
			("Payment Ledger Entry", entries),
			("Issue", issues),
			("Currency Exchange", rates),
		):
			insert(database, doctype, rows)
		set_single(database, "Global Defaults", "default_currency", "EUR")
		database.commit()
	return path


def alter(path, *statements):
	"""Run statements that change or damage the database."""
	with closing(sqlite3.connect(path)) as database:
		for statement in statements:
			database.execute(statement)
		database.commit()


def score(path, as_of=AS_OF, batch_size=5000):
	"""The rows of health.csv as batches, and the outcome."""
	batches = []
	with connect(f"sqlite:///{path}") as database:
		outcome = Scoring(database, as_of, batch_size).run(batches.append, lambda done: None)
	return batches, outcome
