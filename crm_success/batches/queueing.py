"""Puts jobs on the queue, each with its time limit and its id, and looks at what waits there. Does no work."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe.utils.background_jobs import create_job_id, get_queue, get_workers
from redis.exceptions import RedisError

QUEUE = "long"
# it cannot be reached, or holds as many jobs as the site allows
QUEUE_ERRORS = (RedisError, frappe.QueueOverloaded)

PREPARE_SECONDS = 4 * 3600
# a worker stops taking batches after half of its time and queues its successor
WORK_SECONDS = 3600


def enqueue_prepare(run: str) -> None:
	"""Prepare the run: what is frozen, and its batches."""
	job_id = _unique(_prefix(run, "prepare"))
	enqueue("crm_success.batches.preparing.prepare_run", PREPARE_SECONDS, job_id, run=run)


def enqueue_workers(run: str, count: int) -> None:
	"""As many jobs that work on the run's batches, until none is left."""
	for _number in range(count):
		job_id = _unique(_prefix(run, "work"))
		enqueue("crm_success.batches.working.work_on_run", WORK_SECONDS, job_id, run=run)


def offer_work(run: str, batches: int) -> None:
	"""Queue workers for so many batches, and commit. A queue that is full, or cannot be reached, is no reason to stop: the
	reaper will find the batches without workers.
	"""
	try:
		enqueue_workers(run, workers_for(batches))
		# Frappe queues a job at the commit: here it shows whether the queue can be reached
		frappe.db.commit()
	except QUEUE_ERRORS:
		# the jobs that wait for the commit would meet the same queue again
		frappe.db.rollback()
		frappe.log_error(title=f"No workers could be queued for {run}")
		# the caller may end without a commit, and the log would be lost
		frappe.db.commit()


def workers_for(batches: int) -> int:
	"""How many jobs to share the batches among: one for each worker of the queue, and one at least."""
	return min(batches, max(1, len(get_workers(get_queue(QUEUE)))))


def waiting_jobs(run: str) -> int:
	"""How many jobs of the run wait in the queue."""
	start = create_job_id(_prefix(run, ""))
	return sum(job_id.startswith(start) for job_id in get_queue(QUEUE).get_job_ids())


def is_queue_up() -> bool:
	"""Whether the queue answers."""
	try:
		return bool(get_queue(QUEUE).connection.ping())
	except RedisError:
		return False


def enqueue(method: str, timeout: int, job_id: str, deduplicate: bool = False, **arguments: str) -> None:
	"""Queue a job of whatever part once the transaction is saved, or at once where there may be one such job only."""
	frappe.enqueue(
		method,
		queue=QUEUE,
		timeout=timeout,
		job_id=job_id,
		deduplicate=deduplicate,
		enqueue_after_commit=not deduplicate,
		**arguments,
	)


@contextmanager
def if_there_is_room() -> Iterator[None]:
	"""Around the queueing of what the scheduler looks for anyway: where the queue takes no job it is done later, and
	nobody hears of it.
	"""
	shown = list(frappe.local.message_log)
	try:
		yield
	except QUEUE_ERRORS:
		frappe.local.message_log = shown


def _prefix(run: str, task: str) -> str:
	return f"crm_success_{run}_{task}"


def _unique(prefix: str) -> str:
	# a job that died keeps its id for minutes; progress is in our own rows, so ids need not repeat
	return f"{prefix}_{frappe.generate_hash(length=8)}"
