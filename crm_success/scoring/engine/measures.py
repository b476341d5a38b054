"""From the aggregates of a grouped query to one raw value per customer and metric. Judges nothing."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expressions import (
	Expression,
	check_names,
	evaluate,
	evaluation_order,
	parse_expression,
)
from crm_success.scoring.engine.measure_table import DATE_PART, SEEN_PART, Measure

# databases differ in the last bits of a sum of decimals; six decimals are the same everywhere, and a difference
# of nothing is nothing
_DECIMALS = 6


def raw_values(
	metrics: Sequence[Metric],
	aggregates: pd.DataFrame,
	customers: pd.Index,
	as_of: date,
	forecasts: pd.DataFrame | None = None,
) -> pd.DataFrame:
	"""Raw values, indexed by `customers`, one float64 column a metric key.

	`aggregates` has columns `metric key.part`, indexed by customer; `forecasts` is as in `completed`. A value is NaN
	(missing) where the customer has no document in the metric's source, where a measure has nothing to work on (an
	average of nothing), and for a metric that could not be read at all. Units: those of measure_table.py.
	"""
	return completed(metrics, measured_values(metrics, aggregates, customers, as_of), forecasts)


def measured_values(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> pd.DataFrame:
	"""The raw values of those metrics that read documents."""
	rows = aggregates.reindex(customers)
	columns = {
		metric.key: _measured(metric, rows, as_of) for metric in metrics if metric.measure.reads_documents
	}
	return pd.DataFrame(columns, index=customers, dtype="float64")


def completed(
	metrics: Sequence[Metric], measured: pd.DataFrame, forecasts: pd.DataFrame | None = None
) -> pd.DataFrame:
	"""The raw values of all metrics, from those of `measured_values`.

	`forecasts` has a column for each forecast that is known of the customers (see `MeasureRow.forecast`).
	"""
	known = pd.DataFrame(index=measured.index) if forecasts is None else forecasts.reindex(measured.index)
	told = {
		metric.key: known.get(metric.measure.row.forecast, np.nan)
		for metric in metrics
		if metric.measure.row.forecast
	}
	values = measured.assign(**told)
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
	if SEEN_PART not in parts:
		return pd.Series(np.nan, index=rows.index)
	seen = _number(parts.pop(SEEN_PART))
	known = {name: part if name == DATE_PART else _number(part) for name, part in parts.items()}
	return _finite(metric.measure.row.number(known, as_of)).where(seen > 0)


def _finite(value: pd.Series) -> pd.Series:
	return _rounded(value.where(np.isfinite(value))) + 0.0  # + 0.0 turns -0.0 into 0.0


def _rounded(value: pd.Series) -> pd.Series:
	# a large float has fewer decimals, and rounding to more of them than it has would move it
	size = value.abs()
	return value.round(_DECIMALS).where(size < 1e9, value.round(2).where(size < 1e13, value))


def _number(series: pd.Series) -> pd.Series:
	# drivers answer with Decimal, int or None
	return _rounded(pd.to_numeric(series.astype(object), errors="coerce").astype("float64"))
