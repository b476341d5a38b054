"""The life of a run: started, cancelled, finished, its failed batches tried again. Does no work itself."""

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, flt

from crm_success.batches import messages, progress, queueing
from crm_success.batches.kinds import Work, check_kind, followers_of, told_of_cancelled, work_of
from crm_success.batches.messages import ERROR, INFO, Message
from crm_success.batches.statuses import (
	BATCH,
	CANCELLED,
	COMPLETED,
	FAILED,
	MESSAGE,
	QUEUED,
	RUN,
	RUNNING,
	WITH_WARNINGS,
)
from crm_success.database import clock, conflicts

_SAVEPOINT = "crm_success_run_ended"


class RunInProgressError(frappe.ValidationError):
	"""There is a run of the kind that is not finished."""


def start_run(kind: str, as_of: date, triggered_by: str) -> str:
	"""Make a run, without committing or queueing; RunInProgressError where another of its kind is not finished."""
	check_kind(kind)
	refuse_if_active(kind)
	run = frappe.new_doc(RUN)
	run.update({"kind": kind, "as_of": as_of, "triggered_by": triggered_by, "status": QUEUED})
	# the column is unique, so that there is one such run of a kind at most
	run.update({"active": kind, "sign_of_life_utc": clock.utc_now()})
	run.flags.is_started = True
	try:
		# whoever may not start runs was refused at the endpoint; the scheduler has no user
		run.insert(ignore_permissions=True)
	except (frappe.UniqueValidationError, frappe.DuplicateEntryError, frappe.QueryDeadlockError):
		# somebody else was faster by the blink of an eye; only a new transaction sees their run
		frappe.db.rollback()
		frappe.clear_last_message()
		refuse_if_active(kind)
		raise
	return run.name


def refuse_if_active(kind: str) -> None:
	"""RunInProgressError with the name and progress of the run that is not finished. Locks nothing."""
	active = frappe.db.get_value(RUN, {"active": kind}, ["name", "percent_done"], as_dict=True)
	if active:
		frappe.throw(
			_("Work Run {0} is still at {1} %. Wait until it is finished, or cancel it.").format(
				active.name, cint(flt(active.percent_done))
			),
			RunInProgressError,
			title=_("A Run Is in Progress"),
		)


def cancel_run(run: str) -> None:
	"""Stop a run: workers finish the batch they are at and take no other. What is written stays."""
	if not frappe.db.get_value(RUN, run, "active", for_update=True):
		frappe.throw(_("Work Run {0} is finished already.").format(run))
	for told in told_of_cancelled(frappe.db.get_value(RUN, run, "kind")):
		frappe.get_attr(told)(run)
	_close(run, CANCELLED)


def retry_failed(run: str) -> int:
	"""Open the failed batches of a finished run again and queue workers for them; how many there are."""
	row = frappe.db.get_value(RUN, run, ["kind", "status"], as_dict=True)
	if row.status == CANCELLED:
		# its other batches are still open: they would start again too, against what somebody decided
		frappe.throw(_("Work Run {0} was cancelled. Start a new one.").format(run))
	failed = frappe.get_all(BATCH, filters={"work_run": run, "status": FAILED}, pluck="name")
	if not failed:
		frappe.throw(_("Work Run {0} has no failed batches.").format(run))
	refuse_if_active(row.kind)
	again = {"status": QUEUED, "attempts": 0, "error": None, "lease_until": None}
	frappe.db.set_value(BATCH, {"name": ("in", failed)}, again)
	frappe.db.set_value(RUN, run, {"status": RUNNING, "active": row.kind, "finished_at": None, "error": None})
	queueing.enqueue_workers(run, queueing.workers_for(len(failed)))
	return len(failed)


def fail_run(run: str, error: str) -> None:
	"""End a run that could not even be prepared, unless somebody cancelled it meanwhile."""
	if frappe.db.get_value(RUN, run, "active", for_update=True):
		_write_messages(run, _tell_end(run, FAILED))
		_close(run, FAILED, {"error": error})


