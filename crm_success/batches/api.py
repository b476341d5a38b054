"""What people do to a run of any kind, for the desk: stop it, and try its failed batches again."""

import frappe

from crm_success.batches import run_life
from crm_success.batches.statuses import RUN
from crm_success.record_checks.sizes import of_bounded_size


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def cancel_run(run: str) -> None:
	"""Stop a run after the batches that are being worked on."""
	_check_may_start(run)
	run_life.cancel_run(run)


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def retry_failed(run: str) -> dict[str, int]:
	"""Work on the failed batches of a finished run again; how many there are."""
	_check_may_start(run)
	return {"batches": run_life.retry_failed(run)}


def _check_may_start(run: str) -> None:
	"""Who may start runs, and may see this one."""
	frappe.has_permission(RUN, "create", throw=True)
	# not has_permission, which asks about all runs where the name is empty
	frappe.get_doc(RUN, run).check_permission("read")
