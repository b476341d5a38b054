"""ERPNext's own Loyalty Program for tests: programs, and sales that earn and are paid with points, through ERPNext's own API."""

from typing import Any

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.switching import switch_overs
from crm_success.record_names import SWITCH_OVER
from crm_success.tests.support import factories
from crm_success.tests.support.ledgers import company_account
from crm_success.tests.support.points_site import TODAY, days_ago

PROGRAM = "Loyalty Program"
# a point for each ten, kept for a year; a point pays one
ENROLLED, FOR_EVER = "Native Year", "Native for Ever"


def make_program(name: str, days: int, **values: Any) -> str:
	"""A program of the company; its name."""
	doc = {
		"doctype": PROGRAM,
		"loyalty_program_name": name,
		"loyalty_program_type": "Single Tier Program",
		"from_date": days_ago(2000),
		"conversion_factor": 1,
		"expiry_duration": days,
		"company": factories.default_company(),
		"expense_account": company_account("default_expense_account"),
		"cost_center": company_account("cost_center"),
		"collection_rules": [{"tier_name": "Only", "min_spent": 0, "collection_factor": 10}],
		**values,
	}
	return frappe.get_doc(doc).insert().name


def sell(customer: str, amount: float, days: int, points: int = 0) -> Any:
	"""An invoice of so many days ago, paid with so many points."""
	paid = {"redeem_loyalty_points": 1, "loyalty_points": points} if points else {}
	if points:
		paid["loyalty_program"] = frappe.db.get_value("Customer", customer, "loyalty_program")
	return factories.make_invoice(customer, amount, days_ago(days), **paid)


def shown_by_erpnext(customer: str, program: str = ENROLLED) -> int:
	"""The balance, as ERPNext reckons it for somebody who wants to pay with points today."""
	from erpnext.accounts.doctype.loyalty_program.loyalty_program import get_loyalty_details

	company = factories.default_company()
	return int(get_loyalty_details(customer, program, str(TODAY), company)["loyalty_points"] or 0)


def make_switch_over(**values: Any) -> Any:
	"""Through its controller; its document."""
	company = {"company": factories.default_company()}
	doc = frappe.get_doc({"doctype": SWITCH_OVER, **company, "switch_date": TODAY, **values}).insert()
	frappe.db.commit()
	return doc


def work(run: str) -> None:
	"""What jobs do with a run."""
	frappe.db.commit()
	prepare_run(run)
	drain(run)


def previewed(**values: Any) -> Any:
	"""A switch whose preview is over."""
	doc = make_switch_over(**values)
	work(switch_overs.start_preview(doc.name))
	return doc.reload()


def switched(**values: Any) -> Any:
	"""A switch that is done."""
	doc = previewed(**values)
	work(switch_overs.start_switch(doc.name))
	return doc.reload()
