"""Which past dates can be replayed: enough history before them, and a horizon after them that is over. Reads nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from crm_success.scoring.engine.forecast.past_windows import FEWEST_DAYS_BEFORE
from crm_success.standalone.command_errors import CommandError

MOST_DATES = 4
_DAYS_APART = 90


@dataclass(frozen=True)
class History:
	"""The days of the first and of the last purchase on record, up to today."""

	first: date
	last: date


def dates_to_replay(wanted: Iterable[date], history: History, horizon: int, today: date) -> tuple[date, ...]:
	"""The wanted dates, or without any those that show most; the earliest first.

	Raises CommandError where the history is too short, and for a wanted date that cannot be replayed.
	"""
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


def _too_short(history: History, horizon: int) -> CommandError:
	longest = (history.last - history.first).days - FEWEST_DAYS_BEFORE
	shorter = f"Take a --horizon of at most {longest}" if longest > 0 else "Take a database with more history"
	return CommandError(
		f"Purchases are on record from {history.first} to {history.last} only: a back-test needs at least "
		f"{FEWEST_DAYS_BEFORE} days of them before a date, and the {horizon} days of the horizon after it. {shorter}."
	)


def _check(day: date, first: date, last: date, history: History, horizon: int, today: date) -> None:
	possible = f"Write --as-of with a day from {first} to {last}"
	if day > today:
		raise CommandError(f"{day} is in the future: nobody knows what customers do after it. {possible}.")
	if day > last:
		raise CommandError(
			f"The {horizon} days after {day} are not over: the last purchase on record is of {history.last}. "
			f"{possible}, or take a shorter --horizon."
		)
	if day < first:
		before = max(0, (day - history.first).days)
		raise CommandError(
			f"There are only {before} days of purchases before {day}, and a back-test needs at least "
			f"{FEWEST_DAYS_BEFORE}. {possible}."
		)
