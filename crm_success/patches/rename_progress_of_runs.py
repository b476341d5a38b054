"""Renames `progress` of Scoring Run: version 16 makes field names CSS classes of list columns, and this is Bootstrap's."""

import frappe
from frappe.model.utils.rename_field import (
	update_property_setters,
	update_reports,
	update_user_settings,
	update_users_report_view_settings,
)

DOCTYPE, OLD, NEW = "Scoring Run", "progress", "percent_done"


def execute() -> None:
	if not frappe.db.has_column(DOCTYPE, OLD):
		return
	copy_values()
	# what Frappe's rename_field does beside copying, which some builds of 15 do with a wrong table name
	for update in (
		update_reports,
		update_users_report_view_settings,
		update_property_setters,
		update_user_settings,
	):
		update(DOCTYPE, OLD, NEW)
	rename_in_list_settings()


def copy_values() -> None:
	run = frappe.qb.DocType(DOCTYPE)
	frappe.qb.update(run).set(run[NEW], run[OLD]).where(run[NEW] == 0).run()


def rename_in_list_settings() -> None:
	"""The columns that somebody chose for the list."""
	chosen = frappe.parse_json(frappe.db.get_value("List View Settings", DOCTYPE, "fields"))
	for column in chosen or ():
		if column.get("fieldname") == OLD:
			column["fieldname"] = NEW
	if chosen:
		frappe.db.set_value("List View Settings", DOCTYPE, "fields", frappe.as_json(chosen))
