"""Points of customers at past dates, and who lapsed, made after weights that are then known."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Metric, Scorecard, Weight
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.truth.learned_weights import PastPoints

FIRST = date(2024, 1, 1)
HORIZON = 90


def metrics_of(*keys_and_dimensions, **fields):
	"""(key, dimension) after each other."""
	return tuple(
		Metric(key=key, label=key.title(), measure=Measure.COUNT, dimension=dimension, **fields)
		for key, dimension in keys_and_dimensions
	)


def scorecard(dimensions, metrics, **fields):
	"""Weights by name."""
	return Scorecard(
		"Made",
		tuple(Weight(*row) for row in dimensions.items()),
		tuple(Weight(*row) for row in metrics.items()),
		**fields,
	)


def past(points, lapsed, as_of=FIRST):
	"""A date of hand-made points, a column a metric."""
	frame = pd.DataFrame(points, dtype="float64")
	frame.index = [f"C{number:05}" for number in range(len(frame))]
	return PastPoints(as_of, frame, frame, pd.Series(lapsed, index=frame.index, dtype=bool))


def made_dates(effects, customers=1500, dates=3, seed=1, missing=None, level=0.0, apart=HORIZON):
	"""Dates at which each metric's points, even from 0 to 100, take `effects` of log odds away for 100 points.

	`missing`: for some metrics, the share of customers without a value. The same customers are there at each date.
	"""
	chance = np.random.default_rng(seed)
	made = []
	for number in range(dates):
		points = {key: chance.uniform(0, 100, customers) for key in effects}
		odds = level - sum(effect * (points[key] - 50) / 100 for key, effect in effects.items())
		for key, share in (missing or {}).items():
			points[key] = np.where(chance.random(customers) < share, np.nan, points[key])
		lapsed = chance.random(customers) < 1 / (1 + np.exp(-odds))
		made.append(past(points, lapsed, FIRST + timedelta(apart * number)))
	return made


def by_metric(suggestion):
	return {each.metric: each for each in suggestion.metrics}
