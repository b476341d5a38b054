"""Writes real invoices into an SQLite database with ERPNext's tables, a Sales Invoice each. Scores nothing.

The file has a row an invoice: invoice_no, customer_id, invoice_date, amount, is_return; amounts of returns are negative.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

from crm_success.standalone.demo.schema import Row, create_tables, insert, set_single

COMPANY, CURRENCY = "Online Retail", "GBP"
_COLUMNS = ["invoice_no", "customer_id", "invoice_date", "amount", "is_return"]


def build(invoices: Path, database: Path) -> None:
	"""Read a CSV of invoices, packed or not, into a new database."""
	frame = pd.read_csv(invoices, usecols=_COLUMNS, dtype={"invoice_no": str, "customer_id": str})
	frame["day"] = frame["invoice_date"].str.slice(0, 10)
	with closing(sqlite3.connect(database)) as connection:
		create_tables(connection)
		insert(connection, "Company", [_record(COMPANY, "2010-01-01") | {"default_currency": CURRENCY}])
		first_days = frame.groupby("customer_id")["day"].min()
		insert(connection, "Customer", [_customer(name, day) for name, day in first_days.items()])
		insert(connection, "Sales Invoice", [_invoice(row) for row in frame.to_dict("records")])
		set_single(connection, "Global Defaults", "default_currency", CURRENCY)
		connection.commit()


def _record(name: str, day: str) -> dict[str, object]:
	moment = f"{day} 09:00:00.000000"
	return {"name": name, "creation": moment, "modified": moment}


def _customer(name: str, day: str) -> Row:
	return {**_record(name, day), "customer_name": name}


def _invoice(row: dict) -> Row:
	amount = float(row["amount"])
	return {
		**_record(row["invoice_no"], row["day"]),
		"docstatus": 1,
		"customer": row["customer_id"],
		"customer_name": row["customer_id"],
		"company": COMPANY,
		"currency": CURRENCY,
		"party_account_currency": CURRENCY,
		"conversion_rate": 1,
		"posting_date": row["day"],
		"due_date": row["day"],
		"base_net_total": amount,
		"net_total": amount,
		"base_grand_total": amount,
		"grand_total": amount,
		"status": "Return" if row["is_return"] else "Paid",
		"is_opening": "No",
		"is_return": int(row["is_return"]),
	}
