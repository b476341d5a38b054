"""What the form draws: thresholds, the parts of the score, its history, and whom to call. Computes no score."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import frappe
from frappe.model.document import Document
from frappe.utils import getdate

from crm_success.record_names import DIMENSION, METRIC, SCORECARD, SNAPSHOT
from crm_success.scoring.api.health_contacts import contacts_of
from crm_success.scoring.bands import limits_of
from crm_success.scoring.engine.drivers import Component
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.overrides import is_in_force
from crm_success.visibility import visible_rows

SNAPSHOTS = 18


def picture_of(health: Document) -> dict[str, Any]:
	"""Everything that the form draws. Numbers that are missing are None, not 0 as in the form's document."""
	healthy_from, watch_from = limits_of(health.scorecard)
	snapshots = snapshots_of(health.customer)
	return {
		"as_of": health.as_of,
		"score": health.score if health.band else None,
		"computed_score": health.computed_score,
		"coverage": health.coverage,
		"band": health.band or "",
		"is_override": is_in_force(health.override_until, getdate()),
		"cap_reason": health.cap_reason,
		"healthy_from": healthy_from,
		"watch_from": watch_from,
		"currency": health.currency,
		"components": components_of(health),
		"snapshots": snapshots,
		"earlier_rules_until": earlier_rules_until(snapshots),
		"contacts": contacts_of(health.customer),
	}


def components_of(health: Document) -> list[dict[str, Any]]:
	"""The metrics of the scorecard and others that made the score, by dimension, the heaviest first.

	`is_scored` is false for a metric that came to the scorecard after the customer was scored, `is_kept` for one
	that was deleted since.
	"""
	components = _parsed(health.components)
	weighing = [key for key, part in components.items() if part["weight"] or part["contribution"]]
	keys = list(dict.fromkeys([*_metrics_on(health.scorecard), *weighing]))
	metrics = _metrics_by_key(keys)
	rows = [_row(key, metrics.get(key), components.get(key)) for key in keys]
	places = {name: place for place, name in enumerate(_dimensions())}
	return sorted(
		rows, key=lambda row: (places.get(row["dimension"], len(places)), -row["weight"], row["label"])
	)


def values_by_metric(keys: Iterable[str], components: str | None) -> list[dict[str, Any]]:
	"""The values that these metrics had when the score was computed, in the order given."""
	parsed, keys = _parsed(components), list(keys)
	metrics = _metrics_by_key(keys)
	return [_row(key, metrics[key], parsed.get(key)) for key in keys if key in metrics]


def snapshots_of(customer: str) -> list[dict[str, Any]]:
	"""The newest ones with a score, the oldest of them first; none where the user may not see them."""
	newest = visible_rows(
		SNAPSHOT,
		customer,
		filters={"band": ("is", "set")},
		fields=["as_of", "score", "computed_score", "band", "scoring_rules"],
		order_by="as_of desc",
		limit=SNAPSHOTS,
	)
	return newest[::-1]


def earlier_rules_until(snapshots: list[dict[str, Any]]) -> date | None:
	"""The last day of a line of snapshots that was scored by other rules than its end: up to there an update moved it."""
	earlier = [row["as_of"] for row in snapshots if row["scoring_rules"] != snapshots[-1]["scoring_rules"]]
	return earlier[-1] if earlier else None


def _row(key: str, metric: Mapping[str, Any] | None, component: Component | None) -> dict[str, Any]:
	metric, values = metric or {}, component or {}
	return {
		"metric": key,
		"label": metric.get("name") or key,
		"unit": metric.get("unit") or "",
		"dimension": metric.get("dimension") or "",
		"is_formula": metric.get("measure") == Measure.EXPRESSION.value,
		"is_kept": bool(metric),
		"is_scored": bool(values),
		"raw": values.get("raw"),
		"points": values.get("points"),
		"weight": values.get("weight") or 0.0,
		"contribution": values.get("contribution") or 0.0,
	}


def _parsed(components: str | None) -> dict[str, Component]:
	return json.loads(components) if components else {}


def _metrics_on(scorecard: str | None) -> list[str]:
	"""The keys of the metrics on a scorecard."""
	filters = {"parent": scorecard, "parenttype": SCORECARD, "parentfield": "metrics"}
	names = frappe.get_all("Health Scorecard Metric", filters=filters, pluck="metric")
	return frappe.get_all(METRIC, filters={"name": ("in", names)}, pluck="metric_key") if names else []


def _metrics_by_key(keys: Iterable[str]) -> dict[str, dict[str, Any]]:
	keys = list(keys)
	if not keys:
		return {}
	fields = ["name", "metric_key", "unit", "dimension", "measure"]
	rows = frappe.get_all(METRIC, filters={"metric_key": ("in", keys)}, fields=fields, order_by="name")
	return {row.metric_key: row for row in rows}


def _dimensions() -> list[str]:
	return frappe.get_all(DIMENSION, pluck="name", order_by="sequence, name")
