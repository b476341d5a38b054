"""The ledger of points: nobody but the service writes it, two at once never spend the same point, customers move with theirs."""

import frappe
from frappe.model.rename_doc import rename_doc

from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.record_names import ACCOUNT, ADJUSTMENT, LEDGER_ENTRY, LOYALTY_SETTINGS
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	adjust,
	assert_sums,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	side_by_side,
	spend,
)

FIRST, SECOND = "Points First", "Points Second"


class TestPointsLedger(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(FIRST)
		factories.make_customer(SECOND)

	def test_an_entry_is_neither_made_nor_changed_nor_deleted_by_anybody(self):
		adjust(FIRST, 100)
		name = frappe.get_all(LEDGER_ENTRY, {"customer": FIRST}, pluck="name")[0]
		for change in (
			lambda: frappe.get_doc({"doctype": LEDGER_ENTRY, "customer": FIRST, "points": 5}).insert(),
			lambda: frappe.get_doc(LEDGER_ENTRY, name).update({"points": 5}).save(),
			lambda: frappe.get_doc(LEDGER_ENTRY, name).db_update(),
			lambda: frappe.delete_doc(LEDGER_ENTRY, name, force=True),
			lambda: frappe.client.set_value(LEDGER_ENTRY, name, "points", 5),
			lambda: frappe.get_doc(ACCOUNT, {"customer": FIRST}).update({"balance": 5}).save(),
			lambda: frappe.delete_doc(ACCOUNT, frappe.db.get_value(ACCOUNT, {"customer": FIRST}), force=True),
		):
			with self.assertRaises(frappe.ValidationError):
				change()
		self.assertEqual(points_of(FIRST), (100, 0, 100))

	def test_more_than_there_is_cannot_be_spent(self):
		adjust(FIRST, 100)
		with self.assertRaisesRegex(frappe.ValidationError, "100 points to spend, which is less than 101"):
			Ledger([FIRST], TODAY).redeem(FIRST, 101, Details(TODAY))

	def test_what_lapses_first_is_spent_first(self):
		adjust(FIRST, 100)
		adjust(FIRST, 50, expires_on=frappe.utils.add_days(TODAY, 10))
		ledger = Ledger([FIRST], TODAY)
		ledger.redeem(FIRST, 60, Details(TODAY))
		ledger.write()
		frappe.db.commit()
		self.assertEqual(entries_of(FIRST)[2:], (("Redeem", -50), ("Redeem", -10)))

	def test_an_adjustment_over_the_limit_takes_two_people(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "adjustment_limit", 1000)
		doc = adjust(FIRST, 1001, submit=False)
		with self.assertRaisesRegex(frappe.ValidationError, "Ask somebody else"):
			doc.submit()
		doc = frappe.get_doc(ADJUSTMENT, doc.name)
		doc.db_set({"owner": "Guest", "modified_by": "Guest"})
		doc.reload().submit()
		frappe.db.commit()
		self.assertEqual(doc.approved_by, "Administrator")
		self.assertEqual(points_of(FIRST), (1001, 0, 1001))

	def test_who_changes_an_adjustment_over_the_limit_does_not_submit_it(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "adjustment_limit", 1000)
		doc = adjust(FIRST, 5, submit=False)
		doc.db_set("owner", "Guest")
		doc.reload().update({"points": 50_000, "customer": SECOND}).save()
		with self.assertRaisesRegex(frappe.ValidationError, "You made or changed this adjustment"):
			doc.reload().submit()
		# nor what nobody else has seen
		doc.reload().db_set({"modified_by": "Guest", "owner": "Guest"})
		with self.assertRaisesRegex(frappe.ValidationError, "Save your change, and ask somebody else"):
			doc.reload().update({"points": 60_000}).submit()
		frappe.db.rollback()
		self.assertEqual((points_of(FIRST), points_of(SECOND)), ((0, 0, 0), (0, 0, 0)))

	def test_a_cancelled_adjustment_leaves_nothing(self):
		for points in (100, -30):
			adjust(FIRST, points)
		for name in frappe.get_all(ADJUSTMENT, {"customer": FIRST}, pluck="name", order_by="creation desc"):
			frappe.get_doc(ADJUSTMENT, name).cancel()
		frappe.db.commit()
		self.assertEqual(points_of(FIRST), (0, 0, 0))

	def test_an_opening_balance_is_entered_once(self):
		adjust(FIRST, 100, is_opening=1)
		with self.assertRaisesRegex(frappe.ValidationError, "has an opening balance already"):
			adjust(FIRST, 100, is_opening=1)
		self.assertEqual(entries_of(FIRST), (("Opening", 100),))

	def test_bad_adjustments_are_refused_in_words(self):
		for values, words in (
			({"points": 0}, "whole number of points"),
			({"reason": " "}, "Write why"),
			({"expires_on": days_ago(1)}, "not before"),
			({"posting_date": frappe.utils.add_days(TODAY, 1)}, "Enter today"),
			({"points": -5, "is_opening": 1}, "above 0"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, words):
				adjust(FIRST, **{"points": 5, **values})

	def test_a_merge_keeps_all_entries_and_pays_what_one_of_them_owed(self):
		adjust(FIRST, 100)
		adjust(SECOND, -40)
		frappe.db.commit()
		rename_doc("Customer", SECOND, FIRST, merge=True, force=True)
		frappe.db.commit()
		self.assertEqual(points_of(FIRST), (60, 0, 60))
		self.assertEqual(frappe.db.count(LEDGER_ENTRY, {"customer": FIRST}), 4)

	def test_a_renamed_customer_keeps_its_points_and_goes_on_earning(self):
		make_rule()
		adjust(FIRST, 100)
		frappe.db.commit()
		rename_doc("Customer", FIRST, "Points Renamed", force=True)
		factories.make_invoice("Points Renamed", 100, TODAY)
		earn_now()
		self.assertEqual(points_of("Points Renamed"), (110, 0, 110))

	def test_a_customer_that_is_deleted_and_made_again_begins_with_nothing(self):
		adjust(FIRST, 100)
		for name in frappe.get_all(ADJUSTMENT, pluck="name"):
			frappe.db.delete(ADJUSTMENT, {"name": name})
		frappe.delete_doc("Customer", FIRST)
		frappe.db.commit()
		self.assertEqual(sum(frappe.get_all(LEDGER_ENTRY, {"customer": FIRST}, pluck="points")), 0)
		factories.make_customer(FIRST)
		adjust(FIRST, 5)
		self.assertEqual(points_of(FIRST), (5, 0, 5))

	def test_two_connections_never_spend_the_same_point(self):
		adjust(FIRST, 100)
		frappe.db.commit()
		spent = []

		def spend_again_and_again():
			for _number in range(20):
				try:
					# an old snapshot, as a user's request has one
					frappe.db.count(LEDGER_ENTRY)
					spend(FIRST, 3)
					spent.append(3)
				except frappe.ValidationError:
					frappe.db.rollback()

		side_by_side(3, spend_again_and_again)
		self.assertEqual(len(spent), 33)
		assert_sums(FIRST)
		self.assertEqual(points_of(FIRST), (1, 0, 1))
