"""Companies besides the one that the site was set up with, for tests: made in ERPNext's way, taken away in ours."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.tests.support import factories


def make_company(name: str, abbreviation: str, currency: str, country: str) -> str:
	"""A company with a chart of accounts; its name."""
	values = {"abbr": abbreviation, "default_currency": currency, "country": country}
	values["chart_of_accounts"] = "Standard"
	doc = frappe.get_doc({"doctype": "Company", "company_name": name, **values})
	return doc.insert(ignore_permissions=True).name


def remove_companies(*names: str) -> None:
	"""With all that ERPNext made for them. Its own way of deleting a company fails in some releases."""
	links = frappe.get_all("DocField", {"fieldtype": "Link", "options": "Company"}, ["parent", "fieldname"])
	for link in links:
		if not frappe.get_meta(link.parent).issingle and frappe.db.table_exists(link.parent):
			frappe.db.delete(link.parent, {link.fieldname: ("in", names)})
	frappe.db.delete("Company", {"name": ("in", names)})
	frappe.db.commit()
	for name in names:
		frappe.clear_document_cache("Company", name)


def invoice_in(company: str, customer: str, amount: float, days_ago: int):
	"""An invoice of a company in its own currency."""
	currency = frappe.get_cached_value("Company", company, "default_currency")
	rates = {"conversion_rate": 1, "plc_conversion_rate": 1, "price_list_currency": currency}
	day = add_days(getdate(), -days_ago)
	return factories.make_invoice(customer, amount, day, company=company, currency=currency, **rates)
