"""What gets in a worker's way: another worker, a person who saves, the end of its time, an error."""

import subprocess
import sys
import threading
import time

import frappe
from frappe.utils import getdate
from frappe.utils.background_jobs import get_queue
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from crm_success.batches import leases
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import do_batch, drain
from crm_success.database import conflicts
from crm_success.scoring.runs import scoring_work
from crm_success.scoring.runs.scoring_work import ScoringWork
from crm_success.scoring.stale import mark_stale_later
from crm_success.scoring.what_changed import HOOK
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import drop_jobs, health_rows, start_and_prepare
from crm_success.tests.support.worker_processes import (
	Helper,
	WorkersTestCase,
	connect,
	end_leases,
	wait_for,
	waiting_writers,
)


class TestConflicts(WorkersTestCase):
	def test_a_worker_that_lost_its_lease_writes_nothing(self):
		run = start_and_prepare()
		batch = leases.claim(run)
		end_leases(run)
		other = leases.claim(run)
		while other.name != batch.name:
			other = leases.claim(run)
		do_batch(batch, ScoringWork(run))
		self.assertEqual(health_rows(), {})

	def test_a_job_out_of_time_gives_its_batch_back_and_says_so(self):
		run = start_and_prepare()
		batch = leases.claim(run)
		write = scoring_work.write_scores

		def write_slowly(*arguments):
			write(*arguments)
			time.sleep(10)

		scoring_work.write_scores = write_slowly
		self.addCleanup(setattr, scoring_work, "write_scores", write)
		with self.assertRaises(JobTimeoutException), UnixSignalDeathPenalty(2, JobTimeoutException):
			do_batch(batch, ScoringWork(run))
		self.assertEqual(health_rows(), {})
		self.assertEqual(frappe.db.get_value(BATCH, batch.name, "status"), "Queued")
		scoring_work.write_scores = write
		drain(run)
		self.assert_as_expected(run)

	def test_an_error_in_one_batch_is_written_on_it_and_the_others_go_on(self):
		run = start_and_prepare()
		compute = ScoringWork.compute

		def compute_unless_first(work, batch):
			if batch.after_customer is None:
				raise ValueError("the first batch cannot be computed")
			return compute(work, batch)

		ScoringWork.compute = compute_unless_first
		self.addCleanup(setattr, ScoringWork, "compute", compute)
		drain(run)
		self.assertEqual(self.run_values(run, "status", "batches_failed"), ("Failed", 1))
		failed = frappe.get_all(BATCH, {"work_run": run, "status": "Failed"}, ["attempts", "error"])[0]
		self.assertEqual(failed.attempts, leases.MOST_ATTEMPTS)
		self.assertIn("the first batch cannot be computed", failed.error)
		self.assertEqual(len(health_rows()), len(self.expected[0]) - 2)

	def test_a_real_deadlock_is_tried_again_until_both_are_through(self):
		run = start_and_prepare()
		drain(run)
		first, last = sorted(self.expected[0])[0], sorted(self.expected[0])[-1]
		barrier, tries = threading.Barrier(2, timeout=30), []

		def cross(site: str | None, one: str, two: str):
			if site:
				connect(site)

			def work():
				tries.append(one)
				_touch(one)
				if len(tries) <= 2:
					barrier.wait()
				_touch(two)
				frappe.db.commit()

			conflicts.again_after_conflict(work)
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

	def test_a_locked_health_row_neither_delays_a_save_nor_takes_other_apps_work_with_it(self):
		self.assert_expected_after_run()
		customer, done = sorted(self.expected[0])[1], []
		holder = threading.Thread(target=_override_slowly, args=(frappe.local.site, customer, 6))
		holder.start()
		time.sleep(1)
		issue = factories.make_issue(customer, f"{getdate()} 09:00:00")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Issue", issue.name, force=True)
		frappe.db.after_commit.add(lambda: done.append("the other app's work"))
		frappe.db.commit()
		self.assertTrue(holder.is_alive(), "the save waited for the lock")
		self.assertEqual(done, ["the other app's work"])
		holder.join(60)
		# what could not be marked at once waits in the queue
		(job,) = [job for job in get_queue("short").get_jobs() if customer in str(job.kwargs)]
		job.delete()
		mark_stale_later(**job.kwargs["kwargs"])
		self.assertEqual(frappe.db.get_value("Customer Health", {"customer": customer}, "stale"), 1)

	def test_a_batch_of_a_process_that_is_no_more_is_free_at_once(self):
		run = start_and_prepare()
		batch = leases.claim(run)
		host = batch.worker.rpartition(":")[0]
		frappe.db.set_value(BATCH, batch.name, "worker", f"{host}:{_dead_process()}")
		frappe.db.commit()
		self.assertEqual(leases.end_expired(run), 1)
		drain(run)
		self.assert_as_expected(run)

	def assert_expected_after_run(self):
		run = start_and_prepare()
		drain(run)
		self.assert_as_expected(run)


def _touch(customer: str) -> None:
	frappe.db.set_value("Customer Health", {"customer": customer}, "trend", None)


def _dead_process() -> int:
	process = subprocess.Popen([sys.executable, "-c", ""])
	process.wait()
	return process.pid


