"""From the aggregates of a grouped query to one raw value per customer and metric.

Of its scale a metric is asked one thing only: whether the value of nothing observed would speak for the customer. Such
a value is none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expression_values import evaluate
from crm_success.scoring.engine.expressions import (
	Expression,
	check_names,
	evaluation_order,
	parse_expression,
)
from crm_success.scoring.engine.measure_table import DATE_PART, SEEN_PART, Measure
from crm_success.scoring.engine.profile import is_of_profile
from crm_success.scoring.engine.scales import silence_would_count_for

# databases differ in the last bits of a sum of decimals; six decimals are the same everywhere, and a difference
# of nothing is nothing
_DECIMALS = 6


@dataclass(frozen=True)
class Measured:
	"""What documents give, a row a customer, a column for each metric that reads any: `values` (float64) and where they
	come of nothing observed (`silent`, bool). A scale has no say here.
	"""

	values: pd.DataFrame
	silent: pd.DataFrame


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
	average of nothing), where nothing observed would speak for the customer, and for a metric that could not be read at
	all. Units: those of measure_table.py.
	"""
	measured = measured_values(metrics, aggregates, customers, as_of)
	return observed(metrics, completed(metrics, measured.values, forecasts), measured.silent)


def measured_values(
	metrics: Sequence[Metric], aggregates: pd.DataFrame, customers: pd.Index, as_of: date
) -> Measured:
	"""What those metrics give that read documents."""
	rows = aggregates.reindex(customers)
	found = {
		metric.key: _measured(metric, rows, as_of) for metric in metrics if metric.measure.reads_documents
	}
	return Measured(
		pd.DataFrame({key: value for key, (value, _) in found.items()}, index=customers, dtype="float64"),
		pd.DataFrame({key: silent for key, (_, silent) in found.items()}, index=customers, dtype="bool"),
	)


def completed(
	metrics: Sequence[Metric], values: pd.DataFrame, forecasts: pd.DataFrame | None = None
) -> pd.DataFrame:
	"""The values of all metrics, from those of `measured_values`. A formula is taken at its word: it sees the numbers of
	nothing observed.

	`forecasts` has a column for each forecast that is known of the customers (see `MeasureRow.forecast`).
	"""
	known = pd.DataFrame(index=values.index) if forecasts is None else forecasts.reindex(values.index)
	told = {
		metric.key: known.get(metric.measure.row.forecast, np.nan)
		for metric in metrics
		if metric.measure.row.forecast
	}
	values = values.assign(**told)
	expressions, _ = usable_expressions(metrics)
	for key in evaluation_order(expressions):
		values[key] = _finite(evaluate(expressions[key], values))
	return values.reindex(columns=[metric.key for metric in metrics])


def observed(metrics: Sequence[Metric], values: pd.DataFrame, silent: pd.DataFrame) -> pd.DataFrame:
	"""The values of `completed` without those of nothing observed that would speak for a customer."""
	praise = {
		metric.key: silent[metric.key] & silence_would_count_for(metric.scale, values[metric.key])
		for metric in metrics
		if metric.key in silent and silent[metric.key].any()
	}
	return values.assign(**{key: values[key].mask(masked) for key, masked in praise.items()})


def needs_window(metric: Metric) -> bool:
	"""Whether a customer has a value only where the window holds a document: nothing in it would speak for everybody."""
	nothing = pd.Series([0.0])
	return metric.measure.row.counts_window and bool(silence_would_count_for(metric.scale, nothing).iloc[0])


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
	value = _finite(row.number(parts, as_of - timedelta(metric.days_ago))).where(seen > 0)
	# a fact of the profile speaks neither for a customer nor against it
	silent = False if is_of_profile(metric) else row.is_silent(parts)
	return value, pd.Series(silent, index=rows.index) & value.notna()


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
