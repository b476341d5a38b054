"""Finds weights of 0 or more with which the weighted mean of points tells best who lapsed. Judges no date.

The log odds to lapse are taken to fall evenly as the score rises, from a level of each date's own. The search begins
at given weights and is drawn back to them: by how much is the strength. Metrics that say the same are drawn alike, so
that they share what they tell as the given weights do, and no small chance moves all of it from one to the other.
"""

from dataclasses import dataclass

import numpy as np

from crm_success.scoring.engine.truth.weighed_points import (
	Array,
	Flags,
	Places,
	WeighedPoints,
	slopes_of_mean,
	weighted_mean,
)

_MOST_STEPS = 60
_MOST_HALVINGS = 30
_SMALLEST_GAIN = 1e-8
# of the slope that a first step asks for, so that a step is taken only if it is worth it
_WORTH = 1e-4
# in log odds for 100 points: below it a metric does not count, and above it every place can be left again
_LEAST = 1e-6
# log odds beyond it are certainty in any case, and would overflow
_MOST_LOG_ODDS = 30.0
# draws the slope of the score itself to 0, so weakly that it matters only where nothing else holds it
_FAINT = 1e-6


@dataclass(frozen=True)
class Evidence:
	"""Points of customers at past dates; for each whether it lapsed (1 or 0) and the number of the date, from 0."""

	weighed: WeighedPoints
	lapsed: Array
	dates: Places

	def of_metrics(self, kept: Flags) -> "Evidence":
		"""Those metrics only, and the customers who have a value of one of them."""
		weighed = self.weighed.of_metrics(kept)
		everybody = Evidence(weighed, self.lapsed, self.dates)
		return everybody.of_customers(weighed.counts(np.ones(len(weighed.groups))))

	def of_customers(self, kept: Flags) -> "Evidence":
		"""Those customers and dates only."""
		return Evidence(self.weighed.of_customers(kept), self.lapsed[kept], self.dates[kept])


@dataclass(frozen=True)
class _Place:
	"""Where the search is: for each metric the log odds that 100 points take away, and the level of each date."""

	weights: Array
	levels: Array


def search_shares(evidence: Evidence, today: Array, strengths: tuple[float, ...]) -> list[Array]:
	"""For each strength (of 0 or more, the strongest first) the shares, which sum to 1; those of `today` where no
	metric tells anything.

	`today` are shares that sum to 1. What is minimised is the mean logistic loss plus strength / 2 x the squares of how
	far the weights, in log odds for 100 points, are from the nearest multiple of today's.

	Source: projected Newton steps as in D. P. Bertsekas, "Projected Newton methods for optimization problems with
	simple constraints", SIAM Journal on Control and Optimization 20 (1982), 221-246.
	"""
	place = _start(evidence, today)
	found = []
	for strength in strengths:
		place = _descend(evidence, _penalty(today, strength), place)
		found.append(_shares(place.weights, today))
	return found


def mean_loss(evidence: Evidence, shares: Array) -> float:
	"""The mean logistic loss of a score with these shares at its best levels and slope, which is 0 or more."""
	mean = weighted_mean(evidence.weighed, shares)[None]
	one = WeighedPoints(mean, np.ones_like(mean), np.zeros(1, dtype=np.int64))
	alone = Evidence(one, evidence.lapsed, evidence.dates)
	only = np.ones(1)
	place = _descend(alone, _penalty(only, 0.0), _start(alone, only))
	return _loss(alone, _penalty(only, 0.0), place)


def _start(evidence: Evidence, today: Array) -> _Place:
	# a little of every metric, because one that begins at nothing would hardly be seen
	weights = 0.9 * today + 0.1 / len(today)
	number = int(evidence.dates.max()) + 1
	customers = np.bincount(evidence.dates, minlength=number)
	# half a customer of each outcome more, so that nothing is certain
	lapsed = np.bincount(evidence.dates, evidence.lapsed, number) + 0.5
	mean = weighted_mean(evidence.weighed, weights)
	middle = np.bincount(evidence.dates, mean, number) / np.maximum(customers, 1)
	return _Place(weights, np.log(lapsed / (customers + 1 - lapsed)) + weights.sum() * middle)


