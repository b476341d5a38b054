"""How well each metric measures: coverage, spread, and how many customers stand at either end of its scale.

Reads the components that scoring left with each customer's health; measures nothing anew.
"""

import json
from collections.abc import Iterator, Mapping
from math import sqrt
from statistics import fmean, median
from typing import Any

import frappe
from frappe import _

from crm_success.crm_success.report.amounts import grouped
from crm_success.crm_success.report.who_counts import Filters, check_asked_audience, who_counts
from crm_success.record_names import DIMENSION, HEALTH, METRIC, SCORECARD

Row = dict[str, Any]

# beyond so many customers an even sample is read: its shares are right to within one percent
SAMPLE = 25_000
CHUNK = 2_500


class Measured:
	"""What was read of one metric: how many customers have no value, and what those with a value have."""

	def __init__(self) -> None:
		self.missing = 0
		self.raw: list[float] = []
		self.worst = 0
		self.best = 0

	def add(self, component: Mapping[str, float | None]) -> None:
		raw, points = component["raw"], component["points"]
		if raw is None:
			self.missing += 1
			return
		self.raw.append(raw)
		if points == 0:
			self.worst += 1
		elif points == 100:
			self.best += 1


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, one row for each enabled metric (largest weight first), and a message on what was read."""
	check_asked_audience(filters)
	everybody = scored_customers(filters)
	customers = even_sample(everybody, SAMPLE)
	measured = read_measured(customers)
	weights = default_weights()
	fields = ["name", "metric_key", "dimension", "unit"]
	metrics = frappe.get_list(METRIC, filters={"enabled": 1}, fields=fields, limit=0)
	rows = [row(metric, measured.get(metric.metric_key), weights.get(metric.name)) for metric in metrics]
	rows.sort(key=lambda found: (-(found["weight"] or 0), found["metric"]))
	return columns(), rows, about_sample(len(customers), len(everybody))


def scored_customers(filters: Filters) -> list[str]:
	health = frappe.qb.DocType(HEALTH)
	where = who_counts(filters) & health.components.isnotnull()
	return frappe.qb.from_(health).select(health.name).where(where).orderby(health.name).run(pluck=True)


def even_sample(customers: list[str], size: int) -> list[str]:
	"""All of them, or as many as `size`, taken at even steps: the same ones each time."""
	number = len(customers)
	if number <= size:
		return customers
	return [customers[at * number // size] for at in range(size)]


def about_sample(read: int, everybody: int) -> str | None:
	if not everybody:
		return _("No customer has been scored yet.")
	if read == everybody:
		return None
	return _("Figures are of an even sample of {0} of {1} customers.").format(
		grouped(read), grouped(everybody)
	)


def read_measured(customers: list[str]) -> dict[str, Measured]:
	"""By metric key."""
	measured: dict[str, Measured] = {}
	for components in read_components(customers):
		for key, component in components.items():
			if key not in measured:
				measured[key] = Measured()
			measured[key].add(component)
	return measured


def read_components(customers: list[str]) -> Iterator[Mapping[str, Mapping[str, float | None]]]:
	"""Read in chunks: the components of all customers together may take hundreds of megabytes."""
	health = frappe.qb.DocType(HEALTH)
	for start in range(0, len(customers), CHUNK):
		chunk = customers[start : start + CHUNK]
		texts = (
			frappe.qb.from_(health).select(health.components).where(health.name.isin(chunk)).run(pluck=True)
		)
		yield from (json.loads(text) for text in texts if text)


def default_weights() -> dict[str, float]:
	"""Percent of the whole score that each metric decides in the default scorecard, where nothing is missing."""
	name = frappe.db.get_value(SCORECARD, {"is_default": 1, "enabled": 1})
	if not name:
		return {}
	scorecard = frappe.get_cached_doc(SCORECARD, name)
	dimension_of = dict(frappe.get_all(METRIC, {"enabled": 1}, ["name", "dimension"], as_list=True, limit=0))
	weights = {line.metric: line.weight for line in scorecard.metrics if line.weight > 0}
	inside: dict[str, float] = {}
	for metric, weight in weights.items():
		if dimension := dimension_of.get(metric):
			inside[dimension] = inside.get(dimension, 0) + weight
	of_dimension = {line.dimension: line.weight for line in scorecard.dimensions if line.dimension in inside}
	whole = sum(of_dimension.values())
	return {
		metric: 100 * weight / inside[dimension] * of_dimension.get(dimension, 0) / whole
		for metric, weight in weights.items()
		if whole and (dimension := dimension_of.get(metric))
	}


def row(metric: Mapping[str, Any], measured: Measured | None, weight: float | None) -> Row:
	found: Row = {
		"metric": metric["name"],
		"title": _(metric["name"], context=METRIC),
		"dimension": _(metric["dimension"], context=DIMENSION) if metric["dimension"] else "",
		"unit": _(metric["unit"], context=METRIC) if metric["unit"] else "",
		"weight": weight,
		"measured": 0,
	}
	if not measured:
		return found
	number = len(measured.raw)
	everybody = number + measured.missing
	found |= {"measured": number, "coverage": 100 * number / everybody}
	found["missing"] = 100 * measured.missing / everybody
	if number:
		found |= spread(measured)
		found |= {"at_worst": 100 * measured.worst / number, "at_best": 100 * measured.best / number}
	return found


def spread(measured: Measured) -> dict[str, float]:
	mean = fmean(measured.raw)
	return {
		"minimum": min(measured.raw),
		"median": median(measured.raw),
		"maximum": max(measured.raw),
		"mean": mean,
		"deviation": sqrt(fmean((value - mean) ** 2 for value in measured.raw)),
	}


def columns() -> list[Row]:
	def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
		return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}

	return [
		column("title", _("Metric"), "Data", 220),
		column("dimension", _("Dimension"), "Data", 110),
		column("unit", _("Unit"), "Data", 90),
		column("weight", _("Weight in Default Scorecard"), "Percent", 210),
		column("measured", _("Customers Measured"), "Int", 170),
		column("coverage", _("Coverage"), "Percent", 100),
		column("missing", _("Missing"), "Percent", 100),
		column("minimum", _("Minimum"), "Float", 110, precision=1),
		column("median", _("Median"), "Float", 110, precision=1),
		column("maximum", _("Maximum"), "Float", 110, precision=1),
		column("mean", _("Mean"), "Float", 110, precision=1),
		column("deviation", _("Standard Deviation"), "Float", 160, precision=1),
		column("at_worst", _("At 0 Points"), "Percent", 110),
		column("at_best", _("At 100 Points"), "Percent", 125),
	]
