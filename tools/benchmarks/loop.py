"""What a run is measured against: the loop that a first version would be, customer by customer, metric by metric.

It comes to the same amounts, which is checked: a get_all for each metric, with Frappe's own filters, sums in Python, a look
at the invoice for each debt and each payment whose due date matters, and at its instalments, and the score stored by name.
"""

import json
import time
from collections import defaultdict
from itertools import accumulate
from statistics import fmean

import frappe
from frappe.utils import add_days, date_diff, getdate, time_diff_in_hours

SAMPLE = 300
# metrics whose values must be those of the run
SAME = (
	"net_revenue_365d",
	"gross_revenue_365d",
	"returned_value_365d",
	"billed_365d",
	"overdue_amount",
	"average_days_late",
)
FIELDS = {
	"Sales Invoice": ["posting_date", "base_net_total", "is_return"],
	"Payment Ledger Entry": [
		"posting_date",
		"creation",
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
	values = {customer: _score(customer, metrics) for customer in sample}
	frappe.db.rollback()
	seconds = time.perf_counter() - start
	for customer, found in values.items():
		_check(customer, found)
	return seconds / len(sample)


def _score(customer: str, metrics: list) -> dict[str, float]:
	values = {metric.metric_key: _value(customer, metric) for metric in metrics}
	score = fmean(min(max(value, 0), 100) for value in values.values())
	frappe.db.set_value("Customer Health", {"customer": customer}, {"computed_score": score, "score": score})
	return values


def _check(customer: str, values: dict[str, float]) -> None:
	"""ValueError where the run came to another value."""
	components = json.loads(
		frappe.db.get_value("Customer Health", {"customer": customer}, "components") or "{}"
	)
	for key in SAME:
		scored = components.get(key, {}).get("raw")
		if scored is not None and abs(scored - values[key]) > 0.01:
			raise ValueError(f"{key} of {customer}: {values[key]} by the loop, {scored} by the run")


def _value(customer: str, metric: frappe._dict) -> float:
	filters = {metric.customer_field: customer, "docstatus": ("<", 2)}
	stored = frappe.get_meta(metric.source_doctype).get_valid_columns()
	if metric.window_days and metric.date_field in stored:
		filters[metric.date_field] = (">", add_days(getdate(), -metric.window_days))
	for _doctype, fieldname, operator, value in map(_as_four, frappe.parse_json(metric.filters or "[]")):
		if fieldname in stored:
			filters[fieldname] = (operator, value)
	rows = frappe.get_all(metric.source_doctype, filters=filters, fields=FIELDS[metric.source_doctype])
	if metric.value_field == "overdue_amount":
		return _overdue(rows)
	read = _COMPUTED.get(metric.value_field) or _read_stored(metric.value_field)
	amounts = [amount for amount in map(read, rows) if amount is not None]
	return sum(amounts) if metric.measure == "Sum" else fmean(amounts) if amounts else len(rows)


def _as_four(row: list) -> list:
	return row if len(row) == 4 else [None, *row]


def _read_stored(fieldname: str):
	return lambda row: row.get(fieldname) if isinstance(row.get(fieldname), int | float) else None


def _due_date(invoice: str):
	return frappe.db.get_value("Sales Invoice", invoice, "due_date")


def _instalments(invoice: str) -> list:
	filters = {"parent": invoice, "parenttype": "Sales Invoice"}
	fields = ["due_date", "payment_amount", "base_payment_amount"]
	return frappe.get_all("Payment Schedule", filters=filters, fields=fields, order_by="due_date, idx")


def _overdue(rows: list) -> float:
	owed: dict[str, float] = defaultdict(float)
	for row in rows:
		owed[row.against_voucher_no] += row.amount
	return sum(_past_due(invoice, amount) for invoice, amount in owed.items())


def _past_due(invoice: str, owed: float) -> float:
	due, today = _due_date(invoice), getdate()
	if not due or owed <= 0:
		return 0.0
	if due < today:
		return owed
	coming = sum(part.base_payment_amount for part in _instalments(invoice) if part.due_date >= today)
	return max(owed - coming, 0.0)


def _days_late(row: frappe._dict) -> float | None:
	if row.voucher_type not in ("Payment Entry", "Journal Entry"):
		return None
	instalments = _instalments(row.against_voucher_no)
	due = _open_instalment(row, instalments) if len(instalments) > 1 else None
	return max(date_diff(row.posting_date, due or _due_date(row.against_voucher_no)), 0)


def _open_instalment(payment: frappe._dict, instalments: list):
	"""The due date of the first one that earlier payments had not settled."""
	filters = {"against_voucher_no": payment.against_voucher_no, "amount": ("<", 0)}
	fields = ["posting_date", "creation", "amount"]
	rows = frappe.get_all("Payment Ledger Entry", filters=filters, fields=fields)
	moment = (payment.posting_date, payment.creation)
	settled = -sum(row.amount for row in rows if (row.posting_date, row.creation) < moment)
	upto = accumulate(part.payment_amount for part in instalments)
	return next(
		(part.due_date for part, total in zip(instalments, upto, strict=True) if total > settled + 0.005),
		None,
	)


def _billed(row: frappe._dict) -> float | None:
	return row.amount if row.voucher_no == row.against_voucher_no and row.amount > 0 else None


def _hours_to_resolve(row: frappe._dict) -> float | None:
	if row.status not in ("Resolved", "Closed"):
		return None
	opened = f"{row.opening_date} {row.opening_time}"
	return time_diff_in_hours(row.sla_resolution_date or row.modified, opened)


_COMPUTED = {
	"billed_amount": _billed,
	"days_late": _days_late,
	"hours_to_resolve": _hours_to_resolve,
}
