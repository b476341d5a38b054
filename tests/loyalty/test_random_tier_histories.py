"""Random histories of a customer under random policies, day by day: what the policy promises holds, and history tells all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some
from made_policies import DIAMOND, GOLD, REVIEW, SILVER, TIERS, policy

from crm_success.customer_loyalty.tiers.rules import approve, decide, earned_tier, reject
from crm_success.customer_loyalty.tiers.tier_periods import Review, is_review_due
from crm_success.customer_loyalty.tiers.tier_values import (
	Approval,
	Cause,
	Day,
	Decision,
	Event,
	Facts,
	Policy,
	Standing,
)

NAMES = ("", SILVER, GOLD, DIAMOND)

policies = some.builds(
	policy,
	tiers=some.lists(some.booleans(), min_size=3, max_size=3).map(
		lambda on: tuple(replace(tier, enabled=enabled) for tier, enabled in zip(TIERS, on, strict=True))
	),
	review=some.sampled_from(Review),
	upgrades_at_once=some.booleans(),
	one_level_at_a_time=some.booleans(),
	grace_days=some.sampled_from((0, 1, 45, 200)),
	minimum_stay_days=some.sampled_from((0, 1, 60, 400)),
	approval=some.sampled_from(Approval),
)
# what a person may do in the evening of a day
deeds = some.sampled_from((None, None, None, "approve", "reject", "protect", "change the policy"))
steps = some.lists(
	some.tuples(
		some.integers(0, 70),
		some.sampled_from((0, 999, 1_000, 4_999, 5_000, 19_999, 20_000, 90_000)),
		deeds,
		some.sampled_from(NAMES),
		some.integers(0, 120),
		policies,
	),
	min_size=1,
	max_size=25,
)


@dataclass(frozen=True)
class Evening:
	"""A day that was lived: how it began, by which rules, and how it ended."""

	rules: Policy
	before: Standing
	facts: Facts
	day: Day
	after: Standing
	events: tuple[Event, ...]


def lived(rules: Policy, history: list) -> Iterator[Evening]:
	"""Each day of the history, with what people did in its evening."""
	standing, as_of, last_review = Standing(), REVIEW, None
	for days, revenue, deed, tier, protected_days, other_rules in history:
		as_of += timedelta(days=days)
		is_review = is_review_due(rules.review, as_of, last_review)
		last_review = as_of if is_review else last_review
		day, facts = Day(as_of, is_review, last_review), Facts(revenue=revenue)
		verdict = decide(rules, standing, facts, day)
		yield Evening(rules, standing, facts, day, verdict.standing, verdict.events)
		standing = verdict.standing
		if deed in ("approve", "reject") and standing.proposed is not None:
			before = standing
			verdict = (approve if deed == "approve" else reject)(rules, standing, facts, day)
			standing = verdict.standing
			yield Evening(rules, before, facts, day, standing, verdict.events)
		if deed == "protect":
			until = as_of + timedelta(days=protected_days)
			standing = replace(standing, protected_tier=tier, protected_until=until if tier else None)
		if deed == "change the policy":
			rules = other_rules


def levels(rules: Policy, *tiers: str) -> list[int]:
	return [rules.level(tier) for tier in tiers]


@settings(max_examples=150)
@given(policies, steps)
def test_history_tells_how_each_standing_came_to_be(rules, history):
	tier, proposed = "", None
	for evening in lived(rules, history):
		for event in evening.events:
			assert event.from_tier == tier
			if event.decision is Decision.APPLIED:
				assert event.to_tier != tier
				tier = event.to_tier
				proposed = None
			elif event.decision is Decision.PROPOSED:
				assert proposed is None
				proposed = event.to_tier
			elif event.decision in (Decision.WITHDRAWN, Decision.REJECTED):
				assert event.to_tier == proposed
				proposed = None
			else:
				assert event.to_tier == tier and event.kept_by
		# one tier, and the one that history says
		assert (evening.after.tier, evening.after.proposed) == (tier, proposed)
		assert (evening.after.tier_since is None) == (evening.after.tier == "")


@settings(max_examples=150)
@given(policies, steps)
def test_the_same_day_twice_changes_nothing(rules, history):
	for evening in lived(rules, history):
		again = decide(evening.rules, evening.after, evening.facts, evening.day)
		if evening.events and evening.events[0].decision is Decision.REJECTED:
			assert again.events == ()
		elif not (evening.events and evening.after.moved_on == evening.day.as_of):
			assert (again.standing, again.events) == (evening.after, ())
		else:
			# who was moved by hand may be moved again the same day; by the policy nobody is
			assert all(event.decision is not Decision.KEPT for event in again.events)


@settings(max_examples=150)
@given(policies, steps)
def test_nobody_falls_below_what_protects_stays_or_is_in_grace(rules, history):
	for evening in lived(rules, history):
		before, after, day = evening.before, evening.after, evening.day.as_of
		is_protected = before.protected_until and day <= before.protected_until
		if is_protected:
			assert evening.rules.level(after.tier) >= evening.rules.level(before.protected_tier)
		falls = evening.rules.level(after.tier) < evening.rules.level(before.tier)
		if not falls:
			continue
		assert after.moved_on == day
		decided_by_people = evening.before.proposed == after.tier and len(evening.events) == 1
		assert evening.day.is_review or decided_by_people
		stayed = (day - before.tier_since).days
		assert stayed >= evening.rules.minimum_stay_days
		assert evening.rules.grace_days == 0 or before.in_danger_since is not None
		if before.in_danger_since:
			assert (day - before.in_danger_since).days >= evening.rules.grace_days


@settings(max_examples=150)
@given(policies, steps)
def test_nobody_rises_above_what_was_earned_or_given_by_hand(rules, history):
	for evening in lived(rules, history):
		by_policy = [event for event in evening.events if event.decision is Decision.APPLIED]
		earned = evening.rules.level(earned_tier(evening.rules, evening.facts, evening.day.as_of))
		for event in by_policy:
			rises = evening.rules.level(event.to_tier) > evening.rules.level(event.from_tier)
			if rises and event.cause is Cause.EARNED:
				assert evening.rules.level(event.to_tier) <= earned


@settings(max_examples=150)
@given(policies, steps)
def test_one_level_at_a_time_is_one_from_review_to_review(rules, history):
	for evening in lived(rules, history):
		ladder = ["", *(tier.name for tier in evening.rules.ladder)]
		moves = [
			event
			for event in evening.events
			if event.decision is Decision.APPLIED and event.cause is not Cause.BY_HAND
		]
		if not evening.rules.one_level_at_a_time or evening.rules.approval is not Approval.NONE:
			continue
		assert len(moves) <= 1
		for event in moves:
			if {event.from_tier, event.to_tier} <= set(ladder):
				assert abs(ladder.index(event.from_tier) - ladder.index(event.to_tier)) == 1 or (
					evening.before.protected_tier
				)


@settings(max_examples=150)
@given(policies, steps)
def test_the_day_of_the_loss_is_a_review_and_what_is_told_happens_then(rules, history):
	for evening in lived(rules, history):
		verdict = decide(evening.rules, evening.after, evening.facts, evening.day)
		if verdict.lost_by is None:
			continue
		assert verdict.lost_by > evening.day.as_of
		then = Day(verdict.lost_by, is_review=True, last_review=verdict.lost_by)
		facts = evening.facts
		lost = decide(evening.rules, verdict.standing, facts, then)
		outcome = {lost.standing.tier, lost.standing.proposed}
		assert verdict.falls_to in outcome
