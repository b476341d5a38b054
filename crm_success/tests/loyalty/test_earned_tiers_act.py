"""From revenue to price: what a customer has earned changes their next order, visit at a till and issue, and its loss too."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.record_names import TIER
from crm_success.tests.support import factories, tills
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	set_policy,
	standing_of,
)
from crm_success.tests.support.tiered_documents import make_rules, make_sale, visit_till

TODAY = getdate()
IN_A_YEAR = getdate(add_days(TODAY, 370))
SPENDS = "Earns What It Pays"
MORNING = "2026-01-05 09:00:00"
USUAL = f"SLA-Issue-{factories.SLA}"


class TestEarnedTiersAct(TierTestCase):
	@classmethod
	def setUpClass(cls):
		cls.addClassCleanup(frappe.db.commit)
		cls.addClassCleanup(forget_rules)
		super().setUpClass()

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		factories.make_customer(SPENDS)
		factories.make_invoice(SPENDS, GOLD_FROM, add_days(TODAY, -30))
		factories.make_service_level_agreement(response_hours=8)

	def setUp(self):
		super().setUp()
		forget_rules()
		for name, discount, hours in ((SILVER, 5, 4), (GOLD, 10, 1)):
			tier = frappe.get_doc(TIER, name)
			tier.append("benefits", {"benefit": "Discount", "benefit_value": discount})
			tier.append("benefits", {"benefit": "Support Promise", "benefit_value": hours})
			make_rules(tier.save())
		frappe.db.commit()

	def assert_given(self, tier: str | None, rate: float, agreement: str) -> None:
		"""To a new order, a new visit and a new issue; all are taken back."""
		order = make_sale("Sales Order", SPENDS)
		with tills.till_that_writes("POS Invoice"):
			tills.open_till()
			visit = visit_till("POS Invoice", SPENDS, 2 * rate)
		issue = factories.make_issue(SPENDS, MORNING)
		found = [(doc.customer_tier or None, doc.items[0].rate) for doc in (order, visit.reload())]
		self.assertEqual(found, [(tier, rate)] * 2)
		self.assertEqual((issue.customer_tier or None, issue.service_level_agreement), (tier, agreement))
		frappe.db.rollback()

	def test_what_is_earned_and_lost_acts_at_once(self):
		self.assert_given(None, 100, USUAL)
		self.evaluate()
		self.assert_given(GOLD, 90, f"SLA-Issue-{GOLD}")
		self.review(IN_A_YEAR)
		self.assert_given(None, 100, USUAL)

	def test_a_tier_that_somebody_protects_acts_as_an_earned_one(self):
		set_policy()
		self.evaluate()
		standing = standing_of(SPENDS)
		values = {"protected_tier": SILVER, "protected_until": add_days(IN_A_YEAR, 10)}
		standing.update({**values, "protection_reason": "Agreed"}).save()
		self.review(IN_A_YEAR)
		self.assert_given(SILVER, 95, f"SLA-Issue-{SILVER}")

	def test_more_is_asked_of_a_tier_and_a_lower_one_acts(self):
		self.evaluate()
		tier = frappe.get_doc(TIER, GOLD)
		tier.requirements[0].at_least = GOLD_FROM + 1
		tier.save()
		self.assertGreater(GOLD_FROM, SILVER_FROM)
		self.review()
		self.assert_given(SILVER, 95, f"SLA-Issue-{SILVER}")


def forget_rules() -> None:
	"""What the buttons made for tiers of other tests."""
	frappe.db.rollback()
	frappe.db.set_value(
		TIER, {"name": ("is", "set")}, {"pricing_rule": None, "service_level_agreement": None}
	)
	for rule in frappe.get_all("Pricing Rule", {"condition": ("like", "customer_tier ==%")}, pluck="name"):
		frappe.delete_doc("Pricing Rule", rule, force=True)
	for name in frappe.get_all(
		"Service Level Agreement", {"service_level": ("!=", factories.SLA)}, pluck="name"
	):
		frappe.delete_doc("Service Level Agreement", name, force=True)
	frappe.db.commit()
