"""Any number of workers, dying workers, lost queues and conflicts: the rows are those of one quiet worker."""

import threading
import time
from datetime import timedelta

import frappe
from frappe.utils import add_days, getdate
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from crm_success.bridge import database
from crm_success.jobs import batches, leases
from crm_success.jobs.batches import RunWork, do_batch, drain
from crm_success.jobs.customer_scoring import requeue_expired_batches
from crm_success.jobs.preparation import prepare_run
from crm_success.jobs.queueing import enqueue_prepare, waiting_jobs
from crm_success.jobs.runs import retry_failed, start_run
from crm_success.jobs.store import BATCH, RUN
from crm_success.tests import factories
from crm_success.tests.scoring_site import (
	WORKER_SECONDS,
	DyingWorker,
	ScoringTestCase,
	burst_worker,
	drop_jobs,
	forget_scores,
	health_rows,
	real_workers,
	snapshot_rows,
	start_and_prepare,
)

CUSTOMERS = 12


class WorkersTestCase(ScoringTestCase):
	batch_size = 2

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for number in range(CUSTOMERS):
			customer = factories.make_customer(f"Workers {number:02}")
			for invoice in range(number % 3):
				factories.make_invoice(
					customer, 100 * (number + 1), getdate(add_days(getdate(), -20 - 30 * invoice))
				)
		frappe.db.commit()
		run = start_and_prepare()
		drain(run)
		cls.expected = (health_rows(), snapshot_rows(getdate()))
		forget_scores()

	def setUp(self):
		super().setUp()
		forget_scores()
		self.addCleanup(forget_scores)

	def assert_as_expected(self, run: str):
		self.assertEqual(self.run_values(run, "status", "active"), ("Completed", None))
		self.assertEqual((health_rows(), snapshot_rows(getdate())), self.expected)
		counted = self.run_values(run, "customers_scored", "customers_without_score")
		self.assertEqual(sum(counted), len(self.expected[0]), "each customer is counted once")

	def run_values(self, run: str, *fieldnames: str) -> tuple:
		frappe.db.rollback()
		values = frappe.db.get_value(RUN, run, fieldnames)
		return values if len(fieldnames) > 1 else (values,)

	def end_leases(self, run: str):
		"""As if a quarter of an hour had passed."""
		past = database.now() - timedelta(seconds=1)
		frappe.db.set_value(BATCH, {"scoring_run": run, "status": "Running"}, "lease_until", past)
		frappe.db.commit()


