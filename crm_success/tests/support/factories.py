"""Real ERPNext documents for tests, through ERPNext's own API: saved, submitted and paid as a user would."""

from datetime import datetime

import frappe
from frappe.utils import add_days, add_to_date, get_datetime, getdate

from crm_success.crm_success.doctype.customer_health.customer_health import NULLABLE
from crm_success.database.dialects import KeyRange
from crm_success.scoring.bands import band_of
from crm_success.scoring.customer_fields import update_customers

ITEM = "CRM Success Test Service"
SLA = "CRM Success Test"


def default_company() -> str:
	"""The company that the site was set up with."""
	return (
		frappe.db.get_single_value("Global Defaults", "default_company")
		or frappe.get_all("Company", pluck="name")[0]
	)


def make_fiscal_years(*years: int) -> None:
	"""Fiscal years for documents dated in those calendar years, where the site has none yet."""
	for year in years:
		first, last = f"{year}-01-01", f"{year}-12-31"
		covering = {"year_start_date": ("<=", first), "year_end_date": (">=", last), "disabled": 0}
		if not frappe.db.exists("Fiscal Year", covering):
			values = {"year": f"CRM Success {year}", "year_start_date": first, "year_end_date": last}
			frappe.get_doc({"doctype": "Fiscal Year", **values}).insert(ignore_permissions=True)


def make_item() -> str:
	"""A service item, so that no stock is needed."""
	if not frappe.db.exists("Item", ITEM):
		values = {
			"item_code": ITEM,
			"item_group": _leaf("Item Group"),
			"stock_uom": "Nos",
			"is_stock_item": 0,
		}
		frappe.get_doc({"doctype": "Item", **values}).insert(ignore_permissions=True)
	return ITEM


def make_customer(name: str, **values) -> str:
	"""A customer of that very name; its name."""
	values = {"customer_group": _leaf("Customer Group"), "territory": _leaf("Territory"), **values}
	doc = frappe.get_doc({"doctype": "Customer", "customer_name": name, "customer_type": "Company", **values})
	return doc.insert(ignore_permissions=True, set_name=name).name


def make_invoice(
	customer: str,
	amount: float,
	posting_date: str,
	due_in_days: int = 30,
	submit: bool = True,
	**values,
):
	"""A Sales Invoice of one line over `amount`, due so many days later."""
	company = values.pop("company", None) or default_company()
	line = {"item_code": make_item(), "qty": values.pop("qty", 1), "rate": amount}
	line["income_account"] = frappe.get_cached_value("Company", company, "default_income_account")
	line["cost_center"] = frappe.get_cached_value("Company", company, "cost_center")
	dates = {
		"posting_date": posting_date,
		"due_date": add_days(posting_date, due_in_days),
		"set_posting_time": 1,
	}
	head = {"doctype": "Sales Invoice", "customer": customer, "company": company, **dates, **values}
	invoice = frappe.get_doc({**head, "items": [line]}).insert(ignore_permissions=True)
	return invoice.submit() if submit else invoice


def make_return(invoice, amount: float, posting_date: str):
	"""A credit note over part of an invoice's amount, against that invoice."""
	return make_invoice(
		invoice.customer,
		amount,
		posting_date,
		due_in_days=0,
		qty=-1,
		is_return=1,
		return_against=invoice.name,
		update_outstanding_for_self=0,
	)


def make_payment(invoice, posting_date: str, amount: float | None = None):
	"""A submitted Payment Entry for an invoice, whole or in part."""
	from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

	payment = get_payment_entry("Sales Invoice", invoice.name, party_amount=amount)
	payment.posting_date = posting_date
	payment.reference_no, payment.reference_date = invoice.name, posting_date
	return payment.insert(ignore_permissions=True).submit()


def make_service_level_agreement(response_hours: int = 4, resolution_hours: int = 24) -> str:
	"""The site's default agreement for issues: round the clock, every priority alike."""
	frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 1)
	limits = {"response_time": response_hours * 3600, "resolution_time": resolution_hours * 3600}
	if name := frappe.db.exists("Service Level Agreement", {"service_level": SLA}):
		# another module may have left it, with times of its own
		agreement = frappe.get_doc("Service Level Agreement", name)
		for row in agreement.priorities:
			row.update(limits)
		return agreement.save(ignore_permissions=True).name
	every_day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
	agreement = frappe.get_doc(
		{
			"doctype": "Service Level Agreement",
			"document_type": "Issue",
			"service_level": SLA,
			"default_service_level_agreement": 1,
			"enabled": 1,
			"apply_sla_for_resolution": 1,
			"holiday_list": _holiday_list(),
			"priorities": [
				{"priority": priority, "default_priority": int(priority == "Medium"), **limits}
				for priority in _priorities()
			],
			"sla_fulfilled_on": [{"status": "Resolved"}, {"status": "Closed"}],
			"pause_sla_on": [{"status": "On Hold"}],
			"support_and_resolution": [
				{"workday": day, "start_time": "00:00:00", "end_time": "23:59:59"} for day in every_day
			],
		}
	)
	return agreement.insert(ignore_permissions=True).name


