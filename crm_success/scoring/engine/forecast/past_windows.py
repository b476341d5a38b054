"""Earlier dates whose outcome is known: what forecasts are learned from. Reads nothing and fits nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.forecast.lapse_facts import FIRST, fact_metrics, facts_of
from crm_success.scoring.engine.profile import purchases_within, revenue_within

MOST_WINDOWS = 5
# ago, the season that begins now began
YEAR = 365
# of purchases before a date: fewer say little of its customers
FEWEST_DAYS_BEFORE = 60
_DAYS_APART = 30

# raw values of metrics as of today, a row a customer, a column a metric key
Measured = Callable[[tuple[Metric, ...]], pd.DataFrame]


@dataclass(frozen=True)
class PastWindow:
	"""An earlier date: the facts of its customers as they were then (see lapse_facts.py), and of the horizon after it
	whether each bought nothing (booleans) and their net revenue (the reporting currency, below 0 where they returned more
	than they bought); all with one index. `days_ago` is how long ago the date is.
	"""

	facts: pd.DataFrame
	lapsed: pd.Series
	spent: pd.Series
	days_ago: int = 0


def past_windows(
	measured: Measured, facts: pd.DataFrame, limits: Limits, horizon: int
) -> tuple[PastWindow, ...]:
	"""The windows whose horizon is over, newest first, and as the oldest the same season a year before where history
	allows; `facts` are those of the customers of today. Asks `measured` once, for all of them, or not at all.
	"""
	known = _known_days_ago(facts, horizon)
	if not known:
		return ()
	metrics = {ago: _metrics_of(limits, horizon, ago) for ago in known}
	values = measured(tuple(metric for of_window in metrics.values() for metric in of_window.values()))
	return tuple(_window(values, of_window, horizon, ago) for ago, of_window in metrics.items())


def _known_days_ago(facts: pd.DataFrame, horizon: int) -> list[int]:
	oldest = int(facts[FIRST].max()) if len(facts) else 0
	recent = [horizon + number * _DAYS_APART for number in range(MOST_WINDOWS)]
	known = [ago for ago in recent if _is_known(ago, oldest)]
	if horizon < YEAR and _is_known(YEAR, oldest):
		known = [*[ago for ago in known if ago < YEAR][: MOST_WINDOWS - 1], YEAR]
	return known


def _is_known(days_ago: int, oldest: int) -> bool:
	return days_ago + FEWEST_DAYS_BEFORE <= oldest


def _metrics_of(limits: Limits, horizon: int, ago: int) -> dict[str, Metric]:
	"""What a window is made of, by the key that it has where it is read alone."""
	then = {metric.key: replace(metric, days_ago=ago) for metric in fact_metrics(limits, horizon)}
	after = {
		metric.key: replace(metric, days_ago=ago - horizon)
		for metric in (purchases_within(horizon), revenue_within(horizon))
	}
	return {key: replace(metric, key=f"{key}_{ago}") for key, metric in {**then, **after}.items()}


def _window(values: pd.DataFrame, metrics: dict[str, Metric], horizon: int, ago: int) -> PastWindow:
	read = pd.DataFrame({key: values[metric.key] for key, metric in metrics.items()})
	facts = facts_of(read)
	after = read.reindex(facts.index)
	purchases, revenue = after[purchases_within(horizon).key], after[revenue_within(horizon).key]
	return PastWindow(facts, ~(purchases > 0), revenue.fillna(0.0), ago)
