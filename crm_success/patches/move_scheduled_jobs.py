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
		if name == name_in_15(method) != name_in_15(moved):
			# their logs go along
			frappe.rename_doc(
				"Scheduled Job Type",
				name,
				name_in_15(moved),
				force=True,
				show_alert=False,
				rebuild_search=False,
			)


def name_in_15(method: str) -> str:
	"""As version 15 names the row of a scheduled function; version 16 gives it any name."""
	return ".".join(method.split(".")[-2:])
