"""Invoices that are submitted, paid, returned, cancelled and amended earn what they are due, once."""

import frappe
from frappe.utils import add_days

from crm_success.record_names import LEDGER_ENTRY
from crm_success.tests.support import factories, tills
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	spend,
)

CUSTOMER = "Earns Points"


class TestPointsOfInvoices(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(CUSTOMER)

	def test_a_submitted_invoice_earns_once_however_often_it_is_looked_at(self):
		make_rule()
		factories.make_invoice(CUSTOMER, 1009, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		earn_now()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 100),))

	def test_a_cancelled_invoice_has_nothing_and_its_amended_copy_earns(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		invoice.cancel()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		amended = frappe.copy_doc(invoice)
		amended.update({"amended_from": invoice.name, "docstatus": 0})
		amended.insert().submit()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_a_return_takes_its_share_and_its_cancellation_gives_that_back(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		credit = factories.make_return(invoice, 300, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (70, 0, 70))
		credit.reload().cancel()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 100), ("Reverse", -30), ("Reverse", 30)))

	def test_returns_whose_shares_are_rounded_add_up_to_the_whole(self):
		make_rule(points=1, each_amount=1)
		invoice = factories.make_invoice(CUSTOMER, 100, TODAY)
		earn_now()
		for amount, left in ((33.33, 67), (33.33, 33), (33.34, 0)):
			factories.make_return(invoice, amount, TODAY)
			earn_now()
			self.assertEqual(points_of(CUSTOMER), (left, 0, left))

	def test_points_that_were_spent_are_owed_after_a_return_and_the_next_earning_pays(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1500, TODAY)
		earn_now()
		spend(CUSTOMER, 100)
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))
		factories.make_return(invoice, 1500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, -100))
		factories.make_invoice(CUSTOMER, 1200, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (20, 0, 20))

	def test_points_wait_and_what_waits_is_taken_back_first(self):
		make_rule(wait_days=14)
		make_rule("At Once", points=1, each_amount=100)
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (10, 100, 110))
		factories.make_return(invoice, 500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (5, 50, 55))

	def test_an_invoice_earns_when_it_is_paid_in_full(self):
		make_rule(event="Invoice Paid in Full")
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		factories.make_payment(invoice, TODAY, 400)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		payment = factories.make_payment(invoice.reload(), TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		payment.cancel()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_an_invoice_earns_in_proportion_to_what_is_paid(self):
		make_rule(event="Invoice Paid in Proportion")
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		for amount, points in ((250, 25), (250, 50), (500, 100)):
			factories.make_payment(invoice.reload(), TODAY, amount)
			earn_now()
			self.assertEqual(points_of(CUSTOMER), (points, 0, points))

	def test_what_is_returned_is_not_taken_for_paid(self):
		make_rule(event="Invoice Paid in Full")
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		factories.make_return(invoice, 400, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		factories.make_payment(invoice.reload(), TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (60, 0, 60))

	def test_tax_earns_nothing(self):
		make_rule(points=1, each_amount=1)
		company = factories.default_company()
		account = frappe.get_all(
			"Account", {"company": company, "account_type": "Tax", "is_group": 0}, pluck="name"
		)[0]
		taxes = [{"charge_type": "On Net Total", "account_head": account, "rate": 21, "description": "VAT"}]
		factories.make_invoice(CUSTOMER, 100, TODAY, taxes=taxes)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_points_lapse_after_their_last_day_and_not_before(self):
		make_rule(lapse="After Days", lapse_number=30)
		invoice = factories.make_invoice(CUSTOMER, 1000, days_ago(30))
		factories.make_invoice(CUSTOMER, 500, days_ago(31))
		earn_now()
		self.night()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		self.night()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 50), ("Earn", 100), ("Expire", -50)))
		self.assertEqual(frappe.db.get_value("Sales Invoice", invoice.name, "docstatus"), 1)

	def test_a_return_of_what_lapsed_unspent_owes_nothing(self):
		make_rule(lapse="After Days", lapse_number=30)
		invoice = factories.make_invoice(CUSTOMER, 500, days_ago(31))
		earn_now()
		self.night()
		factories.make_return(invoice, 500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		rows = frappe.get_all(
			LEDGER_ENTRY, {"customer": CUSTOMER, "kind": ("in", ("Earn", "Reverse"))}, pluck="points"
		)
		self.assertEqual(sum(rows), 0)

	def test_what_was_earned_keeps_its_price_when_the_rule_changes(self):
		rule = make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		rule.points = 5
		rule.save()
		factories.make_return(invoice, 500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))

	def test_a_deleted_transaction_is_taken_back_at_night(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		# as a company's transactions are deleted: past their events
		frappe.db.delete("Sales Invoice", {"name": invoice.name})
		self.night()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_a_deleted_customer_with_deleted_sales_leaves_nothing_to_do(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		for doctype in ("Sales Invoice", "GL Entry", "Payment Ledger Entry"):
			field = "customer" if doctype == "Sales Invoice" else "party"
			frappe.db.delete(doctype, {field: CUSTOMER})
		frappe.delete_doc("Customer", CUSTOMER, force=True)
		self.night()
		rows = frappe.get_all(LEDGER_ENTRY, {"customer": CUSTOMER}, pluck="points")
		self.assertEqual((sum(rows), frappe.db.count("Loyalty Due Document")), (0, 0))
		self.assertFalse(frappe.db.exists("Sales Invoice", invoice.name))

	def test_a_sale_that_nobody_heard_of_earns_at_night(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY, submit=False)
		frappe.db.set_value("Sales Invoice", invoice.name, "docstatus", 1)
		frappe.flags.pop("crm_success_due_documents", None)
		frappe.db.delete("Loyalty Due Document")
		frappe.db.commit()
		self.night()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_opening_invoices_and_returns_of_their_own_earn_nothing(self):
		make_rule()
		opening = factories.make_invoice(CUSTOMER, 1000, TODAY)
		# ERPNext asks for accounts of its own for these
		opening.db_set("is_opening", "Yes")
		factories.make_invoice(CUSTOMER, 500, TODAY, qty=-1, is_return=1)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_a_rule_that_stops_keeps_later_ones_from_earning(self):
		make_rule(
			"First",
			priority=1,
			stops=1,
			filters='[["Sales Invoice","remarks","like","%gift%"]]',
			basis="Fixed Number",
			points=5,
		)
		make_rule("Second", priority=2)
		factories.make_invoice(CUSTOMER, 1000, TODAY, remarks="a gift for you")
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (5, 0, 5))
		factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (105, 0, 105))

	def test_a_cap_holds_within_its_period(self):
		make_rule(cap=150, cap_period="Month")
		for _number in range(3):
			factories.make_invoice(CUSTOMER, 1000, TODAY)
		factories.make_invoice(CUSTOMER, 1000, add_days(TODAY.replace(day=1), -1))
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (250, 0, 250))

	def test_a_return_that_is_cancelled_gives_what_paid_for_it_back_to_what_paid(self):
		make_rule(lapse="After Days", lapse_number=30, priority=1, filters='[["remarks", "like", "%short%"]]')
		make_rule("For Ever", priority=2, filters='[["remarks", "like", "%long%"]]')
		short = factories.make_invoice(CUSTOMER, 1500, days_ago(31), remarks="short")
		earn_now()
		frappe.db.set_value(LEDGER_ENTRY, {"customer": CUSTOMER}, "expires_on", TODAY)
		frappe.db.commit()
		spend(CUSTOMER, 100)
		frappe.db.set_value(LEDGER_ENTRY, {"customer": CUSTOMER, "kind": "Earn"}, "expires_on", days_ago(1))
		frappe.db.commit()
		self.night()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		factories.make_invoice(CUSTOMER, 1000, TODAY, remarks="long")
		earn_now()
		credit = factories.make_return(short, 1500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		credit.reload().cancel()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		self.night()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_who_does_something_again_does_not_have_back_what_was_lost(self):
		make_rule(lapse="After Days Without Activity", lapse_number=10)
		factories.make_invoice(CUSTOMER, 1000, days_ago(11))
		earn_now()
		factories.make_invoice(CUSTOMER, 500, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (50, 0, 50))

	def test_a_rule_that_stopped_others_still_does_when_it_is_disabled(self):
		first = make_rule("First", priority=1, stops=1)
		make_rule("Second", priority=2, points=5)
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		first.update({"enabled": 0}).save()
		factories.make_payment(invoice, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_a_till_sale_that_is_paid_after_its_shift_earns_when_it_is(self):
		make_rule(event="Invoice Paid in Full")
		tills.make_till()
		frappe.db.set_value("POS Profile", tills.TILL, "allow_partial_payment", 1)
		self.addCleanup(frappe.db.set_value, "POS Profile", tills.TILL, "allow_partial_payment", 0)
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			sale = tills.visit(CUSTOMER, 1000, TODAY, paid=600)
			# version 15 leaves it to the form
			sale.db_set("outstanding_amount", 400)
			earn_now()
			self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
			tills.close_till(shift)
			frappe.db.commit()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		total = frappe.get_doc("Sales Invoice", sale.reload().consolidated_invoice)
		self.assertEqual(total.outstanding_amount, 400)
		payment = factories.make_payment(total, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		payment.cancel()
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_an_amount_of_native_points_that_somebody_unticked_is_not_deducted(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		invoice.db_set({"redeem_loyalty_points": 0, "loyalty_amount": 500})
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_a_rule_whose_doctype_is_gone_keeps_no_night_from_its_work(self):
		make_rule()
		rule = make_rule(
			"Of Another App",
			event="Document Matches",
			document_type="Issue",
			customer_field="customer",
			basis="Fixed Number",
			filters='[["status", "=", "Open"]]',
		)
		rule.db_set("document_type", "Uninstalled Visit")
		factories.make_invoice(CUSTOMER, 1000, TODAY)
		frappe.flags.pop("crm_success_due_documents", None)
		frappe.db.commit()
		self.night()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
