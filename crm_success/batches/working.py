"""Works on the batches of a run until none is left. Any number of these may run, on any number of hosts."""

import time
from collections.abc import Callable
from typing import Any

import frappe
from rq.timeouts import BaseTimeoutException

from crm_success.batches import leases, messages, progress, queueing
from crm_success.batches.kinds import Work, work_of
from crm_success.batches.run_life import finish_if_done
from crm_success.batches.statuses import BATCH, DONE, RUN, RUNNING
from crm_success.database import clock, conflicts


def work_on_run(run: str) -> None:
	"""Background job. Stops after half of its time and leaves the rest to a successor."""
	enough = time.monotonic() + queueing.WORK_SECONDS / 2
	if not drain(run, until=lambda: time.monotonic() > enough):
		queueing.enqueue_workers(run, 1)


def drain(
	run: str, until: Callable[[], bool] = lambda: False, after_each: Callable[[], None] = lambda: None
) -> bool:
	"""Claim and do batches until none can be claimed (True) or `until` says so (False)."""
	work = work_of(run)
	while frappe.db.get_value(RUN, run, "status") == RUNNING:
		batch = leases.claim(run)
		if not batch:
			finish_if_done(run)
			return True
		do_batch(batch, work)
		progress.report(run)
		finish_if_done(run)
		after_each()
		if until():
			return False
	return True


def do_batch(batch: frappe._dict, work: Work) -> None:
	"""Do one claimed batch. A failure is written on the batch, which is tried again, and the run goes on."""
	try:
		computed = work.compute(batch)
		# ends the read view: what is written must meet the rows of now
		frappe.db.rollback()
		conflicts.again_after_conflict(lambda: _write(batch, work, computed))
	except (BaseTimeoutException, KeyboardInterrupt):
		# no time left, or somebody at a terminal had enough: another worker may take the batch at once
		frappe.db.rollback()
		leases.give_back(batch)
		raise
	except Exception:
		error = frappe.get_traceback()
		conflicts.start_over()
		title = f"Batch {batch.batch_no} of {work.run} failed"
		frappe.log_error(title=title, reference_doctype=BATCH, reference_name=batch.name)
		leases.give_back(batch, error)


def _write(batch: frappe._dict, work: Work, computed: Any) -> None:
	"""What the work writes and the batch's end in one transaction: a kill leaves all of it or nothing."""
	if not leases.is_ours(batch):
		# lets go of the row that was locked to look at it
		frappe.db.rollback()
		return
	done = work.write(batch, computed)
	frappe.db.set_value(
		BATCH,
		batch.name,
		{
			**done.counted,
			"status": DONE,
			"lease_until": None,
			"finished_at": clock.now(),
			"messages": messages.as_text(done.messages) if done.messages else None,
			"found": done.found or None,
			"error": None,
		},
	)
	# what the work wrote and the end of its batch, at once
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
