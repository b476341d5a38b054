"""Which past dates can be replayed: enough history before them, and a horizon after them that is over. Reads nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.forecast.past_windows import FEWEST_DAYS_BEFORE

# that are replayed where nobody names any
MOST_DATES = 4
_DAYS_APART = 90


@dataclass(frozen=True)
class History:
	"""The days of the first and of the last purchase on record, up to today."""

	first: date
	last: date


def dates_to_replay(
	wanted: Iterable[date], history: History | None, horizon: int, today: date
) -> tuple[date, ...]:
	"""The wanted dates, or without any those that show most; the earliest first.

	Raises ScoringError where there is no history, or a short one, and for a wanted date that cannot be replayed.
	"""
	if history is None:
		raise ScoringError("Nobody has bought anything yet: there is nothing to compare scores with.")
	first, last = history.first + timedelta(FEWEST_DAYS_BEFORE), history.last - timedelta(horizon)
	if last < first:
		raise _too_short(history, horizon)
	dates = sorted(set(wanted))
	for day in dates:
		_check(day, first, last, history, horizon, today)
	return tuple(dates) or _latest(first, last)


def _latest(first: date, last: date) -> tuple[date, ...]:
	days = [last - timedelta(number * _DAYS_APART) for number in range(MOST_DATES)]
	return tuple(sorted(day for day in days if day >= first))


def _too_short(history: History, horizon: int) -> ScoringError:
	longest = (history.last - history.first).days - FEWEST_DAYS_BEFORE
	if longest > 0:
		return ScoringError(
			"Purchases are on record from {0} to {1} only: a back-test needs at least {2} days of them before a date, and "
			"the {3} days of the horizon after it. Take a horizon of at most {4} days.",
			history.first,
			history.last,
			FEWEST_DAYS_BEFORE,
			horizon,
			longest,
		)
	return ScoringError(
		"Purchases are on record from {0} to {1} only: a back-test needs at least {2} days of them before a date, and the "
		"{3} days of the horizon after it. Try again when there is more history.",
		history.first,
		history.last,
		FEWEST_DAYS_BEFORE,
		horizon,
	)


def _check(day: date, first: date, last: date, history: History, horizon: int, today: date) -> None:
	if day > today:
		raise ScoringError(
			"{0} is in the future: nobody knows what customers do after it. Take a day from {1} to {2}.",
			day,
			first,
			last,
		)
	if day > last:
		raise ScoringError(
			"The {0} days after {1} are not over: the last purchase on record is of {2}. Take a day from {3} to {4}, or a "
			"shorter horizon.",
			horizon,
			day,
			history.last,
			first,
			last,
		)
	if day < first:
		raise ScoringError(
			"There are only {0} days of purchases before {1}, and a back-test needs at least {2}. Take a day from {3} to {4}.",
			max(0, (day - history.first).days),
			day,
			FEWEST_DAYS_BEFORE,
			first,
			last,
		)
