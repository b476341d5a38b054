"""What the scheduler calls: is it on, what is due, queue it. Does no work itself."""

import frappe
from frappe.utils import getdate, now_datetime

from crm_success.batches import queueing
from crm_success.batches.due_work import start_on_schedule
from crm_success.batches.scheduled import logged
from crm_success.batches.statuses import RUN
from crm_success.record_names import SETTINGS
from crm_success.scoring import overrides
from crm_success.scoring.runs.starting import KIND, start_scoring
from crm_success.scoring.stale import stale_customers

RESCORE_SECONDS = 1500


@logged
def dispatch_scoring_run() -> None:
	"""Hourly: start the run of today once its hour has come."""
	settings = frappe.get_cached_doc(SETTINGS)
	if not settings.enabled or now_datetime().hour < settings.scoring_hour:
		return
	# one of a later day was started before the clock was set back
	if frappe.db.exists(RUN, {"kind": KIND, "triggered_by": "Schedule", "as_of": (">=", getdate())}):
		return
	start_on_schedule(KIND, lambda: start_scoring(getdate(), "Schedule"))


@logged
def rescore_stale_customers() -> None:
	"""Every five minutes: one job for all customers that became stale."""
	if frappe.db.get_single_value(SETTINGS, "rescore_on_transactions") and stale_customers(limit=1):
		queueing.enqueue(
			"crm_success.scoring.runs.rescoring.rescore_stale",
			RESCORE_SECONDS,
			"crm_success_rescore_stale",
			deduplicate=True,
		)


@logged
def end_overrides() -> None:
	"""Daily: overrides whose last day is over."""
	overrides.end_overrides(getdate())
