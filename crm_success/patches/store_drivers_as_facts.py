"""Stores what moves a score as facts, where sentences in the site's language stood.

They come from the components, by the rule of scoring. Commits in pieces: begun again, it goes on where it was ended.
"""

import json
from collections.abc import Callable
from typing import Any

import frappe
from frappe.model.utils.user_settings import sync_user_settings

from crm_success.record_names import HEALTH
from crm_success.scoring.engine.drivers import drivers_of
from crm_success.scoring.health_rows import as_json
from crm_success.setup.table_columns import change_table, columns_of

# was a column, and is worded when read
SENTENCES = "drivers"
AT_ONCE = 2000


def execute() -> None:
	if SENTENCES not in columns_of(HEALTH):
		return
	store_facts()
	leave_out_of_reports()
	leave_out_of_list_settings()
	leave_out_of_saved_filters()
	leave_out_of_last_filters()
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
		# in chunks: a migration that ends in between goes on from here
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
			"filters": other_filters(settings.get("filters")),
		}
		if {key: settings.get(key) for key in kept} != kept:
			frappe.db.set_value("Report", name, "json", frappe.as_json(kept))


def leave_out_of_list_settings() -> None:
	chosen = frappe.parse_json(frappe.db.get_value("List View Settings", HEALTH, "fields"))
	kept = without(chosen, lambda column: column.get("fieldname"))
	if kept != chosen:
		frappe.db.set_value("List View Settings", HEALTH, "fields", frappe.as_json(kept))


def leave_out_of_saved_filters() -> None:
	for name, text in frappe.get_all(
		"List Filter", {"reference_doctype": HEALTH}, ["name", "filters"], as_list=True
	):
		filters = frappe.parse_json(text)
		if (kept := other_filters(filters)) != filters:
			frappe.db.set_value("List Filter", name, "filters", frappe.as_json(kept))


def leave_out_of_last_filters() -> None:
	"""What each user's lists come up with again."""
	sync_user_settings()
	settings = frappe.qb.Table("__UserSettings")
	for user, text in (
		frappe.qb.from_(settings).select("user", "data").where(settings.doctype == HEALTH).run()
	):
		views = {name: view for name, view in json.loads(text or "{}").items() if isinstance(view, dict)}
		kept = {name: {**view, "filters": other_filters(view.get("filters"))} for name, view in views.items()}
		if any(kept[name]["filters"] != view.get("filters") for name, view in views.items()):
			data = json.dumps({**json.loads(text), **kept})
			query = frappe.qb.update(settings).set(settings.data, data)
			query.where((settings.user == user) & (settings.doctype == HEALTH)).run()
			frappe.cache.hdel("_user_settings", f"{HEALTH}::{user}")


def other_filters(filters: list[Any] | None) -> list[Any] | None:
	"""Each is a DocType, a field, an operator and a value; in some places the DocType is left out."""
	return filters and [condition for condition in filters if SENTENCES not in condition[:2]]


def without(rows: list[Any] | None, fieldname_of: Callable[[Any], str]) -> list[Any] | None:
	"""The rows that do not name the column."""
	return rows and [row for row in rows if fieldname_of(row) != SENTENCES]


def drop_sentences() -> None:
	"""So that nothing can read words that nobody keeps true."""
	change_table("ALTER TABLE `tabCustomer Health` DROP COLUMN `drivers`")
	# Frappe remembers which columns there are until it looks at them
	frappe.db.updatedb(HEALTH)
