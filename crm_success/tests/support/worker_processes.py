"""Real worker processes, some of which die at a given point, and a test case that knows what they should write."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.database import clock
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)
from crm_success.tests.support.utils import started_processes

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

	def assert_attempts(self, run: str, *attempts: int):
		"""How often the batches were tried, most often first: what happened stays visible."""
		tried = frappe.get_all(BATCH, {"work_run": run, "attempts": (">", 1)}, pluck="attempts")
		self.assertEqual(sorted(tried, reverse=True), list(attempts))
		self.assertEqual(frappe.db.count(BATCH, {"work_run": run, "status": ("!=", "Done")}), 0)


def end_leases(run: str) -> None:
	"""As if a quarter of an hour had passed."""
	past = clock.utc_now() - timedelta(minutes=15, seconds=1)
	frappe.db.set_value(BATCH, {"work_run": run, "status": "Running"}, "claimed_utc", past)
	frappe.db.commit()


def connect(site: str) -> None:
	"""For a thread of its own."""
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")


def burst_worker(**environment: str) -> subprocess.Popen:
	"""An RQ worker as `bench worker --queue long --burst` starts it: works until the queue is empty."""
	return _worker("--burst", **environment)


def finish_with_workers(run: str, **environment: str) -> None:
	"""Real workers, one after the other, until the run has ended; three at most."""
	for _ in range(3):
		burst_worker(**environment).communicate(timeout=WORKER_SECONDS)
		frappe.db.rollback()
		if not frappe.db.get_value(RUN, run, "active"):
			return


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


def _worker(*options: str, **environment: str) -> subprocess.Popen:
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
	streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
	process = subprocess.Popen(command, cwd=_sites(), env={**os.environ, **environment}, **streams)
	started_processes.append(process)
	return process


class DyingWorker:
	"""A process at work on a run that stops at a checkpoint and is killed there without warning."""

	CHECKPOINTS = (
		"while preparing",
		"after claiming",
		"after reading",
		"half-way through the upsert",
		"half-way through the members",
		"half-way through the entries",
		"half-way through the changes",
		"before committing",
		"after committing",
		"before finishing",
		"while finishing",
	)

	def __init__(self, run: str, checkpoint: str) -> None:
		self._is_there = False
		code = _DYING.format(site=frappe.local.site, run=run, checkpoint=checkpoint)
		self._process = subprocess.Popen(
			[sys.executable, "-c", code],
			cwd=_sites(),
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)
		started_processes.append(self._process)

	def wait(self) -> None:
		"""Until the checkpoint is reached."""
		if self._is_there:
			return
		line = self._process.stdout.readline()
		if line.strip() != "there":
			self._process.kill()
			raise AssertionError(f"the checkpoint was not reached: {self._process.stderr.read()}")
		self._is_there = True

	def die(self) -> None:
		"""Wait until the checkpoint is reached, then kill -9."""
		self.wait()
		os.kill(self._process.pid, signal.SIGKILL)
		self._process.communicate()
		# what it committed is seen from here on
		frappe.db.rollback()

	def go_on(self) -> None:
		"""Let it live, and wait until it has ended well. It stops at its first checkpoint only."""
		_, error = self._process.communicate("\n" * 100, timeout=WORKER_SECONDS)
		if self._process.returncode:
			raise AssertionError(error)


class Helper:
	"""A process beside the test that runs some lines of Python on the site."""

	def __init__(self, code: str, **environment: str) -> None:
		start = f"import frappe; frappe.init(site={frappe.local.site!r}); frappe.connect()\n"
		start += "frappe.set_user('Administrator')\n"
		self._process = subprocess.Popen(
			[sys.executable, "-c", start + code],
			cwd=_sites(),
			env={**os.environ, **environment},
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)
		started_processes.append(self._process)

	def wait_until_ready(self) -> None:
		"""Until it has printed a line."""
		if not self._process.stdout.readline():
			raise AssertionError(self._process.stderr.read())

	def go(self) -> None:
		"""Let it pass its `input()`."""
		self._process.stdin.write("\n")
		self._process.stdin.flush()

	def output(self) -> str:
		"""What it printed since, once it has ended well."""
		out, error = self._process.communicate(timeout=WORKER_SECONDS)
		if self._process.returncode:
			raise AssertionError(error)
		return out.strip()


def hold_health(customer: str) -> Helper:
	"""A process that keeps everybody from writing the health of a customer that has none yet, until it may go on."""
	holder = Helper(_HOLD_HEALTH.format(customer=customer))
	holder.wait_until_ready()
	return holder


def waiting_writers() -> list[int]:
	"""The connections that have been at a statement which writes health for so long that they wait for a lock."""
	rows = frappe.db.sql(
		"SELECT id, info FROM information_schema.processlist WHERE info IS NOT NULL AND time_ms > 500"
	)
	writing = ("UPDATE `tabCustomer Health` ", "INSERT INTO `tabCustomer Health` ")
	return [
		number
		for number, statement in rows
		if statement.startswith(writing)
		or ("FROM `tabCustomer Health`" in statement and statement.endswith("FOR UPDATE"))
	]


def wait_for(condition: Callable[[], object], what: str) -> None:
	"""Until it holds; an AssertionError that says what did not happen."""
	enough = time.monotonic() + WORKER_SECONDS
	while not condition():
		if time.monotonic() > enough:
			raise AssertionError(f"it did not happen: {what}")
		time.sleep(0.1)
		frappe.db.rollback()


def _sites() -> Path:
	return Path(frappe.local.sites_path).resolve()


_HOLD_HEALTH = """
frappe.db.sql(
	"INSERT INTO `tabCustomer Health` (name, customer, score) VALUES (%(name)s, %(name)s, NULL)",
	{{"name": {customer!r}}},
)
print("holding", flush=True)
input()
frappe.db.rollback()
"""

_DYING = """
import frappe

