"""Writes a made-up trading company into an SQLite database with ERPNext's tables. Scores nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from crm_success.standalone.demo.company_documents import (
	Ledger,
	add_ledger_row,
	invoice_row,
	moment,
	write_invoices,
	write_issues,
)
from crm_success.standalone.demo.people import (
	COMPANY,
	COMPANY_UK,
	CURRENCY,
	HISTORY_DAYS,
	Person,
	people,
	record,
)
from crm_success.standalone.demo.schema import create_tables, insert, set_single

CUSTOMERS = 600
SEED = 42


def build(
	path: Path, customers: int, seed: int, as_of: date, progress: Callable[[int], None] = lambda done: None
) -> None:
	"""Write the database to a new file. The same arguments always give the same rows.

	`progress` gets the number of customers done since its last call.
	"""
	# a text seed: its hash is the same in every process and version of Python
	chance = Random(f"crm_success {seed}")
	ledger = Ledger(as_of)
	everybody = people(customers, chance)
	for person in everybody:
		ledger.add("Customer", {**record(person), "creation": _first_seen(person, as_of)})
		write_invoices(person, ledger, chance)
		write_issues(person, ledger, chance)
		progress(1)
	if everybody:
		_write_oddities(everybody, ledger)
	_write_companies(ledger)
	try:
		_write(path, ledger)
	except sqlite3.OperationalError as error:
		# a full disk, told as such
		raise OSError(str(error)) from error


def _write(path: Path, ledger: Ledger) -> None:
	with closing(sqlite3.connect(path)) as database:
		create_tables(database)
		for doctype, rows in ledger.rows.items():
			insert(database, doctype, rows)
		set_single(database, "Global Defaults", "default_company", COMPANY)
		set_single(database, "Global Defaults", "default_currency", CURRENCY[COMPANY])
		database.commit()


def _first_seen(person: Person, as_of: date) -> str:
	return moment(datetime.combine(as_of - timedelta(days=person.first_day), time(8)))


def _write_companies(ledger: Ledger) -> None:
	start = ledger.as_of - timedelta(days=HISTORY_DAYS)
	made = moment(datetime.combine(start, time(8)))
	for company, abbreviation, country in ((COMPANY, "BS", "Germany"), (COMPANY_UK, "BSU", "United Kingdom")):
		row = {"name": company, "company_name": company, "abbr": abbreviation, "country": country}
		ledger.add("Company", {**row, "default_currency": CURRENCY[company], "creation": made})
	for days_back, rate in ((HISTORY_DAYS, 1.15), (400, 1.17), (60, 1.16)):
		day = (ledger.as_of - timedelta(days=days_back)).isoformat()
		row = {"name": f"{day}-GBP-EUR", "date": day, "from_currency": "GBP", "to_currency": "EUR"}
		ledger.add("Currency Exchange", {**row, "exchange_rate": rate, "for_selling": 1, "creation": made})


def _write_oddities(everybody: list[Person], ledger: Ledger) -> None:
	"""Rows that real databases have too: documents of no customer, of a deleted one, and dated in the future."""
	somebody = everybody[-1]
	for days_back in (40, 160, 420):
		_odd_invoice(somebody, ledger, days_back, customer=None, customer_name=None)
	for days_back in (75, 300):
		_odd_invoice(
			somebody, ledger, days_back, customer="Old Mill Trading", customer_name="Old Mill Trading"
		)
	_odd_invoice(somebody, ledger, -20)
	for person in everybody[:3]:
		opening = _odd_invoice(person, ledger, HISTORY_DAYS, is_opening="Yes")
		day = date.fromisoformat(opening["posting_date"])
		gross = opening["base_grand_total"]
		add_ledger_row(person, ledger, day, ("Sales Invoice", opening["name"]), opening["name"], gross)
		add_ledger_row(
			person, ledger, day, ("Journal Entry", f"ACC-JV-{person.first_day}"), opening["name"], -gross
		)
	_write_internal_customer(somebody, ledger)


def _odd_invoice(person: Person, ledger: Ledger, days_back: int, **changes: object) -> dict[str, object]:
	day = ledger.as_of - timedelta(days=days_back)
	row = {**invoice_row(person, ledger.number("ACC-SINV", day), day, 480.0), **changes}
	ledger.add("Sales Invoice", row)
	return row


def _write_internal_customer(person: Person, ledger: Ledger) -> None:
	internal = {"name": COMPANY_UK, "customer_name": COMPANY_UK, "customer_group": "Commercial"}
	made = _first_seen(person, ledger.as_of)
	ledger.add(
		"Customer",
		{**internal, "is_internal_customer": 1, "represents_company": COMPANY_UK, "creation": made},
	)
	changes = {
		"customer": COMPANY_UK,
		"customer_name": COMPANY_UK,
		"company": COMPANY,
		"is_internal_customer": 1,
	}
	_odd_invoice(person, ledger, 30, **changes)
