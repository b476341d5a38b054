"""Earlier dates whose outcome is known: what forecasts are learned from. Reads nothing and fits nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

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

# raw values of metrics as of a day, a row a customer, a column a metric key
Measured = Callable[[tuple[Metric, ...], date], pd.DataFrame]


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
	measured: Measured, facts: pd.DataFrame, limits: Limits, as_of: date, horizon: int
) -> tuple[PastWindow, ...]:
	"""The windows whose horizon is over by `as_of`, newest first, and as the oldest the same season a year before where
	history allows; `facts` are those of the customers of that day.
	"""
	oldest = int(facts[FIRST].max()) if len(facts) else 0
	recent = [horizon + number * _DAYS_APART for number in range(MOST_WINDOWS)]
	known = [ago for ago in recent if _is_known(ago, oldest)]
	if horizon < YEAR and _is_known(YEAR, oldest):
		known = [*[ago for ago in known if ago < YEAR][: MOST_WINDOWS - 1], YEAR]
	return tuple(_window(measured, limits, as_of, ago, horizon) for ago in known)


def _is_known(days_ago: int, oldest: int) -> bool:
	return days_ago + FEWEST_DAYS_BEFORE <= oldest


def _window(measured: Measured, limits: Limits, as_of: date, ago: int, horizon: int) -> PastWindow:
	day = as_of - timedelta(ago)
	facts = facts_of(measured(fact_metrics(limits, horizon), day))
	purchases, revenue = purchases_within(horizon), revenue_within(horizon)
	after = measured((purchases, revenue), day + timedelta(horizon)).reindex(facts.index)
	return PastWindow(facts, ~(after[purchases.key] > 0), after[revenue.key].fillna(0.0), ago)
