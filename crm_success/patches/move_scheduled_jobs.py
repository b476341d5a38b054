"""The scheduled functions moved. Their rows move too, before Frappe looks at the hooks: what an administrator stopped
stays stopped, and when each ran last is kept.
"""

import frappe

FORMER, PRESENT = "crm_success.jobs.customer_scoring.", "crm_success.scoring.runs.customer_scoring."


def execute() -> None:
	for name, method in frappe.get_all(
		"Scheduled Job Type", {"method": ("like", f"{FORMER}%")}, ["name", "method"], as_list=True
	):
		moved = method.replace(FORMER, PRESENT)
		frappe.db.set_value("Scheduled Job Type", name, "method", moved, update_modified=False)
