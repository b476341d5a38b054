"""Fills the benchmark's site. `make bench` runs it in the bench's environment.

python -m tools.benchmarks.fill SITE CUSTOMERS     (from the sites folder)
"""

import sys

import frappe
from frappe.utils import nowdate

from tools.benchmarks.dataset import Size, fill


def main(site: str, customers: int) -> None:
	frappe.init(site=site)
	frappe.connect()
	company = frappe.get_all("Company", pluck="name")[0]
	currency = frappe.get_cached_value("Company", company, "default_currency")

	def execute(sql: str, parameters: dict) -> None:
		frappe.db.sql(sql, parameters)
		frappe.db.commit()

	fill(Size.of(customers), execute, company, currency, nowdate())
	for doctype in ("Customer", "Sales Invoice", "Payment Ledger Entry", "Issue"):
		# fresh statistics: the server would take its plans from the empty tables
		frappe.db.sql_ddl(f"ANALYZE TABLE `tab{doctype}`")
	frappe.destroy()


if __name__ == "__main__":
	main(sys.argv[1], int(sys.argv[2]))
