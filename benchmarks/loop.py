"""What a run is measured against: the loop that a first version would be, customer by customer, metric by metric."""

import time
from statistics import fmean

import frappe
from frappe.utils import add_days, getdate

SAMPLE = 300


def seconds_per_customer() -> float:
	"""Seconds a customer, over a sample spread evenly: one get_all for each metric, sums in Python, one document saved."""
	names = frappe.get_all("Customer", pluck="name", order_by="name")
	sample = names[:: max(1, len(names) // SAMPLE)][:SAMPLE]
	metrics = frappe.get_all(
		"Health Metric", filters={"enabled": 1, "measure": ("!=", "Expression")}, fields=["*"]
	)
	start = time.perf_counter()
	for customer in sample:
		_score(customer, metrics)
	frappe.db.rollback()
	return (time.perf_counter() - start) / len(sample)


def _score(customer: str, metrics: list) -> None:
	values = [_value(customer, metric) for metric in metrics]
	health = frappe.get_doc("Customer Health", customer)
	health.computed_score = fmean(min(max(value, 0), 100) for value in values)
	health.db_update()


def _value(customer: str, metric) -> float:
	filters = [[metric.customer_field, "=", customer], ["docstatus", "<", 2]]
	stored = frappe.get_meta(metric.source_doctype).get_valid_columns()
	date_field = metric.date_field if metric.date_field in stored else "creation"
	if metric.window_days:
		filters.append([date_field, ">", add_days(getdate(), -metric.window_days)])
	field = metric.value_field if metric.value_field in stored else "name"
	rows = frappe.get_all(metric.source_doctype, filters=filters, fields=[field, date_field])
	amounts = [row[field] for row in rows if isinstance(row[field], int | float)]
	return sum(amounts) if amounts else len(rows)
