"""Whole runs by real RQ workers, as every night: how long they take and how much memory a worker needs."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.queueing import enqueue_prepare
from crm_success.batches.statuses import CANCELLED, RUN
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support.worker_processes import real_workers

_FINISHED = ("Completed", "Completed with Warnings", "Failed", "Cancelled")


def first_run() -> dict:
	"""Scores written for the first time, cut points taken and snapshots kept, by one worker."""
	for doctype in (
		"Customer Health",
		"Customer Health Snapshot",
		"Score Calibration",
		"Work Run",
		"Work Batch",
	):
		frappe.db.delete(doctype)
	frappe.db.commit()
	return _run(workers=1)


def nightly_run(workers: int) -> dict:
	"""Every night but one a week: the scores of yesterday are there, the cut points hold, no snapshot is due."""
	figures = _run(workers)
	if frappe.db.get_value(RUN, figures["run"], "snapshot"):
		raise SystemExit("the run kept snapshots, so it was none of every night")
	return figures


def _run(workers: int) -> dict:
	_make_way()
	return finished(lambda: start_scoring(getdate(), "Command"), workers)


def finished(start_run: Callable[[], str], workers: int) -> dict:
	"""The figures of a run that was started so and that real workers have finished."""
	with real_workers(workers), Memory() as memory:
		start = time.perf_counter()
		run = start_run()
		enqueue_prepare(run)
		frappe.db.commit()
		while frappe.db.get_value(RUN, run, "status") not in _FINISHED:
			time.sleep(0.1)
			frappe.db.rollback()
		seconds = time.perf_counter() - start
	values = frappe.db.get_value(RUN, run, ["status", "customers_total"], as_dict=True)
	if not values.status.startswith("Completed"):
		raise SystemExit(f"{run} is {values.status}")
	return {"run": run, "seconds": seconds, "customers": values.customers_total, "peak_mb": memory.peak_mb}


def _make_way() -> None:
	"""A run that a killed benchmark left behind is no part of this one; earlier ones lie a day back."""
	frappe.db.set_value(RUN, {"active": "1"}, {"active": None, "status": CANCELLED})
	for run in frappe.get_all(RUN, filters={"as_of": getdate()}, pluck="name"):
		frappe.db.set_value(RUN, run, "as_of", add_days(getdate(), -1))
	frappe.db.commit()


class Memory:
	"""The largest resident size that any process below this one reached, in megabytes."""

	def __init__(self) -> None:
		self.peak_mb = 0.0
		self._over = threading.Event()
		self._thread = threading.Thread(target=self._watch, daemon=True)

	def __enter__(self) -> "Memory":
		self._thread.start()
		return self

	def __exit__(self, *_: object) -> None:
		self._over.set()
		self._thread.join()

	def _watch(self) -> None:
		while not self._over.wait(0.1):
			for process in _below(Path("/proc/self").resolve().name):
				self.peak_mb = max(self.peak_mb, _high_water_mark(process))


def _below(process: str) -> list[str]:
	found = []
	for children in Path("/proc", process, "task").glob("*/children"):
		try:
			for child in children.read_text().split():
				found += [child, *_below(child)]
		except OSError:
			# it ended meanwhile
			continue
	return found


def _high_water_mark(process: str) -> float:
	try:
		lines = Path("/proc", process, "status").read_text().splitlines()
	except OSError:
		return 0.0
	sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
	return sizes[0] / 1024 if sizes else 0.0
