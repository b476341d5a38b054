"""Leased batches of another kind than scoring: the same leases, workers, progress, cancelling and retrying."""

from unittest.mock import patch

import frappe
from frappe.utils import getdate

from crm_success.batches import leases
from crm_success.batches.preparing import prepare_run
from crm_success.batches.queueing import enqueue_prepare, waiting_jobs
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import RunInProgressError, cancel_run, retry_failed, start_run
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.tests.support import counting_work, factories
from crm_success.tests.support.counting_work import (
	AT_THE_END,
	KIND,
	CountingWork,
	endings,
	make_trouble,
	noted,
	start_counting,
)
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	drop_jobs,
	forget_scores,
	health_rows,
	start_and_prepare,
)
from crm_success.tests.support.worker_processes import (
	DyingWorker,
	finish_with_workers,
	real_workers,
	wait_for,
)


class OtherWorkTestCase(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		for letter in "ABCDEF":
			factories.make_customer(f"Counted {letter}")
		counting_work.register_kind()
		cls.addClassCleanup(counting_work.forget_kind)
		cls.customers = frappe.get_all("Customer", pluck="name", order_by="name")

	def setUp(self):
		super().setUp()
		self.addCleanup(counting_work.forget_notes)
		self.addCleanup(forget_scores)

	def assert_done(self, run: str, status: str = "Completed"):
		doc = frappe.get_doc(RUN, run)
		self.assertEqual((doc.status, doc.active, doc.percent_done), (status, None, 100))
		self.assertEqual(noted(run), dict.fromkeys(self.customers, 1))
		counted = (doc.customers_total, doc.customers_done, doc.customers_skipped)
		self.assertEqual(counted, (len(self.customers),) * 3)
		self.assert_message(doc, "Noted", count=len(self.customers))
		self.assert_message(doc, "what was found")
		return doc


class TestOtherWork(OtherWorkTestCase):
	def test_real_workers_prepare_and_do_it_and_each_customer_is_done_once(self):
		with real_workers(2):
			run = start_run(KIND, getdate(), "Desk")
			enqueue_prepare(run)
			frappe.db.commit()
			wait_for(lambda: not frappe.db.get_value(RUN, run, "active"), "the run ended")
		self.assert_done(run)
		self.assertEqual(endings(run), ["Completed"])
		self.assertRegex(run, r"^COUNTING-RUN-\d{4}-\d{5}$")

	def test_a_worker_that_is_killed_leaves_nothing_of_its_batch_and_another_goes_on(self):
		run = start_counting()
		drop_jobs()
		DyingWorker(run, "before committing").die()
		self.assertEqual(noted(run), {})
		requeue_expired_batches()
		finish_with_workers(run)
		doc = self.assert_done(run)
		self.assert_message(doc, "later attempt", count=counting_work.BATCH_SIZE)
		self.assertEqual(frappe.db.count(BATCH, {"work_run": run, "attempts": 2}), 1)

	def test_a_preparation_that_is_killed_is_done_again(self):
		run = start_run(KIND, getdate(), "Desk")
		frappe.db.commit()
		DyingWorker(run, "at the first sign of life").die()
		frappe.db.set_value(RUN, run, "sign_of_life_utc", "2026-01-01 00:00:00")
		frappe.db.commit()
		requeue_expired_batches()
		self.assertEqual(waiting_jobs(run), 1)
		finish_with_workers(run)
		self.assert_done(run)

	def test_a_preparation_that_meets_nothing_but_conflicts_is_done_again(self):
		run = start_run(KIND, getdate(), "Desk")
		frappe.db.commit()
		conflict = frappe.QueryDeadlockError("another transaction")
		with (
			patch.object(CountingWork, "prepare", side_effect=conflict),
			self.assertRaises(frappe.QueryDeadlockError),
		):
			prepare_run(run)
		self.assertEqual(frappe.db.get_value(RUN, run, "status"), "Preparing")
		frappe.db.set_value(RUN, run, "sign_of_life_utc", "2026-01-01 00:00:00")
		frappe.db.commit()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_done(run)

	def test_cancelled_work_stops_after_the_batch_at_hand_and_tells_nobody(self):
		run = start_counting()
		drain(run, until=lambda: True)
		cancel_run(run)
		drain(run)
		requeue_expired_batches()
		self.assertEqual(frappe.db.get_value(RUN, run, "status"), "Cancelled")
		self.assertEqual(sum(noted(run).values()), counting_work.BATCH_SIZE)
		self.assertEqual(endings(run), [])

	def test_a_batch_that_fails_keeps_no_other_from_being_done_and_can_be_retried(self):
		make_trouble("Counted C")
		run = start_counting()
		drain(run)
		failed = frappe.get_all(
			BATCH, {"work_run": run, "status": "Failed"}, ["attempts", "error", "customers"]
		)
		self.assertEqual([batch.attempts for batch in failed], [leases.MOST_ATTEMPTS])
		self.assertIn("Counted C cannot be done", failed[0].error)
		self.assertEqual(sum(noted(run).values()), len(self.customers) - failed[0].customers)
		doc = frappe.get_doc(RUN, run)
		self.assertEqual((doc.status, doc.batches_failed), ("Failed", 1))
		self.assert_message(doc, "left out because of an error", severity="Error")
		make_trouble(None)
		retry_failed(run)
		frappe.db.commit()
		finish_with_workers(run)
		self.assert_done(run)
		self.assertEqual(sorted(endings(run)), ["Completed", "Failed"])

	def test_it_says_how_far_it_is(self):
		run = start_counting()
		drain(run, until=lambda: True)
		frappe.db.rollback()
		told = frappe.get_doc(RUN, run)
		self.assertEqual((told.customers_done, told.customers_skipped, told.batches_done), (2, 2, 1))
		self.assertAlmostEqual(told.percent_done, 100 * 2 / len(self.customers), places=4)
		self.assertGreater(told.rate, 0)
		self.assertGreater(told.remaining_seconds + 1 / told.rate, 0)

	def test_what_follows_a_run_may_fail_and_the_run_ends_all_the_same(self):
		make_trouble(AT_THE_END)
		run = start_counting()
		drain(run)
		doc = self.assert_done(run, "Completed with Warnings")
		self.assert_message(doc, "What follows the run could not be done", severity="Error")
		self.assertEqual(endings(run), [], "nothing of it is kept")

	def test_work_that_no_app_registers_is_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "No installed app does Juggling"):
			start_run("Juggling", getdate(), "Desk")


