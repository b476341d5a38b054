"""When tiers are evaluated: after each scoring of all customers, once audiences are up to date, and not while they are off."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate

from crm_success.audiences import evaluation as audience_evaluation
from crm_success.batches import queueing
from crm_success.batches.preparing import prepare_run
from crm_success.batches.working import drain
from crm_success.customer_loyalty.tiers import tier_evaluation
from crm_success.customer_loyalty.tiers.tier_evaluation import evaluate_tiers_if_due, is_due
from crm_success.customer_loyalty.tiers.tier_records import last_review
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import forget_audiences, make_audience, on
from crm_success.tests.support.scoring_site import forget_scores
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	TierTestCase,
	ask,
	make_tier,
	set_policy,
	tier_of,
)

TODAY = getdate()
OF_GOLD = "Scheduled Gold"


class TestTierSchedule(TierTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		factories.make_customer(OF_GOLD)
		factories.make_invoice(OF_GOLD, GOLD_FROM, add_days(TODAY, -30))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.addCleanup(forget_audiences)

	def work_off(self) -> list[str]:
		"""What is due is started, and done in this process; the runs."""
		with patch.object(queueing, "enqueue_prepare") as enqueue:
			evaluate_tiers_if_due()
		runs = [call.args[0] for call in enqueue.call_args_list]
		for run in runs:
			prepare_run(run)
			drain(run)
		return runs

	def test_a_scoring_makes_an_evaluation_due_once(self):
		self.assertFalse(is_due())
		self.score_all()
		self.assertTrue(is_due())
		self.assertEqual(len(self.work_off()), 1)
		self.assertEqual(tier_of(OF_GOLD), GOLD)
		self.assertFalse(is_due())
		self.assertEqual(self.work_off(), [])

	def test_nothing_is_due_while_tiers_are_off(self):
		set_policy(enabled=0)
		self.score_all()
		self.assertFalse(is_due())

	def test_a_scoring_of_a_day_in_the_past_makes_nothing_due(self):
		self.score_all(getdate(add_days(TODAY, -10)))
		self.assertFalse(is_due())

	def test_it_waits_for_audiences_that_a_tier_asks_for(self):
		make_audience("Scheduled Club", on("Customer", ["customer_name", "=", OF_GOLD]))
		self.score_all()
		self.assertTrue(is_due())
		make_tier("Platinum", 9, ask("Audience", audience="Scheduled Club"))
		self.assertFalse(is_due())
		run = audience_evaluation.start_pass("Command")
		frappe.db.commit()
		self.assertFalse(is_due())
		prepare_run(run)
		drain(run)
		frappe.db.rollback()
		self.assertTrue(is_due())
		self.work_off()
		self.assertEqual(tier_of(OF_GOLD), "Platinum")

	def test_the_end_of_a_scoring_and_of_a_pass_ask_for_it(self):
		with patch.object(frappe, "enqueue") as enqueue:
			for status, number in (("Completed", 1), ("Failed", 1), ("Completed with Warnings", 2)):
				tier_evaluation.evaluate_after("", status)
				self.assertEqual(enqueue.call_count, number)
		path = f"{tier_evaluation.__name__}.{evaluate_tiers_if_due.__name__}"
		self.assertEqual(enqueue.call_args.args, (path,))
		followers = frappe.get_hooks("crm_success_work_ended")
		for kind in ("Scoring", "Audiences"):
			self.assertIn(f"{tier_evaluation.__name__}.evaluate_after", followers[kind])

	def test_the_first_one_is_a_review(self):
		self.score_all()
		self.work_off()
		self.assertEqual(last_review(), TODAY)
