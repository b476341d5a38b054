"""Nine ways in which loyalty points are known to go wrong in ERPNext's own programme: ours go right. One test each."""

import frappe
from frappe.utils import add_days

from crm_success.customer_loyalty.points.qualifying import qualifying_points
from crm_success.customer_loyalty.tiers.rules import earned_tier
from crm_success.customer_loyalty.tiers.tier_periods import Period, Review
from crm_success.customer_loyalty.tiers.tier_values import Asked, Facts, Policy, Requirement, Tier
from crm_success.database.dialects import KeyRange
from crm_success.record_names import LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	days_ago,
	earn_now,
	entries_of,
	make_rule,
	points_of,
	side_by_side,
	spend,
)

CUSTOMER = "Points Known"


class TestKnownDefects(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(CUSTOMER)

	def test_1_a_tier_is_earned_from_its_own_threshold_on(self):
		ladder = [
			Tier(name, level, (Requirement(Asked.POINTS, at_least),))
			for level, (name, at_least) in enumerate((("Bronze", 1), ("Silver", 500), ("Gold", 1000)), 1)
		]
		policy = Policy(tuple(ladder), Period.ROLLING, Review.MONTHLY)
		earned = {
			points: earned_tier(policy, Facts(points=points), TODAY) for points in (0, 100, 499, 500, 1000)
		}
		self.assertEqual(earned, {0: "", 100: "Bronze", 499: "Bronze", 500: "Silver", 1000: "Gold"})

	def test_2_points_are_spent_once_whatever_kind_of_sale_earned_them(self):
		make_rule()
		factories.make_invoice(CUSTOMER, 500, TODAY)
		earn_now()
		spend(CUSTOMER, 50)
		with self.assertRaisesRegex(frappe.ValidationError, "has 0 points to spend"):
			spend(CUSTOMER, 1)
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))

	def test_3_a_spent_lot_is_smaller_and_only_its_rest_lapses(self):
		make_rule(lapse="After Days", lapse_number=30)
		factories.make_invoice(CUSTOMER, 1500, days_ago(30))
		factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		spend(CUSTOMER, 50)
		self.assertEqual(points_of(CUSTOMER), (200, 0, 200))
		frappe.db.set_value(LEDGER_ENTRY, {"points": 150}, "expires_on", days_ago(1))
		frappe.db.commit()
		for _night in range(2):
			self.night()
			self.assertEqual(points_of(CUSTOMER), (100, 0, 100))
		self.assertEqual(entries_of(CUSTOMER)[-1], ("Expire", -100))

	def test_4_points_without_a_last_day_never_lapse(self):
		make_rule(lapse="Never", lapse_number=0)
		factories.make_invoice(CUSTOMER, 1000, days_ago(300))
		earn_now()
		self.night()
		self.assertEqual(points_of(CUSTOMER), (100, 0, 100))

	def test_5_spending_counts_neither_for_nor_against_a_tier(self):
		make_rule()
		factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		spend(CUSTOMER, 90)
		self.assertEqual(qualifying_points(KeyRange(names=(CUSTOMER,))), {CUSTOMER: [(TODAY, 100)]})

	def test_6_a_small_return_brings_no_spent_points_back(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		spend(CUSTOMER, 80)
		factories.make_return(invoice, 100, TODAY)
		earn_now()
		self.assertEqual(entries_of(CUSTOMER), (("Earn", 100), ("Redeem", -80), ("Reverse", -10)))

	def test_7_a_return_of_what_was_spent_is_submitted_and_leaves_a_debt(self):
		make_rule()
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		spend(CUSTOMER, 100)
		credit = factories.make_return(invoice, 1000, TODAY)
		earn_now()
		self.assertEqual(credit.docstatus, 1)
		self.assertEqual(points_of(CUSTOMER), (0, 0, -100))

	def test_8_what_earns_is_net_of_tax_in_the_currency_of_the_company_and_cents_add_up(self):
		make_rule(points=10, each_amount=1)
		make_rule(
			"Cents", basis="Formula", formula="amount * 10", priority=20, company=factories.default_company()
		)
		factories.make_invoice(CUSTOMER, 100.60, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (1000 + 1006, 0, 2006))

	def test_9_points_come_when_the_sale_is_paid_and_two_never_spend_them_at_once(self):
		make_rule(event="Invoice Paid in Full", lapse="After Days", lapse_number=10)
		invoice = factories.make_invoice(CUSTOMER, 1000, TODAY)
		earn_now()
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
		factories.make_payment(invoice, TODAY)
		earn_now()
		row = frappe.get_all(LEDGER_ENTRY, {"customer": CUSTOMER}, ["points", "expires_on"])[0]
		self.assertEqual((row.points, row.expires_on), (100, add_days(TODAY, 10)))
		outcomes = []

		def spend_all():
			try:
				spend(CUSTOMER, 100)
				outcomes.append("spent")
			except frappe.ValidationError:
				outcomes.append("refused")

		side_by_side(2, spend_all)
		self.assertEqual(sorted(outcomes), ["refused", "spent"])
		self.assertEqual(points_of(CUSTOMER), (0, 0, 0))
