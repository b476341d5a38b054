"""How far a run is: counted from its batches, stored on the run, told to the desk. Moves nothing forward."""

from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Min, Sum
from pypika.terms import Term

from crm_success.batches.kinds import work_of
from crm_success.batches.statuses import BATCH, CANCELLED, DONE, FAILED, QUEUED, RUN, RUNNING
from crm_success.database import clock, conflicts

EVENT = "crm_success_work_progress"

_TOLD = (
	"status",
	"percent_done",
	"rate",
	"remaining_seconds",
	"customers_total",
	"customers_done",
	"customers_scored",
	"customers_without_score",
	"customers_skipped",
	"customers_entered",
	"customers_left",
	"customers_raised",
	"customers_lowered",
	"customers_proposed",
	"documents_earned",
	"points_given",
	"batches_total",
	"batches_done",
	"batches_failed",
)


def open_batches(run: str) -> int:
	"""How many batches are neither done nor failed."""
	return frappe.db.count(BATCH, {"work_run": run, "status": ("in", (QUEUED, RUNNING))})


def store(run: str) -> None:
	"""Count the run's batches and store the result in one statement, without committing."""
	frappe.db.set_value(RUN, run, _count(run))


def publish(run: str) -> None:
	"""Tell everybody who has the run open. Progress is no secret, but only they are interested."""
	told = frappe.db.get_value(RUN, run, _TOLD, as_dict=True)
	if told:
		frappe.publish_realtime(EVENT, {"run": run, **told}, doctype=RUN, docname=run)


def report(run: str) -> None:
	"""Store, commit and publish. Called after each batch, in a transaction of its own."""
	_store_latest(run)
	publish(run)


@conflicts.own_transaction
def _store_latest(run: str) -> None:
	# the row's lock first: numbers counted before it was ours might replace newer ones
	if frappe.db.get_value(RUN, run, "status", for_update=True) in (RUNNING, CANCELLED):
		store(run)
	# the numbers of the run are shown while its batches are still worked on
	frappe.db.commit()  # nosemgrep: frappe-manual-commit


def _count(run: str) -> dict[str, Any]:
	batch, counters = frappe.qb.DocType(BATCH), work_of(run).counters
	done = batch.status == DONE

	def of_done(fieldname: str) -> Term:
		return Coalesce(Sum(Case().when(done, batch[fieldname]).else_(0)), 0)

	counted = (
		frappe.qb.from_(batch)
		.select(
			*(of_done(fieldname).as_(of_run) for fieldname, of_run in counters.items()),
			of_done("customers").as_("customers_done"),
			Count(Case().when(done, 1)).as_("batches_done"),
			Count(Case().when(batch.status == FAILED, 1)).as_("batches_failed"),
			Coalesce(Sum(batch.customers), 0).as_("total"),
			Count("*").as_("batches"),
			Min(batch.claimed_utc).as_("began_utc"),
		)
		.where(batch.work_run == run)
		.run(as_dict=True)[0]
	)
	stored = ("customers_done", "batches_done", "batches_failed", *counters.values())
	return {**{fieldname: counted[fieldname] for fieldname in stored}, **_speed(counted)}


def _speed(counted: frappe._dict) -> dict[str, Any]:
	"""Percent, customers per second and the seconds that the rest will take at that rate."""
	total, passed = float(counted.total), float(counted.customers_done)
	seconds = (clock.utc_now() - counted.began_utc).total_seconds() if counted.began_utc else 0
	rate = passed / seconds if seconds > 0 else 0
	finished = counted.batches_done + counted.batches_failed == counted.batches
	# customers made since the batches were cut belong to a batch too: never above 100
	percent = 100 if finished else min(100 * passed / total, 99) if total else 0
	return {
		"percent_done": percent,
		"rate": rate,
		"remaining_seconds": round((total - passed) / rate) if rate else 0,
	}
