"""Puts a run that stands still back on its way: dead workers, a flushed queue, a lost last step. Scores nobody."""

import frappe

from crm_success.batches import leases, progress, queueing
from crm_success.batches.run_life import finish_if_done
from crm_success.batches.statuses import BATCH, PREPARING, QUEUED, RUN, RUNNING
from crm_success.scoring.runs import preparation


def revive(run: str) -> None:
	"""Do whatever is missing for the run to go on; nothing where it is under way."""
	status = frappe.db.get_value(RUN, run, "status")
	if status in (QUEUED, PREPARING):
		_revive_preparation(run)
	elif status == RUNNING:
		_revive_work(run)


def _revive_preparation(run: str) -> None:
	modified = frappe.db.get_value(RUN, run, "modified")
	if preparation.is_forsaken(modified) and not queueing.waiting_jobs(run):
		queueing.enqueue_prepare(run)
		frappe.db.commit()


def _revive_work(run: str) -> None:
	if leases.end_expired(run):
		progress.report(run)
	if finish_if_done(run):
		return
	open_again = frappe.db.count(BATCH, {"scoring_run": run, "status": QUEUED})
	at_work = frappe.db.count(BATCH, {"scoring_run": run, "status": RUNNING})
	wanted = queueing.workers_for(open_again) - at_work - queueing.waiting_jobs(run)
	if wanted > 0:
		queueing.enqueue_workers(run, wanted)
		frappe.db.commit()
