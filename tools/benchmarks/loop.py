"""What a run is measured against: the loop that a first version would be, customer by customer, metric by metric.

It reads what the run and the floor read: the administrator's metrics and those of the fixed profile, a get_all for each,
with Frappe's own filters, sums in Python, a look at the invoice for each debt and each payment whose due date matters, and
at its instalments; the score is stored by name. It comes to the same amounts, days and numbers, which is checked.
"""

import json
import time
from collections import defaultdict
from itertools import accumulate
from statistics import fmean

import frappe
from frappe.utils import add_days, date_diff, getdate, time_diff_in_hours

from crm_success.scoring.definition_records import read_limits
from crm_success.scoring.engine import profile
from crm_success.scoring.engine.definitions import Metric

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
# of the profile: the field of Customer Health that must hold the same
SHOWN = {
	profile.MONETARY: "revenue",
	profile.FREQUENCY: "invoices",
	profile.OVERDUE: "overdue",
	profile.OPEN_ISSUES: "open_issues",
}
FIELDS = {
	"Sales Invoice": ["posting_date", "base_net_total", "is_return", "is_debit_note"],
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
	# neither formulas nor forecasts read documents of their own
	read = {"enabled": 1, "source_doctype": ("is", "set"), "measure": ("!=", "Expression")}
	metrics = frappe.get_all("Health Metric", filters=read, fields=["*"])
	metrics += [_as_record(metric) for metric in profile.profile_metrics(read_limits())]
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


def _as_record(metric: Metric) -> frappe._dict:
	"""A metric of the profile, as the administrator's are stored."""
	return frappe._dict(
		metric_key=metric.key,
		measure=metric.measure.value,
		source_doctype=metric.doctype,
		customer_field=metric.customer_field,
		date_field=metric.date_field,
		value_field=metric.value_field,
		window_days=metric.window_days,
		filters=json.dumps([[each.fieldname, each.operator, each.value] for each in metric.filters]),
	)


def _check(customer: str, values: dict[str, float]) -> None:
	"""ValueError where the run came to another value."""
	fields = ["components", "last_invoice", *SHOWN.values()]
	health = frappe.db.get_value("Customer Health", {"customer": customer}, fields, as_dict=True)
	components = json.loads(health.components or "{}")
	since = date_diff(getdate(), health.last_invoice) if health.last_invoice else None
	stored = {key: components.get(key, {}).get("raw") for key in SAME}
	stored |= {key: health[fieldname] for key, fieldname in SHOWN.items()} | {profile.RECENCY: since}
	for key, scored in stored.items():
		if scored is not None and abs(scored - values[key]) > 0.01:
			raise ValueError(f"{key} of {customer}: {values[key]} by the loop, {scored} by the run")


def _value(customer: str, metric: frappe._dict) -> float:
	filters = {metric.customer_field: customer, "docstatus": ("<", 2)}
	stored = frappe.get_meta(metric.source_doctype).get_valid_columns()
	if metric.window_days and metric.date_field in stored:
		filters[metric.date_field] = (">", add_days(getdate(), -metric.window_days))
	computed = []
	for _doctype, fieldname, operator, value in map(_as_four, frappe.parse_json(metric.filters or "[]")):
		if fieldname in stored:
			filters[fieldname] = (operator, value)
		else:
			computed.append(_IS[fieldname])
	rows = frappe.get_all(metric.source_doctype, filters=filters, fields=FIELDS[metric.source_doctype])
	rows = [row for row in rows if all(holds(row) for holds in computed)]
	if metric.measure in _FIRST_OR_LAST:
		return _days_since([row[metric.date_field] for row in rows], _FIRST_OR_LAST[metric.measure])
	if metric.value_field == "overdue_amount":
		return _overdue(rows)
	read = _COMPUTED.get(metric.value_field) or _read_stored(metric.value_field)
	amounts = [amount for amount in map(read, rows) if amount is not None]
	return sum(amounts) if metric.measure == "Sum" else fmean(amounts) if amounts else len(rows)


def _days_since(days: list, first_or_last) -> float:
	return date_diff(getdate(), first_or_last(days)) if days else 0


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


_FIRST_OR_LAST = {"Days Since Last": max, "Days Since First": min}
# fields that are not stored, of each row
_IS = {
	"is_purchase": lambda row: not row.is_return and not row.is_debit_note,
	"is_open": lambda row: row.status not in ("Resolved", "Closed"),
	"is_payment": lambda row: row.amount < 0 and row.voucher_type in ("Payment Entry", "Journal Entry"),
}
_COMPUTED = {
	"billed_amount": _billed,
	"days_late": _days_late,
	"hours_to_resolve": _hours_to_resolve,
}
