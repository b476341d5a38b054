"""What a metric would measure, for a few customers and with the documents behind it. Stores nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import frappe
from frappe.desk.reportview import build_match_conditions

from crm_success.bridge import database
from crm_success.bridge.definitions import METRIC, metric_of, read_definitions
from crm_success.bridge.documents import documents_behind
from crm_success.bridge.frozen import Frozen, plan_for
from crm_success.bridge.tables import CUSTOMER, tables_for
from crm_success.engine.definitions import Calibration, Definitions, Measure, Metric, PercentileCuts

if TYPE_CHECKING:
	import pandas as pd

EACH_SIDE = 5

_HEALTH = "Customer Health"


def preview(record: Mapping[str, Any], as_of: date) -> dict[str, Any]:
	"""Five lowest and five highest customers that the user may see; ScoringError where nothing can be read."""
	metric = metric_of(record)
	definitions = _definitions_with(metric, as_of)
	frozen = Frozen(definitions, tuple(tables_for(definitions.metrics).values()))
	values = _visible(_values(frozen, as_of))
	known = values[metric.key].dropna().sort_values(kind="stable")
	points = _points(metric, values[metric.key], as_of)
	shown = _both_ends(known.index.tolist())
	names = _customer_names(shown)
	return {
		"metric": metric.label,
		"unit": metric.unit,
		"as_of": as_of,
		"measured": len(known),
		"missing": len(values) - len(known),
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


def _definitions_with(metric: Metric, as_of: date) -> Definitions:
	"""The metric, as it would be if it were saved, and those that its formula needs."""
	from crm_success.engine.measures import needed_metrics, usable_expressions

	definitions, _messages = read_definitions(as_of)
	others = [other for other in definitions.metrics if other.key != metric.key]
	broken = usable_expressions([*others, metric])[1].get(metric.key)
	if broken:
		raise broken
	return replace(definitions, metrics=needed_metrics([*others, metric], [metric.key]), scorecards=())


def _values(frozen: Frozen, as_of: date) -> "pd.DataFrame":
	from crm_success.engine.measures import raw_values
	from crm_success.queries.reading import Reader

	definitions, tables = frozen.definitions, frozen.tables_by_doctype
	plan = plan_for(definitions.metrics, frozen, as_of)
	if plan.problems:
		raise plan.problems[0].error
	reader = Reader(plan, definitions, tables, database.dialect(), database.read_frame)
	customers = reader.customers().index
	return raw_values(definitions.metrics, reader.aggregates(as_of, customers=customers), customers, as_of)


def _visible(values: "pd.DataFrame") -> "pd.DataFrame":
	"""Without the customers whose health the user may not see."""
	if not build_match_conditions(_HEALTH):
		return values
	return values.loc[values.index.isin(frappe.get_list(_HEALTH, pluck="customer", limit=0))]


def _points(metric: Metric, raw: "pd.Series", as_of: date) -> "pd.Series":
	import numpy as np

	from crm_success.engine.pipeline import metric_points

	known = raw.dropna().to_numpy()
	cuts = tuple(np.quantile(known, np.arange(101) / 100).tolist()) if len(known) else ()
	return metric_points(metric, raw, Calibration(as_of, percentiles=(PercentileCuts(metric.key, cuts),)))


def _both_ends(customers: list[str]) -> dict[str, str]:
	"""Customers from low to high: the first five and the last five of those left, with their side."""
	lowest, rest = customers[:EACH_SIDE], customers[EACH_SIDE:]
	highest = reversed(rest[-EACH_SIDE:])
	return {**dict.fromkeys(lowest, "lowest"), **dict.fromkeys(highest, "highest")}


def _customer_names(customers: Iterable[str]) -> dict[str, str]:
	filters = {"name": ("in", list(customers))}
	return dict(frappe.get_all(CUSTOMER, filters=filters, fields=["name", "customer_name"], as_list=True))


def _evidence(
	metric: Metric, customer: str, values: "pd.DataFrame", frozen: Frozen, as_of: date
) -> list[dict[str, Any]]:
	"""The documents behind a value; for a formula, the values of the metrics it names."""
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
	return documents_behind(metric, frozen.tables_by_doctype, frozen.definitions.money, customer, as_of)


def _plain(value: float) -> float | None:
	return None if value != value else float(value)
