"""ERPNext's own Loyalty Program for tests: programs, and sales that earn and are paid with points, through ERPNext's own API."""

from typing import Any

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.switching import switch_overs
from crm_success.customer_loyalty.switching.native_reading import compared_in
from crm_success.database.dialects import KeyRange
from crm_success.record_names import SWITCH_OVER
from crm_success.tests.support import factories
from crm_success.tests.support.ledgers import company_account
from crm_success.tests.support.points_site import TODAY, PointsTestCase, days_ago
from crm_success.tests.support.scoring_site import drop_jobs

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


CUSTOMER, SECOND = "Native One", "Native Two"


class SwitchCase(PointsTestCase):
	"""CUSTOMER and SECOND are enrolled in ERPNext's own program."""

	def setUp(self):
		super().setUp()
		self.addCleanup(drop_jobs)
		factories.make_fiscal_years(*range(TODAY.year - 2, TODAY.year + 1))
		make_program(ENROLLED, 365)
		for customer in (CUSTOMER, SECOND):
			factories.make_customer(customer, loyalty_program=ENROLLED)
		frappe.db.commit()

	def compared(self, customer: str = CUSTOMER):
		frappe.db.commit()
		found = compared_in(factories.default_company(), KeyRange(names=(customer,)), TODAY)[customer]
		# the differences explain all of it
		self.assertEqual(
			sum(line.corrected - line.native for line in found.lines), found.corrected - found.native
		)
		self.assertEqual(sum(lot.left for lot in found.native_lots), max(found.native, 0))
		self.assertEqual(sum(lot.left for lot in found.corrected_lots), max(found.corrected, 0))
		return found

	def differing(self, customer: str = CUSTOMER):
		return [
			(line.step, line.document.name, line.native, line.corrected, line.reason)
			for line in self.compared(customer).lines
			if line.differs
		]

	def assert_balances(self, native: int, corrected: int, customer: str = CUSTOMER, program: str = ENROLLED):
		found = self.compared(customer)
		self.assertEqual((found.native, found.corrected), (native, corrected))
		self.assertEqual(shown_by_erpnext(customer, program), native)
