"""The fixed facts about a customer besides its score: what R, F, M, value, activity and stage are made of.

They are metrics like any other, so they come out of the same grouped queries. Their keys begin with an
underscore, which an administrator's metric cannot.
"""

from crm_success.scoring.engine.definitions import Filter, Limits, Metric
from crm_success.scoring.engine.measure_table import Measure

RECENCY = "_recency"
FREQUENCY = "_frequency"
MONETARY = "_monetary"
FIRST_PURCHASE = "_first_purchase"
PURCHASES = "_purchases"
GROWTH = "_growth"
LAST_ISSUE = "_last_issue"
OPEN_ISSUES = "_open_issues"
LAST_PAYMENT = "_last_payment"
OVERDUE = "_overdue"

RFM = (RECENCY, FREQUENCY, MONETARY)

_YEAR = 365
# of the buying window, the share whose revenue is compared with that of as many days before: shorter ones are chance,
# in longer ones who began lately has no before
_WINDOWS_OF_GROWTH = 4

_PURCHASES = (Filter("is_purchase", "=", 1),)
_RECEIVABLE = Filter("account_type", "=", "Receivable")


def profile_metrics(limits: Limits) -> tuple[Metric, ...]:
	"""The metrics of the profile, over invoices, the payment ledger and issues."""
	window = limits.window_days
	return (
		_invoices(RECENCY, Measure.DAYS_SINCE_LAST),
		_invoices(FIRST_PURCHASE, Measure.DAYS_SINCE_FIRST),
		_invoices(FREQUENCY, Measure.COUNT, window),
		# net revenue counts returns, which are negative amounts, and corrections of a price; nobody bought by them
		_invoices(MONETARY, Measure.SUM, window, filters=(), value_field="base_net_total"),
		_invoices(PURCHASES, Measure.CHANGE, _YEAR),
		_invoices(
			GROWTH,
			Measure.CHANGE,
			max(window // _WINDOWS_OF_GROWTH, 1),
			filters=(),
			value_field="base_net_total",
		),
		_payments(OVERDUE, Measure.SUM, (_RECEIVABLE,), "overdue_amount"),
		_payments(LAST_PAYMENT, Measure.DAYS_SINCE_LAST, (_RECEIVABLE, Filter("is_payment", "=", 1))),
		_issues(OPEN_ISSUES, Measure.COUNT, (Filter("is_open", "=", 1),)),
		_issues(LAST_ISSUE, Measure.DAYS_SINCE_LAST, ()),
	)


def is_of_profile(metric: Metric) -> bool:
	"""Whether it states a fixed fact, rather than judges by what an administrator has defined."""
	return metric.key.startswith("_")


def purchases_within(days: int) -> Metric:
	"""How many purchases there were in the days up to a date: read at the end of a horizon, it says who came back."""
	return _invoices("_purchases_within", Measure.COUNT, days)


def revenue_within(days: int) -> Metric:
	"""The net revenue of the days up to a date: read at the end of a horizon, it says what came of it."""
	return _invoices("_revenue_within", Measure.SUM, days, filters=(), value_field="base_net_total")


def purchase_days() -> Metric:
	"""On how many days a customer has ever bought."""
	return _invoices("_purchase_days", Measure.DISTINCT_COUNT, value_field="posting_date")


def _invoices(
	key: str,
	measure: Measure,
	window_days: int = 0,
	filters: tuple[Filter, ...] = _PURCHASES,
	value_field: str = "",
) -> Metric:
	return Metric(
		key=key,
		label=key,
		measure=measure,
		doctype="Sales Invoice",
		customer_field="customer",
		date_field="posting_date",
		value_field=value_field,
		filters=filters,
		window_days=window_days,
	)


def _payments(key: str, measure: Measure, filters: tuple[Filter, ...], value_field: str = "") -> Metric:
	return Metric(
		key=key,
		label=key,
		measure=measure,
		doctype="Payment Ledger Entry",
		customer_field="party",
		date_field="posting_date",
		value_field=value_field,
		filters=filters,
	)


def _issues(key: str, measure: Measure, filters: tuple[Filter, ...]) -> Metric:
	return Metric(
		key=key,
		label=key,
		measure=measure,
		doctype="Issue",
		customer_field="customer",
		date_field="opening_date",
		filters=filters,
	)
