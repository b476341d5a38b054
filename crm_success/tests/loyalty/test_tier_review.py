"""Evaluations and reviews of real customers: what they spent gives a tier, and what they no longer spend takes it."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.tiers import tier_evaluation
from crm_success.customer_loyalty.tiers.tier_changed import HOOK
from crm_success.customer_loyalty.tiers.tier_records import last_review
from crm_success.record_names import HEALTH, LOYALTY_SETTINGS, STANDING, TIER_CHANGE
from crm_success.tests.support import factories
from crm_success.tests.support.audience_rows import store_audience
from crm_success.tests.support.audience_site import forget_audiences
from crm_success.tests.support.scoring_site import marked_customers
from crm_success.tests.support.tier_site import (
	DIAMOND,
	DIAMOND_FROM,
	GOLD,
	GOLD_FROM,
	HEARD_BY,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	ask,
	heard,
	history,
	make_spenders,
	make_tier,
	set_policy,
	shown_on,
	standing_of,
	start_and_prepare_tiers,
	tier_of,
	told,
	untrue_standings,
)
from crm_success.tests.support.utils import registered

TODAY = getdate()
# the revenue of each, a month ago
SPENT = {
	"Tier None": 0,
	"Tier Silver": SILVER_FROM,
	"Tier Gold": GOLD_FROM + 10,
	"Tier Diamond": DIAMOND_FROM,
}
NONE, OF_SILVER, OF_GOLD, OF_DIAMOND = SPENT
A_MONTH_AGO, IN_A_YEAR = add_days(TODAY, -30), getdate(add_days(TODAY, 370))
METRIC_OVER_CHANGES = {
	**{"doctype": "Health Metric", "metric_name": "Changes of the Tier", "measure": "Count"},
	**{"source_doctype": TIER_CHANGE, "customer_field": "customer", "date_field": "applied_on"},
	**{"scale": "Linear", "worst": 0, "best": 10},
}


class TestTierReview(TierTestCase):
	@classmethod
	def make_documents(cls):
		make_spenders(SPENT)
		factories.make_customer("Tier Internal", is_internal_customer=1, represents_company=None)

	def tiers(self) -> list[str | None]:
		return [tier_of(customer) for customer in SPENT]

	def test_customers_are_given_what_their_revenue_earns(self):
		with registered(HOOK, HEARD_BY):
			run = self.evaluate()
		self.assertEqual((run.status, run.customers_raised, run.customers_lowered), ("Completed", 3, 0))
		self.assertEqual(self.tiers(), [None, SILVER, GOLD, DIAMOND])
		self.assertEqual(shown_on(OF_GOLD), (GOLD, TODAY))
		self.assertEqual(shown_on(NONE), (None, None))
		self.assertEqual(history(OF_GOLD), (("Applied", None, GOLD),))
		self.assertEqual(
			sorted(told()), [(OF_DIAMOND, "", DIAMOND), (OF_GOLD, "", GOLD), (OF_SILVER, "", SILVER)]
		)
		self.assertEqual(untrue_standings(), [])

	def test_the_standing_says_what_is_missing_and_the_change_says_why(self):
		self.evaluate()
		standing = standing_of(OF_GOLD)
		self.assertEqual((standing.next_tier, standing.earned_tier), (DIAMOND, GOLD))
		self.assertEqual(standing.revenue, GOLD_FROM + 10)
		self.assertIn("149,990", standing.missing_in_words)
		change = frappe.get_doc(TIER_CHANGE, {"customer": OF_GOLD})
		self.assertEqual((change.movement, change.cause, change.decided_by), ("Up", "Earned", None))
		self.assertIn("50,010", change.reasons)
		self.assertIn("50,000", change.reasons)

	def test_twice_the_same_changes_nothing(self):
		self.review()
		rows, changes = self.rows(), frappe.db.count(TIER_CHANGE)
		again = self.review()
		self.assertEqual(
			(again.customers_raised, again.customers_lowered, again.customers_proposed), (0, 0, 0)
		)
		self.assertEqual((self.rows(), frappe.db.count(TIER_CHANGE)), (rows, changes))

	def rows(self):
		frappe.db.rollback()
		return frappe.get_all(STANDING, fields=["*"], order_by="customer")

	def test_a_tier_is_lost_at_a_review_when_a_year_has_passed(self):
		self.review()
		self.evaluate(IN_A_YEAR)
		self.assertEqual(self.tiers(), [None, SILVER, GOLD, DIAMOND])
		self.assertEqual(standing_of(OF_GOLD).in_danger_since, IN_A_YEAR)
		run = self.review(IN_A_YEAR)
		self.assertEqual(run.customers_lowered, 3)
		self.assertEqual(self.tiers(), [None, None, None, None])
		self.assertEqual(shown_on(OF_GOLD), (None, None))
		self.assertEqual(history(OF_GOLD), (("Applied", None, GOLD), ("Applied", GOLD, None)))
		self.assertEqual(untrue_standings(), [])

	def test_grace_keeps_a_tier_and_says_so(self):
		set_policy(grace_days=60)
		self.review()
		self.review(IN_A_YEAR)
		self.assertEqual(tier_of(OF_GOLD), GOLD)
		kept = frappe.get_doc(TIER_CHANGE, {"customer": OF_GOLD, "decision": "Kept"})
		self.assertEqual((kept.kept_by, kept.movement), ("Grace Period", "Same"))
		standing = standing_of(OF_GOLD)
		self.assertGreaterEqual(standing.lost_by, getdate(add_days(IN_A_YEAR, 60)))
		self.review(standing.lost_by)
		self.assertIsNone(tier_of(OF_GOLD))
		self.assertEqual(untrue_standings(), [])

	def test_a_return_leads_back_at_the_next_review(self):
		self.review()
		invoice = frappe.get_doc("Sales Invoice", {"customer": OF_SILVER, "docstatus": 1})
		credit = factories.make_return(invoice, 100, TODAY)
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(credit.cancel)
		self.evaluate()
		standing = standing_of(OF_SILVER)
		self.assertEqual((standing.tier, standing.in_danger_since, standing.falls_to), (SILVER, TODAY, None))
		self.assertGreater(standing.lost_by, TODAY)
		self.review(add_days(TODAY, 1))
		self.assertIsNone(tier_of(OF_SILVER))

	def test_years_of_the_calendar_and_of_customers(self):
		"""A sale of a month ago still counts all through the next year of either kind."""
		for period in ("Calendar Year", "Anniversary"):
			with self.subTest(period):
				set_policy(period=period)
				self.review()
				self.assertEqual(self.tiers(), [None, SILVER, GOLD, DIAMOND])
				self.review(IN_A_YEAR)
				self.assertEqual(self.tiers(), [None, SILVER, GOLD, DIAMOND])
				self.review(add_days(A_MONTH_AGO, 3 * 366))
				self.assertEqual(self.tiers(), [None, None, None, None])
				self.assertEqual(untrue_standings(), [])

	def test_score_tenure_and_audience_are_asked_too(self):
		store_audience("Tier Club", OF_SILVER)
		self.addCleanup(forget_audiences)
		factories.make_health(OF_GOLD, score=81)
		factories.make_health(OF_DIAMOND, score=79)
		self.addCleanup(frappe.db.delete, HEALTH)
		make_tier("Tier Healthy", 11, ask("Health Score", 80))
		make_tier("Tier Members", 12, ask("Audience", audience="Tier Club"))
		make_tier("Tier Old", 13, ask("Months as Customer", 1), ask("Net Revenue", DIAMOND_FROM))
		self.evaluate(add_days(A_MONTH_AGO, 32))
		self.assertEqual(self.tiers(), [None, "Tier Members", "Tier Healthy", "Tier Old"])
		self.assertEqual(standing_of(OF_DIAMOND).customer_since, getdate(A_MONTH_AGO))

	def test_upgrades_at_review_wait(self):
		set_policy(upgrades="At Review")
		self.evaluate()
		self.assertEqual(self.tiers(), [None] * 4)
		self.assertEqual(standing_of(OF_GOLD).earned_tier, GOLD)
		self.review()
		self.assertEqual(self.tiers(), [None, SILVER, GOLD, DIAMOND])

	def test_the_first_evaluation_is_a_review_and_the_next_is_on_its_day(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", None)
		set_policy(upgrades="At Review", review="Monthly")
		frappe.db.commit()
		run = self.evaluate_as_scheduled("2026-04-10")
		self.assertEqual(last_review(), getdate("2026-04-10"))
		self.evaluate_as_scheduled("2026-04-30")
		self.assertEqual(last_review(), getdate("2026-04-10"))
		self.assertEqual(frappe.db.get_single_value(LOYALTY_SETTINGS, "evaluated_on"), getdate("2026-04-30"))
		self.evaluate_as_scheduled("2026-05-02")
		self.assertEqual(last_review(), getdate("2026-05-02"))
		self.assertEqual(run.status, "Completed")

	def evaluate_as_scheduled(self, day: str):
		with patch.object(tier_evaluation, "getdate", lambda *_: getdate(day)):
			run = tier_evaluation.start_evaluation("Schedule")
		frappe.db.commit()
		prepare_run(run)
		drain(run)
		return frappe.get_doc("Work Run", run)

	def test_internal_customers_have_none(self):
		self.evaluate()
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists(STANDING, {"customer": "Tier Internal"}))

	def test_a_subscriber_that_fails_leaves_the_tiers_right(self):
		with registered(HOOK, f"{__name__}.fail"):
			run = self.evaluate()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, "failed when it was told whose tier changed")
		self.assertEqual(tier_of(OF_GOLD), GOLD)

	def test_a_tier_renamed_while_tiers_are_evaluated_leaves_everybody_as_they_are(self):
		self.review()
		run = start_and_prepare_tiers(IN_A_YEAR, is_review=True)
		frappe.rename_doc("Customer Tier", GOLD, "Platinum")
		frappe.db.commit()
		drain(run)
		doc = frappe.get_doc("Work Run", run)
		self.assert_message(doc, "renamed or deleted")
		self.assertEqual(self.tiers(), [None, SILVER, "Platinum", DIAMOND])
		self.review(IN_A_YEAR)
		self.assertEqual(self.tiers(), [None] * 4)

	def test_a_metric_over_changes_hears_of_whoever_moved(self):
		self.addCleanup(self.measure_no_changes)
		frappe.get_doc(METRIC_OVER_CHANGES).insert()
		marked_customers()
		self.evaluate()
		self.assertEqual(marked_customers(), {OF_SILVER, OF_GOLD, OF_DIAMOND})
		self.evaluate()
		self.assertEqual(marked_customers(), set())

	def measure_no_changes(self):
		frappe.delete_doc("Health Metric", METRIC_OVER_CHANGES["metric_name"], force=True)
		frappe.db.delete(HEALTH)
		frappe.db.commit()

	def test_a_notification_by_the_day_of_a_change_finds_it(self):
		self.evaluate()
		notification = frappe.get_doc(
			{
				**{"doctype": "Notification", "name": "Tier Changed", "subject": "Tier", "enabled": 1},
				**{"document_type": TIER_CHANGE, "event": "Days After", "date_changed": "applied_on"},
				**{"days_in_advance": 0, "channel": "System Notification", "message": "Tier"},
				"condition": "doc.to_tier == 'Gold'",
				"recipients": [{"receiver_by_role": "System Manager"}],
			}
		).insert()
		found = [doc.customer for doc in notification.get_documents_for_today()]
		self.assertEqual(found, [OF_GOLD])

	def test_nobody_hears_of_what_did_not_change(self):
		self.evaluate()
		heard.clear()
		with registered(HOOK, HEARD_BY):
			self.evaluate()
		self.assertEqual(heard, [])


def fail(changes):
	frappe.db.set_value("Customer", OF_GOLD, "customer_details", "written by who failed")
	raise ValueError("no")
