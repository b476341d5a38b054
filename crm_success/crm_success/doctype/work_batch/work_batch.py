"""A range of customers that one job works on under a lease. Written by runs only."""

import frappe

from crm_success.printed_texts import PrintedAsText


class WorkBatch(PrintedAsText):
	pass


def on_doctype_update() -> None:
	frappe.db.add_unique("Work Batch", ["work_run", "batch_no"])
