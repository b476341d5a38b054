"""The rules by which tiers are earned, kept and lost, computed by hand: quarterly reviews, Silver from 1,000, Gold 5,000, Diamond 20,000."""

from dataclasses import replace
from datetime import date

import pytest
from made_policies import (
	DIAMOND,
	GOLD,
	LATER,
	PLAIN,
	REVIEW,
	SILVER,
	TIERS,
	decided,
	has,
	other_day,
	policy,
	review,
	spent,
	told,
)

from crm_success.customer_loyalty.tiers.rules import decide, earned_tier, earns
from crm_success.customer_loyalty.tiers.tier_periods import Review
from crm_success.customer_loyalty.tiers.tier_values import (
	Approval,
	Asked,
	Cause,
	Facts,
	KeptBy,
	Missing,
	Requirement,
	Standing,
	Tier,
)

NOBODY = Standing()
_SCORE = Requirement(Asked.SCORE, 70)
_REVENUE = Requirement(Asked.REVENUE, 1_000)
_YEAR = Requirement(Asked.MONTHS, 12)
_CLUB = Requirement(Asked.AUDIENCE, audience="Club")


# ---- what is earned


@pytest.mark.parametrize(
	("revenue", "tier"),
	[(0, ""), (999.99, ""), (1_000, SILVER), (4_999, SILVER), (5_000, GOLD), (1e9, DIAMOND), (-50, "")],
)
def test_the_highest_tier_that_the_revenue_reaches_is_earned(revenue, tier):
	assert earned_tier(PLAIN, spent(revenue), REVIEW) == tier


@pytest.mark.parametrize(
	("facts", "all_of", "any_of"),
	[
		(Facts(1_000, 70.0, date(2025, 4, 1), frozenset({"Club"})), True, True),
		(Facts(1_000, 69.9, date(2025, 4, 1), frozenset({"Club"})), False, True),
		(Facts(999, 70.0, date(2025, 4, 2), frozenset()), False, True),
		(Facts(999, None, None, frozenset({"Other"})), False, False),
		(Facts(999, None, None, frozenset({"Club"})), False, True),
	],
)
def test_all_conditions_or_any(facts, all_of, any_of):
	tier = Tier("X", 1, (_REVENUE, _SCORE, _YEAR, _CLUB))
	assert earns(tier, facts, REVIEW) == all_of
	assert earns(replace(tier, any_is_enough=True), facts, REVIEW) == any_of


def test_nobody_earns_a_tier_without_conditions_or_one_that_is_not_enabled():
	by_hand, off = Tier("By Hand", 9), replace(TIERS[2], enabled=False)
	assert earned_tier(policy(tiers=(*TIERS[:2], off, by_hand)), spent(1e9), REVIEW) == GOLD


def test_a_higher_tier_is_earned_whatever_a_lower_one_asks():
	tiers = (Tier(SILVER, 1, (_CLUB,)), TIERS[1])
	assert earned_tier(policy(tiers=tiers), spent(5_000), REVIEW) == GOLD


# ---- up


def test_upgrades_at_once_happen_on_any_day():
	verdict = decided(PLAIN, NOBODY, 5_000, other_day())
	assert told(verdict) == [("Applied", "", GOLD)]
	assert verdict.events[0].cause is Cause.EARNED
	assert (verdict.standing.tier, verdict.standing.tier_since) == (GOLD, LATER)


def test_upgrades_at_review_wait_for_it():
	at_review = policy(upgrades_at_once=False)
	verdict = decided(at_review, has(SILVER), 5_000, other_day())
	assert (verdict.standing.tier, verdict.earned, verdict.events) == (SILVER, GOLD, ())
	# what the next tier asks is fulfilled
	assert (verdict.next_tier, verdict.missing) == (GOLD, ())
	assert decided(at_review, has(SILVER), 5_000, review()).standing.tier == GOLD


def test_one_level_at_a_time_takes_a_review_for_each():
	steps = policy(one_level_at_a_time=True)
	first = decided(steps, NOBODY, 1e9, review(date(2026, 1, 1)))
	assert first.standing.tier == SILVER
	# at once, but not twice between two reviews
	waits = decided(steps, first.standing, 1e9, other_day(date(2026, 2, 1), date(2026, 1, 1)))
	assert (waits.standing.tier, waits.events) == (SILVER, ())
	second = decided(steps, waits.standing, 1e9, review(REVIEW))
	assert second.standing.tier == GOLD
	assert decided(steps, second.standing, 1e9, review(date(2026, 7, 1))).standing.tier == DIAMOND


