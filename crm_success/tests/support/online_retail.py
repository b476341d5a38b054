"""Puts the invoices of a real web shop ("Online Retail", doi 10.24432/C5BW33) on a site, as rows, and takes them off.

Submitting 22,190 invoices one by one would take hours; the columns that scoring reads are the real ones.
"""

from pathlib import Path

import frappe
import pandas as pd

import crm_success
from crm_success.tests.support.customer_rows import insert_customers

COMPANY = "Online Retail Ltd"
FILE = Path(crm_success.__file__).parents[2] / "shared" / "data" / "online_retail_invoices.csv.gz"
PREFIX = "RETAIL-"
INVOICE_COLUMNS = (
	"name",
	"creation",
	"modified",
	"docstatus",
	"customer",
	"customer_name",
	"company",
	"posting_date",
	"due_date",
	"currency",
	"conversion_rate",
	"base_net_total",
	"net_total",
	"base_grand_total",
	"grand_total",
	"is_return",
	"is_opening",
)


def read_invoices() -> pd.DataFrame:
	"""One row an invoice: customer, posting_date (datetime64), amount (GBP), is_return (0/1), invoice_no."""
	invoices = pd.read_csv(FILE, dtype={"invoice_no": str, "customer_id": str})
	invoices["customer"] = PREFIX + invoices["customer_id"]
	invoices["posting_date"] = pd.to_datetime(invoices["invoice_date"]).dt.normalize()
	return invoices


def load(invoices: pd.DataFrame) -> None:
	"""Customers through bulk insert, submitted invoices as rows, all of them in COMPANY."""
	remove()
	make_company()
	now = frappe.utils.now()
	insert_customers(sorted(invoices["customer"].unique()))
	frappe.db.bulk_insert("Sales Invoice", INVOICE_COLUMNS, list(_rows(invoices, now)), chunk_size=5000)
	frappe.db.commit()  # nosemgrep: other processes read it


def remove() -> None:
	"""Takes away whatever `load` has put on the site, but for the company."""
	for doctype, field in (("Sales Invoice", "name"), ("Customer", "name"), ("Customer Health", "name")):
		frappe.db.delete(doctype, {field: ("like", f"{PREFIX}%")})
	frappe.db.delete("Customer Health Snapshot", {"customer": ("like", f"{PREFIX}%")})
	frappe.db.delete("Score Calibration", {"as_of": ("<=", "2011-12-31")})
	frappe.db.commit()  # nosemgrep: other processes read it


def make_company() -> None:
	"""A company whose currency is the data's, GBP."""
	if not frappe.db.exists("Company", COMPANY):
		company = {"doctype": "Company", "company_name": COMPANY, "abbr": "ORL", "default_currency": "GBP"}
		frappe.get_doc({**company, "country": "United Kingdom"}).insert(ignore_permissions=True)


def _rows(invoices: pd.DataFrame, now: str):
	for row in invoices.itertuples():
		day = row.posting_date.strftime("%Y-%m-%d")
		amounts = (row.amount,) * 4
		yield (
			f"{PREFIX}{row.invoice_no}",
			now,
			now,
			1,
			row.customer,
			row.customer,
			COMPANY,
			day,
			day,
			"GBP",
			1,
			*amounts,
			row.is_return,
			"No",
		)