class TestManyWorkers(WorkersTestCase):
	def test_two_real_workers_give_the_same_rows_as_one(self):
		with real_workers(2):
			run = start_run(getdate(), "Desk")
			enqueue_prepare(run)
			frappe.db.commit()
			self.wait_for_end(run)
		self.assert_as_expected(run)

	def wait_for_end(self, run: str):
		enough = time.monotonic() + WORKER_SECONDS
		while self.run_values(run, "active") != (None,) and time.monotonic() < enough:
			time.sleep(0.2)

	def test_workers_share_the_batches_of_one_run(self):
		run = start_and_prepare()
		threads = [threading.Thread(target=_drain_in_thread, args=(frappe.local.site, run)) for _ in range(3)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join(WORKER_SECONDS)
		self.assert_as_expected(run)
		attempts = frappe.get_all(BATCH, {"scoring_run": run}, pluck="attempts")
		self.assertEqual(set(attempts), {1}, "no batch was done twice")

	def test_the_size_of_batches_changes_nothing(self):
		for size in (1, 5, 2000):
			frappe.db.set_single_value("CRM Success Settings", "batch_size", size)
			frappe.db.commit()
			forget_scores()
			run = start_and_prepare()
			drain(run)
			self.assert_as_expected(run)
		frappe.db.set_single_value("CRM Success Settings", "batch_size", self.batch_size)

	def test_a_run_is_prepared_once(self):
		run = start_run(getdate(), "Desk")
		frappe.db.commit()
		prepare_run(run)
		names = set(frappe.get_all(BATCH, {"scoring_run": run}, pluck="name"))
		prepare_run(run)
		frappe.db.rollback()
		self.assertEqual(set(frappe.get_all(BATCH, {"scoring_run": run}, pluck="name")), names)


class TestDyingWorkers(WorkersTestCase):
	def die_and_finish(self, checkpoint: str) -> str:
		run = start_and_prepare()
		drop_jobs()
		DyingWorker(run, checkpoint).die()
		return run

	def test_killed_after_claiming(self):
		run = self.die_and_finish("after claiming")
		self.assertEqual(health_rows(), {})
		self.end_leases(run)
		requeue_expired_batches()
		drain(run)
		self.assert_as_expected(run)

	def test_killed_after_reading(self):
		run = self.die_and_finish("after reading")
		self.assertEqual(health_rows(), {})
		self.end_leases(run)
		drain(run)
		self.assert_as_expected(run)

	def test_killed_before_committing_leaves_nothing_half_written(self):
		run = self.die_and_finish("before committing")
		self.assertEqual((health_rows(), snapshot_rows(getdate())), ({}, {}))
		self.assertEqual(self.run_values(run, "batches_done")[0], 0)
		self.end_leases(run)
		requeue_expired_batches()
		drain(run)
		self.assert_as_expected(run)

	def test_killed_after_committing_loses_no_batch_and_counts_none_twice(self):
		run = self.die_and_finish("after committing")
		self.assertEqual(len(health_rows()), 2)
		drain(run)
		self.assert_as_expected(run)

	def test_killed_before_the_last_step_the_reaper_finishes_the_run(self):
		run = start_and_prepare()
		work = RunWork(run)
		while batch := leases.claim(run):
			do_batch(batch, work)
		self.assertEqual(self.run_values(run, "status")[0], "Running")
		requeue_expired_batches()
		self.assert_as_expected(run)

	def test_a_lease_that_still_runs_is_respected(self):
		run = self.die_and_finish("after claiming")
		requeue_expired_batches()
		drain(run)
		self.assertEqual(self.run_values(run, "status")[0], "Running")
		self.assertEqual(frappe.db.count(BATCH, {"scoring_run": run, "status": "Running"}), 1)

	def test_a_batch_that_kills_three_workers_fails_and_can_be_retried(self):
		run = start_and_prepare()
		name = frappe.get_all(BATCH, {"scoring_run": run, "batch_no": 1}, pluck="name")[0]
		frappe.db.set_value(BATCH, name, {"status": "Running", "attempts": 3, "worker": "gone:1"})
		self.end_leases(run)
		drain(run)
		requeue_expired_batches()
		self.assertEqual(self.run_values(run, "status", "batches_failed", "active"), ("Failed", 1, None))
		doc = frappe.get_doc(RUN, run)
		self.assert_message(doc, "were not scored because of an error", severity="Error", count=2)
		retry_failed(run)
		frappe.db.commit()
		drain(run)
		self.assert_as_expected(run)

	def test_a_flushed_queue_only_delays_a_run(self):
		run = start_run(getdate(), "Desk")
		enqueue_prepare(run)
		frappe.db.commit()
		drop_jobs()
		requeue_expired_batches()
		self.assertEqual(waiting_jobs(run), 0, "a run that was just queued is left in peace")
		frappe.db.set_value(RUN, run, "modified", add_days(getdate(), -1), update_modified=False)
		frappe.db.commit()
		requeue_expired_batches()
		self.finish_with_workers(run)
		self.assert_as_expected(run)

	def test_batches_without_jobs_get_workers_again(self):
		run = start_and_prepare()
		drop_jobs()
		requeue_expired_batches()
		self.finish_with_workers(run)
		self.assert_as_expected(run)

	def finish_with_workers(self, run: str):
		for _ in range(3):
			burst_worker().communicate(timeout=WORKER_SECONDS)
			if self.run_values(run, "active") == (None,):
				return


class TestConflicts(WorkersTestCase):
	def test_a_worker_that_lost_its_lease_writes_nothing(self):
		run = start_and_prepare()
		batch = leases.claim(run)
		self.end_leases(run)
		other = leases.claim(run)
		while other.name != batch.name:
			other = leases.claim(run)
		do_batch(batch, RunWork(run))
		self.assertEqual(health_rows(), {})

	def test_a_job_out_of_time_gives_its_batch_back_and_says_so(self):
		run = start_and_prepare()
		batch = leases.claim(run)
		write = batches.write_scores

		def write_slowly(*arguments):
			write(*arguments)
			time.sleep(10)

		batches.write_scores = write_slowly
		self.addCleanup(setattr, batches, "write_scores", write)
		with self.assertRaises(JobTimeoutException), UnixSignalDeathPenalty(2, JobTimeoutException):
			do_batch(batch, RunWork(run))
		self.assertEqual(health_rows(), {})
		self.assertEqual(frappe.db.get_value(BATCH, batch.name, "status"), "Queued")
		batches.write_scores = write
		drain(run)
		self.assert_as_expected(run)

	def test_an_error_in_one_batch_is_written_on_it_and_the_others_go_on(self):
		run = start_and_prepare()
		write = batches.write_scores

		def write_unless_first(scored, keys, writing):
			if keys.after is None:
				raise ValueError("the first batch cannot be written")
			return write(scored, keys, writing)

		batches.write_scores = write_unless_first
		self.addCleanup(setattr, batches, "write_scores", write)
		drain(run)
		self.assertEqual(self.run_values(run, "status", "batches_failed"), ("Failed", 1))
		failed = frappe.get_all(BATCH, {"scoring_run": run, "status": "Failed"}, ["attempts", "error"])[0]
		self.assertEqual(failed.attempts, leases.MOST_ATTEMPTS)
		self.assertIn("the first batch cannot be written", failed.error)
		self.assertEqual(len(health_rows()), len(self.expected[0]) - 2)

	def test_a_real_deadlock_is_tried_again_until_both_are_through(self):
		run = start_and_prepare()
		drain(run)
		first, last = sorted(self.expected[0])[0], sorted(self.expected[0])[-1]
		barrier, tries = threading.Barrier(2, timeout=30), []

		def cross(site: str | None, one: str, two: str):
			if site:
				_connect(site)

			def work():
				tries.append(one)
				_touch(one)
				if len(tries) <= 2:
					barrier.wait()
				_touch(two)
				frappe.db.commit()

			database.again_after_conflict(work)
			if site:
				frappe.destroy()

		thread = threading.Thread(target=cross, args=(frappe.local.site, first, last))
		thread.start()
		cross(None, last, first)
		thread.join(60)
		self.assertEqual(len(tries), 3, "one of the two was the victim, once")

	def test_scoring_waits_for_a_person_who_saves_and_keeps_what_was_saved(self):
		self.assert_expected_after_run()
		customer = sorted(self.expected[0])[1]
		run = start_and_prepare()
		saver = threading.Thread(target=_override_slowly, args=(frappe.local.site, customer))
		saver.start()
		time.sleep(1)
		drain(run)
		saver.join(60)
		row = health_rows(customer)[customer]
		self.assertEqual((row["score"], row["override_score"]), (77, 77))

	def assert_expected_after_run(self):
		run = start_and_prepare()
		drain(run)
		self.assert_as_expected(run)


def _drain_in_thread(site: str, run: str) -> None:
	_connect(site)
	try:
		drain(run)
	finally:
		frappe.destroy()


def _connect(site: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")


def _touch(customer: str) -> None:
	frappe.db.set_value("Customer Health", {"customer": customer}, "trend", None)


def _override_slowly(site: str, customer: str) -> None:
	"""Hold the row for a while, as a slow save does, and then commit an override."""
	_connect(site)
	values = {"override_score": 77, "score": 77, "override_until": getdate(), "override_reason": "slow"}
	frappe.db.set_value("Customer Health", {"customer": customer}, values)
	time.sleep(3)
	frappe.db.commit()
	frappe.destroy()
