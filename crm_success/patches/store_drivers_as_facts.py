"""Stores what moves a score as facts, where sentences in the site's language stood.

They come from the components, by the rule of scoring. Commits in pieces: begun again, it goes on where it was ended.
"""

import json
from collections.abc import Callable
from typing import Any

import frappe

from crm_success.scoring.engine.drivers import drivers_of
from crm_success.scoring.health_rows import as_json
from crm_success.setup.columns import columns_of

HEALTH = "Customer Health"
# was a column, and is worded when read
SENTENCES = "drivers"
AT_ONCE = 2000


def execute() -> None:
	if SENTENCES not in columns_of(HEALTH):
		return
	store_facts()
	leave_out_of_reports()
	leave_out_of_list_settings()
	drop_sentences()


def store_facts() -> None:
	"""Who was scored since the facts have their place has them already."""
	health = frappe.qb.DocType(HEALTH)
	query = frappe.qb.from_(health).select(health.name, health.components).orderby(health.name).limit(AT_ONCE)
	query = query.where(health.driver_facts.isnull() & health.components.notnull())
	after = ""
	while rows := query.where(health.name > after).run():
		facts = {name: {"driver_facts": as_json(drivers_of(json.loads(text)))} for name, text in rows}
		frappe.db.bulk_update(HEALTH, facts, update_modified=False)
		frappe.db.commit()
		after = rows[-1][0]


def leave_out_of_reports() -> None:
	"""Saved ones that show or filter the column would ask the database for it."""
	for name, text in frappe.get_all(
		"Report", {"ref_doctype": HEALTH, "report_type": "Report Builder"}, ["name", "json"], as_list=True
	):
		settings = frappe.parse_json(text) or {}
		kept = {
			**settings,
			"fields": without(settings.get("fields"), lambda column: column[0]),
			"filters": without(settings.get("filters"), lambda condition: condition[-3]),
		}
		if {key: settings.get(key) for key in kept} != kept:
			frappe.db.set_value("Report", name, "json", frappe.as_json(kept))


def leave_out_of_list_settings() -> None:
	chosen = frappe.parse_json(frappe.db.get_value("List View Settings", HEALTH, "fields"))
	kept = without(chosen, lambda column: column.get("fieldname"))
	if kept != chosen:
		frappe.db.set_value("List View Settings", HEALTH, "fields", frappe.as_json(kept))


def without(rows: list[Any] | None, fieldname_of: Callable[[Any], str]) -> list[Any] | None:
	"""The rows that do not name the column."""
	return rows and [row for row in rows if fieldname_of(row) != SENTENCES]


def drop_sentences() -> None:
	"""So that nothing can read words that nobody keeps true."""
	frappe.db.sql_ddl("ALTER TABLE `tabCustomer Health` DROP COLUMN `drivers`")
	# Frappe remembers which columns there are until it looks at them
	frappe.db.updatedb(HEALTH)
