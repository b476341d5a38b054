"""Points on the walk's site: what the invoices of the made-up customers earned by a rule."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.record_names import ACCOUNT, EARNING_RULE
from tools.walk.walk_points import DAYS_LEFT, RULE, RULE_VALUES


def make_points() -> None:
	from crm_success.customer_loyalty.earning.earning import earn
	from crm_success.customer_loyalty.earning.earning_records import rules_of_now

	if not frappe.db.exists(EARNING_RULE, RULE):
		frappe.get_doc({"doctype": EARNING_RULE, "rule_name": RULE, **RULE_VALUES}).insert()
	filters = {"docstatus": 1, "is_return": 0, "posting_date": ("<", add_days(getdate(), -DAYS_LEFT))}
	invoices = frappe.get_all("Sales Invoice", filters, pluck="name", order_by="name")
	earn("Sales Invoice", invoices, rules_of_now())
	frappe.db.commit()
	if not frappe.db.count(ACCOUNT):
		raise SystemExit("no customer of the walk's site earned points")
