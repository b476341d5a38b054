"""Leased work that follows a clock or other work: whether there is something to follow, and its start. Does none of it."""

from collections.abc import Callable

import frappe
from frappe.utils import getdate

from crm_success.batches import queueing
from crm_success.batches.run_life import RunInProgressError
from crm_success.batches.statuses import COMPLETED, RUN, WITH_WARNINGS


def start_on_schedule(kind: str, start: Callable[[], str]) -> None:
	"""Start a run of the kind and queue it, unless another one is not finished. Commits.

	`start` makes the run, without committing or queueing.
	"""
	if frappe.db.exists(RUN, {"active": kind}):
		return
	try:
		run = start()
	except RunInProgressError:
		# another scheduler was faster by the blink of an eye
		frappe.db.rollback()
		return
	queueing.enqueue_prepare(run)
	# the job is queued at the commit
	frappe.db.commit()  # nosemgrep: frappe-manual-commit


def has_ended_since(kind: str, follower: str) -> bool:
	"""Whether a run of the kind, as of today, ended well after the newest run of the kind that follows it began."""
	well = {"kind": kind, "status": ("in", (COMPLETED, WITH_WARNINGS)), "as_of": (">=", getdate())}
	ended = frappe.db.get_value(RUN, well, "finished_at", order_by="finished_at desc")
	begun = frappe.db.get_value(RUN, {"kind": follower}, "started_at", order_by="creation desc")
	return bool(ended and (not begun or begun < ended))