def _penalty(today: Array, strength: float) -> Array:
	"""The matrix of a quadratic form: of what is left of weights once their part along today's is taken away."""
	along = np.outer(today, today) / np.einsum("j,j->", today, today)
	return np.asarray(strength * (np.eye(len(today)) - along) + _FAINT * np.eye(len(today)))


def _shares(weights: Array, today: Array) -> Array:
	counting = np.where(weights > 10 * _LEAST, weights, 0.0)
	return np.asarray(counting / counting.sum()) if counting.any() else today


def _descend(evidence: Evidence, penalty: Array, place: _Place) -> _Place:
	loss = _loss(evidence, penalty, place)
	for _ in range(_MOST_STEPS):
		better, less = _step(evidence, penalty, place, loss)
		is_settled = loss - less <= _SMALLEST_GAIN
		place, loss = better, less
		if is_settled:
			break
	return place


def _log_odds(evidence: Evidence, place: _Place, mean: Array) -> Array:
	odds = place.levels[evidence.dates] - place.weights.sum() * mean
	return np.clip(odds, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)


def _loss(evidence: Evidence, penalty: Array, place: _Place) -> float:
	odds = _log_odds(evidence, place, weighted_mean(evidence.weighed, place.weights))
	logistic = np.logaddexp(0.0, odds) - evidence.lapsed * odds
	drawn_back = np.einsum("j,jk,k->", place.weights, penalty, place.weights) / 2
	return float(logistic.mean() + drawn_back)


def _step(evidence: Evidence, penalty: Array, place: _Place, loss: float) -> tuple[_Place, float]:
	"""The first of ever shorter steps that is worth it, and the loss there; the same place where none is."""
	slope, curvature = _derivatives(evidence, penalty, place)
	number = len(place.weights)
	at_bound = np.append(place.weights <= _LEAST, np.zeros(len(place.levels), dtype=bool)) & (slope > 0)
	free = ~at_bound
	direction = np.zeros(len(slope))
	direction[free] = -np.linalg.solve(curvature[np.ix_(free, free)], slope[free])
	length = 1.0
	for _ in range(_MOST_HALVINGS):
		tried = _Place(
			np.maximum(place.weights + length * direction[:number], _LEAST),
			place.levels + length * direction[number:],
		)
		less = _loss(evidence, penalty, tried)
		moved = np.append(tried.weights - place.weights, tried.levels - place.levels)
		if less <= loss + _WORTH * min(0.0, float(np.einsum("j,j->", slope, moved))):
			return tried, less
		length /= 2
	return place, loss


def _derivatives(evidence: Evidence, penalty: Array, place: _Place) -> tuple[Array, Array]:
	"""The slope of the loss in weights and levels, and its curvature as if the mean were straight (Gauss-Newton)."""
	mean, slopes = slopes_of_mean(evidence.weighed, place.weights)
	odds = _log_odds(evidence, place, mean)
	falls = mean + place.weights.sum() * slopes
	levels = (evidence.dates == np.arange(len(place.levels))[:, None]).astype("float64")
	moves = np.concatenate([-falls, levels])
	likely = 1 / (1 + np.exp(-odds))
	slope = np.einsum("ji,i->j", moves, likely - evidence.lapsed) / len(odds)
	curvature = np.einsum("ji,ki->jk", moves * (likely * (1 - likely)), moves) / len(odds)
	number = len(place.weights)
	slope[:number] += np.einsum("jk,k->j", penalty, place.weights)
	curvature[:number, :number] += penalty
	# certain odds have no curvature: a step must stay possible
	curvature[np.diag_indices_from(curvature)] += _FAINT
	return slope, curvature