def make_issue(customer: str, opened: str, priority: str = "Medium", **values):
	"""An Issue opened at that moment, 2026-01-31 10:00:00; a service level agreement counts from then."""
	moment = get_datetime(opened)
	issue = frappe.get_doc(
		{
			"doctype": "Issue",
			"subject": f"{customer} {opened}",
			"customer": customer,
			"priority": _priority(priority),
			"opening_date": moment.date(),
			"opening_time": moment.time(),
			"creation": moment,
			"service_level_agreement_creation": moment,
			**values,
		}
	)
	return issue.insert(ignore_permissions=True)


def resolve_issue(issue, after_hours: float):
	"""Resolve an issue so many hours after it was opened, as if done at that moment."""
	opened = datetime.combine(getdate(issue.opening_date), datetime.min.time())
	moment = add_to_date(opened, seconds=_seconds(issue.opening_time) + after_hours * 3600)
	frappe.flags.current_time = moment
	try:
		issue.reload()
		issue.status = "Resolved"
		issue.save(ignore_permissions=True)
	finally:
		frappe.flags.current_time = None
	return issue


def _seconds(time_of_day) -> float:
	return frappe.utils.get_timedelta(str(time_of_day)).total_seconds()


def _leaf(doctype: str) -> str:
	return frappe.get_all(doctype, {"is_group": 0}, pluck="name", order_by="name", limit=1)[0]


def _priorities() -> list[str]:
	return [_priority(name) for name in ("Low", "Medium", "High")]


def _priority(name: str) -> str:
	if not frappe.db.exists("Issue Priority", name):
		frappe.get_doc({"doctype": "Issue Priority", "__newname": name, "name": name}).insert(
			ignore_permissions=True
		)
	return name


def _holiday_list() -> str:
	name = "CRM Success Test Holidays"
	if not frappe.db.exists("Holiday List", name):
		values = {"holiday_list_name": name, "from_date": "2020-01-01", "to_date": "2020-12-31"}
		frappe.get_doc({"doctype": "Holiday List", **values}).insert(ignore_permissions=True)
	return name


def make_journal_entry(customer: str, amount: float, posting_date):
	"""A submitted Journal Entry by which the customer owes that much more."""
	company = default_company()
	receivable, income, cost_center = frappe.get_cached_value(
		"Company", company, ["default_receivable_account", "default_income_account", "cost_center"]
	)
	owed = {
		"account": receivable,
		"party_type": "Customer",
		"party": customer,
		"debit_in_account_currency": amount,
	}
	earned = {"account": income, "credit_in_account_currency": amount, "cost_center": cost_center}
	head = {"doctype": "Journal Entry", "company": company, "posting_date": posting_date}
	return frappe.get_doc({**head, "accounts": [owed, earned]}).insert(ignore_permissions=True).submit()


def make_delivery_note(customer: str, posting_date: str):
	"""A submitted Delivery Note of one service line."""
	company = default_company()
	line = {"item_code": make_item(), "qty": 1, "rate": 10}
	line["expense_account"] = frappe.get_cached_value("Company", company, "default_expense_account")
	line["cost_center"] = frappe.get_cached_value("Company", company, "cost_center")
	head = {"doctype": "Delivery Note", "customer": customer, "company": company, "set_posting_time": 1}
	note = frappe.get_doc({**head, "posting_date": posting_date, "items": [line]})
	return note.insert(ignore_permissions=True).submit()


def make_user(email: str, *roles: str) -> str:
	"""A desk user with exactly these roles; their name."""
	if not frappe.db.exists("User", email):
		values = {"email": email, "first_name": email.split("@")[0], "send_welcome_email": 0}
		frappe.get_doc({"doctype": "User", **values}).insert(ignore_permissions=True)
	user = frappe.get_doc("User", email)
	user.roles = []
	user.add_roles(*roles)
	return email


def make_health(customer: str, **values):
	"""The health that a scoring would have left for a customer: a row of the table, shown on Customer too."""
	values = {
		"computed_score": 55,
		"scorecard": "Standard",
		"segment": "Mid Value",
		"as_of": frappe.utils.nowdate(),
		**values,
	}
	score = values["computed_score"]
	shown = {"score": score, "band": band_of(score, values["scorecard"])}
	health = frappe.get_doc({"doctype": "Customer Health", "customer": customer, **shown, **values})
	health.name = customer
	health.db_insert()
	missing = [fieldname for fieldname in NULLABLE if health.get(fieldname) is None]
	frappe.db.set_value(health.doctype, customer, dict.fromkeys(missing), update_modified=False)
	update_customers(KeyRange(names=(customer,)))
	return frappe.get_doc(health.doctype, customer)
