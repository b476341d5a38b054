"""What the scheduler calls: is it on, what is due, queue it. Does no work itself."""

from collections.abc import Callable
from functools import wraps

import frappe
from frappe.utils import getdate, now_datetime

from crm_success.batches import queueing, reaper
from crm_success.batches.run_life import RunInProgressError, start_run
from crm_success.batches.statuses import ACTIVE, RUN
from crm_success.record_names import SETTINGS
from crm_success.scoring import overrides
from crm_success.scoring.stale import stale_customers


def logged(entry_point: Callable[[], None]) -> Callable[[], None]:
	"""The scheduler swallows errors, and some releases leave no trace of them: write them down, then let them go on."""

	@wraps(entry_point)
	def call() -> None:
		try:
			entry_point()
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"{entry_point.__name__} failed")
			frappe.db.commit()
			raise

	return call


@logged
def dispatch_scoring_run() -> None:
	"""Hourly: start the run of today once its hour has come."""
	settings = frappe.get_cached_doc(SETTINGS)
	if not settings.enabled or now_datetime().hour < settings.scoring_hour:
		return
	if frappe.db.exists(RUN, {"active": ACTIVE}):
		return
	# one of a later day was started before the clock was set back
	if frappe.db.exists(RUN, {"triggered_by": "Schedule", "as_of": (">=", getdate())}):
		return
	try:
		run = start_run(getdate(), "Schedule")
	except RunInProgressError:
		# another scheduler was faster by the blink of an eye
		frappe.db.rollback()
		return
	queueing.enqueue_prepare(run)
	frappe.db.commit()


@logged
def rescore_stale_customers() -> None:
	"""Every five minutes: one job for all customers that became stale."""
	if frappe.db.get_single_value(SETTINGS, "rescore_on_transactions") and stale_customers(limit=1):
		queueing.enqueue_rescore_stale()


@logged
def requeue_expired_batches() -> None:
	"""Every five minutes: put the run that is not finished back on its way if something fell over."""
	run = frappe.db.get_value(RUN, {"active": ACTIVE}, "name")
	if run:
		reaper.revive(run)


@logged
def end_overrides() -> None:
	"""Daily: overrides whose last day is over."""
	overrides.end_overrides(getdate())
