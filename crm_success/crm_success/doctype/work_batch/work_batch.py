"""A range of customers that one job works on under a lease. Written by runs only."""

import frappe
from frappe.model.document import Document


class WorkBatch(Document):
	pass


def on_doctype_update() -> None:
	frappe.db.add_unique("Work Batch", ["work_run", "batch_no"])
