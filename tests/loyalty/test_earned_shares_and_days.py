"""What of its points a document has as it is paid and returned, from which day until which, computed by hand."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from made_earners import DAY, HALF, THIRD, earns, invoice, rule

from crm_success.customer_loyalty.earning.earning_rules import (
	available_from,
	due_now,
	earned_on,
	expires_on,
	idle_days,
	is_due,
	is_yearly_day,
)
from crm_success.customer_loyalty.earning.earning_values import Earned, Event, Given, Lapse, Why

PAID_ON = date(2026, 4, 2)


# ---- paid


@pytest.mark.parametrize(
	("paid", "in_full", "in_proportion"),
	[
		(Fraction(0), 0, 0),
		(THIRD, 0, 33),
		(HALF, 0, 50),
		(Fraction(2, 3), 0, 67),
		(Fraction(9_999, 10_000), 0, 100),
		(Fraction(1), 100, 100),
		(Fraction(3, 2), 100, 100),
		(Fraction(-1, 2), 0, 0),
	],
)
def test_paid_in_full_or_in_proportion(paid, in_full, in_proportion):
	earner, given = invoice(1_000.0, paid=paid), Given(100, 0)
	assert due_now(rule(event=Event.PAID), earner, given) == in_full
	assert due_now(rule(event=Event.PAID_PART), earner, given) == in_proportion
	assert due_now(rule(), earner, given) == 100


def test_three_payments_of_a_third_earn_it_all():
	by, given = rule(event=Event.PAID_PART), Given(100, 0)
	due = [due_now(by, invoice(paid=Fraction(part, 3)), given) for part in (1, 2, 3)]
	assert due == [33, 67, 100]


def test_what_is_partly_paid_is_judged_by_all_of_it():
	"""And so is the cap: what is kept of it is kept from the first payment on."""
	by = rule(event=Event.PAID_PART, cap=6)
	half_paid = invoice(paid=HALF)
	assert earns(by, half_paid) == Earned(6, Why.CAPPED, 10)
	assert due_now(by, half_paid, Given(6, 0)) == 3


def test_the_smallest_payment_is_one():
	assert is_due(rule(event=Event.PAID_PART), invoice(paid=Fraction(1, 10**6)))
	assert not is_due(rule(event=Event.PAID_PART), invoice(paid=Fraction(0)))
	assert not is_due(rule(event=Event.PAID), invoice(paid=Fraction(10**6 - 1, 10**6)))
	assert is_due(rule(event=Event.PAID), invoice(paid=Fraction(1)))


@pytest.mark.parametrize(
	("event", "paid_on", "on"),
	[
		(Event.SUBMITTED, PAID_ON, DAY),
		(Event.MATCHES, PAID_ON, DAY),
		(Event.YEARLY, PAID_ON, DAY),
		(Event.PAID, PAID_ON, PAID_ON),
		(Event.PAID_PART, PAID_ON, PAID_ON),
		(Event.PAID, None, DAY),
		# an advance
		(Event.PAID, date(2026, 2, 1), DAY),
	],
)
def test_the_day_on_which_it_earned(event, paid_on, on):
	assert earned_on(rule(event=event), invoice(paid_on=paid_on)) == on


def test_a_rule_holds_for_documents_of_its_days_whenever_they_are_paid():
	by = rule(event=Event.PAID, valid_from=DAY, valid_upto=DAY)
	assert earns(by, invoice(paid_on=PAID_ON)).full == 10


# ---- returned


@pytest.mark.parametrize(
	("kept", "due"),
	[
		(Fraction(1), 100),
		(Fraction(2, 3), 67),
		(HALF, 50),
		(Fraction(0), 0),
		(Fraction(-1, 4), 0),
		(Fraction(5, 4), 100),
	],
)
def test_what_was_returned_takes_its_share(kept, due):
	assert due_now(rule(), invoice(kept=kept), Given(100, 100)) == due


def test_what_is_both_partly_paid_and_partly_returned_has_both_shares():
	by = rule(event=Event.PAID_PART)
	assert due_now(by, invoice(kept=HALF, paid=HALF), Given(100, 100)) == 25
	assert due_now(by, invoice(kept=Fraction(2, 3), paid=THIRD), Given(90, 30)) == 20


@pytest.mark.parametrize(
	("kept", "paid", "due"),
	[
		# paid twice over, and half of it returned
		(HALF, Fraction(2), 50),
		(HALF, Fraction(3, 2), 50),
		(Fraction(3, 2), HALF, 50),
		# more was returned than sold, and the money paid out
		(Fraction(-1, 2), Fraction(-1), 0),
		(Fraction(-1), Fraction(-1), 0),
	],
)
def test_neither_share_makes_up_for_the_other(kept, paid, due):
	assert due_now(rule(event=Event.PAID_PART), invoice(kept=kept, paid=paid), Given(100, 100)) == due


def test_what_was_cancelled_has_nothing_and_has_it_all_again_when_it_counts_again():
	assert due_now(rule(), invoice(counts=False), Given(100, 100)) == 0
	assert due_now(rule(), invoice(counts=True), Given(100, 0)) == 100


# ---- history keeps its prices


def test_later_rules_tiers_and_amounts_change_nothing_of_what_a_document_was_worth():
	"""Two of 600: the second crossed 1,000, from where on each 5 is a point. 300 of each are returned."""
	first, second = Given(60, 60), Given(120, 120)
	earner = invoice(600.0, kept=HALF)
	for now in (
		rule(each=10.0),
		rule(each=5.0),
		rule(each=1e9),
		rule(enabled=False),
		rule(minimum=1e9),
		rule(cap=1),
		rule(valid_upto=date(2020, 1, 1)),
		rule(audience="Club", with_tier=True),
	):
		assert due_now(now, earner, first) == 30
		assert due_now(now, replace(earner, multiplier=9.0, matches=frozenset()), second) == 60


# ---- when it can be spent, and until when


@pytest.mark.parametrize(
	("wait", "first"),
	[(0, date(2026, 3, 10)), (1, date(2026, 3, 11)), (14, date(2026, 3, 24)), (30, date(2026, 4, 9))],
)
def test_what_is_earned_can_be_spent_after_its_days(wait, first):
	assert available_from(rule(wait_days=wait), DAY) == first


@pytest.mark.parametrize(
	("lapse", "number", "on", "last"),
	[
		(Lapse.NEVER, 0, DAY, None),
		# a number that is left from another choice
		(Lapse.NEVER, 30, DAY, None),
		(Lapse.IDLE, 30, DAY, None),
		(Lapse.DAYS, 1, DAY, date(2026, 3, 11)),
		(Lapse.DAYS, 30, DAY, date(2026, 4, 9)),
		(Lapse.DAYS, 365, DAY, date(2027, 3, 10)),
		(Lapse.DAYS, 365, date(2028, 2, 29), date(2029, 2, 28)),
		(Lapse.DAYS, 1, date(2028, 2, 28), date(2028, 2, 29)),
		(Lapse.END_OF_MONTH, 0, DAY, date(2026, 3, 31)),
		(Lapse.END_OF_MONTH, 0, date(2026, 3, 31), date(2026, 3, 31)),
		(Lapse.END_OF_MONTH, 1, date(2026, 1, 31), date(2026, 2, 28)),
		(Lapse.END_OF_MONTH, 1, date(2028, 1, 31), date(2028, 2, 29)),
		(Lapse.END_OF_MONTH, 12, date(2027, 2, 28), date(2028, 2, 29)),
		(Lapse.END_OF_MONTH, 12, date(2028, 2, 29), date(2029, 2, 28)),
		(Lapse.END_OF_MONTH, 9, DAY, date(2026, 12, 31)),
		(Lapse.END_OF_MONTH, 10, DAY, date(2027, 1, 31)),
		(Lapse.END_OF_MONTH, 24, date(2026, 12, 1), date(2028, 12, 31)),
		(Lapse.END_OF_YEAR, 0, DAY, date(2026, 12, 31)),
		(Lapse.END_OF_YEAR, 0, date(2026, 12, 31), date(2026, 12, 31)),
		(Lapse.END_OF_YEAR, 1, date(2026, 1, 1), date(2027, 12, 31)),
		(Lapse.END_OF_YEAR, 1, date(2028, 2, 29), date(2029, 12, 31)),
	],
)
def test_the_last_day_of_what_is_earned(lapse, number, on, last):
	assert expires_on(rule(lapse=lapse, lapse_number=number), on) == last


@pytest.mark.parametrize(
	("lapse", "number"), [(Lapse.DAYS, 10), (Lapse.END_OF_MONTH, 0), (Lapse.DAYS, 30), (Lapse.DAYS, 29)]
)
def test_nothing_is_lost_before_it_can_be_spent(lapse, number):
	"""Earned on 10 March, to be spent after 30 days: on 9 April at least."""
	by = rule(lapse=lapse, lapse_number=number, wait_days=30)
	assert (available_from(by, DAY), expires_on(by, DAY)) == (date(2026, 4, 9), date(2026, 4, 9))


def test_waiting_moves_no_last_day_that_comes_later():
	assert expires_on(rule(lapse=Lapse.DAYS, lapse_number=31, wait_days=30), DAY) == date(2026, 4, 10)
	assert expires_on(rule(lapse=Lapse.END_OF_MONTH, lapse_number=1, wait_days=30), DAY) == date(2026, 4, 30)
	assert expires_on(rule(lapse=Lapse.END_OF_YEAR, wait_days=30), DAY) == date(2026, 12, 31)


@pytest.mark.parametrize("lapse", [Lapse.DAYS, Lapse.END_OF_MONTH, Lapse.END_OF_YEAR])
def test_beyond_the_calendar_is_its_last_day(lapse):
	assert expires_on(rule(lapse=lapse, lapse_number=9_999_999), DAY) == date(9999, 12, 31)


def test_only_points_that_are_lost_without_activity_have_idle_days():
	assert idle_days(rule(lapse=Lapse.IDLE, lapse_number=540)) == 540
	assert [idle_days(rule(lapse=lapse, lapse_number=540)) for lapse in Lapse if lapse is not Lapse.IDLE] == [
		0
	] * 4


# ---- dates that return each year


@pytest.mark.parametrize(
	("born", "on", "expected"),
	[
		(date(1980, 3, 10), date(2026, 3, 10), True),
		(date(1980, 3, 10), date(2026, 3, 9), False),
		(date(1980, 3, 10), date(2026, 4, 10), False),
		(date(1980, 12, 31), date(2026, 12, 31), True),
		(date(1980, 1, 31), date(2026, 2, 28), False),
		# not on the day itself, nor before it
		(date(2026, 3, 10), date(2026, 3, 10), False),
		(date(2027, 3, 10), date(2026, 3, 10), False),
		(date(2025, 3, 10), date(2026, 3, 10), True),
		# the 29th of February
		(date(1980, 2, 29), date(2028, 2, 29), True),
		(date(1980, 2, 29), date(2028, 2, 28), False),
		(date(1980, 2, 29), date(2026, 2, 28), True),
		(date(1980, 2, 29), date(2026, 3, 1), False),
		(date(1980, 2, 29), date(2100, 2, 28), True),
		(date(1981, 2, 28), date(2028, 2, 28), True),
		(date(1981, 2, 28), date(2028, 2, 29), False),
	],
)
def test_a_yearly_date(born, on, expected):
	assert is_yearly_day(born, on) is expected


def test_a_yearly_date_falls_on_one_day_of_each_later_year():
	leap = date(2024, 2, 29)
	days = [date.fromordinal(day) for day in range(leap.toordinal(), date(2029, 1, 1).toordinal())]
	assert [day for day in days if is_yearly_day(leap, day)] == [
		date(2025, 2, 28),
		date(2026, 2, 28),
		date(2027, 2, 28),
		date(2028, 2, 29),
	]
