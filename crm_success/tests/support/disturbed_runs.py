"""Runs of any kind of leased work that are killed, done by several workers, or twice: each ends as one that nobody disturbed."""

import sys
from typing import Any, ClassVar
from unittest.mock import patch

import frappe

from crm_success.batches import leases
from crm_success.batches.kinds import Work
from crm_success.batches.queueing import enqueue_prepare
from crm_success.batches.reaper import requeue_expired_batches
from crm_success.batches.run_life import RunInProgressError
from crm_success.batches.statuses import RUN
from crm_success.batches.working import do_batch, drain
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.worker_processes import DyingWorker, end_leases, real_workers, wait_for

IN_THE_BATCH = (
	"after claiming",
	"after reading",
	"half-way through the members",
	"before committing",
	"after committing",
)


class DisturbedRuns:
	"""Tests for a case of SiteTestCase, which says below what its work is, how the scene is set and what must come of it."""

	work: ClassVar[type[Work]]
	# small, so that there are several batches
	customers_a_batch: ClassVar[int]
	# the fields of a run that count what it changed
	counters: ClassVar[tuple[str, str]]
	# where it is killed
	in_the_batch: ClassVar[tuple[str, ...]] = IN_THE_BATCH

	def begin(self) -> None:
		"""Set the scene: as it is before the run, whatever runs have done to it. Commits."""
		raise NotImplementedError

	def start(self, triggered_by: str) -> str:
		"""Make a run, without committing or queueing; its name."""
		raise NotImplementedError

	def prepared(self) -> str:
		"""A run whose batches wait for workers; its name."""
		raise NotImplementedError

	def done_again(self) -> Any:
		"""A whole run after another one; its document."""
		raise NotImplementedError

	def assert_as_undisturbed(self, run: str) -> None:
		raise NotImplementedError

	def setUp(self):
		super().setUp()
		small = self.batches_of(self.customers_a_batch)
		small.start()
		self.addCleanup(small.stop)
		self.begin()

	def batches_of(self, size: int):
		return patch.object(sys.modules[self.work.__module__], "BATCH_SIZE", size)

	def without_jobs(self) -> str:
		run = self.prepared()
		drop_jobs()
		return run

	def claimed_and_computed(self, run: str) -> tuple[Any, Work, Any]:
		"""A batch, the work of who has claimed it, and what was computed: not written yet."""
		batch, work = leases.claim(run), self.work(run)
		computed = work.compute(batch)
		frappe.db.rollback()
		return batch, work, computed

	def write_late(self, batch: Any, work: Work, computed: Any) -> None:
		with patch.object(self.work, "compute", lambda _work, _batch: computed):
			do_batch(batch, work)

	def test_undisturbed(self):
		run = self.without_jobs()
		drain(run)
		self.assert_as_undisturbed(run)

	def test_killed_anywhere_in_a_batch(self):
		for checkpoint in self.in_the_batch:
			with self.subTest(checkpoint):
				self.begin()
				run = self.without_jobs()
				DyingWorker(run, checkpoint).die()
				end_leases(run)
				requeue_expired_batches()
				drain(run)
				self.assert_as_undisturbed(run)

	def test_killed_before_its_last_step_the_reaper_finishes_it(self):
		for checkpoint in ("before finishing", "while finishing"):
			with self.subTest(checkpoint):
				self.begin()
				run = self.without_jobs()
				DyingWorker(run, checkpoint).die()
				requeue_expired_batches()
				self.assert_as_undisturbed(run)

	def test_two_real_workers(self):
		with real_workers(2):
			run = self.start("Desk")
			enqueue_prepare(run)
			frappe.db.commit()
			wait_for(lambda: not frappe.db.get_value(RUN, run, "active"), "the run ended")
		self.assert_as_undisturbed(run)

	def test_a_batch_that_two_workers_have_is_written_by_one(self):
		run = self.without_jobs()
		held = self.claimed_and_computed(run)
		end_leases(run)
		drain(run)
		self.assert_as_undisturbed(run)
		# the first one comes back to life, with what it had computed
		self.write_late(*held)
		self.assert_as_undisturbed(run)

	def test_run_twice_it_finds_nothing_more_to_do(self):
		run = self.without_jobs()
		with self.assertRaises(RunInProgressError):
			self.start("Command")
		drain(run)
		self.assert_as_undisturbed(run)
		again = self.done_again()
		self.assertEqual([again.get(name) for name in self.counters], [0, 0])
		self.assert_as_undisturbed(run)

	def test_the_size_of_batches_changes_nothing(self):
		for size in (1, 7, 10_000):
			with self.subTest(size=size), self.batches_of(size):
				self.begin()
				run = self.without_jobs()
				drain(run)
				self.assert_as_undisturbed(run)
