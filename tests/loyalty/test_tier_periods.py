"""Which days count, and on which days reviews are. All days are typed by hand."""

from datetime import date

import pytest

from crm_success.customer_loyalty.tiers.tier_periods import (
	Period,
	Review,
	anniversary,
	counted_days,
	is_review_due,
	months_between,
	months_later,
	next_review,
)


def test_twelve_months_roll_with_the_day():
	assert counted_days(Period.ROLLING, date(2026, 4, 1), None) == ((date(2025, 4, 2), date(2026, 4, 1)),)


def test_twelve_months_up_to_a_leap_day_begin_on_the_first_of_march():
	assert counted_days(Period.ROLLING, date(2028, 2, 29), None) == ((date(2027, 3, 1), date(2028, 2, 29)),)


def test_of_calendar_years_the_running_one_and_the_one_before_count():
	assert counted_days(Period.CALENDAR, date(2026, 4, 1), None) == (
		(date(2026, 1, 1), date(2026, 4, 1)),
		(date(2025, 1, 1), date(2025, 12, 31)),
	)


def test_on_new_years_day_the_year_before_still_counts():
	running, before = counted_days(Period.CALENDAR, date(2026, 1, 1), None)
	assert running == (date(2026, 1, 1), date(2026, 1, 1))
	assert before == (date(2025, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
	("as_of", "running", "before"),
	[
		(date(2026, 4, 1), (date(2025, 6, 15), date(2026, 4, 1)), (date(2024, 6, 15), date(2025, 6, 14))),
		(date(2026, 6, 14), (date(2025, 6, 15), date(2026, 6, 14)), (date(2024, 6, 15), date(2025, 6, 14))),
		(date(2026, 6, 15), (date(2026, 6, 15), date(2026, 6, 15)), (date(2025, 6, 15), date(2026, 6, 14))),
	],
)
def test_years_of_a_customer_begin_on_the_day_of_its_first_purchase(as_of, running, before):
	assert counted_days(Period.ANNIVERSARY, as_of, date(2019, 6, 15)) == (running, before)


def test_who_bought_first_on_a_leap_day_begins_other_years_on_the_first_of_march():
	assert anniversary(date(2024, 2, 29), 2026) == date(2026, 3, 1)
	assert counted_days(Period.ANNIVERSARY, date(2026, 2, 28), date(2024, 2, 29)) == (
		(date(2025, 3, 1), date(2026, 2, 28)),
		(date(2024, 2, 29), date(2025, 2, 28)),
	)
	assert anniversary(date(2024, 2, 29), 2028) == date(2028, 2, 29)


@pytest.mark.parametrize("since", [None, date(2026, 4, 2)])
def test_before_the_first_purchase_no_day_counts(since):
	assert counted_days(Period.ANNIVERSARY, date(2026, 4, 1), since) == ()


@pytest.mark.parametrize(
	("since", "until", "months"),
	[
		(date(2025, 3, 15), date(2026, 3, 14), 11),
		(date(2025, 3, 15), date(2026, 3, 15), 12),
		# the last day of a month that has no 31st
		(date(2026, 1, 31), date(2026, 2, 28), 1),
		(date(2026, 1, 31), date(2026, 2, 27), 0),
	],
)
def test_whole_months(since, until, months):
	assert months_between(since, until) == months


def test_months_later_stay_in_their_month():
	assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
	assert months_later(date(2026, 3, 15), -3) == date(2025, 12, 15)


@pytest.mark.parametrize(
	("kind", "day", "expected"),
	[
		(Review.MONTHLY, date(2026, 4, 1), date(2026, 4, 1)),
		(Review.MONTHLY, date(2026, 12, 2), date(2027, 1, 1)),
		(Review.QUARTERLY, date(2026, 5, 11), date(2026, 7, 1)),
		(Review.QUARTERLY, date(2026, 10, 2), date(2027, 1, 1)),
		(Review.YEARLY, date(2026, 1, 1), date(2026, 1, 1)),
		(Review.YEARLY, date(2026, 1, 2), date(2027, 1, 1)),
	],
)
def test_reviews_are_on_the_first_day(kind, day, expected):
	assert next_review(kind, day) == expected


@pytest.mark.parametrize(
	("last_review", "is_due"),
	[(None, True), (date(2026, 3, 31), True), (date(2026, 4, 1), False), (date(2026, 5, 2), False)],
)
def test_a_review_is_due_until_it_was_done(last_review, is_due):
	"""A server that was off on the first of April reviews as soon as it is on."""
	assert is_review_due(Review.QUARTERLY, date(2026, 5, 11), last_review) == is_due
