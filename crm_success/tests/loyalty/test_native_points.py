"""Balances of ERPNext's own Loyalty Program, made by ERPNext's own documents with all that goes wrong there, and why they
differ from corrected ones.
"""

import frappe
from frappe.desk.query_report import run as run_report
from frappe.utils import add_days

from crm_success.customer_loyalty.switching import native_programs, switch_overs
from crm_success.customer_loyalty.switching.native_values import Reason, Step
from crm_success.record_names import LEDGER_ENTRY
from crm_success.tests.support import factories, tills
from crm_success.tests.support.companies import invoice_in, make_company, remove_companies
from crm_success.tests.support.native_points import (
	CUSTOMER,
	FOR_EVER,
	SECOND,
	SwitchCase,
	make_program,
	make_switch_over,
	previewed,
	sell,
	work,
)
from crm_success.tests.support.points_site import (
	TODAY,
	days_ago,
)


class TestWhatDiffers(SwitchCase):
	def test_what_went_right_is_the_same(self):
		sell(CUSTOMER, 1000, 200)
		sell(CUSTOMER, 100, 100, points=30)
		self.assert_balances(100 - 30 + 7, 77)
		self.assertEqual(self.differing(), [])

	def test_a_return_gives_back_what_a_sale_was_paid_with(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		self.assert_balances(100 + 37, 57)
		self.assertEqual(self.differing(), [(Step.SPENT, paid.name, 0, -80, Reason.GIVEN_BACK)])

	def test_a_spent_lot_grows_and_what_was_spent_beyond_it_comes_back_when_it_is_over(self):
		oldest = sell(CUSTOMER, 1000, 400)
		sell(CUSTOMER, 1000, 300)
		sell(CUSTOMER, 100, 200, points=80)
		sell(CUSTOMER, 60, 150, points=60)
		self.assert_balances(102, 62)
		self.assertEqual(self.differing(), [(Step.LOST, oldest.name, 40, 0, Reason.SPENT_BEYOND)])

	def test_a_lot_keeps_its_last_day_whatever_erpnext_took_it_from(self):
		sell(CUSTOMER, 1000, 300)
		newest = sell(CUSTOMER, 1000, 250)
		sell(CUSTOMER, 80, 200, points=80)
		sell(CUSTOMER, 80, 150, points=80)
		(lot,) = self.compared().corrected_lots
		self.assertEqual((lot.key.name, lot.left), (newest.name, 40))
		self.assertEqual(lot.expires_on, add_days(days_ago(250), 365))

	def test_points_of_the_till_pay_an_invoice_and_are_not_taken(self):
		tills.make_till()
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			tills.visit(CUSTOMER, 1000, TODAY)
			paid = sell(CUSTOMER, 100, 0, points=100)
		self.assertEqual(shift.docstatus, 1)
		self.assert_balances(100, 0)
		self.assertEqual(self.differing(), [(Step.SPENT, paid.name, 0, -100, Reason.NOT_TAKEN)])

	def test_points_without_a_duration_were_lost_on_their_first_day(self):
		make_program(FOR_EVER, 0)
		frappe.db.set_value("Customer", CUSTOMER, "loyalty_program", FOR_EVER)
		sale = sell(CUSTOMER, 1000, 100)
		self.assert_balances(0, 100, program=FOR_EVER)
		self.assertEqual(self.differing(), [(Step.LOST, sale.name, -100, 0, Reason.NO_DURATION)])
		self.assertIsNone(self.compared().corrected_lots[0].expires_on)

	def test_a_return_after_the_customer_left_the_program_took_nothing_back(self):
		sale = sell(CUSTOMER, 1000, 100)
		frappe.db.set_value("Customer", CUSTOMER, "loyalty_program", None)
		factories.make_return(sale, 400, days_ago(50))
		self.assert_balances(100, 60)
		self.assertEqual(self.differing(), [(Step.EARNED, sale.name, 100, 60, Reason.RETURNED)])

	def test_an_entry_that_somebody_deleted(self):
		sale = sell(CUSTOMER, 1000, 100)
		sell(CUSTOMER, 500, 90)
		entry = frappe.get_all("Loyalty Point Entry", {"invoice": sale.name}, pluck="name")[0]
		frappe.delete_doc("Loyalty Point Entry", entry)
		self.assert_balances(50, 150)
		self.assertEqual(self.differing(), [(Step.EARNED, sale.name, 0, 100, Reason.MISSING)])

	def test_entries_of_documents_that_are_cancelled_or_gone(self):
		cancelled, deleted, lapsed = (sell(CUSTOMER, 1000, days) for days in (100, 90, 400))
		for sale in (cancelled, lapsed):
			# ERPNext knows the program of a sale from this field alone
			frappe.db.set_value("Sales Invoice", sale.name, "loyalty_program", None)
			frappe.get_doc("Sales Invoice", sale.name).cancel()
		frappe.db.delete("Sales Invoice", {"name": deleted.name})
		self.assert_balances(200, 0)
		self.assertCountEqual(
			self.differing(),
			[
				(Step.EARNED, cancelled.name, 100, 0, Reason.CANCELLED),
				(Step.EARNED, deleted.name, 100, 0, Reason.DELETED),
				(Step.EARNED, lapsed.name, 100, 0, Reason.CANCELLED),
				(Step.LOST, lapsed.name, -100, 0, Reason.NOT_EARNED),
			],
		)

	def test_sales_of_another_company_are_its_own(self):
		other = make_company("Native Other", "NATO", "EUR", "Germany")
		self.addCleanup(remove_companies, other)
		sell(CUSTOMER, 1000, 100)
		invoice_in(other, CUSTOMER, 5000, 10)
		self.assert_balances(100, 100)
		with self.assertRaisesRegex(frappe.ValidationError, "has no Loyalty Program of"):
			make_switch_over(company=other)

	def test_a_preview_counts_and_changes_nothing(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		sell(SECOND, 1000, 100)
		programs = native_programs.programs_of(factories.default_company())
		doc = previewed()
		for _time in range(2):
			self.assertEqual(doc.status, "Previewed")
			figures = (doc.customers, doc.native_points, doc.corrected_points, doc.lines_differing)
			self.assertEqual(figures, (2, 237, 157, 1))
			self.assertEqual((doc.customers_with_more, doc.customers_with_less), (0, 1))
			work(switch_overs.start_preview(doc.name))
			doc.reload()
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 0)
		self.assertEqual(native_programs.programs_of(factories.default_company()), programs)

	def test_the_report_shows_both_balances_and_each_reason(self):
		sell(CUSTOMER, 1000, 200)
		paid = sell(CUSTOMER, 500, 150, points=80)
		factories.make_return(paid, 50, days_ago(140))
		sell(SECOND, 1000, 100)
		frappe.db.commit()
		asked = run_report("Loyalty Balances Compared", filters={"show": "Differences"})
		shown = [
			(
				row["customer"],
				row["step"],
				row["document"],
				row["native"],
				row["corrected"],
				row["difference"],
			)
			for row in asked["result"]
		]
		self.assertEqual(
			shown,
			[
				(CUSTOMER, "Balance", None, 137, 57, -80),
				(CUSTOMER, "Spent", paid.name, 0, -80, -80),
			],
		)
		self.assertIn("a return gave all of them back", asked["result"][1]["reason"])
		everything = run_report("Loyalty Balances Compared", filters={"show": "Balances"})
		self.assertEqual([row["customer"] for row in everything["result"]], [CUSTOMER, SECOND])

	def test_the_report_tells_nothing_of_a_company_that_is_hidden(self):
		user = factories.make_user("native@example.com", "Sales User")
		company = factories.default_company()
		other = frappe.get_doc({"doctype": "User Permission", "user": user, "allow": "Company"})
		other.for_value = company
		other.insert(ignore_permissions=True)
		frappe.db.commit()
		with self.set_user(user):
			self.assertIn("result", run_report("Loyalty Balances Compared", filters={"company": company}))
			with self.assertRaisesRegex(frappe.PermissionError, "You may not see what belongs to"):
				run_report("Loyalty Balances Compared", filters={"company": "Somebody Else's"})
		# nor where the limit is one on its documents alone
		other.db_set({"apply_to_all_doctypes": 0, "applicable_for": "Sales Invoice"})
		frappe.clear_cache(user=user)
		with self.set_user(user), self.assertRaises(frappe.PermissionError):
			run_report("Loyalty Balances Compared", filters={"company": "Somebody Else's"})
		other.db_set("applicable_for", "Purchase Order")
		frappe.clear_cache(user=user)
		with self.set_user(user):
			run_report("Loyalty Balances Compared", filters={"company": "Somebody Else's"})