@conflicts.own_transaction
def finish_if_done(run: str) -> bool:
	"""End a run whose last batch is done or failed, and commit; whether this call did it.

	Every worker asks after its batches, and the lock on the run's row lets one of them in.
	"""
	if frappe.db.get_value(RUN, run, "status", for_update=True) != RUNNING or progress.open_batches(run):
		# lets go of the row that was locked to look at it
		frappe.db.rollback()
		return False
	progress.store(run)
	findings = _findings(work_of(run))
	findings += _tell_end(run, _final_status(run, findings))
	_write_messages(run, findings)
	_close(run, _final_status(run, findings))
	return True


def _tell_end(run: str, status: str) -> list[Message]:
	"""Let the work do what follows; what to say where it could not. Nothing of that is kept then."""
	frappe.db.savepoint(_SAVEPOINT)
	try:
		work_of(run).ended(status)
		for followed_by in followers_of(frappe.db.get_value(RUN, run, "kind")):
			frappe.get_attr(followed_by)(run, status)
	except Exception as error:
		conflicts.raise_if_out_of_time(error)
		conflicts.undo_or_raise(_SAVEPOINT, error)
		frappe.log_error(title=f"What follows {run} failed", reference_doctype=RUN, reference_name=run)
		reason = _("What follows the run could not be done. The Error Log has the details.")
		return [Message(ERROR, reason, RUN, examples=(run,))]
	return []


def _findings(work: Work) -> list[Message]:
	fields = [
		"batch_no",
		"status",
		"after_customer",
		"upto_customer",
		"customers",
		"attempts",
		"error",
		"messages",
	]
	batches = frappe.get_all(BATCH, filters={"work_run": work.run}, fields=fields, order_by="batch_no")
	found = list(work.found())
	for batch in batches:
		found.extend(messages.from_text(batch.messages))
		if batch.status == FAILED:
			found.append(_about_failure(batch))
		elif batch.attempts > 1:
			found.append(_about_attempts(batch))
	return messages.merge(found)


def _about_failure(batch: frappe._dict) -> Message:
	reason = _(
		"Customers were left out because of an error. Read it on the batch, then retry failed batches."
	)
	example = _("Batch {0}, customers after {1} up to {2}: {3}").format(
		batch.batch_no,
		batch.after_customer or _("the first"),
		batch.upto_customer or _("the last"),
		messages.last_line(batch.error),
	)
	return Message(ERROR, reason, BATCH, batch.customers, (example,))


def _about_attempts(batch: frappe._dict) -> Message:
	reason = _("Customers needed a later attempt, after an error or the end of a worker. None is missing.")
	example = _("Batch {0}, attempt {1}").format(batch.batch_no, batch.attempts)
	return Message(INFO, reason, BATCH, batch.customers, (example,))


def _final_status(run: str, findings: list[Message]) -> str:
	if frappe.db.exists(BATCH, {"work_run": run, "status": FAILED}):
		return FAILED
	return WITH_WARNINGS if any(message.severity != INFO for message in findings) else COMPLETED


def _write_messages(run: str, findings: list[Message]) -> None:
	"""The child rows are written directly: saving the run would save its numbers too, as they were when read."""
	frappe.db.delete(MESSAGE, {"parenttype": RUN, "parent": run})
	for number, message in enumerate(findings, start=1):
		row = frappe.new_doc(MESSAGE)
		row.update({"parenttype": RUN, "parent": run, "parentfield": "messages", "idx": number})
		row.update(messages.as_row(message))
		row.db_insert()


def _close(run: str, status: str, values: dict[str, Any] | None = None) -> None:
	"""Set the final status and commit, so that everybody sees it before the desk is told."""
	closed = {"status": status, "active": None, "finished_at": clock.now(), "remaining_seconds": 0}
	if status in (COMPLETED, WITH_WARNINGS):
		closed["percent_done"] = 100
	frappe.db.set_value(RUN, run, {**closed, **(values or {})})
	# everybody must see the end before the desk is told of it
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	frappe.clear_document_cache(RUN, run)
	progress.publish(run)
