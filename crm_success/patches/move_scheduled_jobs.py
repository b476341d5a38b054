"""The scheduled functions moved. Their rows move too, before Frappe looks at the hooks: what an administrator stopped
stays stopped, and when each ran last is kept.
"""

import frappe

FORMER, PRESENT = "crm_success.jobs.customer_scoring.", "crm_success.scoring.runs.customer_scoring."
# serves every kind of work, not only scoring
ELSEWHERE = {"requeue_expired_batches": "crm_success.batches.reaper."}


def execute() -> None:
	for name, method in frappe.get_all(
		"Scheduled Job Type", {"method": ("like", f"{FORMER}%")}, ["name", "method"], as_list=True
	):
		function = method.removeprefix(FORMER)
		moved = ELSEWHERE.get(function, PRESENT) + function
		frappe.db.set_value("Scheduled Job Type", name, "method", moved, update_modified=False)
		# as Frappe names them; their logs go along
		named = ".".join(moved.split(".")[-2:])
		if named != name:
			frappe.rename_doc(
				"Scheduled Job Type", name, named, force=True, show_alert=False, rebuild_search=False
			)
