"""Any number of workers, dying workers and lost queues: the rows are those of one quiet worker."""

import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.preparing import prepare_run
from crm_success.batches.queueing import enqueue_prepare, enqueue_workers, waiting_jobs
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import retry_failed
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.database import clock
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support.scoring_site import (
	drop_jobs,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)
from crm_success.tests.support.utils import children
from crm_success.tests.support.worker_processes import (
	WORKER_SECONDS,
	DyingWorker,
	WorkersTestCase,
	burst_worker,
	connect,
	end_leases,
	finish_with_workers,
	hold_health,
	real_workers,
	wait_for,
	waiting_writers,
)


class TestManyWorkers(WorkersTestCase):
	def test_two_real_workers_give_the_same_rows_as_one(self):
		with real_workers(2):
			run = start_scoring(getdate(), "Desk")
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
		attempts = frappe.get_all(BATCH, {"work_run": run}, pluck="attempts")
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
		run = start_scoring(getdate(), "Desk")
		frappe.db.commit()
		prepare_run(run)
		names = set(frappe.get_all(BATCH, {"work_run": run}, pluck="name"))
		prepare_run(run)
		frappe.db.rollback()
		self.assertEqual(set(frappe.get_all(BATCH, {"work_run": run}, pluck="name")), names)


class TestDyingWorkers(WorkersTestCase):
	def die_and_finish(self, checkpoint: str) -> str:
		run = start_and_prepare()
		drop_jobs()
		DyingWorker(run, checkpoint).die()
		return run

	def test_killed_after_claiming(self):
		run = self.die_and_finish("after claiming")
		self.assertEqual(health_rows(), {})
		end_leases(run)
		requeue_expired_batches()
		drain(run)
		self.assert_as_expected(run)

	def test_killed_after_reading(self):
		run = self.die_and_finish("after reading")
		self.assertEqual(health_rows(), {})
		end_leases(run)
		drain(run)
		self.assert_as_expected(run)

	def test_killed_before_committing_leaves_nothing_half_written(self):
		run = self.die_and_finish("before committing")
		self.assertEqual((health_rows(), snapshot_rows(getdate())), ({}, {}))
		self.assertEqual(self.run_values(run, "batches_done")[0], 0)
		end_leases(run)
		requeue_expired_batches()
		drain(run)
		self.assert_as_expected(run)

	def test_killed_after_committing_loses_no_batch_and_counts_none_twice(self):
		run = self.die_and_finish("after committing")
		self.assertEqual(len(health_rows()), 2)
		drain(run)
		self.assert_as_expected(run)

	def test_killed_half_way_through_the_upsert_leaves_no_row(self):
		run = self.die_and_finish("half-way through the upsert")
		self.assertEqual((health_rows(), snapshot_rows(getdate())), ({}, {}))
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)
		self.assert_attempts(run, 2)
		self.assert_message(frappe.get_doc(RUN, run), "later attempt", severity="Info", count=2)

	def test_killed_before_the_last_step_the_reaper_finishes_the_run(self):
		for checkpoint in ("before finishing", "while finishing"):
			with self.subTest(checkpoint):
				forget_scores()
				run = self.die_and_finish(checkpoint)
				self.assertEqual(self.run_values(run, "status")[0], "Running")
				requeue_expired_batches()
				self.assert_as_expected(run)

	def test_killed_while_preparing_the_run_is_prepared_again_after_a_quarter_of_an_hour(self):
		run = start_scoring(getdate(), "Desk")
		frappe.db.commit()
		DyingWorker(run, "while preparing").die()
		self.assertEqual(self.run_values(run, "status")[0], "Preparing")
		self.assertEqual(frappe.db.count(BATCH, {"work_run": run}), 0)
		requeue_expired_batches()
		self.assertEqual(waiting_jobs(run), 0, "a sign of life was given just now")
		long_ago = clock.utc_now() - timedelta(minutes=16)
		frappe.db.set_value(RUN, run, "sign_of_life_utc", long_ago)
		frappe.db.commit()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)
		self.assertEqual(
			frappe.db.count("Score Calibration"), 1, "nothing is left of the one that was not finished"
		)

	def test_a_lease_that_still_runs_is_respected(self):
		run = self.die_and_finish("after claiming")
		# of other hosts only the lease can tell
		frappe.db.set_value(BATCH, {"work_run": run, "status": "Running"}, "worker", "another-host:1")
		frappe.db.commit()
		requeue_expired_batches()
		drain(run)
		self.assertEqual(self.run_values(run, "status")[0], "Running")
		self.assertEqual(frappe.db.count(BATCH, {"work_run": run, "status": "Running"}), 1)

	def test_a_batch_that_kills_three_workers_fails_and_can_be_retried(self):
		run = start_and_prepare()
		name = frappe.get_all(BATCH, {"work_run": run, "batch_no": 1}, pluck="name")[0]
		frappe.db.set_value(BATCH, name, {"status": "Running", "attempts": 3, "worker": "gone:1"})
		end_leases(run)
		drain(run)
		requeue_expired_batches()
		self.assertEqual(self.run_values(run, "status", "batches_failed", "active"), ("Failed", 1, None))
		doc = frappe.get_doc(RUN, run)
		self.assert_message(doc, "were left out because of an error", severity="Error", count=2)
		retry_failed(run)
		frappe.db.commit()
		drain(run)
		self.assert_as_expected(run)

	def test_a_flushed_queue_only_delays_a_run(self):
		run = start_scoring(getdate(), "Desk")
		enqueue_prepare(run)
		frappe.db.commit()
		drop_jobs()
		requeue_expired_batches()
		self.assertEqual(waiting_jobs(run), 0, "a run that was just queued is left in peace")
		frappe.db.set_value(RUN, run, "sign_of_life_utc", add_days(getdate(), -1))
		frappe.db.commit()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)

	def test_batches_without_jobs_get_workers_again(self):
		run = start_and_prepare()
		drop_jobs()
		requeue_expired_batches()
		finish_with_workers(run)
		self.assert_as_expected(run)


