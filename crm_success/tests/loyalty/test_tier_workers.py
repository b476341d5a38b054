"""Reviews that are killed, done by several workers or twice: tiers, history and what is told stay right."""

from collections import Counter
from copy import deepcopy
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches import leases
from crm_success.batches.queueing import enqueue_prepare
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import RunInProgressError
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import do_batch, drain
from crm_success.customer_loyalty import tier_review
from crm_success.customer_loyalty.tier_changed import HOOK, TierChange
from crm_success.customer_loyalty.tier_evaluation import start_evaluation
from crm_success.customer_loyalty.tier_records import last_review
from crm_success.customer_loyalty.tier_review import TierReview
from crm_success.database import clock
from crm_success.record_names import LOYALTY_SETTINGS, STANDING, TIER_CHANGE
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	shown_on,
	start_and_prepare_tiers,
	untrue_standings,
)
from crm_success.tests.support.utils import hooks_kept
from crm_success.tests.support.worker_processes import DyingWorker, real_workers, wait_for

TODAY = getdate()
# by turns nothing, enough for Silver and enough for Gold
CUSTOMERS = {f"Kill {number:02}": (0, SILVER_FROM, GOLD_FROM)[number % 3] for number in range(9)}
# by hand: who had Gold by hand and earns nothing falls, whoever earns something rises
BEFORE = {"Kill 00": GOLD, "Kill 03": SILVER}
AFTER = {name: {SILVER_FROM: SILVER, GOLD_FROM: GOLD}.get(spent) for name, spent in CUSTOMERS.items()}
MOVES = {
	(name, BEFORE.get(name) or "", AFTER[name] or "") for name in CUSTOMERS if AFTER[name] != BEFORE.get(name)
}
IN_THE_BATCH = (
	"after claiming",
	"after reading",
	"half-way through the members",
	"before committing",
	"after committing",
)


def note(changes: list[TierChange]) -> None:
	"""The subscriber, which worker processes find too."""
	for change in changes:
		row = {"reference_doctype": STANDING, "reference_name": change.customer}
		content = f"{change.from_tier}|{change.to_tier}"
		frappe.get_doc({"doctype": "Comment", "comment_type": "Info", **row, "content": content}).db_insert()


def noted() -> Counter:
	frappe.db.rollback()
	rows = frappe.get_all(
		"Comment", {"reference_doctype": STANDING}, ["reference_name", "content"], as_list=True
	)
	return Counter((customer, *content.split("|")) for customer, content in rows)


