"""What goes on by day: one customer scored again, stale ones in a batch, and what marking costs whoever saves a document."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import frappe
from frappe.utils import getdate

from crm_success.database.after_commit import AfterCommit
from crm_success.database.dialects import KeyRange
from crm_success.scoring import stale
from crm_success.scoring.runs.rescoring import rescore_customers, rescore_stale
from crm_success.tests.support import factories
from crm_success.watching import watchers
from tools.benchmarks import floor

CALLS = 40
STALE_TIMES = 5
INVOICES = 300


def one_customer() -> dict:
	"""Seconds for one customer, and for the bare reads and writes of the same, over CALLS of them in turn, after one that
	loads the libraries.
	"""
	names = _sample(CALLS + 1)
	rescore_customers(names[:1])
	seconds, bare = [], []
	for name in names[1:]:
		seconds.append(seconds_of(lambda name=name: rescore_customers([name])))
		bare.append(_bare([name]))
	return {"median": median(seconds), "slowest": max(seconds), "bare_median": median(bare)}


def stale_customers(count: int) -> dict:
	"""Seconds for the job that scores so many stale customers, and for the bare reads and writes of the same: the
	medians of STALE_TIMES.
	"""
	names, seconds, bare = _sample(count), [], []
	for _time in range(STALE_TIMES):
		stale.mark_stale(names)
		frappe.db.commit()
		seconds.append(seconds_of(rescore_stale))
		if stale.stale_customers(limit=1):
			raise SystemExit("there are stale customers left")
		bare.append(_bare(names))
	return {"median": median(seconds), "bare_median": median(bare)}


def _bare(names: list[str]) -> float:
	return floor.bare_reads(KeyRange(names=tuple(names))) + floor.bare_upsert(names)


def marking() -> dict:
	"""Share of the time of importing INVOICES through ERPNext's API that goes into marking customers."""
	factories.make_fiscal_years(getdate().year)
	customers = _sample(50)
	for customer in customers[:5]:
		_import(customer)
	with clock(watchers, "tell_watchers") as noting, clock(AfterCommit, "act_on_noted") as marking:
		whole = sum(seconds_of(lambda c=customers[i % 50]: _import(c)) for i in range(INVOICES))
	return {"import_seconds": whole, "marking_seconds": sum(noting) + sum(marking), "invoices": INVOICES}


def _import(customer: str) -> None:
	"""As an importing script does: insert, submit, commit."""
	factories.make_invoice(customer, 100, getdate())
	frappe.db.commit()


@contextmanager
def clock(module, name: str) -> Iterator[list[float]]:
	"""The seconds of each call of one of our own functions."""
	function, seconds = getattr(module, name), []

	def timed(*arguments, **named):
		start = time.perf_counter()
		try:
			return function(*arguments, **named)
		finally:
			seconds.append(time.perf_counter() - start)

	setattr(module, name, timed)
	try:
		yield seconds
	finally:
		setattr(module, name, function)


def _sample(count: int) -> list[str]:
	names = frappe.get_all("Customer", pluck="name", order_by="name")
	return names[:: max(1, len(names) // count)][:count]


def seconds_of(call: Callable[[], object]) -> float:
	"""How long it takes."""
	start = time.perf_counter()
	call()
	return time.perf_counter() - start
