"""Shares of the score as the weights of a scorecard, and back: whole numbers that an administrator can read. Light."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import floor, inf

from crm_success.scoring.engine.definitions import Metric, Scorecard, Weight

_WHOLE = 100
# of a weight: what floats add beyond them is noise, which must not decide who is rounded up
_KNOWN_DECIMALS = 6


def weighed_metrics(metrics: Sequence[Metric], scorecard: Scorecard) -> tuple[Metric, ...]:
	"""Those that the scorecard lists and whose dimension it lists, also with a weight of 0."""
	keys, dimensions = _names(scorecard.metrics), _names(scorecard.dimensions)
	return tuple(metric for metric in metrics if metric.key in keys and metric.dimension in dimensions)


def shares_of(scorecard: Scorecard, metrics: Sequence[Metric]) -> dict[str, float]:
	"""What part of the score (0 to 1, together 1) each of these metrics decides of a customer who has them all.

	All are 0 where nothing has a weight.
	"""
	of_dimension, of_metric = _weights(scorecard.dimensions), _weights(scorecard.metrics)
	parts: dict[str, float] = {}
	for dimension, members in _by_dimension(metrics).items():
		inside = sum(of_metric[metric.key] for metric in members)
		for metric in members:
			parts[metric.key] = of_dimension[dimension] * of_metric[metric.key] / inside if inside else 0.0
	whole = sum(parts.values())
	return {key: part / whole for key, part in parts.items()} if whole else parts


def with_shares(scorecard: Scorecard, metrics: Sequence[Metric], shares: Mapping[str, float]) -> Scorecard:
	"""The scorecard with whole weights as near to these shares as they come.

	Dimensions sum to 100, and so do the metrics inside each; a dimension with a weight of 0 keeps the proportions
	inside it. `metrics` are those of `weighed_metrics`; rows of others stay as they are.
	"""
	today = _weights(scorecard.metrics)
	groups = _by_dimension(metrics)
	parts = {name: sum(shares[metric.key] for metric in members) for name, members in groups.items()}
	of_dimension = _whole_numbers(parts)
	inside: dict[str, float] = {}
	for name, members in groups.items():
		wanted = shares if of_dimension[name] else today
		inside |= _whole_numbers({metric.key: wanted[metric.key] for metric in members})
	return replace(
		scorecard,
		dimensions=_with(scorecard.dimensions, of_dimension),
		metrics=_with(scorecard.metrics, inside),
	)


def _whole_numbers(parts: Mapping[str, float]) -> dict[str, float]:
	"""Whole numbers in proportion to the parts, with a sum of 100; all 0 where the parts are. What rounding leaves over
	goes to the largest remainders, the first of equal ones.
	"""
	whole = sum(parts.values())
	if not whole:
		return dict.fromkeys(parts, 0.0)
	exact = [round(_WHOLE * part / whole, _KNOWN_DECIMALS) for part in parts.values()]
	lower = [floor(number) for number in exact]
	remainders = [round(number - least, _KNOWN_DECIMALS) for number, least in zip(exact, lower, strict=True)]
	largest_first = sorted(range(len(exact)), key=lambda at: -remainders[at])
	for at in largest_first[: _WHOLE - sum(lower)]:
		lower[at] += 1
	return {name: float(number) for name, number in zip(parts, lower, strict=True)}


def _by_dimension(metrics: Iterable[Metric]) -> dict[str, list[Metric]]:
	groups: dict[str, list[Metric]] = {}
	for metric in metrics:
		groups.setdefault(metric.dimension, []).append(metric)
	return groups


def _names(rows: Iterable[Weight]) -> set[str]:
	return {row.name for row in rows}


def _weights(rows: Iterable[Weight]) -> dict[str, float]:
	"""By name, the largest brought to 1 so that sums cannot overflow; what health.py does not count is 0."""
	weights = {row.name: float(row.weight) if 0 < row.weight < inf else 0.0 for row in rows}
	largest = max(weights.values(), default=0.0) or 1.0
	return {name: weight / largest for name, weight in weights.items()}


def _with(rows: Iterable[Weight], weights: Mapping[str, float]) -> tuple[Weight, ...]:
	return tuple(Weight(row.name, weights.get(row.name, row.weight)) for row in rows)
