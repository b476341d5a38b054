"""Reads real invoices and makes a company of them, a Sales Invoice each. Scores nothing.

The file has a row an invoice: invoice_no, customer_id, invoice_date, amount, is_return; amounts of returns are negative.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from tools.truth.company_database import Sale, write_company

_COLUMNS = ["invoice_no", "customer_id", "invoice_date", "amount", "is_return"]


def build(invoices: Path, database: Path) -> None:
	"""Read a CSV of invoices, packed or not, into a new database."""
	write_company(database, sales_of(invoices))


def sales_of(invoices: Path) -> list[Sale]:
	"""The invoices of a CSV, packed or not, in its order."""
	frame = pd.read_csv(invoices, usecols=_COLUMNS, dtype={"invoice_no": str, "customer_id": str})
	return [
		Sale(
			row["invoice_no"],
			row["customer_id"],
			date.fromisoformat(row["invoice_date"][:10]),
			float(row["amount"]),
			bool(row["is_return"]),
		)
		for row in frame.to_dict("records")
	]
