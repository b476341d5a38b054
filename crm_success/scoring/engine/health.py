"""Weighs points into one health score and says where it came from. Turns no raw value into points itself.

Sums run over metrics, column by column, so that a customer's result is the same to the last digit in a batch
of one and in a batch of a hundred thousand.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.definitions import (
	Cap,
	HealthBand,
	Metric,
	MissingValue,
	Scorecard,
	Trend,
	Weight,
)
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.rounding import DECIMALS, rounded_parts
from crm_success.scoring.engine.scales import NEUTRAL_POINTS

Array: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# of a percentage that is shown
_LEAST = 10.0**-DECIMALS
_POINTS_WHEN_MISSING = {
	MissingValue.IGNORE: np.nan,
	MissingValue.NEUTRAL: NEUTRAL_POINTS,
	MissingValue.WORST: 0.0,
	MissingValue.BEST: 100.0,
}
_OPERATORS: dict[str, Callable[[Array, float], Flags]] = {
	"<": np.less,
	"<=": np.less_equal,
	">": np.greater,
	">=": np.greater_equal,
	"=": np.equal,
	"!=": np.not_equal,
}


@dataclass(frozen=True)
class HealthResult:
	"""Scores of customers, all indexed by customer; frames have a column for every metric, in their order.

	score: 0-100 with one decimal, caps applied; NaN where there is nothing to measure. coverage: how much of what the
	scorecard weighs was observed, in percent with one decimal: above 0, and 100 only where all of it was; NaN where
	there is no score. weights: percent of the whole score that a metric decides; 0 where it does not count. A row sums
	to 100. contributions: weight share x (points - 50), 0 where it does not count, rounded so that their sum + 50 is
	the uncapped score to the last digit. points: 0-100 after the treatment of missing values; NaN where still missing.
	cap_reason: text, "" where no cap lowered the score. A customer with nothing to measure has weights and
	contributions of 0, and no points from missing values.
	"""

	score: pd.Series
	coverage: pd.Series
	weights: pd.DataFrame
	contributions: pd.DataFrame
	points: pd.DataFrame
	cap_reason: pd.Series


def health_scores(
	raw: pd.DataFrame, points: pd.DataFrame, metrics: Sequence[Metric], scorecard: Scorecard
) -> HealthResult:
	"""Weighted mean of metrics inside each dimension, then of the dimensions, then the caps.

	`raw` (metric units) and `points` (0-100) are customers x metric keys with one index; NaN, or no column at
	all, means missing. Only metrics with a weight above 0, in a dimension with a weight above 0, count.
	Raises DefinitionError for a cap with an unknown operator.
	"""
	keys = [metric.key for metric in metrics]
	metric_weights, dimension_weights = _counting_weights(metrics, scorecard)
	counts: Flags = np.greater(metric_weights, 0)
	given = _matrix(points, keys)
	observed = ~np.isnan(_matrix(raw, keys)) & ~np.isnan(given) & counts
	counted = observed.any(axis=1, keepdims=True) & counts
	treated = _treat_missing(given, metrics, counted)
	shares = _effective_shares(~np.isnan(treated) & counted, metric_weights, dimension_weights, metrics)
	exact = np.where(shares > 0, shares * (treated - NEUTRAL_POINTS), 0.0)
	contributions = rounded_parts(exact, _sum_columns(exact.T, len(raw)))
	mean = np.clip(NEUTRAL_POINTS + _sum_columns(contributions.T, len(raw)), 0.0, 100.0)
	uncapped = np.where(shares.any(axis=1), np.round(mean, DECIMALS), np.nan)
	score, cap_reason = _apply_caps(uncapped, raw, metrics, scorecard.caps)
	whole = _effective_shares(counts[None], metric_weights, dimension_weights, metrics)[0]
	coverage = np.where(np.isnan(uncapped), np.nan, _coverage(observed, whole))
	return HealthResult(
		score=pd.Series(score, index=raw.index, dtype="float64"),
		coverage=pd.Series(coverage, index=raw.index, dtype="float64"),
		weights=pd.DataFrame(shares * 100, index=raw.index, columns=keys),
		contributions=pd.DataFrame(contributions, index=raw.index, columns=keys),
		points=pd.DataFrame(treated, index=raw.index, columns=keys),
		cap_reason=pd.Series(cap_reason, index=raw.index, dtype=object),
	)


def bands(score: pd.Series, scorecard: Scorecard) -> pd.Series:
	"""The HealthBand value (text) of each score (0-100) by the scorecard's inclusive limits; None for NaN."""
	names = np.select(
		[score.isna(), score >= scorecard.healthy_from, score >= scorecard.watch_from],
		[np.array(None, dtype=object), HealthBand.HEALTHY.value, HealthBand.WATCH.value],
		default=HealthBand.AT_RISK.value,
	)
	return pd.Series(names, index=score.index, dtype=object)


