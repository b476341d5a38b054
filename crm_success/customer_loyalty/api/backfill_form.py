"""What the form of a Loyalty Backfill asks for: a dry run, and the points themselves. Both happen in the background."""

import frappe

from crm_success.batches import queueing
from crm_success.customer_loyalty.earning.backfill_records import start_backfill
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BACKFILL


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def dry_run(backfill: str) -> dict[str, str]:
	"""Find out what the backfill would give; the name of the run."""
	frappe.has_permission(BACKFILL, "write", throw=True)
	return _started(backfill, is_dry=True)


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def give_points(backfill: str) -> dict[str, str]:
	"""Give the points, after a dry run of the same; the name of the run."""
	frappe.has_permission(BACKFILL, "write", throw=True)
	return _started(backfill, is_dry=False)


def _started(backfill: str, is_dry: bool) -> dict[str, str]:
	frappe.get_doc(BACKFILL, backfill).check_permission("write")
	run = start_backfill(backfill, is_dry)
	queueing.enqueue_prepare(run)
	return {"run": run}