def _override_slowly(site: str, customer: str, seconds: int = 3) -> None:
	"""Hold the row for a while, as a slow save does, and then commit an override."""
	connect(site)
	values = {"override_score": 77, "score": 77, "override_until": getdate(), "override_reason": "slow"}
	frappe.db.set_value("Customer Health", {"customer": customer}, values)
	time.sleep(seconds)
	frappe.db.commit()
	frappe.destroy()


class TestConflictsOfTheDatabase(WorkersTestCase):
	"""Another transaction gets in the way of a worker's own, in each of the three ways that MariaDB has."""

	def conflict(self, session: str, holder: str, number: str, around: str = "nullcontext()"):
		drain(start_and_prepare())
		run = start_and_prepare()
		drop_jobs()
		first, second = sorted(self.expected[0])[:2]
		other = Helper(_OTHER + holder, FIRST=first, SECOND=second)
		other.wait_until_ready()
		worker = Helper(_TELLING_WORKER.format(session=session, run=run, around=around))
		wait_for(waiting_writers, "the worker waits for the lock")
		other.go()
		other.output()
		self.assertIn(number, worker.output(), "the conflict was met, and tried again")
		self.assert_as_expected(run)
		self.assert_attempts(run)

	def test_a_deadlock(self):
		self.conflict("SET @none = 0", _CROSS, "1213")

	def test_a_lock_that_is_held_too_long(self):
		self.conflict("SET SESSION innodb_lock_wait_timeout = 1", _HOLD_LONGER, "1205")

	def test_a_row_that_was_changed_since_it_was_read(self):
		if not frappe.db.sql("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'"):
			self.skipTest("this release of MariaDB lets such conflicts pass")
		# who listens has the scores before looked at, and then locked
		around = f"registered({HOOK!r}, 'builtins.len')"
		self.conflict("SET SESSION innodb_snapshot_isolation = ON", _CHANGE, "1020", around)


class TestSameInstant(WorkersTestCase):
	def both(self, code: str) -> list[str]:
		"""What two processes print that do the same at the same instant; each takes a second to commit."""
		pair = [Helper(_AT_ONCE + code) for _ in range(2)]
		for helper in pair:
			helper.wait_until_ready()
		for helper in pair:
			helper.go()
		return sorted(helper.output() for helper in pair)

	def test_of_two_runs_one_is_started_and_the_other_refused(self):
		refused, started = self.both(_START)
		self.assertRegex(refused, r"^Work Run \S+ is still at 0 %\. Wait until it is finished")
		self.assertEqual(started, "started")
		frappe.db.rollback()
		self.assertEqual(frappe.db.count(RUN), 1)

	def test_two_dispatchers_start_one_run_and_neither_fails(self):
		frappe.db.set_single_value("CRM Success Settings", "scoring_hour", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "scoring_hour", 2)
		frappe.db.commit()
		self.assertEqual(self.both(_DISPATCH), ["done", "done"])
		frappe.db.rollback()
		self.assertEqual(frappe.db.count(RUN), 1)
		self.assertEqual(drop_jobs(), 1)


_OTHER = """
import os, time
first, second = os.environ["FIRST"], os.environ["SECOND"]
"""
_CROSS = """
frappe.db.sql("SELECT name FROM `tabCustomer Health` WHERE customer = %s FOR UPDATE", second)
# the one that has written less becomes the victim
frappe.db.sql("UPDATE tabAccount SET idx = idx + 1")
print("holding", flush=True)
input()
frappe.db.sql("UPDATE `tabCustomer Health` SET trend = 'crossed' WHERE customer = %s", first)
frappe.db.rollback()
"""
_HOLD_LONGER = """
frappe.db.sql("SELECT name FROM `tabCustomer Health` WHERE customer = %s FOR UPDATE", second)
print("holding", flush=True)
input()
time.sleep(1.5)
frappe.db.rollback()
"""
_CHANGE = """
frappe.db.sql("UPDATE `tabCustomer Health` SET trend = 'changed' WHERE customer = %s", second)
print("holding", flush=True)
input()
frappe.db.commit()
"""
_TELLING_WORKER = """
from crm_success.database import conflicts
from contextlib import nullcontext
from crm_success.batches.working import drain
from crm_success.tests.support.utils import registered
is_conflict = conflicts._is_conflict

def telling(error):
	found = is_conflict(error)
	if found:
		print(error, flush=True)
	return found

conflicts._is_conflict = telling
frappe.db.sql({session!r})
with {around}:
	drain({run!r})
"""
_AT_ONCE = """
import time
from frappe.utils import getdate
from crm_success.scoring.runs import customer_scoring
from crm_success.batches import run_life
from crm_success.scoring.runs import starting
start = starting.start_scoring

def slowly(*arguments):
	run = start(*arguments)
	time.sleep(1)
	return run

print("ready", flush=True)
input()
"""
_START = """
try:
	slowly(getdate(), "Desk")
	frappe.db.commit()
	print("started")
except run_life.RunInProgressError as refusal:
	print(refusal)
"""
_DISPATCH = """
customer_scoring.start_scoring = slowly
customer_scoring.dispatch_scoring_run()
print("done")
"""
