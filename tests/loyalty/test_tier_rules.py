"""Each rule of a policy, with cases computed by hand: quarterly reviews, Silver from 1,000, Gold from 5,000, Diamond from 20,000."""

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
	approved,
	decided,
	has,
	in_short,
	other_day,
	policy,
	rejected_by,
	review,
	spent,
	told,
)

from crm_success.customer_loyalty.rules import decide, earned_tier, earns, merge, protect
from crm_success.customer_loyalty.tier_periods import Review
from crm_success.customer_loyalty.tier_values import (
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


# ---- protection


def test_protection_keeps_through_its_last_day():
	standing = has(GOLD, protected_tier=GOLD, protected_until=date(2026, 7, 1))
	kept = decided(PLAIN, standing, 0, review(date(2026, 7, 1)))
	assert kept.events[0].kept_by is KeptBy.PROTECTION
	assert (kept.standing.tier, kept.lost_by) == (GOLD, date(2026, 10, 1))
	lost = decided(PLAIN, standing, 0, review(date(2026, 7, 2)))
	assert told(lost) == [("Applied", GOLD, "")]
	assert (lost.standing.protected_tier, lost.standing.protected_until) == ("", None)


def test_protection_at_a_lower_tier_stops_the_fall_there():
	standing = has(DIAMOND, protected_tier=SILVER, protected_until=date(2026, 12, 31))
	assert told(decided(PLAIN, standing, 0, review())) == [("Applied", DIAMOND, SILVER)]


def test_a_tier_that_is_given_by_hand_is_there_on_the_same_day_whatever_the_policy():
	strict = policy(upgrades_at_once=False, one_level_at_a_time=True, approval=Approval.ALL)
	standing = Standing(protected_tier=DIAMOND, protected_until=date(2026, 12, 31))
	given = decided(strict, standing, 0, other_day())
	assert told(given) == [("Applied", "", DIAMOND)]
	assert given.events[0].cause is Cause.BY_HAND
	assert (given.standing.tier_since, given.standing.in_danger_since) == (LATER, LATER)


def test_who_protects_a_customer_raises_it_at_once_and_whoever_waits_waits_no_longer():
	asks = policy(approval=Approval.ALL)
	waits = decided(asks, has(SILVER), 5_000, other_day()).standing
	protected = replace(waits, protected_tier=DIAMOND, protected_until=date(2026, 12, 31))
	verdict = protect(asks, protected, spent(5_000), other_day())
	assert told(verdict) == [("Withdrawn", SILVER, GOLD), ("Applied", SILVER, DIAMOND)]
	assert (verdict.standing.tier, verdict.standing.proposed, verdict.next_tier) == (DIAMOND, None, "")
	assert (verdict.falls_to, verdict.lost_by) == (GOLD, date(2027, 1, 1))


def test_who_protects_a_customer_that_would_fall_withdraws_what_waits():
	asks = policy(approval=Approval.DOWNGRADES)
	waits = decided(asks, has(GOLD), 1_000, review()).standing
	assert waits.proposed == SILVER
	protected = replace(waits, protected_tier=GOLD, protected_until=date(2026, 12, 31))
	verdict = protect(asks, protected, spent(1_000), other_day())
	assert told(verdict) == [("Withdrawn", GOLD, SILVER)]
	assert (verdict.standing.proposed, verdict.lost_by) == (None, date(2027, 1, 1))
	below = replace(waits, protected_tier=SILVER, protected_until=date(2026, 12, 31))
	assert protect(asks, below, spent(1_000), other_day()).standing.proposed == SILVER


def test_to_protect_what_a_customer_has_moves_nobody():
	protected = has(GOLD, protected_tier=GOLD, protected_until=date(2026, 12, 31))
	verdict = protect(PLAIN, protected, spent(0), other_day())
	assert (verdict.standing.tier, verdict.events) == (GOLD, ())


def test_after_protection_the_figures_decide_again():
	"""Field case: a tier by hand until a date survives the nights, then what was earned decides."""
	standing = has(GOLD, since=date(2026, 1, 10), protected_tier=GOLD, protected_until=date(2026, 6, 30))
	for night in (date(2026, 2, 1), date(2026, 5, 1), date(2026, 6, 30)):
		standing = decided(PLAIN, standing, 1_200, other_day(night)).standing
		assert standing.tier == GOLD
	assert decided(PLAIN, standing, 1_200, review(date(2026, 7, 1))).standing.tier == SILVER


# ---- approval


def test_changes_wait_for_approval():
	asks = policy(approval=Approval.ALL)
	proposed = decided(asks, has(SILVER), 5_000, other_day())
	assert told(proposed) == [("Proposed", SILVER, GOLD)]
	assert (proposed.standing.tier, proposed.standing.proposed) == (SILVER, GOLD)
	# the next nights say nothing new
	assert decided(asks, proposed.standing, 5_400, other_day(date(2026, 5, 12))).events == ()
	standing, event = approved(asks, proposed.standing, 5_000, date(2026, 5, 13))
	assert (standing.tier, standing.tier_since, standing.proposed) == (GOLD, date(2026, 5, 13), None)
	assert (event.decision.value, event.from_tier, event.to_tier) == ("Applied", SILVER, GOLD)


def test_only_downgrades_wait_where_only_they_are_asked_for():
	asks = policy(approval=Approval.DOWNGRADES)
	assert told(decided(asks, has(SILVER), 5_000, review())) == [("Applied", SILVER, GOLD)]
	down = decided(asks, has(GOLD), 0, review())
	assert told(down) == [("Proposed", GOLD, "")]
	assert (down.standing.tier, down.standing.proposed, down.lost_by) == (GOLD, "", None)
	assert decided(asks, down.standing, 0, other_day()).events == ()
	standing, event = approved(asks, down.standing, 0, date(2026, 4, 3))
	assert (standing.tier, event.cause) == ("", Cause.NO_LONGER_EARNED)


def test_what_was_rejected_is_proposed_again_at_the_next_review_only():
	asks = policy(approval=Approval.ALL)
	proposed = decided(asks, has(GOLD), 1_000, review()).standing
	rejected, event = rejected_by(asks, proposed, 1_000, date(2026, 4, 2))
	assert (event.decision.value, rejected.tier, rejected.proposed) == ("Rejected", GOLD, None)
	assert decided(asks, rejected, 1_000, other_day()).events == ()
	on_the_day, _ = rejected_by(asks, proposed, 1_000, REVIEW)
	assert decided(asks, on_the_day, 1_000, review()).events == ()
	again = decided(asks, rejected, 1_000, review(date(2026, 7, 1)))
	assert told(again) == [("Proposed", GOLD, SILVER)]


def test_a_rejected_upgrade_is_not_proposed_every_night():
	asks = policy(approval=Approval.ALL)
	proposed = decided(asks, has(SILVER), 5_000, other_day()).standing
	rejected, _ = rejected_by(asks, proposed, 5_000, LATER)
	assert decided(asks, rejected, 5_500, other_day(date(2026, 5, 12))).events == ()
	# something else than what was rejected is
	assert told(decided(asks, rejected, 1e9, other_day(date(2026, 5, 12)))) == [("Proposed", SILVER, DIAMOND)]


def test_a_proposal_is_withdrawn_when_the_figures_change():
	asks = policy(approval=Approval.ALL)
	up = decided(asks, has(SILVER), 5_000, other_day()).standing
	assert told(decided(asks, up, 4_000, other_day(date(2026, 5, 12)))) == [("Withdrawn", SILVER, GOLD)]
	assert told(decided(asks, up, 1e9, other_day(date(2026, 5, 12)))) == [
		("Withdrawn", SILVER, GOLD),
		("Proposed", SILVER, DIAMOND),
	]
	down = decided(asks, has(GOLD), 1_000, review()).standing
	assert told(decided(asks, down, 5_000, other_day())) == [("Withdrawn", GOLD, SILVER)]


def test_a_proposed_fall_is_withdrawn_when_somebody_protects_the_customer():
	asks = policy(approval=Approval.ALL)
	down = decided(asks, has(GOLD), 1_000, review()).standing
	protected = replace(down, protected_tier=GOLD, protected_until=date(2026, 12, 31))
	assert told(decided(asks, protected, 1_000, other_day())) == [("Withdrawn", GOLD, SILVER)]


def test_a_proposed_fall_goes_deeper_at_the_next_review_only():
	asks = policy(approval=Approval.ALL)
	down = decided(asks, has(GOLD), 1_000, review()).standing
	assert decided(asks, down, 0, other_day()).events == ()
	assert told(decided(asks, down, 0, review(date(2026, 7, 1)))) == [
		("Withdrawn", GOLD, SILVER),
		("Proposed", GOLD, ""),
	]


def test_what_waits_is_applied_when_nobody_has_to_approve_any_more():
	up = decided(policy(approval=Approval.ALL), has(SILVER), 5_000, other_day()).standing
	assert told(decided(PLAIN, up, 5_000, other_day(date(2026, 5, 12)))) == [
		("Withdrawn", SILVER, GOLD),
		("Applied", SILVER, GOLD),
	]


# ---- customers that become one


def test_two_customers_that_are_merged_keep_the_higher_tier_and_the_longer_protection():
	first = has(SILVER, since=date(2026, 1, 1), proposed=GOLD)
	second = has(DIAMOND, since=date(2025, 6, 1), protected_tier=GOLD, protected_until=date(2026, 12, 31))
	standing, events = merge(PLAIN, first, second, LATER)
	assert [in_short(event) for event in events] == [
		("Withdrawn", SILVER, GOLD),
		("Applied", SILVER, DIAMOND),
	]
	assert events[1].cause is Cause.MERGED
	assert (standing.tier, standing.tier_since, standing.moved_on) == (DIAMOND, date(2025, 6, 1), LATER)
	assert (standing.protected_tier, standing.protected_until) == (GOLD, date(2026, 12, 31))


def test_a_customer_with_the_higher_tier_stays_as_it_is_when_another_is_merged_into_it():
	first, second = has(GOLD, protected_tier=GOLD, protected_until=LATER), has(SILVER, proposed=DIAMOND)
	assert merge(PLAIN, first, second, LATER) == (first, [])


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
