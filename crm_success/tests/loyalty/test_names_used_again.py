"""Names that are given to another document, rule or customer: everybody has the points of their own documents, and no other."""

from unittest.mock import patch

import frappe
from frappe.model.rename_doc import rename_doc

from crm_success.customer_loyalty.points import merging
from crm_success.record_names import ACCOUNT, DUE_DOCUMENT, EARNING_RULE, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
)

XAVIER, YVONNE, ANN, OTHER_ANN = "Used Xavier", "Used Yvonne", "Used Ann", "Used Ann - 1"
WELCOME = {"event": "Document Matches", "document_type": "Customer", "customer_field": "name"}
WELCOME |= {"basis": "Fixed Number", "points": 50, "filters": '[["disabled", "=", 0]]'}


def rename(old: str, new: str) -> None:
	rename_doc("Customer", old, new, force=True, show_alert=False)
	frappe.db.commit()


class TestDocuments(PointsTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_single_value("Accounts Settings", "delete_linked_ledger_entries", 1)
		self.addCleanup(frappe.db.set_single_value, "Accounts Settings", "delete_linked_ledger_entries", 0)
		for customer in (XAVIER, YVONNE):
			factories.make_customer(customer)
		make_rule()

	def sell_under_one_name(self, is_heard_of: bool):
		first = factories.make_invoice(XAVIER, 1000, days_ago(3))
		earn_now()
		self.assertEqual(points_of(XAVIER), (100, 0, 100))
		first.cancel()
		if is_heard_of:
			earn_now()
			self.assertEqual(points_of(XAVIER), (0, 0, 0))
		frappe.delete_doc("Sales Invoice", first.name)
		second = factories.make_invoice(YVONNE, 300, days_ago(1))
		self.assertEqual(second.name, first.name, "Frappe gives the last name of a series again")
		return second

	def test_the_next_invoice_earns_for_its_own_customer(self):
		for is_heard_of in (True, False):
			with self.subTest(is_heard_of=is_heard_of):
				invoice = self.sell_under_one_name(is_heard_of)
				earn_now()
				self.assertEqual((points_of(XAVIER), points_of(YVONNE)), ((0, 0, 0), (30, 0, 30)))
				factories.make_return(invoice, 100, TODAY)
				earn_now()
				self.assertEqual((points_of(XAVIER), points_of(YVONNE)), ((0, 0, 0), (20, 0, 20)))
				self.assertEqual(frappe.db.count(DUE_DOCUMENT), 0)
				self._take_back_entries()

	def _take_back_entries(self):
		for doctype in (LEDGER_ENTRY, ACCOUNT):
			frappe.db.delete(doctype)
		frappe.db.commit()

	def test_the_night_finds_nothing_more(self):
		self.sell_under_one_name(is_heard_of=False)
		self.night()
		self.night()
		self.assertEqual((points_of(XAVIER), points_of(YVONNE)), ((0, 0, 0), (30, 0, 30)))

	def test_a_rule_that_has_the_name_of_one_that_was_renamed(self):
		invoice = factories.make_invoice(XAVIER, 1000, days_ago(3))
		earn_now()
		rename_doc(EARNING_RULE, "One for Ten", "One for Ten, Before", force=True, show_alert=False)
		make_rule("One for Ten", valid_from=days_ago(5))
		factories.make_return(invoice, 400, TODAY)
		earn_now()
		self.assertEqual(frappe.db.count(DUE_DOCUMENT), 0)
		# both rules hold for it: what is not returned
		self.assertEqual(points_of(XAVIER), (120, 0, 120))


class TestCustomers(PointsTestCase):
	def setUp(self):
		super().setUp()
		make_rule("Welcome", **WELCOME)

	def welcome(self, customer: str) -> None:
		factories.make_customer(customer)
		earn_now()
		self.assertEqual(points_of(customer), (50, 0, 50))

	def delete(self, customer: str) -> None:
		frappe.delete_doc("Customer", customer)
		frappe.db.commit()

	def test_a_new_customer_with_the_name_of_one_that_was_deleted(self):
		self.welcome(ANN)
		self.delete(ANN)
		earn_now()
		self.welcome(ANN)
		self.night()
		self.assertEqual(points_of(ANN), (50, 0, 50))

	def test_a_new_customer_with_the_name_of_one_that_was_renamed(self):
		self.welcome(ANN)
		rename(ANN, YVONNE)
		self.welcome(ANN)
		self.assertEqual(points_of(YVONNE), (50, 0, 50))
		self.assertEqual(frappe.db.count(DUE_DOCUMENT), 0)

	def test_a_customer_is_renamed_to_one_that_was_deleted(self):
		self.welcome(ANN)
		self.welcome(OTHER_ANN)
		self.delete(ANN)
		earn_now()
		rename(OTHER_ANN, ANN)
		self.assertEqual(points_of(ANN), (50, 0, 50))
		self.assertEqual(len(entries_of(ANN)), 3)
		earn_now()
		self.night()
		self.assertEqual(points_of(ANN), (50, 0, 50))

	def test_the_rename_goes_through_where_we_fail(self):
		self.welcome(ANN)
		self.welcome(OTHER_ANN)
		self.delete(ANN)
		with self.broken_room():
			rename(OTHER_ANN, ANN)
		self.assertTrue(frappe.db.exists("Customer", ANN))
		self.night()
		self.assertEqual(points_of(ANN), (50, 0, 50))

	def broken_room(self):
		return patch.object(merging, "make_room", side_effect=frappe.ValidationError("broken"))

	def test_an_account_has_the_name_that_the_customer_has_now(self):
		self.welcome(ANN)
		customer = frappe.get_doc("Customer", ANN)
		customer.customer_name = "Ann & Company"
		customer.save()
		frappe.db.commit()
		self.assertEqual(frappe.db.get_value(ACCOUNT, {"customer": ANN}, "customer_name"), "Ann & Company")
		frappe.db.set_value("Customer", ANN, "customer_name", "Ann Past Her Form")
		self.night()
		self.assertEqual(
			frappe.db.get_value(ACCOUNT, {"customer": ANN}, "customer_name"), "Ann Past Her Form"
		)
		rename(ANN, YVONNE)
		called = frappe.db.get_value("Customer", YVONNE, "customer_name")
		self.assertEqual(frappe.db.get_value(ACCOUNT, {"customer": YVONNE}, "customer_name"), called)