frappe.init(site={site!r})
frappe.connect()
frappe.set_user("Administrator")

from crm_success.database import upsert
from crm_success.batches import kinds, leases, preparing, progress, run_life, working

INTO = {{
	"half-way through the upsert": "INTO `tabCustomer Health`",
	"half-way through the entries": "INTO `tabLoyalty Ledger Entry`",
	"half-way through the changes": "INTO `tabCustomer Tier Change`",
}}


def stop():
	print("there", flush=True)
	input()


def stop_after(function, when=lambda result: result is not None):
	def wrapped(*arguments, **named):
		result = function(*arguments, **named)
		if when(result):
			stop()
		return result

	return wrapped


def stop_before(function, when=lambda *arguments: True):
	def wrapped(*arguments, **named):
		if when(*arguments):
			stop()
		return function(*arguments, **named)

	return wrapped


checkpoint, work = {checkpoint!r}, type(kinds.work_of({run!r}))
if checkpoint == "at the first sign of life":
	preparing._sign_of_life = stop_after(preparing._sign_of_life, lambda result: True)
	preparing.prepare_run({run!r})
elif checkpoint == "while preparing":
	# the second range of the calibration is read by then
	signs = []
	preparing._sign_of_life = stop_before(
		preparing._sign_of_life, lambda *arguments: signs.append(1) or len(signs) == 4
	)
	preparing.prepare_run({run!r})
elif checkpoint == "after claiming":
	leases.claim = stop_after(leases.claim)
elif checkpoint == "after reading":
	work.compute = stop_after(work.compute)
elif checkpoint in INTO:
	# in statements of one row each, after the second
	upsert.MOST_ROWS, written = 1, []
	frappe.db.sql = stop_after(
		frappe.db.sql,
		lambda result: INTO[checkpoint] in str(frappe.db.last_query)
		and (written.append(1) or len(written) == 2),
	)
elif checkpoint == "half-way through the members":
	# who enters is written, who leaves is not
	frappe.db.bulk_insert = stop_after(frappe.db.bulk_insert, lambda result: True)
elif checkpoint == "before committing":
	work.write = stop_after(work.write)
elif checkpoint == "after committing":
	do_batch = working.do_batch
	working.do_batch = stop_after(lambda *arguments: do_batch(*arguments) or "done")
elif checkpoint == "before finishing":
	working.finish_if_done = stop_before(working.finish_if_done, lambda run: not progress.open_batches(run))
elif checkpoint == "while finishing":
	run_life._close = stop_before(run_life._close)
working.drain({run!r})
"""
