"""Tiers that ask for qualifying points: what was earned in the period counts, spending takes nothing away."""

import frappe
from frappe.utils import add_days

from crm_success.batches.working import drain
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	earn_now,
	make_rule,
	spend,
)
from crm_success.tests.support.tier_site import (
	ask,
	forget_tiers,
	make_tier,
	set_policy,
	start_and_prepare_tiers,
	tier_of,
)

MANY, FEW, OLD = "Points Many", "Points Few", "Points Old"


class TestTiersByPoints(PointsTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(forget_tiers)
		set_policy()
		for customer in (MANY, FEW, OLD):
			factories.make_customer(customer)

	def test_points_of_the_period_earn_a_tier_and_spending_them_does_not_lose_it(self):
		make_tier("Collector", 20, ask("Qualifying Points", 100))
		make_rule()
		make_rule("For Fun", priority=20, is_qualifying=0, points=50)
		factories.make_invoice(MANY, 1000, TODAY)
		factories.make_invoice(FEW, 990, TODAY)
		factories.make_fiscal_years(TODAY.year - 2)
		factories.make_invoice(OLD, 1000, add_days(TODAY, -400))
		earn_now()
		self.evaluate()
		self.assertEqual([tier_of(name) for name in (MANY, FEW, OLD)], ["Collector", None, None])
		spend(MANY, 90)
		self.evaluate()
		self.assertEqual(tier_of(MANY), "Collector")

	def evaluate(self) -> None:
		frappe.db.commit()
		drain(start_and_prepare_tiers(TODAY, is_review=True))
