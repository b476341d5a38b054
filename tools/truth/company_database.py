"""Writes sales, and what else is on record of a company, into an SQLite database with ERPNext's tables. Scores nothing."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from crm_success.standalone.demo.schema import Row, create_tables, insert, set_single

COMPANY, CURRENCY = "Online Retail", "GBP"
# ERPNext's default for a customer without payment terms is the day itself; on account it is a month
DAYS_TO_PAY = 30
_OPENED = date(2010, 1, 1)


@dataclass(frozen=True)
class Sale:
	"""An invoice; the amount of a return is below 0."""

	name: str
	customer: str
	day: date
	amount: float
	is_return: bool = False

	@property
	def due(self) -> date:
		"""The day by which it is to be paid."""
		return self.day + timedelta(DAYS_TO_PAY)


def write_company(
	database: Path, sales: Iterable[Sale], beside: Mapping[str, Iterable[Row]] | None = None
) -> None:
	"""A new database with an invoice a sale, a customer for each who bought, and the rows `beside`, by DocType."""
	sales = list(sales)
	with closing(sqlite3.connect(database)) as connection:
		create_tables(connection)
		insert(connection, "Company", [record(COMPANY, _OPENED) | {"default_currency": CURRENCY}])
		insert(connection, "Customer", _customers(sales))
		insert(connection, "Sales Invoice", map(_invoice, sales))
		for doctype, rows in (beside or {}).items():
			insert(connection, doctype, rows)
		set_single(connection, "Global Defaults", "default_currency", CURRENCY)
		connection.commit()


def record(name: str, day: date) -> dict[str, object]:
	"""What every row has: a name, and when it was made."""
	moment = f"{day} 09:00:00.000000"
	return {"name": name, "creation": moment, "modified": moment}


def _customers(sales: list[Sale]) -> list[Row]:
	first: dict[str, date] = {}
	for sale in sales:
		first[sale.customer] = min(first.get(sale.customer, sale.day), sale.day)
	return [record(name, first[name]) | {"customer_name": name} for name in sorted(first)]


def _invoice(sale: Sale) -> Row:
	return {
		**record(sale.name, sale.day),
		"docstatus": 1,
		"customer": sale.customer,
		"customer_name": sale.customer,
		"company": COMPANY,
		"currency": CURRENCY,
		"party_account_currency": CURRENCY,
		"conversion_rate": 1,
		"posting_date": sale.day.isoformat(),
		"due_date": sale.due.isoformat(),
		"base_net_total": sale.amount,
		"net_total": sale.amount,
		"base_grand_total": sale.amount,
		"grand_total": sale.amount,
		"status": "Return" if sale.is_return else "Paid",
		"is_opening": "No",
		"is_return": int(sale.is_return),
	}
