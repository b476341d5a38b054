"""Real worker processes, some of which die at a given point, and a test case that knows what they should write."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import frappe
from frappe.utils import add_days, getdate

from crm_success.bridge import database
from crm_success.jobs.batches import drain
from crm_success.jobs.store import BATCH, RUN
from crm_success.tests import factories
from crm_success.tests.scoring_site import (
	ScoringTestCase,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)

WORKER_SECONDS = 120
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


def connect(site: str) -> None:
	"""For a thread of its own."""
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")


def burst_worker() -> subprocess.Popen:
	"""An RQ worker as `bench worker --queue long --burst` starts it: works until the queue is empty."""
	return _worker("--burst")


@contextmanager
def real_workers(count: int) -> Iterator[None]:
	"""RQ workers as on a production bench, there from beginning to end."""
	from frappe.utils.background_jobs import get_queue, get_workers

	present = len(get_workers(get_queue("long")))
	workers = [_worker() for _ in range(count)]
	enough = time.monotonic() + WORKER_SECONDS
	try:
		while len(get_workers(get_queue("long"))) < present + count and time.monotonic() < enough:
			time.sleep(0.1)
		yield
	finally:
		for worker in workers:
			worker.terminate()
		for worker in workers:
			worker.communicate(timeout=WORKER_SECONDS)


def _worker(*options: str) -> subprocess.Popen:
	command = [
		sys.executable,
		"-m",
		"frappe.utils.bench_helper",
		"frappe",
		"worker",
		"--queue",
		"long",
		*options,
	]
	return subprocess.Popen(command, cwd=_sites(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class DyingWorker:
	"""A worker process on one run that stops at a checkpoint and is killed there without warning."""

	CHECKPOINTS = ("after claiming", "after reading", "before committing", "after committing")

	def __init__(self, run: str, checkpoint: str) -> None:
		code = _DYING.format(site=frappe.local.site, run=run, checkpoint=checkpoint)
		self._process = subprocess.Popen(
			[sys.executable, "-c", code],
			cwd=_sites(),
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)

	def die(self) -> None:
		"""Wait until the checkpoint is reached, then kill -9."""
		line = self._process.stdout.readline()
		if line.strip() != "there":
			self._process.kill()
			raise AssertionError(f"the checkpoint was not reached: {self._process.stderr.read()}")
		os.kill(self._process.pid, signal.SIGKILL)
		self._process.communicate()


def _sites() -> Path:
	return Path(frappe.local.sites_path).resolve()


_DYING = """
import time

import frappe

frappe.init(site={site!r})
frappe.connect()
frappe.set_user("Administrator")

from crm_success.jobs import batches, leases


def stop_after(function):
	def wrapped(*arguments, **named):
		result = function(*arguments, **named)
		if result is not None:
			print("there", flush=True)
			time.sleep(600)
		return result

	return wrapped


checkpoint = {checkpoint!r}
if checkpoint == "after claiming":
	leases.claim = stop_after(leases.claim)
elif checkpoint == "after reading":
	batches.Scorer.score = stop_after(batches.Scorer.score)
elif checkpoint == "before committing":
	batches.write_scores = stop_after(batches.write_scores)
else:
	do_batch = batches.do_batch
	batches.do_batch = stop_after(lambda *arguments: do_batch(*arguments) or "done")
batches.drain({run!r})
"""
