"""Prepares a run: its kind says what there is to do, and batches are cut from it. Works on none of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe

from crm_success.batches import progress, queueing
from crm_success.batches.kinds import Range, work_of
from crm_success.batches.run_life import fail_run, finish_if_done
from crm_success.batches.statuses import BATCH, PREPARING, QUEUED, RUN, RUNNING
from crm_success.database import clock, conflicts

# a preparation that gave no sign of life for so long may be done again
LEASE = timedelta(minutes=15)


def prepare_run(run: str) -> None:
	"""Background job. Does nothing where somebody else prepares the run, or has prepared it."""
	if not _claim(run):
		return
	try:
		conflicts.again_after_conflict(lambda: _prepare(run))
	except Exception as error:
		conflicts.start_over()
		# what passes by itself fails no run: the reaper has it prepared again
		if not conflicts.is_passing(error):
			fail_run(run, frappe.get_traceback())
		raise


def is_forsaken(last_sign_utc: datetime | None) -> bool:
	"""Whether the last sign of life is too old, or from before the database's clock was set back."""
	moment = clock.utc_now()
	return not last_sign_utc or not moment - LEASE <= last_sign_utc <= moment + LEASE


def _claim(run: str) -> bool:
	row = frappe.db.get_value(RUN, run, ["status", "sign_of_life_utc"], as_dict=True, for_update=True)
	forsaken = row and row.status == PREPARING and is_forsaken(row.sign_of_life_utc)
	if not row or not (row.status == QUEUED or forsaken):
		# lets go of the row that was locked to look at it
		frappe.db.rollback()
		return False
	_sign_of_life(run, {"status": PREPARING, "started_at": clock.now()})
	progress.publish(run)
	return True


def _prepare(run: str) -> None:
	plan = work_of(run).prepare(lambda: _sign_of_life(run))
	if frappe.db.get_value(RUN, run, "status", for_update=True) != PREPARING:
		# cancelled meanwhile
		frappe.db.rollback()
		return
	_write_batches(run, plan.ranges)
	customers = sum(each.customers for each in plan.ranges)
	totals = {"customers_total": customers, "batches_total": len(plan.ranges)}
	_sign_of_life(run, {**plan.values, **totals, "status": RUNNING})
	if not plan.ranges and finish_if_done(run):
		return
	queueing.offer_work(run, len(plan.ranges))
	progress.publish(run)


def _write_batches(run: str, ranges: Sequence[Range]) -> None:
	frappe.db.delete(BATCH, {"work_run": run})
	stamp, user = clock.now(), frappe.session.user
	fields = ["name", "creation", "modified", "owner", "modified_by", "work_run", "batch_no", "status"]
	fields += ["after_customer", "upto_customer", "customers"]
	rows = [
		(
			frappe.generate_hash(length=20),
			stamp,
			stamp,
			user,
			user,
			run,
			number,
			QUEUED,
			each.after,
			each.upto,
			each.customers,
		)
		for number, each in enumerate(ranges, start=1)
	]
	frappe.db.bulk_insert(BATCH, fields, rows)


def _sign_of_life(run: str, values: dict[str, Any] | None = None) -> None:
	"""Store and commit: what is done so far is kept, and nobody takes the preparation over."""
	frappe.db.set_value(RUN, run, {**(values or {}), "sign_of_life_utc": clock.utc_now()})
	# a sign of life is one only for others who see it
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