class TestKilledReviews(TierTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		for customer, amount in CUSTOMERS.items():
			factories.make_customer(customer)
			if amount:
				factories.make_invoice(customer, amount, add_days(TODAY, -30))

	def setUp(self):
		super().setUp()
		small = patch.object(tier_review, "BATCH_SIZE", 4)
		small.start()
		self.addCleanup(small.stop)
		self.addCleanup(self.forget_notes)
		self.begin()

	def begin(self):
		"""Two have a tier that they do not earn."""
		self.forget_notes()
		for doctype in (STANDING, TIER_CHANGE):
			frappe.db.delete(doctype)
		frappe.db.delete(RUN, {"kind": "Tier Review"})
		for customer, tier in BEFORE.items():
			values = {
				"customer": customer,
				"tier": tier,
				"tier_since": "2025-01-01",
				"moved_on": "2025-01-01",
			}
			frappe.new_doc(STANDING).update({**values, "changes": 1}).db_insert()
			row = {"customer": customer, "to_tier": tier, "decision": "Applied", "change_number": 1}
			frappe.new_doc(TIER_CHANGE).update(row).db_insert()
		frappe.db.commit()
		hooks = deepcopy(dict(frappe.get_hooks()))
		hooks[HOOK] = [f"{note.__module__}.{note.__name__}"]
		hooks_kept().set_value("app_hooks", hooks)

	def forget_notes(self):
		hooks_kept().delete_value("app_hooks")
		frappe.db.delete("Comment", {"reference_doctype": STANDING})
		frappe.db.commit()

	def start_night(self) -> str:
		run = start_and_prepare_tiers(is_review=True)
		drop_jobs()
		return run

	def end_leases(self, run: str):
		"""As if a quarter of an hour had passed."""
		past = clock.utc_now() - timedelta(minutes=15, seconds=1)
		frappe.db.set_value(BATCH, {"work_run": run, "status": "Running"}, "claimed_utc", past)
		frappe.db.commit()

	def assert_as_undisturbed(self, run: str):
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(RUN, run, ["status", "active"]), ("Completed", None))
		ours = {"customer": ("in", list(CUSTOMERS))}
		tiers = dict(frappe.get_all(STANDING, ours, ["customer", "tier"], as_list=True))
		self.assertEqual(tiers, AFTER)
		self.assertEqual(dict(noted()), dict.fromkeys(MOVES, 1))
		self.assertEqual(frappe.db.count(TIER_CHANGE, ours), len(BEFORE) + len(MOVES))
		counted = frappe.db.get_value(RUN, run, ["customers_raised", "customers_lowered"])
		self.assertEqual(counted, (6, 2), "each is counted once")
		self.assertEqual(untrue_standings(), [])
		self.assertEqual(last_review(), TODAY)

	def test_an_undisturbed_review(self):
		run = self.start_night()
		drain(run)
		self.assert_as_undisturbed(run)
		self.assertEqual(shown_on("Kill 01"), (SILVER, TODAY))

	def test_killed_anywhere_in_the_batch(self):
		for checkpoint in IN_THE_BATCH:
			with self.subTest(checkpoint):
				self.begin()
				run = self.start_night()
				DyingWorker(run, checkpoint).die()
				self.end_leases(run)
				requeue_expired_batches()
				drain(run)
				self.assert_as_undisturbed(run)

	def test_killed_before_committing_leaves_nothing_half_written_and_nothing_told(self):
		run = self.start_night()
		DyingWorker(run, "before committing").die()
		self.assertEqual((frappe.db.count(STANDING), dict(noted())), (2, {}))

	def test_killed_before_its_last_step_the_reaper_finishes_it(self):
		for checkpoint in ("before finishing", "while finishing"):
			with self.subTest(checkpoint):
				self.begin()
				run = self.start_night()
				DyingWorker(run, checkpoint).die()
				requeue_expired_batches()
				self.assert_as_undisturbed(run)

	def test_two_real_workers(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", None)
		with real_workers(2):
			run = start_evaluation("Desk", is_review=True)
			enqueue_prepare(run)
			frappe.db.commit()
			wait_for(lambda: not frappe.db.get_value(RUN, run, "active"), "the review ended")
		self.assert_as_undisturbed(run)

	def test_a_batch_that_two_workers_have_is_written_by_one(self):
		run = self.start_night()
		batch, work = leases.claim(run), TierReview(run)
		computed = work.compute(batch)
		frappe.db.rollback()
		self.end_leases(run)
		drain(run)
		self.assert_as_undisturbed(run)
		# the first one comes back to life, with what it had computed
		with patch.object(TierReview, "compute", lambda _work, _batch: computed):
			do_batch(batch, work)
		self.assert_as_undisturbed(run)

	def test_run_twice_it_finds_nothing_more_to_do(self):
		run = self.start_night()
		with self.assertRaises(RunInProgressError):
			start_evaluation("Command")
		drain(run)
		self.assert_as_undisturbed(run)
		again = self.review()
		self.assertEqual((again.customers_raised, again.customers_lowered), (0, 0))
		self.assert_as_undisturbed(run)

	def test_the_size_of_batches_changes_nothing(self):
		for size in (1, 7, 10_000):
			with self.subTest(size=size), patch.object(tier_review, "BATCH_SIZE", size):
				self.begin()
				run = self.start_night()
				drain(run)
				self.assert_as_undisturbed(run)

	def test_a_customer_renamed_between_reading_and_writing_keeps_its_history(self):
		run = self.start_night()
		batch, work = leases.claim(run), TierReview(run)
		computed = work.compute(batch)
		frappe.db.rollback()
		frappe.rename_doc("Customer", "Kill 00", "Kill 00 Renamed")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.rename_doc, "Customer", "Kill 00 Renamed", "Kill 00")
		frappe.db.commit()
		with patch.object(TierReview, "compute", lambda _work, _batch: computed):
			do_batch(batch, work)
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(STANDING, {"customer": "Kill 00 Renamed"}, "tier"), GOLD)
		self.assertFalse(frappe.db.exists(STANDING, {"customer": "Kill 00"}))
		drain(run)
		self.assertEqual(untrue_standings(), [])
