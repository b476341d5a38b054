"""The days that count for a tier, and the days of reviews. Knows no clock: each day is an argument."""

from calendar import isleap, monthrange
from datetime import date, timedelta
from enum import Enum

# both days included
Days = tuple[date, date]


class Period(str, Enum):
	"""Whose revenue earns a tier."""

	ROLLING = "Rolling 12 Months"
	CALENDAR = "Calendar Year"
	ANNIVERSARY = "Anniversary"


class Review(str, Enum):
	"""How often tiers are reviewed."""

	MONTHLY = "Monthly"
	QUARTERLY = "Quarterly"
	YEARLY = "Yearly"


# of each kind, how many months lie between two reviews; the first of a year is on 1 January
_MONTHS = {Review.MONTHLY: 1, Review.QUARTERLY: 3, Review.YEARLY: 12}


def months_later(day: date, months: int) -> date:
	"""The same day of that month, or its last one."""
	month = day.year * 12 + day.month - 1 + months
	year, month = month // 12, month % 12 + 1
	return date(year, month, min(day.day, monthrange(year, month)[1]))


def months_between(since: date, until: date) -> int:
	"""How many whole months have passed."""
	months = (until.year - since.year) * 12 + until.month - since.month
	return months if months_later(since, months) <= until else months - 1


def counted_days(period: Period, as_of: date, customer_since: date | None) -> tuple[Days, ...]:
	"""The spans of days of which the one with the larger revenue counts, the running one first.

	What was earned in a year holds until the end of the next: so the year before counts beside the running one. None
	before a customer's first purchase, where years begin with it.
	"""
	if period is Period.ROLLING:
		return ((months_later(as_of, -12) + timedelta(days=1), as_of),)
	if period is Period.CALENDAR:
		starts = (date(as_of.year, 1, 1), date(as_of.year - 1, 1, 1))
	elif customer_since is None or customer_since > as_of:
		return ()
	else:
		starts = _anniversaries(customer_since, as_of)
	return (starts[0], as_of), (starts[1], starts[0] - timedelta(days=1))


def _anniversaries(customer_since: date, as_of: date) -> tuple[date, date]:
	"""The last anniversary up to that day, and the one before."""
	year = as_of.year
	while anniversary(customer_since, year) > as_of:
		year -= 1
	return anniversary(customer_since, year), anniversary(customer_since, year - 1)


def anniversary(day: date, year: int) -> date:
	"""The day in that year; 1 March for 29 February where there is none."""
	if (day.month, day.day) == (2, 29) and not isleap(year):
		return date(year, 3, 1)
	return day.replace(year=year)


def begin_of_period(review: Review, day: date) -> date:
	"""The day of the last review that was due up to that day."""
	months = _MONTHS[review]
	return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_review(review: Review, day: date) -> date:
	"""The first day on which a review is due, that day or later."""
	begin = begin_of_period(review, day)
	return begin if begin == day else months_later(begin, _MONTHS[review])


def is_review_due(review: Review, day: date, last_review: date | None) -> bool:
	"""Whether there was none since the last one was due."""
	return last_review is None or last_review < begin_of_period(review, day)