class TestDyingParents(WorkersTestCase):
	"""The process of RQ that watches the one at work. A health that somebody else is writing keeps the work waiting."""

	def setUp(self):
		super().setUp()
		self.run_name = start_and_prepare()
		drop_jobs()
		enqueue_workers(self.run_name, 1)
		frappe.db.commit()
		self.customer = sorted(self.expected[0])[1]
		self.holder = hold_health(self.customer)
		self.parent = burst_worker()
		wait_for(waiting_writers, "the job waits for the lock")
		(self.job,) = children(self.parent.pid)

	def test_parent_and_job_killed_half_way_through_a_batch(self):
		os.kill(self.parent.pid, signal.SIGKILL)
		os.kill(self.job, signal.SIGKILL)
		self.parent.communicate()
		self.holder.go()
		self.holder.output()
		self.assertNotIn(self.customer, health_rows(), "nothing of the batch is written")
		wait_for(lambda: not Path(f"/proc/{self.job}").exists(), "the job ended")
		requeue_expired_batches()
		finish_with_workers(self.run_name)
		self.assert_as_expected(self.run_name)
		self.assert_attempts(self.run_name, 2)

	def test_a_job_whose_parent_was_killed_goes_on_to_the_end(self):
		os.kill(self.parent.pid, signal.SIGKILL)
		self.parent.wait()
		requeue_expired_batches()
		self.holder.go()
		self.holder.output()
		wait_for(lambda: self.run_values(self.run_name, "active") == (None,), "the run ended")
		self.assert_as_expected(self.run_name)
		self.assert_attempts(self.run_name)


def _drain_in_thread(site: str, run: str) -> None:
	connect(site)
	try:
		drain(run)
	finally:
		frappe.destroy()