def test_one_level_up_between_reviews_is_the_one_of_that_time():
	steps = policy(one_level_at_a_time=True)
	standing = has(SILVER, since=date(2026, 3, 1))
	up = decided(steps, standing, 1e9, other_day())
	assert (up.standing.tier, up.standing.moved_on) == (GOLD, LATER)
	assert decided(steps, up.standing, 1e9, other_day(date(2026, 5, 12))).standing.tier == GOLD
	assert decided(steps, up.standing, 1e9, review(date(2026, 7, 1))).standing.tier == DIAMOND


def test_straight_to_what_was_earned_takes_one():
	assert decided(PLAIN, NOBODY, 1e9, review()).standing.tier == DIAMOND


# ---- down


def test_a_tier_is_lost_at_a_review_only():
	day = decided(PLAIN, has(GOLD), 1_000, other_day())
	assert (day.standing.tier, day.standing.in_danger_since, day.events) == (GOLD, LATER, ())
	assert (day.lost_by, day.falls_to) == (date(2026, 7, 1), SILVER)
	lost = decided(PLAIN, day.standing, 1_000, review(date(2026, 7, 1)))
	assert told(lost) == [("Applied", GOLD, SILVER)]
	assert lost.events[0].cause is Cause.NO_LONGER_EARNED
	assert (lost.standing.tier_since, lost.standing.in_danger_since) == (date(2026, 7, 1), None)


def test_without_grace_a_review_takes_what_it_finds():
	assert told(decided(PLAIN, has(DIAMOND), 0, review())) == [("Applied", DIAMOND, "")]


def test_who_has_no_tier_any_more_has_none_since_any_day():
	standing = decided(PLAIN, has(SILVER), 0, review()).standing
	assert (standing.tier, standing.tier_since, standing.moved_on) == ("", None, REVIEW)


def test_grace_keeps_through_its_days():
	"""Found on 11 May, 60 days: kept through 9 July, so that the review of 1 July keeps and that of 1 October takes."""
	grace = policy(grace_days=60)
	found = decided(grace, has(GOLD), 1_000, other_day())
	assert (found.lost_by, found.falls_to) == (date(2026, 10, 1), SILVER)
	kept = decided(grace, found.standing, 1_000, review(date(2026, 7, 1)))
	assert told(kept) == [("Kept", GOLD, GOLD)]
	assert kept.events[0].kept_by is KeptBy.GRACE
	lost = decided(grace, kept.standing, 1_000, review(date(2026, 10, 1)))
	assert told(lost) == [("Applied", GOLD, SILVER)]


def test_grace_ends_on_the_day_after_its_last():
	grace = policy(grace_days=60, review=Review.MONTHLY)
	standing = has(GOLD, in_danger_since=date(2026, 5, 2))
	assert decided(grace, standing, 1_000, review(date(2026, 6, 30))).standing.tier == GOLD
	assert decided(grace, standing, 1_000, review(date(2026, 7, 1))).standing.tier == SILVER


def test_who_earns_the_tier_again_is_out_of_danger_and_grace_begins_anew():
	grace = policy(grace_days=60)
	standing = has(GOLD, in_danger_since=date(2026, 1, 5))
	safe = decided(grace, standing, 5_000, other_day())
	assert (safe.standing.in_danger_since, safe.lost_by) == (None, None)
	again = decided(grace, safe.standing, 4_000, other_day(date(2026, 6, 20)))
	assert again.standing.in_danger_since == date(2026, 6, 20)
	assert again.lost_by == date(2026, 10, 1)


def test_a_return_after_an_upgrade_leads_back_at_the_review():
	up = decided(PLAIN, has(SILVER), 5_200, other_day())
	assert up.standing.tier == GOLD
	returned = decided(PLAIN, up.standing, 4_700, other_day(date(2026, 5, 20)))
	assert (returned.standing.tier, returned.standing.in_danger_since) == (GOLD, date(2026, 5, 20))
	back = decided(PLAIN, returned.standing, 4_700, review(date(2026, 7, 1)))
	assert told(back) == [("Applied", GOLD, SILVER)]


def test_the_minimum_stay_keeps_through_its_days():
	"""Gold since 11 May, 90 days: kept through 8 August."""
	stay = policy(minimum_stay_days=90)
	standing = has(GOLD, since=LATER)
	kept = decided(stay, standing, 0, review(date(2026, 7, 1)))
	assert told(kept) == [("Kept", GOLD, GOLD)]
	assert kept.events[0].kept_by is KeptBy.MINIMUM_STAY
	assert kept.lost_by == date(2026, 10, 1)
	assert decided(stay, standing, 0, review(date(2026, 8, 8))).standing.tier == GOLD
	assert decided(stay, standing, 0, review(date(2026, 8, 9))).standing.tier == ""


