"""What a metric would measure, for a few customers and with the documents behind it. Stores nothing."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import frappe
import pandas as pd

from crm_success.database.dialects import EVERYBODY
from crm_success.record_names import METRIC
from crm_success.scoring.definition_records import metric_of
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.calibration import percentiles_of
from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.measures import observed
from crm_success.scoring.engine.pipeline import metric_points
from crm_success.scoring.explain.evidence import documents_behind, readable_of
from crm_success.scoring.explain.sampling import (
	ValueReader,
	forecasting_calibration,
	frozen_for,
	reader_of,
	visible,
)
from crm_success.scoring.frozen_definitions import FrozenDefinitions
from crm_success.scoring.source_tables import CUSTOMER

EACH_SIDE = 5


def preview(record: Mapping[str, Any], as_of: date) -> dict[str, Any]:
	"""Five lowest and five highest customers that the user may see; ScoringError where nothing can be read."""
	metric = metric_of(record)
	frozen = frozen_for(metric, as_of)
	values, ranked = _values(frozen, metric.key, as_of)
	known = values[metric.key].dropna().sort_values(kind="stable")
	cut_points = Calibration(as_of, percentiles=(percentiles_of(metric.key, ranked),))
	points = metric_points(metric, values[metric.key], cut_points)
	shown = _both_ends(known.index.tolist())
	names = _customer_names(shown)
	return {
		"metric": metric.label,
		"unit": metric.unit,
		"as_of": as_of,
		"measured": len(known),
		"missing": len(values) - len(known),
		"only_readable": any(table.only_names for table in frozen.tables),
		"customers": [
			{
				"customer": customer,
				"customer_name": names.get(customer, customer),
				"value": _plain(known[customer]),
				"points": _plain(points[customer]),
				"side": side,
				"documents": _evidence(metric, customer, values, frozen, as_of),
			}
			for customer, side in shown.items()
		],
	}


def _values(frozen: FrozenDefinitions, key: str, as_of: date) -> tuple[pd.DataFrame, pd.Series]:
	"""The raw values, and of the metric with that key what the places on a scale are taken from."""
	metrics, calibration = frozen.definitions.metrics, forecasting_calibration(frozen, as_of)
	reader = ValueReader(metrics, frozen, as_of, calibration, is_strict=True)
	customers = reader_of((), frozen, as_of).customers().index
	measured, seen = reader.measured(EVERYBODY, customers), visible(customers)
	raw = observed(metrics, measured.values, measured.silent)
	return raw.loc[seen], measured.values[key].mask(measured.silent[key]).loc[seen]


def _both_ends(customers: list[str]) -> dict[str, str]:
	"""Customers from low to high: the first five and the last five of those left, with their side."""
	lowest, rest = customers[:EACH_SIDE], customers[EACH_SIDE:]
	highest = reversed(rest[-EACH_SIDE:])
	return {**dict.fromkeys(lowest, "lowest"), **dict.fromkeys(highest, "highest")}


def _customer_names(customers: Iterable[str]) -> dict[str, str]:
	filters = {"name": ("in", list(customers))}
	return dict(frappe.get_all(CUSTOMER, filters=filters, fields=["name", "customer_name"], as_list=True))


def _evidence(
	metric: Metric, customer: str, values: pd.DataFrame, frozen: FrozenDefinitions, as_of: date
) -> list[dict[str, Any]]:
	"""The documents behind a value that the user may read; for a formula, the values of the metrics it names."""
	if metric.measure is Measure.EXPRESSION:
		inputs = (other for other in frozen.definitions.metrics if other.key != metric.key)
		return [
			{
				"doctype": METRIC,
				"name": other.label,
				"date": None,
				"value": _plain(values.at[customer, other.key]),
			}
			for other in inputs
		]
	documents = documents_behind(metric, frozen.tables_by_doctype, frozen.definitions.money, customer, as_of)
	# a User Permission may hide some
	readable = readable_of(documents)
	return [document for document in documents if (document["doctype"], document["name"]) in readable]


def _plain(value: float) -> float | None:
	return None if value != value else float(value)
