"""What a run is measured against: the loop that a first version would be, customer by customer, metric by metric.

It comes to the same values: a get_all for each metric, with Frappe's own filters, sums in Python, a look at the invoice
for each ledger row whose due date matters, and the score stored by name.
"""

import time
from statistics import fmean

import frappe
from frappe.utils import add_days, date_diff, getdate, time_diff_in_hours

SAMPLE = 300
FIELDS = {
	"Sales Invoice": ["posting_date", "base_net_total", "is_return"],
	"Payment Ledger Entry": [
		"posting_date",
		"amount",
		"voucher_type",
		"voucher_no",
		"against_voucher_type",
		"against_voucher_no",
	],
	"Issue": [
		"opening_date",
		"opening_time",
		"status",
		"priority",
		"sla_resolution_date",
		"sla_resolution_by",
		"service_level_agreement",
		"modified",
	],
}


def seconds_per_customer() -> float:
	"""Seconds a customer, over SAMPLE of them spread evenly over their names."""
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
	score = fmean(min(max(value, 0), 100) for value in values)
	frappe.db.set_value("Customer Health", {"customer": customer}, {"computed_score": score, "score": score})


def _value(customer: str, metric: frappe._dict) -> float:
	filters = {metric.customer_field: customer, "docstatus": ("<", 2)}
	stored = frappe.get_meta(metric.source_doctype).get_valid_columns()
	if metric.window_days and metric.date_field in stored:
		filters[metric.date_field] = (">", add_days(getdate(), -metric.window_days))
	for _doctype, fieldname, operator, value in map(_as_four, frappe.parse_json(metric.filters or "[]")):
		if fieldname in stored:
			filters[fieldname] = (operator, value)
	rows = frappe.get_all(metric.source_doctype, filters=filters, fields=FIELDS[metric.source_doctype])
	read = _COMPUTED.get(metric.value_field) or _read_stored(metric.value_field)
	amounts = [amount for amount in map(read, rows) if amount is not None]
	return sum(amounts) if metric.measure == "Sum" else fmean(amounts) if amounts else len(rows)


def _as_four(row: list) -> list:
	return row if len(row) == 4 else [None, *row]


def _read_stored(fieldname: str):
	return lambda row: row.get(fieldname) if isinstance(row.get(fieldname), int | float) else None


def _due_date(row: frappe._dict):
	return frappe.db.get_value("Sales Invoice", row.against_voucher_no, "due_date")


def _overdue(row: frappe._dict) -> float | None:
	due = _due_date(row)
	return row.amount if due and due < getdate() else None


def _days_late(row: frappe._dict) -> float | None:
	if row.voucher_type not in ("Payment Entry", "Journal Entry"):
		return None
	return max(date_diff(row.posting_date, _due_date(row)), 0)


def _billed(row: frappe._dict) -> float | None:
	return row.amount if row.voucher_no == row.against_voucher_no and row.amount > 0 else None


def _hours_to_resolve(row: frappe._dict) -> float | None:
	if row.status not in ("Resolved", "Closed"):
		return None
	opened = f"{row.opening_date} {row.opening_time}"
	return time_diff_in_hours(row.sla_resolution_date or row.modified, opened)


_COMPUTED = {
	"billed_amount": _billed,
	"overdue_amount": _overdue,
	"days_late": _days_late,
	"hours_to_resolve": _hours_to_resolve,
}
