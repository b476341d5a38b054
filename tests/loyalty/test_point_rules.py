"""What lots are taken from, given back to, and when they lapse, computed by hand: today is 10 March 2026."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from crm_success.customer_loyalty.points.point_rules import (
	applied,
	balance_of,
	give_back,
	is_lapsed,
	lapsed,
	last_day,
	next_lapse,
	revived,
	settled,
	share_of,
	spend,
	take_back,
)
from crm_success.customer_loyalty.points.point_values import (
	ACTIVITIES,
	Balance,
	Kind,
	Lot,
	NotEnoughPoints,
	Use,
	sum_of,
)

YESTERDAY, TODAY, TOMORROW = date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)
EARNED = date(2026, 1, 1)


def lot(name, left, expires_on=None, **values):
	"""Points earned on 1 January that could be spent at once; never lost, unless a last day is given."""
	values = {"points": left, "earned_on": EARNED, "available_from": EARNED, **values}
	return Lot(name, left=left, expires_on=expires_on, **values)


def pending(name, left, available_from=TOMORROW, **values):
	return lot(name, left, available_from=available_from, **values)


def told(uses):
	return [(use.lot, use.points) for use in uses]


# ---- spending


def test_what_lapses_first_is_spent_first_and_what_never_lapses_last():
	lots = [lot("For Ever", 50), lot("December", 50, date(2026, 12, 31)), lot("June", 50, date(2026, 6, 30))]
	assert told(spend(lots, 120, None, TODAY)) == [("June", -50), ("December", -50), ("For Ever", -20)]


def test_of_lots_that_lapse_on_the_same_day_the_oldest_is_spent_first():
	day = date(2026, 12, 31)
	young, old = lot("A", 30, day, earned_on=date(2026, 2, 1)), lot("B", 30, day, earned_on=date(2025, 2, 1))
	assert told(spend([young, old], 40, None, TODAY)) == [("B", -30), ("A", -10)]


def test_of_lots_that_never_lapse_the_oldest_is_spent_first():
	young, old = lot("A", 30, earned_on=date(2026, 2, 1)), lot("B", 30, earned_on=date(2025, 2, 1))
	assert told(spend([young, old], 31, None, TODAY)) == [("B", -30), ("A", -1)]


def test_of_lots_of_one_day_the_name_decides_in_whatever_order_they_come():
	lots = [lot("C", 10), lot("A", 10), lot("B", 10)]
	expected = [("A", -10), ("B", -5)]
	assert told(spend(lots, 15, None, TODAY)) == told(spend(lots[::-1], 15, None, TODAY)) == expected


def test_an_old_lot_that_lapses_late_comes_after_a_young_one_that_lapses_early():
	old = lot("Old", 100, date(2028, 1, 1), earned_on=date(2024, 1, 1))
	young = lot("Young", 100, date(2026, 4, 1), earned_on=date(2026, 3, 1))
	assert told(spend([old, young], 130, None, TODAY)) == [("Young", -100), ("Old", -30)]


def test_days_without_activity_have_their_place_among_fixed_days():
	"""Active on 1 March: 90 days later is 30 May."""
	idle = lot("Idle", 10, idle_days=90)
	lots = [lot("June", 10, date(2026, 6, 1)), idle, lot("May", 10, date(2026, 5, 29))]
	uses = spend(lots, 30, date(2026, 3, 1), TODAY)
	assert told(uses) == [("May", -10), ("Idle", -10), ("June", -10)]


def test_exactly_what_there_is_can_be_spent():
	assert told(spend([lot("A", 60), lot("B", 40)], 100, None, TODAY)) == [("A", -60), ("B", -40)]


def test_what_was_used_of_a_lot_before_is_not_there_any_more():
	half_used = lot("A", 20, points=100)
	assert told(spend([half_used, lot("B", 40)], 30, None, TODAY)) == [("A", -20), ("B", -10)]


def test_one_more_than_there_is_cannot_and_what_there_is_is_told():
	with pytest.raises(NotEnoughPoints) as refused:
		spend([lot("A", 60), lot("B", 40)], 101, None, TODAY)
	assert (refused.value.asked, refused.value.available) == (101, 100)


def test_who_has_nothing_can_spend_nothing():
	with pytest.raises(NotEnoughPoints) as refused:
		spend([], 1, None, TODAY)
	assert refused.value.available == 0


def test_nothing_is_taken_where_nothing_is_asked_for():
	assert spend([lot("A", 60)], 0, None, TODAY) == []


@pytest.mark.parametrize("asked", [-1, -60])
def test_who_asks_for_less_than_nothing_gets_no_points(asked):
	with pytest.raises(ValueError, match="less than nothing"):
		spend([lot("A", 60)], asked, None, TODAY)


def test_pending_points_are_not_spendable_before_their_day():
	lots = [pending("Later", 500), lot("Now", 20)]
	with pytest.raises(NotEnoughPoints) as refused:
		spend(lots, 21, None, TODAY)
	assert refused.value.available == 20
	assert sum_of(spend(lots, 520, None, TOMORROW)) == -520


def test_the_last_day_is_one_to_spend_on_and_the_next_is_not():
	lots = [lot("A", 60, TODAY)]
	assert told(spend(lots, 60, None, TODAY)) == [("A", -60)]
	with pytest.raises(NotEnoughPoints) as refused:
		spend(lots, 60, None, TOMORROW)
	assert refused.value.available == 0


def test_what_has_lapsed_is_passed_over_though_nobody_wrote_it_off():
	lots = [lot("Over", 100, YESTERDAY), lot("B", 30)]
	assert told(spend(lots, 30, None, TODAY)) == [("B", -30)]


def test_an_empty_lot_and_one_that_is_owed_are_passed_over():
	lots = [lot("Empty", 0, date(2026, 4, 1), points=50), lot("Owed", -20), lot("B", 30)]
	assert told(spend(lots, 30, None, TODAY)) == [("B", -30)]


# ---- the last day


def test_what_has_no_day_and_no_idle_days_never_lapses():
	assert last_day(lot("A", 10), date(2026, 3, 1)) is None
	assert not is_lapsed(lot("A", 10), None, date.max)


@pytest.mark.parametrize(
	("expires_on", "active_on", "last"),
	[
		# 30 idle days from the lot's own day, 1 January, or from the later activity
		(None, None, date(2026, 1, 31)),
		(None, date(2025, 12, 1), date(2026, 1, 31)),
		(None, date(2026, 1, 1), date(2026, 1, 31)),
		(None, date(2026, 2, 10), date(2026, 3, 12)),
		# the earlier of both
		(date(2026, 3, 11), date(2026, 2, 10), date(2026, 3, 11)),
		(date(2026, 3, 13), date(2026, 2, 10), date(2026, 3, 12)),
		(date(2026, 1, 15), None, date(2026, 1, 15)),
	],
)
def test_of_a_fixed_day_and_idle_days_the_earlier_is_the_last(expires_on, active_on, last):
	assert last_day(lot("A", 10, expires_on, idle_days=30), active_on) == last


def test_without_idle_days_activity_moves_nothing():
	assert last_day(lot("A", 10, TODAY), date(2026, 3, 9)) == TODAY


def test_idle_points_can_be_spent_on_the_last_idle_day_and_not_on_the_next():
	idle = lot("A", 10, idle_days=30)
	assert not is_lapsed(idle, date(2026, 2, 8), TODAY)
	assert is_lapsed(idle, date(2026, 2, 7), TODAY)


def test_only_earning_and_spending_are_activities():
	"""Neither a return nor an expiry keeps points alive."""
	assert {Kind.EARN, Kind.REDEEM} == ACTIVITIES


def test_points_do_not_lapse_by_idle_days_before_they_can_be_spent():
	"""Earned on 1 January, to be spent from 15 January, lost after 10 idle days: on 25 January, not on 11 January."""
	waiting = lot("A", 10, available_from=date(2026, 1, 15), idle_days=10)
	assert last_day(waiting, None) == last_day(waiting, date(2026, 1, 14)) == date(2026, 1, 25)
	assert last_day(waiting, date(2026, 1, 20)) == date(2026, 1, 30)
	assert told(spend([waiting], 10, None, date(2026, 1, 15))) == [("A", -10)]


# ---- lapsing


def test_what_is_left_lapses_on_the_day_after_the_last():
	"""Earned 150, 50 used: 100 lapse."""
	lots = [lot("A", 100, TODAY, points=150)]
	assert lapsed(lots, None, TODAY) == []
	assert told(lapsed(lots, None, TOMORROW)) == [("A", -100)]


def test_lapsing_again_writes_nothing():
	lots = [lot("A", 100, YESTERDAY, points=150)]
	assert lapsed(applied(lots, lapsed(lots, None, TODAY)), None, TODAY) == []


def test_only_lots_whose_day_is_over_lapse():
	lots = [lot("Over", 10, YESTERDAY), lot("Today", 20, TODAY), lot("For Ever", 30)]
	assert told(lapsed(lots, None, TODAY)) == [("Over", -10)]


def test_idle_points_lapse_and_those_with_a_later_activity_do_not():
	lots = [lot("A", 10, idle_days=30), lot("B", 20, idle_days=60)]
	assert told(lapsed(lots, date(2026, 2, 7), TODAY)) == [("A", -10)]
	assert lapsed(lots, date(2026, 2, 8), TODAY) == []


def test_what_is_owed_never_lapses_nor_does_what_is_spent():
	assert lapsed([lot("Owed", -20, YESTERDAY), lot("Spent", 0, YESTERDAY, points=50)], None, TODAY) == []


def test_the_next_lapse_is_the_first_last_day_of_what_is_left():
	lots = [
		lot("Empty", 0, date(2026, 4, 1), points=5),
		lot("Owed", -5, date(2026, 4, 2)),
		lot("June", 5, date(2026, 6, 30)),
		lot("Idle", 5, idle_days=100),
		lot("For Ever", 5),
	]
	# 100 days after 1 March are 9 June
	assert next_lapse(lots, date(2026, 3, 1)) == date(2026, 6, 9)
	# and after 1 April, 10 July
	assert next_lapse(lots, date(2026, 4, 1)) == date(2026, 6, 30)


def test_nothing_lapses_next_where_nothing_ever_does():
	assert next_lapse([lot("For Ever", 5)], TODAY) is None
	assert next_lapse([], None) is None


# ---- what a customer has


def test_the_balance_is_all_that_can_be_spent_now_or_later():
	lots = [lot("A", 70, TODAY), lot("B", 30, points=100), pending("C", 50), lot("Over", 1_000, YESTERDAY)]
	assert balance_of(lots, None, TODAY) == Balance(balance=150, available=100, pending=50)
	# a day later A has lapsed, and C can be spent
	assert balance_of(lots, None, TOMORROW) == Balance(balance=80, available=80, pending=0)


def test_what_is_owed_is_a_balance_below_zero_and_nothing_to_spend():
	"""Earned 150, spent 100, everything returned."""
	lots = [lot("A", 0, points=150), lot("Owed", -100)]
	assert balance_of(lots, None, TODAY) == Balance(balance=-100, available=0, pending=0)


def test_what_is_owed_stays_owed_beyond_any_last_day():
	lots = [lot("Owed", -100, YESTERDAY), lot("Also", -5, idle_days=1), pending("From Tomorrow", -2)]
	assert balance_of(lots, None, TODAY) == Balance(-107, 0, 0)


def test_who_has_no_lots_has_nothing():
	assert balance_of([], None, TODAY) == Balance(0, 0, 0)


# ---- taking back


def test_pending_points_are_taken_back_first():
	lots = [lot("Now", 30, date(2026, 3, 20)), pending("Later", 40, expires_on=date(2027, 1, 1))]
	assert told(take_back(lots, 50, None, TODAY)) == [("Later", -40), ("Now", -10)]


def test_of_what_can_be_spent_what_lapses_first_is_taken_back_first():
	lots = [lot("For Ever", 30), lot("June", 30, date(2026, 6, 30))]
	assert told(take_back(lots, 40, None, TODAY)) == [("June", -30), ("For Ever", -10)]


def test_more_than_is_left_is_owed():
	"""Earned 150, spent 100, everything returned: the return succeeds, and 100 are owed."""
	lots = [lot("A", 50, points=150)]
	assert told(take_back(lots, 150, None, TODAY)) == [("A", -50), ("", -100)]


def test_all_is_owed_where_nothing_is_left():
	assert told(take_back([lot("A", 0, points=150)], 150, None, TODAY)) == [("", -150)]
	assert told(take_back([], 7, None, TODAY)) == [("", -7)]


def test_exactly_what_is_left_leaves_nothing_owed():
	assert told(take_back([lot("A", 50, points=150)], 50, None, TODAY)) == [("A", -50)]


def test_what_is_owed_already_holds_nothing_to_take():
	assert told(take_back([lot("Owed", -30), lot("A", 10)], 15, None, TODAY)) == [("A", -10), ("", -5)]


def test_what_lapsed_and_was_not_written_off_is_taken_back_without_owing():
	assert told(take_back([lot("A", 100, YESTERDAY)], 100, None, TODAY)) == [("A", -100)]


def test_nothing_is_taken_back_where_nothing_is_asked_for():
	assert take_back([lot("A", 10)], 0, None, TODAY) == []


# ---- what had lapsed of a document that is returned


def test_what_was_written_off_is_no_debt():
	"""Earned 100, 60 spent, 40 lapsed. Returned: the 40 come back to be taken, and only 60 are owed."""
	own = [lot("A", 0, YESTERDAY, points=100)]
	back = revived([("A", 40)], own, 100)
	assert told(back) == [("A", 40)]
	assert told(take_back(applied(own, back), 100, None, TODAY)) == [("A", -40), ("", -60)]


def test_nothing_is_revived_where_enough_is_left():
	own = [lot("A", 0, YESTERDAY, points=40), lot("B", 60)]
	assert revived([("A", 40)], own, 60) == []
	assert told(revived([("A", 40)], own, 61)) == [("A", 1)]


def test_no_more_is_revived_than_lapsed():
	expired = [("A", 10), ("B", 20), ("C", 30)]
	assert told(revived(expired, [], 25)) == [("A", 10), ("B", 15)]
	assert told(revived(expired, [], 500)) == [("A", 10), ("B", 20), ("C", 30)]


def test_what_is_owed_is_nothing_that_lots_hold():
	assert told(revived([("A", 40)], [lot("Owed", -60)], 30)) == [("A", 30)]


def test_nothing_is_revived_twice():
	assert revived([("A", 0)], [], 30) == []
	assert revived([], [], 30) == []


# ---- giving back


def test_points_go_back_to_the_lots_they_were_taken_from_the_last_taken_first():
	taken = [("First", 30), ("Second", 20)]
	assert told(give_back(taken, 10)) == [("Second", 10)]
	assert told(give_back(taken, 35)) == [("Second", 20), ("First", 15)]
	assert told(give_back(taken, 50)) == [("Second", 20), ("First", 30)]


def test_what_no_lot_lacks_becomes_a_lot_of_its_own():
	assert told(give_back([("First", 30)], 45)) == [("First", 30), ("", 15)]
	assert told(give_back([], 45)) == [("", 45)]


def test_nothing_is_given_back_where_nothing_is_due():
	assert give_back([("First", 30)], 0) == []


# ---- paying what is owed


def test_what_lapses_first_pays_and_pending_points_pay_last():
	lots = [
		pending("Later", 50, expires_on=date(2026, 3, 15)),
		lot("For Ever", 30),
		lot("June", 20, date(2026, 6, 30)),
		lot("Owed", -60),
	]
	assert told(settled(lots, None, TODAY)) == [
		*(("June", -20), ("Owed", 20)),
		*(("For Ever", -30), ("Owed", 30)),
		*(("Later", -10), ("Owed", 10)),
	]


def test_settling_changes_no_balance_and_leaves_only_one_side():
	lots = [lot("A", 70), lot("Owed", -100), lot("B", 10)]
	uses = settled(lots, None, TODAY)
	assert sum_of(uses) == 0
	assert [each.left for each in applied(lots, uses)] == [0, -20, 0]


def test_the_oldest_debt_is_paid_first():
	first = lot("Z", -30, earned_on=date(2026, 1, 1))
	second = lot("A", -30, earned_on=date(2026, 2, 1))
	uses = settled([second, first, lot("P", 40)], None, TODAY)
	assert told(uses) == [("P", -30), ("Z", 30), ("P", -10), ("A", 10)]


def test_what_has_lapsed_pays_nothing():
	assert settled([lot("Over", 100, YESTERDAY), lot("Owed", -60)], None, TODAY) == []


def test_nothing_is_settled_where_nothing_is_owed_or_nothing_can_pay():
	assert settled([lot("A", 100), lot("B", 0)], None, TODAY) == []
	assert settled([lot("Owed", -60)], None, TODAY) == []
	assert settled([], None, TODAY) == []


def test_settling_again_writes_nothing():
	lots = [lot("A", 70), lot("Owed", -100), lot("B", 50)]
	assert settled(applied(lots, settled(lots, None, TODAY)), None, TODAY) == []


# ---- shares of a document


@pytest.mark.parametrize(
	("points", "part", "share"),
	[
		(100, Fraction(0), 0),
		(100, Fraction(1, 3), 33),
		(100, Fraction(2, 3), 67),
		(100, Fraction(1), 100),
		# halves go up
		(1, Fraction(1, 2), 1),
		(5, Fraction(1, 2), 3),
		(101, Fraction(1, 2), 51),
		(1, Fraction(499, 1000), 0),
		(0, Fraction(1, 2), 0),
		# more than all is all, less than nothing is nothing
		(100, Fraction(3, 2), 100),
		(100, Fraction(-1, 2), 0),
		# beyond what a float could tell
		(10**9, Fraction(10**9 - 1, 10**9), 10**9 - 1),
		(10**18 + 1, Fraction(1), 10**18 + 1),
	],
)
def test_the_points_of_a_part(points, part, share):
	assert share_of(points, part) == share


def test_three_thirds_of_a_hundred_are_a_hundred():
	shares = [share_of(100, Fraction(part, 3)) for part in range(4)]
	assert [after - before for before, after in pairwise(shares)] == [33, 34, 33]


def test_two_halves_of_five_are_five():
	half = share_of(5, Fraction(1, 2))
	assert (half, share_of(5, Fraction(1)) - half) == (3, 2)


# ---- applying


def test_uses_change_what_is_left_and_never_what_was_earned():
	lots = [lot("A", 50, points=150), lot("B", 10)]
	after = applied(lots, [Use(-20, "A"), Use(-5, "A"), Use(7), Use(-3, "Unknown")])
	assert after == [replace(lots[0], left=25), lots[1]]
