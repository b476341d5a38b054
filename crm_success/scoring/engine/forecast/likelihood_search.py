"""Finds the positive parameters under which a model's data is most likely. Knows no model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
# of parameters: the log likelihood per customer, and its slope along each of them
Likelihood: TypeAlias = Callable[[Array], tuple[float, Array]]

MOST_STEPS = 500
LONGEST_STEP = 1.0  # along logarithms: no parameter changes more than 2.7 times at once
SHORTEST_STEP = 1e-6
LEVEL = 1e-8
# where a gain too small to matter ends the search
NEARLY_LEVEL = 1e-5
LEAST_GAIN = 1e-11
SHARE_OF_SLOPE = 1e-4
ROUNDING = 1e-14


@dataclass(frozen=True)
class Peak:
	"""The parameters, the log likelihood per customer there, and whether no way leads further up."""

	parameters: Array
	height: float
	converged: bool


@dataclass(frozen=True)
class _Place:
	"""Logarithms of the parameters, how deep the negative log likelihood is there, and its slopes."""

	logs: Array
	depth: float
	slopes: Array


def highest_peak(likelihood: Likelihood, starts: Sequence[Array], low: Array, high: Array) -> Peak:
	"""The highest peak found from the starts; one that converged goes before one that did not.

	`starts`, `low` and `high` hold a number above 0 for each parameter. Between `low` and `high` the likelihood
	counts as it is. Outside, half the squared distance in logarithms is taken off, so that the search ends a little
	beyond a border where the likelihood would rise for ever; whoever asked has to look for that.
	"""

	def look(logs: Array) -> _Place:
		parameters = np.exp(logs)
		height, slopes = likelihood(parameters)
		outside = logs - np.clip(logs, np.log(low), np.log(high))
		return _Place(logs, float(outside @ outside) / 2 - height, outside - slopes * parameters)

	places = [_deepest(look, look(np.log(start))) for start in starts]
	peaks = [Peak(np.exp(place.logs), -place.depth, _steepest(place) < NEARLY_LEVEL) for place in places]
	return max(peaks, key=lambda peak: (peak.converged, peak.height))


def weighted_sum(weights: Array, values: Array) -> float:
	"""The sum of weights x values. Not `@`: its threads wait for each other, and their number changes last digits."""
	return float((weights * values).sum())


def _deepest(look: Callable[[Array], _Place], place: _Place) -> _Place:
	"""The method of Broyden, Fletcher, Goldfarb and Shanno.

	Source: Nocedal and Wright, "Numerical Optimization", 2nd edition, 2006, algorithm 6.1, with the step lengths of
	algorithm 3.1.
	"""
	untried = np.eye(len(place.logs))
	inverse = untried
	for _step in range(MOST_STEPS):
		if not _steepest(place) >= LEVEL:
			break
		lower = _step_down(look, place, -inverse @ place.slopes)
		if lower is not None and _is_no_gain(place, lower):
			return lower
		if lower is not None:
			inverse = _inverse_curvature(inverse, lower.logs - place.logs, lower.slopes - place.slopes)
			place = lower
		elif inverse is not untried:
			inverse = untried
		else:
			break
	return place


def _is_no_gain(place: _Place, lower: _Place) -> bool:
	return place.depth - lower.depth < LEAST_GAIN and _steepest(lower) < NEARLY_LEVEL


def _steepest(place: _Place) -> float:
	return float(np.abs(place.slopes).max())


def _step_down(look: Callable[[Array], _Place], place: _Place, direction: Array) -> _Place | None:
	"""The place at the first of ever shorter steps that leads down enough; None where none does."""
	descent = float(direction @ place.slopes)
	length = min(1.0, LONGEST_STEP / float(np.abs(direction).max()))
	while length > SHORTEST_STEP:
		there = look(place.logs + length * direction)
		enough = place.depth + SHARE_OF_SLOPE * length * descent + ROUNDING * abs(place.depth)
		if there.depth <= enough and np.isfinite(there.slopes).all():
			return there
		length /= 2
	return None


def _inverse_curvature(inverse: Array, step: Array, change: Array) -> Array:
	"""The inverse of the second derivatives, corrected by what a step taught; as it was where that is nothing."""
	curvature = float(step @ change)
	if curvature <= 0:
		return inverse
	turn = np.eye(len(step)) - np.outer(step, change) / curvature
	return turn @ inverse @ turn.T + np.outer(step, step) / curvature
