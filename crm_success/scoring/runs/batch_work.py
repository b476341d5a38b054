"""Works on the batches of a run until none is left. Any number of these may run, on any number of hosts."""

import time
from collections.abc import Callable
from functools import cached_property

import frappe
from frappe.utils import getdate
from rq.timeouts import BaseTimeoutException

from crm_success.batches import leases, messages, progress, queueing
from crm_success.batches.run_life import finish_if_done
from crm_success.batches.statuses import BATCH, DONE, RUN, RUNNING, frozen_of
from crm_success.database import clock, conflicts
from crm_success.database.dialects import KeyRange
from crm_success.scoring.calibrations import read_calibration
from crm_success.scoring.health_rows import ScoredRows
from crm_success.scoring.scorer import Scorer
from crm_success.scoring.writers import Writing, write_scores


class RunWork:
	"""What all batches of a run share: read once a worker, at its first batch."""

	def __init__(self, run: str) -> None:
		self._run = run

	@cached_property
	def scorer(self) -> Scorer:
		"""Scores any range by the run's own definitions and cut points."""
		row = frappe.db.get_value(RUN, self._run, ["as_of", "calibration"], as_dict=True)
		return Scorer(frozen_of(self._run), read_calibration(row.calibration), row.as_of)

	@cached_property
	def writing(self) -> Writing:
		"""How the run's scores are written."""
		row = frappe.db.get_value(RUN, self._run, ["as_of", "snapshot", "creation"], as_dict=True)
		scorecards = {card.name: card for card in self.scorer.frozen.definitions.scorecards}
		began_today = row.as_of >= getdate(row.creation)
		return Writing(
			row.as_of, self._run, bool(row.snapshot), scorecards, began_today, self.scorer.frozen.version
		)


def work_on_run(run: str) -> None:
	"""Background job. Stops after half of its time and leaves the rest to a successor."""
	enough = time.monotonic() + queueing.WORK_SECONDS / 2
	if not drain(run, until=lambda: time.monotonic() > enough):
		queueing.enqueue_workers(run, 1)


def drain(
	run: str, until: Callable[[], bool] = lambda: False, after_each: Callable[[], None] = lambda: None
) -> bool:
	"""Claim and do batches until none can be claimed (True) or `until` says so (False)."""
	work = RunWork(run)
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


def do_batch(batch: frappe._dict, work: RunWork) -> None:
	"""Score one claimed batch. A failure is written on the batch, which is tried again, and the run goes on."""
	keys = KeyRange(batch.after_customer, batch.upto_customer)
	try:
		scored = work.scorer.score(keys)
		# ends the read view: what is written must meet the rows of now
		frappe.db.rollback()
		conflicts.again_after_conflict(lambda: _write(batch, keys, scored, work.writing))
	except (BaseTimeoutException, KeyboardInterrupt):
		# no time left, or somebody at a terminal had enough: another worker may take the batch at once
		frappe.db.rollback()
		leases.give_back(batch)
		raise
	except Exception:
		error = frappe.get_traceback()
		conflicts.start_over()
		frappe.log_error(
			title=f"Scoring batch {batch.batch_no} failed", reference_doctype=BATCH, reference_name=batch.name
		)
		leases.give_back(batch, error)


def _write(batch: frappe._dict, keys: KeyRange, scored: ScoredRows, writing: Writing) -> None:
	"""Scores, snapshots and the batch's end in one transaction: a kill leaves all of it or nothing."""
	if not leases.is_ours(batch):
		frappe.db.rollback()
		return
	written = write_scores(scored, keys, writing)
	frappe.db.set_value(
		BATCH,
		batch.name,
		{
			"status": DONE,
			"lease_until": None,
			"finished_at": clock.now(),
			"scored": written.scored,
			"without_score": written.without_score,
			"skipped": written.skipped,
			"messages": messages.as_text(written.messages) if written.messages else None,
			"error": None,
		},
	)
	frappe.db.commit()
