"""Makes the default records once on a site. Never overwrites a record, and never brings a deleted one back."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import frappe

from crm_success.record_names import AUDIENCE, DIMENSION, METRIC, SCORECARD, SEGMENT, SETTINGS, TIER
from crm_success.setup.audience_defaults import AUDIENCES
from crm_success.setup.defaults import DIMENSIONS, METRICS, SEGMENTS
from crm_success.setup.loyalty_defaults import TIERS
from crm_success.setup.older_defaults import NEWEST_DEFAULTS
from crm_success.setup.scorecard_defaults import SCORECARDS

JSON_FIELDS = ("filters", "matching", "customer_filters")

# in the order of their links: a scorecard names metrics, a metric names its dimension
SEEDS = (
	(DIMENSION, "dimension_name", DIMENSIONS),
	(METRIC, "metric_name", METRICS),
	(SCORECARD, "scorecard_name", SCORECARDS),
	(SEGMENT, "segment_name", SEGMENTS),
	(AUDIENCE, "audience_name", AUDIENCES),
	(TIER, "tier_name", TIERS),
)


def seed_defaults() -> None:
	"""Make the default records, unless that was done before on this site."""
	if frappe.db.get_single_value(SETTINGS, "seeded"):
		return
	for doctype, name_field, records in SEEDS:
		insert_missing(doctype, name_field, records)
	frappe.db.set_single_value(SETTINGS, {"seeded": 1, "defaults_seen": NEWEST_DEFAULTS})


def insert_missing(doctype: str, name_field: str, records: Iterable[Mapping[str, Any]]) -> None:
	"""Make those of the records that are not there under that name."""
	for record in records:
		if not frappe.db.exists(doctype, record[name_field]):
			_insert(doctype, record)


def _insert(doctype: str, record: Mapping[str, Any]) -> None:
	"""Without validation: a customised site must install too, and a run reports what it cannot measure."""
	doc = frappe.get_doc({"doctype": doctype, **desk_values(record)})
	doc.flags.ignore_validate = True
	doc.insert(ignore_permissions=True)


def desk_values(record: Mapping[str, Any]) -> dict[str, Any]:
	"""The record, or a row of one, as the desk stores it: filters as JSON text."""
	values: dict[str, Any] = {}
	for fieldname, value in record.items():
		if fieldname in JSON_FIELDS:
			values[fieldname] = json.dumps(value) if value else None
		elif isinstance(value, list):
			values[fieldname] = [desk_values(row) for row in value]
		else:
			values[fieldname] = value
	return values
