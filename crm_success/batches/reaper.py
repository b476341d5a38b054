"""Puts runs that stand still back on their way: dead workers, a flushed queue, a lost last step. Does no work itself."""

import frappe

from crm_success.batches import leases, preparing, progress, queueing
from crm_success.batches.run_life import finish_if_done
from crm_success.batches.scheduled import logged
from crm_success.batches.statuses import BATCH, PREPARING, QUEUED, RUN, RUNNING


@logged
def requeue_expired_batches() -> None:
	"""Every five minutes: put each run that is not finished back on its way if something fell over.

	One that cannot be helped does not keep the others waiting; its error is raised after them.
	"""
	errors = []
	for run in frappe.get_all(RUN, {"active": ("is", "set")}, pluck="name", order_by="creation"):
		try:
			revive(run)
		except Exception as error:
			# what failed for one run must not stand in the transaction of the next
			frappe.db.rollback()
			errors.append(error)
	if errors:
		raise errors[0]


def revive(run: str) -> None:
	"""Do whatever is missing for the run to go on; nothing where it is under way."""
	status = frappe.db.get_value(RUN, run, "status")
	if status in (QUEUED, PREPARING):
		_revive_preparation(run)
	elif status == RUNNING:
		_revive_work(run)


def _revive_preparation(run: str) -> None:
	last_sign = frappe.db.get_value(RUN, run, "sign_of_life_utc")
	if preparing.is_forsaken(last_sign) and not queueing.waiting_jobs(run):
		queueing.enqueue_prepare(run)
		# the job is queued at the commit; the runs after this one may fail
		frappe.db.commit()  # nosemgrep: frappe-manual-commit


def _revive_work(run: str) -> None:
	if leases.end_expired(run):
		progress.report(run)
	if finish_if_done(run):
		return
	open_again = frappe.db.count(BATCH, {"work_run": run, "status": QUEUED})
	at_work = frappe.db.count(BATCH, {"work_run": run, "status": RUNNING})
	wanted = queueing.workers_for(open_again) - at_work - queueing.waiting_jobs(run)
	if wanted > 0:
		queueing.enqueue_workers(run, wanted)
		# the job is queued at the commit; the runs after this one may fail
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
