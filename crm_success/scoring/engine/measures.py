"""From the aggregates of a grouped query to one raw value per customer and metric.

Of its scale a metric is asked one thing only: whether the value of nothing observed would speak for the customer. Such
a value is none.
"""

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
from crm_success.scoring.engine.scales import silence_would_count_for

# databases differ in the last bits of a sum of decimals; six decimals are the same everywhere, and a difference
# of nothing is nothing
_DECIMALS = 6


def raw_values(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> pd.DataFrame:
	"""Raw values, indexed by `customers`, one float64 column a metric key.

	`aggregates` has columns `metric key.part`, indexed by customer. A value is NaN (missing) where the customer
	has no document in the metric's source, where a measure has nothing to work on (an average of nothing), where
	nothing observed would speak for the customer, and for a metric that could not be read at all. A formula is taken
	at its word: it sees the numbers of nothing observed. Units: those of measure_table.py.
	"""
	values, silent = values_and_silence(metrics, aggregates, customers, as_of)
	for metric in metrics:
		if silent[metric.key].any():
			praise = silent[metric.key] & silence_would_count_for(metric.scale, values[metric.key])
			values[metric.key] = values[metric.key].mask(praise)
	return values


def needs_window(metric: Metric) -> bool:
	"""Whether a customer has a value only where the window holds a document: nothing in it would speak for everybody."""
	nothing = pd.Series([0.0])
	return metric.measure.row.counts_window and bool(silence_would_count_for(metric.scale, nothing).iloc[0])


def ranked_values(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> pd.DataFrame:
	"""Those of the raw values that say where others stand on a Percentile scale: NaN where nothing was observed too."""
	values, silent = values_and_silence(metrics, aggregates, customers, as_of)
	return values.mask(silent)


def values_and_silence(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
	"""What each metric gives, and where that comes of nothing observed: two frames like that of `raw_values`, of float64
	and of bool. A scale has no say here.
	"""
	rows = aggregates.reindex(customers)
	values = pd.DataFrame(index=customers, columns=[metric.key for metric in metrics], dtype="float64")
	silent = pd.DataFrame(False, index=values.index, columns=values.columns)
	for metric in metrics:
		if metric.measure is not Measure.EXPRESSION:
			values[metric.key], silent[metric.key] = _measured(metric, rows, as_of)
	expressions, _ = usable_expressions(metrics)
	for key in evaluation_order(expressions):
		values[key] = _finite(evaluate(expressions[key], values))
	return values, silent


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


def _measured(metric: Metric, rows: pd.DataFrame, as_of: date) -> tuple[pd.Series, pd.Series]:
	parts = _parts(metric, rows)
	if SEEN_PART not in parts:
		return pd.Series(np.nan, index=rows.index), pd.Series(False, index=rows.index)
	seen, row = parts.pop(SEEN_PART), metric.measure.row
	value = _finite(row.number(parts, as_of)).where(seen > 0)
	return value, pd.Series(row.is_silent(parts), index=rows.index) & value.notna()


def _parts(metric: Metric, rows: pd.DataFrame) -> dict[str, pd.Series]:
	prefix = f"{metric.key}."
	named = {name[len(prefix) :]: rows[name] for name in rows.columns if name.startswith(prefix)}
	return {name: part if name == DATE_PART else _number(part) for name, part in named.items()}


def _finite(value: pd.Series) -> pd.Series:
	return _rounded(value.where(np.isfinite(value))) + 0.0  # + 0.0 turns -0.0 into 0.0


def _rounded(value: pd.Series) -> pd.Series:
	# a large float has fewer decimals, and rounding to more of them than it has would move it
	size = value.abs()
	return value.round(_DECIMALS).where(size < 1e9, value.round(2).where(size < 1e13, value))


def _number(series: pd.Series) -> pd.Series:
	# drivers answer with Decimal, int or None
	return _rounded(pd.to_numeric(series.astype(object), errors="coerce").astype("float64"))
