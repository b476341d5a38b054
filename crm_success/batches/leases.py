"""Who works on which batch: claimed for a while, given back, given up. Does no work.

A claim is a committed row, not a message: a worker that dies loses nothing but the time until its lease ends. When
it was claimed is kept in UTC: no hour comes twice there, and no host's own clock has a say.
"""

import os
import random
import socket
from datetime import datetime, timedelta

import frappe
from pypika import Table
from pypika.terms import Criterion

from crm_success.batches.statuses import BATCH, FAILED, QUEUED, RUNNING
from crm_success.database import clock, conflicts

LEASE = timedelta(minutes=15)
MOST_ATTEMPTS = 3

# how far the database's clock may be put right without ending the leases of living workers
_CORRECTION = timedelta(minutes=1)

_CANDIDATES = 20
_CLAIMED_FIELDS = ["name", "batch_no", "after_customer", "upto_customer", "customers", "attempts", "worker"]


def claim(run: str) -> frappe._dict | None:
	"""Take one batch that nobody works on, and commit; None where there is none.

	The candidates are looked at in any order, so that workers seldom ask for the same one.
	"""
	candidates = _claimable(run)
	random.shuffle(candidates)
	for name in candidates:
		if batch := _claim(name):
			return batch
	return None


def is_ours(batch: frappe._dict) -> bool:
	"""Whether we still hold the batch. Locks its row until the transaction ends."""
	held = frappe.db.get_value(
		BATCH, batch.name, ["status", "worker", "attempts"], as_dict=True, for_update=True
	)
	return bool(held) and (held.status, held.worker, held.attempts) == (RUNNING, batch.worker, batch.attempts)


@conflicts.own_transaction
def give_back(batch: frappe._dict, error: str = "") -> None:
	"""Let another attempt be made, or none where there were enough; committed. Nothing if it is not ours any more."""
	if is_ours(batch):
		worn_out = batch.attempts >= MOST_ATTEMPTS
		values = {"status": FAILED if worn_out else QUEUED, "lease_until": None, "error": error or None}
		if worn_out:
			values["finished_at"] = clock.now()
		frappe.db.set_value(BATCH, batch.name, values)
	# the lease is free for other workers from here on
	frappe.db.commit()  # nosemgrep: frappe-manual-commit


def end_expired(run: str) -> int:
	"""Open batches again whose lease has ended or whose worker is seen to be dead, or fail those that had enough
	attempts; how many. Commits.
	"""
	moment = clock.utc_now()
	running = {"work_run": run, "status": RUNNING}
	held = frappe.get_all(BATCH, filters=running, fields=["name", "worker", "claimed_utc"])
	forsaken = [batch for batch in held if _has_ended(batch.claimed_utc, moment) or _is_dead(batch.worker)]
	for batch in forsaken:
		_end(batch.name, batch.worker, moment)
	return len(forsaken)


def _is_dead(worker: str) -> bool:
	"""Whether a worker was a process of this host and is no more. Of other hosts only the lease can tell."""
	host, _separator, process = (worker or "").rpartition(":")
	if host != socket.gethostname() or not process.isdigit():
		return False
	try:
		os.kill(int(process), 0)
	except ProcessLookupError:
		return True
	except PermissionError:
		return False
	return False


@conflicts.own_transaction
def _claimable(run: str) -> list[str]:
	batch = frappe.qb.DocType(BATCH)
	query = frappe.qb.from_(batch).select(batch.name).where(batch.work_run == run)
	query = query.where(_is_free(batch, clock.utc_now())).orderby(batch.batch_no).limit(_CANDIDATES)
	names = query.run(pluck=True)
	# what it saw ends here: each claim must look at the rows of its own moment
	frappe.db.rollback()
	return names


def _is_free(batch: Table, moment: datetime) -> Criterion:
	earliest, latest = _living(moment)
	has_ended = batch.claimed_utc.isnull() | (batch.claimed_utc < earliest) | (batch.claimed_utc > latest)
	left = (batch.status == RUNNING) & has_ended
	return ((batch.status == QUEUED) | left) & (batch.attempts < MOST_ATTEMPTS)


def _has_ended(claimed_utc: datetime | None, moment: datetime) -> bool:
	earliest, latest = _living(moment)
	return not claimed_utc or not earliest <= claimed_utc <= latest


def _living(moment: datetime) -> tuple[datetime, datetime]:
	"""When a batch was claimed whose lease runs at that moment: a later claim was made before the clock was set back."""
	return moment - LEASE, moment + _CORRECTION


@conflicts.own_transaction
def _claim(name: str) -> frappe._dict | None:
	moment = clock.utc_now()
	held = frappe.db.get_value(
		BATCH, name, ["status", "claimed_utc", "attempts"], as_dict=True, for_update=True
	)
	free = held and (
		held.status == QUEUED or (held.status == RUNNING and _has_ended(held.claimed_utc, moment))
	)
	if not free or held.attempts >= MOST_ATTEMPTS:
		# lets go of the row that was locked to look at it
		frappe.db.rollback()
		return None
	started_at = clock.now()
	claimed = {
		"status": RUNNING,
		"attempts": held.attempts + 1,
		"worker": f"{socket.gethostname()}:{os.getpid()}",
		"claimed_utc": moment,
		"started_at": started_at,
		"lease_until": started_at + LEASE,
	}
	frappe.db.set_value(BATCH, name, claimed)
	# the claim is kept, whatever becomes of the work: other workers must see it now
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return frappe.db.get_value(BATCH, name, _CLAIMED_FIELDS, as_dict=True)


@conflicts.own_transaction
def _end(name: str, worker: str, moment: datetime) -> None:
	_end_if_forsaken(name, worker, moment)
	# other workers must see the end of the lease now
	frappe.db.commit()  # nosemgrep: frappe-manual-commit


def _end_if_forsaken(name: str, worker: str, moment: datetime) -> None:
	held = frappe.db.get_value(
		BATCH, name, ["status", "worker", "claimed_utc", "attempts"], as_dict=True, for_update=True
	)
	# meanwhile it may have been finished, or claimed by somebody else
	if not held or (held.status, held.worker) != (RUNNING, worker):
		return
	if not _has_ended(held.claimed_utc, moment) and not _is_dead(worker):
		return
	if held.attempts < MOST_ATTEMPTS:
		frappe.db.set_value(BATCH, name, {"status": QUEUED, "lease_until": None})
		return
	error = "The worker died, or took longer than its lease, in each of its attempts"
	failed = {"status": FAILED, "lease_until": None, "finished_at": clock.now(), "error": error}
	frappe.db.set_value(BATCH, name, failed)
