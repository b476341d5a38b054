"""From the aggregates of a grouped query to one raw value per customer and metric. Judges nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Measure, Metric
from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expressions import (
	Expression,
	check_names,
	evaluate,
	evaluation_order,
	parse_expression,
)

# databases differ in the last bits of a sum of decimals; six decimals are the same everywhere, and a difference
# of nothing is nothing
_DECIMALS = 6


def raw_values(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> pd.DataFrame:
	"""Raw values, indexed by `customers`, one float64 column a metric key.

	`aggregates` has columns `metric key.part`, indexed by customer. A value is NaN (missing) where the customer
	has no document in the metric's source, where a measure has nothing to work on (an average of nothing), and
	for a metric that could not be read at all. Units: the value field's, days for Days Since, percent for
	shares and changes, months for declining months.
	"""
	rows = aggregates.reindex(customers)
	columns = {
		metric.key: _measured(metric, rows, as_of)
		for metric in metrics
		if metric.measure is not Measure.EXPRESSION
	}
	values = pd.DataFrame(columns, index=customers, dtype="float64")
	expressions, _ = usable_expressions(metrics)
	for key in evaluation_order(expressions):
		values[key] = _finite(evaluate(expressions[key], values))
	return values.reindex(columns=[metric.key for metric in metrics])


def usable_expressions(metrics: Sequence[Metric]) -> tuple[dict[str, Expression], dict[str, ExpressionError]]:
	"""The expressions that can be evaluated, and why the others cannot, both by metric key."""
	keys = [metric.key for metric in metrics]
	usable: dict[str, Expression] = {}
	broken: dict[str, ExpressionError] = {}
	for metric in metrics:
		if metric.measure is not Measure.EXPRESSION:
			continue
		try:
			expression = parse_expression(metric.expression)
			check_names(expression, keys)
			evaluation_order({**usable, metric.key: expression})
			usable[metric.key] = expression
		except ExpressionError as error:
			broken[metric.key] = error
	return usable, broken


def needed_metrics(metrics: Sequence[Metric], wanted: Iterable[str]) -> tuple[Metric, ...]:
	"""The wanted metrics and those that their expressions name, however deep, in the order of `metrics`."""
	expressions, _ = usable_expressions(metrics)
	needed, waiting = set(), list(wanted)
	while waiting:
		key = waiting.pop()
		if key not in needed:
			needed.add(key)
			waiting.extend(expressions[key].names if key in expressions else ())
	return tuple(metric for metric in metrics if metric.key in needed)


def _measured(metric: Metric, rows: pd.DataFrame, as_of: date) -> pd.Series:
	prefix = f"{metric.key}."
	parts = {name[len(prefix) :]: rows[name] for name in rows.columns if name.startswith(prefix)}
	if "seen" not in parts:
		return pd.Series(np.nan, index=rows.index)
	value = _MEASURES[metric.measure](parts, as_of)
	return _finite(value).where(_number(parts["seen"]) > 0)


def _finite(value: pd.Series) -> pd.Series:
	return _rounded(value.where(np.isfinite(value))) + 0.0  # + 0.0 turns -0.0 into 0.0


def _rounded(value: pd.Series) -> pd.Series:
	# a large float has fewer decimals, and rounding to more of them than it has would move it
	size = value.abs()
	return value.round(_DECIMALS).where(size < 1e9, value.round(2).where(size < 1e13, value))


def _number(series: pd.Series) -> pd.Series:
	# drivers answer with Decimal, int or None
	return _rounded(pd.to_numeric(series.astype(object), errors="coerce").astype("float64"))


Parts = Mapping[str, pd.Series]


def _value(parts: Parts, as_of: date) -> pd.Series:
	return _number(parts["value"])


def _value_or_zero(parts: Parts, as_of: date) -> pd.Series:
	return _number(parts["value"]).fillna(0.0)


def _days_since(parts: Parts, as_of: date) -> pd.Series:
	# each day once, and by Python's calendar: that of pandas begins in 1677
	texts = parts["date"].astype("string").str.slice(0, 10)
	days = {text: _days_between(text, as_of) for text in texts.dropna().unique()}
	return texts.astype(object).map(days).astype("float64")


def _days_between(text: str, as_of: date) -> float:
	try:
		return float((as_of - date.fromisoformat(text)).days)
	except ValueError:
		return np.nan


def _share(parts: Parts, as_of: date) -> pd.Series:
	total = _number(parts["total"])
	return 100 * _number(parts["matching"]).fillna(0.0) / total.where(total > 0)


def _change(parts: Parts, as_of: date) -> pd.Series:
	previous = _number(parts["previous"]).fillna(0.0)
	return 100 * (_number(parts["current"]).fillna(0.0) - previous) / previous.where(previous > 0)


def _declining_months(parts: Parts, as_of: date) -> pd.Series:
	months = [parts[f"month_{number}"] for number in range(len(parts) - 1)]
	totals = np.column_stack([_number(month).fillna(0.0) for month in months])
	declines = totals[:, :-1] < totals[:, 1:]
	# a product along the months stays 1 until the first month that did not decline
	return pd.Series(np.cumprod(declines, axis=1).sum(axis=1).astype("float64"), index=months[0].index)


_MEASURES: dict[Measure, Callable[[Parts, date], pd.Series]] = {
	Measure.COUNT: _value_or_zero,
	Measure.SUM: _value_or_zero,
	Measure.AVERAGE: _value,
	Measure.MINIMUM: _value,
	Measure.MAXIMUM: _value,
	Measure.DISTINCT_COUNT: _value_or_zero,
	Measure.DAYS_SINCE_LAST: _days_since,
	Measure.DAYS_SINCE_FIRST: _days_since,
	Measure.SHARE: _share,
	Measure.CHANGE: _change,
	Measure.DECLINING_MONTHS: _declining_months,
}
