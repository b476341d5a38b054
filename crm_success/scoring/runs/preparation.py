"""Prepares a run: freezes definitions, checks the data, takes cut points if they are due, cuts batches. Scores nobody."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import frappe
from frappe.utils import add_days, add_months, cint, getdate

from crm_success.batches import progress, queueing
from crm_success.batches.run_life import fail_run
from crm_success.batches.statuses import BATCH, COMPLETED, PREPARING, QUEUED, RUN, RUNNING, WITH_WARNINGS
from crm_success.database import clock, conflicts, reading
from crm_success.database.dialects import KeyRange
from crm_success.record_names import CALIBRATION, SETTINGS
from crm_success.scoring.calibrations import make_calibration, usable_calibration
from crm_success.scoring.data_quality import about_data
from crm_success.scoring.frozen_definitions import Frozen, freeze
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.source_tables import CUSTOMER

# a preparation that gave no sign of life for so long may be done again
LEASE = timedelta(minutes=15)

_DEFAULT_BATCH_SIZE = 2000

Ranges = Sequence[tuple[KeyRange, int]]


def prepare_run(run: str) -> None:
	"""Background job. Does nothing where somebody else prepares the run, or has prepared it."""
	if not _claim(run):
		return
	try:
		conflicts.again_after_conflict(lambda: _prepare(run))
	except Exception:
		conflicts.start_over()
		fail_run(run, frappe.get_traceback())
		raise


def _claim(run: str) -> bool:
	row = frappe.db.get_value(RUN, run, ["status", "modified"], as_dict=True, for_update=True)
	forsaken = row and row.status == PREPARING and is_forsaken(row.modified)
	if not row or not (row.status == QUEUED or forsaken):
		frappe.db.rollback()
		return False
	_sign_of_life(run, {"status": PREPARING, "started_at": clock.now()})
	progress.publish(run)
	return True


def is_forsaken(last_sign: datetime) -> bool:
	"""Whether the last sign of life is too old, or from before the clock was set back."""
	moment = clock.now()
	return not moment - LEASE <= last_sign <= moment + LEASE


def _prepare(run: str) -> None:
	as_of = frappe.db.get_value(RUN, run, "as_of")
	frozen = freeze(as_of)
	frozen = frozen.saying(about_data(frozen, getdate()))
	_sign_of_life(run)
	ranges = customer_ranges(reading.SITE, frozen.tables_by_doctype[CUSTOMER], _batch_size())
	calibration = _calibration_for(sum(count for _, count in ranges), frozen, as_of) or make_calibration(
		frozen, as_of, ranges, run, after_each=lambda: _sign_of_life(run)
	)
	if frappe.db.get_value(RUN, run, "status", for_update=True) != PREPARING:
		# cancelled meanwhile
		frappe.db.rollback()
		return
	_write_batches(run, ranges)
	values = {
		"status": RUNNING,
		"definitions": frozen.as_text(),
		"calibration": calibration,
		"snapshot": cint(is_snapshot_due(as_of)),
		"customers_total": sum(count for _, count in ranges),
		"batches_total": len(ranges),
	}
	_sign_of_life(run, values)
	queueing.offer_work(run, len(ranges))
	progress.publish(run)


def _calibration_for(customers: int, frozen: Frozen, as_of: date) -> str | None:
	"""The calibration in force, unless it was taken from less than half of the customers that there are now."""
	calibration = usable_calibration(frozen, as_of)
	run = calibration and frappe.db.get_value(CALIBRATION, calibration, "scoring_run")
	taken_from = run and frappe.db.get_value(RUN, run, "customers_total")
	return None if taken_from and customers > 2 * taken_from else calibration


def is_snapshot_due(as_of: date) -> bool:
	"""Whether a run for that day keeps snapshots: always for the past and the first time, then by the settings."""
	if as_of < getdate():
		return True
	last = frappe.db.get_value(
		RUN,
		{"snapshot": 1, "status": ("in", (COMPLETED, WITH_WARNINGS)), "as_of": ("<=", as_of)},
		"as_of",
		order_by="as_of desc",
	)
	if not last or last == as_of:
		return True
	frequency = frappe.db.get_single_value(SETTINGS, "snapshot_frequency")
	due = {"Daily": add_days(last, 1), "Monthly": add_months(last, 1)}.get(frequency, add_days(last, 7))
	return as_of >= getdate(due)


def _write_batches(run: str, ranges: Ranges) -> None:
	frappe.db.delete(BATCH, {"scoring_run": run})
	stamp, user = clock.now(), frappe.session.user
	fields = ["name", "creation", "modified", "owner", "modified_by", "scoring_run", "batch_no", "status"]
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
			keys.after,
			keys.upto,
			size,
		)
		for number, (keys, size) in enumerate(ranges, start=1)
	]
	frappe.db.bulk_insert(BATCH, fields, rows)


def _batch_size() -> int:
	return cint(frappe.db.get_single_value(SETTINGS, "batch_size")) or _DEFAULT_BATCH_SIZE


def _sign_of_life(run: str, values: dict | None = None) -> None:
	"""Store and commit: what is done so far is kept, and nobody takes the preparation over."""
	frappe.db.set_value(RUN, run, {**(values or {}), "modified": clock.now()}, update_modified=False)
	frappe.db.commit()
