"""Completes ERPNext's setup wizard on the test site. folder.py runs it in the bench's environment.

python -m tools.bench.setup_wizard SITE     (from the sites folder)
"""

import sys
from datetime import date

import frappe
from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

ANSWERS = {
	"language": "English",
	"country": "United Kingdom",
	"timezone": "Europe/London",
	"currency": "GBP",
	"full_name": "Test Administrator",
	"email": "administrator@retail.example",
	"password": "admin",
	"company_name": "Retail Ltd",
	"company_abbr": "RL",
	"company_tagline": "Retail",
	"chart_of_accounts": "Standard",
	"bank_account": "Bank",
	"domains": ["Retail"],
	"setup_demo": 0,
	"enable_telemetry": 0,
}


def main(site: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.local.lang = "en"
	year = date.today().year
	outcome = setup_complete({**ANSWERS, "fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"})
	frappe.db.commit()
	if not frappe.db.exists("Company", ANSWERS["company_name"]):
		raise SystemExit(f"The setup wizard made no company: {outcome}")
	frappe.destroy()


if __name__ == "__main__":
	main(sys.argv[1])