def trend(change: pd.Series, stable: float = 5.0) -> pd.Series:
	"""The Trend value (text) of each change of the score, in points; at most `stable` either way is Stable.

	None for NaN, where there is no earlier score.
	"""
	names = np.select(
		[change > stable, change < -stable, change.notna()],
		[Trend.UP.value, Trend.DOWN.value, Trend.STABLE.value],
		default=np.array(None, dtype=object),
	)
	return pd.Series(names, index=change.index, dtype=object)


def _matrix(frame: pd.DataFrame, keys: list[str]) -> Array:
	"""Customers x keys; NaN for a missing column and for an infinite number."""
	numbers = frame.reindex(columns=keys).to_numpy(dtype="float64", na_value=np.nan)
	return np.where(np.isfinite(numbers), numbers, np.nan)


def _counting_weights(metrics: Sequence[Metric], scorecard: Scorecard) -> tuple[Array, Array]:
	"""Each metric's own weight and that of its dimension; both 0 for a metric that does not count."""
	of_metric, of_dimension = _weights(scorecard.metrics), _weights(scorecard.dimensions)
	pairs = [(of_metric.get(metric.key, 0.0), of_dimension.get(metric.dimension, 0.0)) for metric in metrics]
	weights: Array = np.array([pair if min(pair) > 0 else (0.0, 0.0) for pair in pairs]).reshape(-1, 2)
	return weights[:, 0], weights[:, 1]


def _weights(rows: Iterable[Weight]) -> dict[str, float]:
	"""Positive weights by name, the largest brought to 1 so that sums cannot overflow."""
	weights = {row.name: float(row.weight) for row in rows if 0 < row.weight < inf}
	largest = max(weights.values(), default=1.0)
	return {name: weight / largest for name, weight in weights.items()}


def _treat_missing(points: Array, metrics: Sequence[Metric], treat: Flags) -> Array:
	"""Points, with the worth of a missing value where `treat` holds; NaN stays where it is ignored."""
	substitutes = np.array([_POINTS_WHEN_MISSING[metric.missing] for metric in metrics])
	return np.where(np.isnan(points) & treat, substitutes, points)


def _effective_shares(
	present: Flags, metric_weights: Array, dimension_weights: Array, metrics: Sequence[Metric]
) -> Array:
	"""Each metric's share of its dimension x that dimension's share of the score; rows sum to 1, or to 0."""
	available = np.where(present, metric_weights, 0.0)
	shares = np.zeros_like(available)
	whole = np.zeros(len(available))
	for dimension in dict.fromkeys(metric.dimension for metric in metrics):
		columns = [at for at, metric in enumerate(metrics) if metric.dimension == dimension]
		inside = _sum_columns(available[:, columns].T, len(available))
		weight = np.where(inside > 0, dimension_weights[columns].max(), 0.0)
		shares[:, columns] = _divide(available[:, columns], inside) * weight[:, None]
		whole += weight
	return _divide(shares, whole)


def _coverage(observed: Flags, shares: Array) -> Array:
	"""The percent of the whole that was observed, by each metric's share of it; what is shown as 100 or 0 is that."""
	covered = 100 * _sum_columns(np.where(observed, shares, 0.0).T, len(observed))
	rounded = np.clip(np.round(covered, DECIMALS), _LEAST, 100 - _LEAST)
	return np.where(observed[:, shares > 0].all(axis=1), 100.0, rounded)


def _divide(numbers: Array, totals: Array) -> Array:
	"""Each row by its total; 0 where the total is 0."""
	return numbers / np.where(totals > 0, totals, 1.0)[:, None]


def _sum_columns(columns: Iterable[Array], length: int) -> Array:
	total = np.zeros(length)
	for column in columns:
		total += column
	return total


def _apply_caps(
	uncapped: Array, raw: pd.DataFrame, metrics: Sequence[Metric], caps: Sequence[Cap]
) -> tuple[Array, npt.NDArray[np.object_]]:
	"""The capped scores, and the reason of the lowest cap below the score; the first of equal caps."""
	labels = {metric.key: metric.label for metric in metrics}
	score, reasons = uncapped.copy(), np.full(len(raw), "", dtype=object)
	for cap in caps:
		limit = round(min(max(cap.cap, 0.0), 100.0), DECIMALS)
		bites = _cap_holds(cap, raw) & (score > limit)
		score[bites] = limit
		reasons[bites] = cap.reason or f"{labels.get(cap.metric, cap.metric)} {cap.operator} {cap.value:g}"
	return score, reasons


def _cap_holds(cap: Cap, raw: pd.DataFrame) -> Flags:
	if cap.operator not in _OPERATORS:
		choices = ", ".join(_OPERATORS)
		raise DefinitionError(
			"A cap cannot use the operator '{0}': choose one of {1}.", cap.operator, choices
		)
	numbers = _matrix(raw, [cap.metric])[:, 0]
	return ~np.isnan(numbers) & _OPERATORS[cap.operator](numbers, cap.value)
