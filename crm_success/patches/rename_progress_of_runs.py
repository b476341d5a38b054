"""Renames `progress` of Work Run: version 16 makes field names CSS classes of list columns, and this is Bootstrap's."""

import frappe

from crm_success.setup.renaming import rename_mentions_of_field

DOCTYPE, OLD, NEW = "Work Run", "progress", "percent_done"


def execute() -> None:
	if not frappe.db.has_column(DOCTYPE, OLD):
		return
	copy_values()
	rename_mentions_of_field(DOCTYPE, OLD, NEW)


def copy_values() -> None:
	run = frappe.qb.DocType(DOCTYPE)
	frappe.qb.update(run).set(run[NEW], run[OLD]).where(run[NEW] == 0).run()