def test_the_later_of_grace_and_stay_keeps():
	both = policy(minimum_stay_days=300, grace_days=10)
	standing = has(GOLD, since=date(2026, 1, 1), in_danger_since=LATER)
	verdict = decided(both, standing, 0, review(date(2026, 7, 1)))
	assert verdict.events[0].kept_by is KeptBy.MINIMUM_STAY
	# 1 January and 300 days is 28 October
	assert verdict.lost_by == date(2027, 1, 1)


def test_one_level_at_a_time_down_too():
	steps = policy(one_level_at_a_time=True)
	first = decided(steps, has(DIAMOND), 0, review())
	assert told(first) == [("Applied", DIAMOND, GOLD)]
	assert (first.standing.in_danger_since, first.lost_by) == (REVIEW, date(2026, 7, 1))
	assert first.falls_to == SILVER
	second = decided(steps, first.standing, 0, review(date(2026, 7, 1)))
	assert told(second) == [("Applied", GOLD, SILVER)]
	assert decided(steps, second.standing, 0, review(date(2026, 10, 1))).standing.tier == ""


# ---- tiers that change


def test_who_has_a_tier_that_was_disabled_moves_as_the_policy_says():
	off = policy(tiers=(TIERS[0], replace(TIERS[1], enabled=False), TIERS[2]), grace_days=30)
	assert decided(off, has(GOLD), 25_000, other_day()).standing.tier == DIAMOND
	# nothing earns it any more: grace, then the one below
	kept = decided(off, has(GOLD), 6_000, review())
	assert told(kept) == [("Kept", GOLD, GOLD)]
	assert told(decided(off, kept.standing, 6_000, review(date(2026, 7, 1)))) == [("Applied", GOLD, SILVER)]


def test_steps_pass_over_a_tier_that_was_disabled():
	off = policy(tiers=(TIERS[0], replace(TIERS[1], enabled=False), TIERS[2]), one_level_at_a_time=True)
	assert decided(off, has(SILVER), 1e9, review()).standing.tier == DIAMOND
	assert decided(off, has(DIAMOND), 0, review()).standing.tier == SILVER


def test_a_step_down_stops_at_a_protected_tier_that_was_disabled():
	off = policy(tiers=(TIERS[0], replace(TIERS[1], enabled=False), TIERS[2]), one_level_at_a_time=True)
	standing = has(DIAMOND, protected_tier=GOLD, protected_until=date(2026, 12, 31))
	assert decided(off, standing, 0, review()).standing.tier == GOLD


def test_who_has_a_tier_that_is_gone_begins_from_none():
	assert decided(PLAIN, has("Platinum"), 1_000, other_day()).standing.tier == SILVER


# ---- what is told besides


def test_what_is_missing_to_the_next_tier():
	gold = Tier(GOLD, 2, (Requirement(Asked.REVENUE, 5_000), _SCORE, _YEAR, _CLUB))
	rules = policy(tiers=(TIERS[0], gold))
	facts = Facts(1_200.5, 64.0, date(2025, 9, 20), frozenset())
	verdict = decide(rules, has(SILVER), facts, other_day())
	assert verdict.next_tier == GOLD
	assert verdict.missing == (
		Missing(Asked.REVENUE, 5_000, 1_200.5),
		Missing(Asked.SCORE, 70, 64.0),
		Missing(Asked.MONTHS, 12, 7),
		Missing(Asked.AUDIENCE, 0, None, "Club"),
	)


def test_above_the_highest_there_is_no_next_tier():
	verdict = decided(PLAIN, has(DIAMOND), 1e9, other_day())
	assert (verdict.next_tier, verdict.missing) == ("", ())


def test_a_policy_without_tiers_leaves_everybody_without():
	verdict = decided(policy(tiers=()), NOBODY, 1e9, review())
	assert (verdict.standing, verdict.events) == (NOBODY, ())


@pytest.mark.parametrize("revenue", [0, 1_000, 5_000, 1e9])
@pytest.mark.parametrize("approval", list(Approval))
def test_the_same_review_twice_changes_nothing(revenue, approval):
	kinds = ({}, {"one_level_at_a_time": True}, {"grace_days": 30}, {"minimum_stay_days": 900})
	for rules in (policy(approval=approval, **kind) for kind in kinds):
		for tier in ("", SILVER, GOLD, DIAMOND):
			once = decided(rules, has(tier) if tier else NOBODY, revenue, review())
			twice = decided(rules, once.standing, revenue, review())
			assert (twice.standing, twice.events) == (once.standing, ())
