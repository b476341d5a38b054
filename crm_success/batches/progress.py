"""How far a run is: counted from its batches, stored on the run, told to the desk. Moves nothing forward."""

from typing import Any

import frappe
from frappe.query_builder import Case
from frappe.query_builder.functions import Coalesce, Count, Min, Sum

from crm_success.batches.statuses import BATCH, CANCELLED, DONE, FAILED, QUEUED, RUN, RUNNING
from crm_success.database import clock, conflicts

EVENT = "crm_success_scoring_progress"

_TOLD = (
	"status",
	"percent_done",
	"rate",
	"remaining_seconds",
	"customers_total",
	"customers_scored",
	"customers_without_score",
	"customers_skipped",
	"batches_total",
	"batches_done",
	"batches_failed",
)


def open_batches(run: str) -> int:
	"""How many batches are neither done nor failed."""
	return frappe.db.count(BATCH, {"scoring_run": run, "status": ("in", (QUEUED, RUNNING))})


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
	frappe.db.commit()


def _count(run: str) -> dict[str, Any]:
	batch = frappe.qb.DocType(BATCH)
	done = batch.status == DONE
	counted = (
		frappe.qb.from_(batch)
		.select(
			Coalesce(Sum(batch.customers), 0).as_("total"),
			Coalesce(Sum(Case().when(done, batch.customers).else_(0)), 0).as_("passed"),
			Coalesce(Sum(Case().when(done, batch.scored).else_(0)), 0).as_("scored"),
			Coalesce(Sum(Case().when(done, batch.without_score).else_(0)), 0).as_("without_score"),
			Coalesce(Sum(Case().when(done, batch.skipped).else_(0)), 0).as_("skipped"),
			Count(Case().when(done, 1)).as_("done"),
			Count(Case().when(batch.status == FAILED, 1)).as_("failed"),
			Count("*").as_("batches"),
			Min(batch.started_at).as_("started_at"),
		)
		.where(batch.scoring_run == run)
		.run(as_dict=True)[0]
	)
	return {
		"customers_scored": counted.scored,
		"customers_without_score": counted.without_score,
		"customers_skipped": counted.skipped,
		"batches_done": counted.done,
		"batches_failed": counted.failed,
		**_speed(counted),
	}


def _speed(counted: frappe._dict) -> dict[str, Any]:
	"""Percent, customers per second and the seconds that the rest will take at that rate."""
	total, passed = float(counted.total), float(counted.passed)
	seconds = (clock.now() - counted.started_at).total_seconds() if counted.started_at else 0
	rate = passed / seconds if seconds > 0 else 0
	finished = counted.done + counted.failed == counted.batches
	# customers made since the batches were cut belong to a batch too: never above 100
	percent = 100 if finished else min(100 * passed / total, 99) if total else 0
	return {
		"percent_done": percent,
		"rate": rate,
		"remaining_seconds": round((total - passed) / rate) if rate else 0,
	}