class TestBesideScoring(OtherWorkTestCase):
	def test_both_run_at_the_same_time_and_a_second_of_each_is_refused(self):
		scoring, counting = start_and_prepare(), start_counting()
		with self.assertRaisesRegex(RunInProgressError, counting):
			start_run(KIND, getdate(), "Desk")
		with self.assertRaisesRegex(RunInProgressError, scoring):
			start_and_prepare()
		with real_workers(2):
			for run in (scoring, counting):
				wait_for(lambda run=run: not frappe.db.get_value(RUN, run, "active"), f"{run} ended")
		self.assert_done(counting)
		self.assertEqual(frappe.db.get_value(RUN, scoring, "status"), "Completed")
		self.assertEqual(sorted(health_rows()), self.customers)

	def test_the_reaper_revives_every_run_also_after_one_that_cannot_be_helped(self):
		lost, counting = start_and_prepare(), start_counting()
		drop_jobs()
		# its last batch is done, and what finishes it is gone
		frappe.db.set_value(RUN, lost, "kind", "Juggling")
		frappe.db.set_value(BATCH, {"work_run": lost}, "status", "Done")
		frappe.db.commit()
		with self.assertRaisesRegex(frappe.ValidationError, "No installed app does Juggling"):
			requeue_expired_batches()
		self.assertGreater(waiting_jobs(counting), 0)
		cancel_run(lost)
		finish_with_workers(counting)
		self.assert_done(counting)
