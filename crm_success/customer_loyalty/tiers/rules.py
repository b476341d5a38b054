"""What tier a customer has earned, and what the policy makes of it. Reads no record and no clock, and writes nothing.

A customer's standing and the facts of a day go in; the standing of the evening and what happened come out. Two kinds of
days are told apart: a review, and any other day on which tiers are evaluated. Deciding twice by the same facts of a day
comes to the same: the second time nothing happens.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from crm_success.customer_loyalty.tiers.tier_periods import months_between, next_review
from crm_success.customer_loyalty.tiers.tier_values import (
	NO_TIER,
	Approval,
	Asked,
	Cause,
	Day,
	Decision,
	Event,
	Facts,
	KeptBy,
	Missing,
	Policy,
	Requirement,
	Standing,
	Tier,
	Verdict,
)

# ---- what is earned ----------------------------------------------------------------------------------------


def _number(value: Callable[[Facts, date], float | None]) -> Callable[[Requirement, Facts, date], bool]:
	def holds(requirement: Requirement, facts: Facts, as_of: date) -> bool:
		number = value(facts, as_of)
		return number is not None and number >= requirement.at_least

	return holds


def months_as_customer(facts: Facts, as_of: date) -> int | None:
	"""Whole months since the first purchase; None before it."""
	since = facts.customer_since
	return None if since is None or since > as_of else months_between(since, as_of)


# what each number of a requirement is compared with
NUMBERS: Mapping[Asked, Callable[[Facts, date], float | None]] = {
	Asked.REVENUE: lambda facts, as_of: facts.revenue,
	Asked.POINTS: lambda facts, as_of: facts.points,
	Asked.SCORE: lambda facts, as_of: facts.score,
	Asked.MONTHS: months_as_customer,
}
_HOLDS: Mapping[Asked, Callable[[Requirement, Facts, date], bool]] = {
	**{asked: _number(value) for asked, value in NUMBERS.items()},
	Asked.AUDIENCE: lambda requirement, facts, as_of: requirement.audience in facts.audiences,
}


def holds(requirement: Requirement, facts: Facts, as_of: date) -> bool:
	"""Whether the customer fulfils it on that day."""
	return _HOLDS[requirement.asked](requirement, facts, as_of)


def earns(tier: Tier, facts: Facts, as_of: date) -> bool:
	"""Whether the customer fulfils what the tier asks, all of it or any."""
	found = [holds(requirement, facts, as_of) for requirement in tier.requirements]
	return bool(found) and (any(found) if tier.any_is_enough else all(found))


def earned_tier(policy: Policy, facts: Facts, as_of: date) -> str:
	"""The highest tier whose conditions the customer fulfils, whatever lower ones ask."""
	return next((tier.name for tier in reversed(policy.ladder) if earns(tier, facts, as_of)), NO_TIER)


def missing_for(tier: Tier, facts: Facts, as_of: date) -> tuple[Missing, ...]:
	"""What the tier asks and the customer lacks; nothing where it is earned."""
	if earns(tier, facts, as_of):
		return ()
	lacking = (each for each in tier.requirements if not holds(each, facts, as_of))
	return tuple(
		Missing(each.asked, each.at_least, _known(each, facts, as_of), each.audience) for each in lacking
	)


def _known(requirement: Requirement, facts: Facts, as_of: date) -> float | None:
	value = NUMBERS.get(requirement.asked)
	return value(facts, as_of) if value else None


def next_tier_above(policy: Policy, tier: str) -> Tier | None:
	"""The lowest tier above this one that somebody can earn."""
	level = policy.level(tier)
	return next((each for each in policy.ladder if each.level > level and each.requirements), None)


# ---- what the policy makes of it ---------------------------------------------------------------------------


def decide(policy: Policy, standing: Standing, facts: Facts, day: Day) -> Verdict:
	"""What becomes of the customer on that day."""
	earned = earned_tier(policy, facts, day.as_of)
	standing = _without_old_protection(standing, day.as_of)
	standing, raised = _raise_to_protection(policy, standing, day.as_of)
	standing = _note_danger(policy, standing, earned, day.as_of)
	standing, moved = _move(policy, standing, earned, day)
	standing, kept = _keep(policy, standing, earned, day)
	return _told(policy, standing, (*raised, *moved, *kept), facts, day, earned)


def _told(
	policy: Policy, standing: Standing, events: tuple[Event, ...], facts: Facts, day: Day, earned: str
) -> Verdict:
	"""The standing, with what it looks like for the customer."""
	standing = _note_danger(policy, standing, earned, day.as_of)
	lost_by, falls_to = _loss(policy, standing, earned, day)
	above = next_tier_above(policy, standing.tier)
	return Verdict(
		standing=standing,
		events=events,
		earned=earned,
		next_tier=above.name if above else NO_TIER,
		missing=missing_for(above, facts, day.as_of) if above else (),
		lost_by=lost_by,
		falls_to=falls_to,
	)


def _without_old_protection(standing: Standing, as_of: date) -> Standing:
	if standing.protected_until is None or standing.protected_until >= as_of:
		return standing
	return replace(standing, protected_tier=NO_TIER, protected_until=None)


def _raise_to_protection(policy: Policy, standing: Standing, as_of: date) -> tuple[Standing, list[Event]]:
	"""Who is protected at a tier has it at once: somebody has decided so by hand."""
	if policy.level(standing.protected_tier) <= policy.level(standing.tier):
		return standing, []
	standing, withdrawn = _withdraw(policy, standing)
	standing, moved = _moved(standing, standing.protected_tier, as_of, Cause.BY_HAND)
	return standing, [*withdrawn, *moved]


def _note_danger(policy: Policy, standing: Standing, earned: str, as_of: date) -> Standing:
	is_safe = policy.level(earned) >= policy.level(standing.tier)
	since = None if is_safe else standing.in_danger_since or as_of
	return standing if since == standing.in_danger_since else replace(standing, in_danger_since=since)


def _move(policy: Policy, standing: Standing, earned: str, day: Day) -> tuple[Standing, list[Event]]:
	"""Move the customer, or propose it, where the day allows it; take back a proposal that fits no longer."""
	target = _target(policy, standing, earned, day)
	if target is None:
		return _without_wrong_proposal(policy, standing, earned, day)
	if not _needs_approval(policy, standing.tier, target):
		standing, withdrawn = _withdraw(policy, standing)
		standing, events = _moved(standing, target, day.as_of, _cause(policy, standing.tier, target))
		return standing, [*withdrawn, *events]
	if standing.proposed == target:
		return standing, []
	standing, events = _withdraw(policy, standing)
	if _is_declined(standing, target, day):
		return standing, events
	proposal = Event(Decision.PROPOSED, standing.tier, target, _cause(policy, standing.tier, target))
	return replace(standing, proposed=target), [*events, proposal]


def _target(policy: Policy, standing: Standing, earned: str, day: Day) -> str | None:
	"""The tier to which the customer moves today; None where that is none, or where it stays."""
	level, aim = policy.level(standing.tier), _aim(policy, standing, earned)
	if policy.level(aim) == level or _has_moved(policy, standing, day):
		return None
	if policy.level(aim) > level:
		return _upwards(policy, standing.tier, aim) if day.is_review or policy.upgrades_at_once else None
	if not day.is_review or _kept_by(policy, standing, day.as_of):
		return None
	return _downwards(policy, standing.tier, aim)


def _aim(policy: Policy, standing: Standing, earned: str) -> str:
	"""Where the customer belongs: what was earned, but not below what protects."""
	return max((earned, standing.protected_tier), key=policy.level)


def _has_moved(policy: Policy, standing: Standing, day: Day) -> bool:
	"""Whether the one level is used up: the customer has moved since the last review, or at this one."""
	if not policy.one_level_at_a_time or standing.moved_on is None:
		return False
	return day.begun_with is None or standing.moved_on >= day.begun_with


def _upwards(policy: Policy, tier: str, aim: str) -> str:
	if not policy.one_level_at_a_time:
		return aim
	return next(each.name for each in policy.ladder if each.level > policy.level(tier))


def _downwards(policy: Policy, tier: str, aim: str) -> str:
	if not policy.one_level_at_a_time:
		return aim
	below = [each.name for each in policy.ladder if each.level < policy.level(tier)]
	return max((*below[-1:], aim), key=policy.level)


def _kept_by(policy: Policy, standing: Standing, as_of: date) -> KeptBy | None:
	"""What keeps a tier that is not earned any more on that day."""
	return next((by for by, until in _bounds(policy, standing).items() if until and as_of < until), None)


def _bounds(policy: Policy, standing: Standing) -> dict[KeptBy, date | None]:
	"""The first day on which each of what keeps a tier does so no longer."""
	protects = standing.protected_until and policy.level(standing.protected_tier) >= policy.level(
		standing.tier
	)
	return {
		KeptBy.PROTECTION: _after(standing.protected_until, 1) if protects else None,
		KeptBy.MINIMUM_STAY: _after(standing.tier_since, policy.minimum_stay_days),
		KeptBy.GRACE: _after(standing.in_danger_since, policy.grace_days),
	}


def _after(day: date | None, days: int) -> date | None:
	return day and day + timedelta(days=days)


def _needs_approval(policy: Policy, tier: str, target: str) -> bool:
	if policy.approval is Approval.DOWNGRADES:
		return policy.level(target) < policy.level(tier)
	return policy.approval is Approval.ALL


def _is_declined(standing: Standing, target: str, day: Day) -> bool:
	"""Whether somebody has rejected it since the last review: a later review asks again."""
	if standing.declined != target or standing.declined_on is None:
		return False
	return day.begun_with is None or day.begun_with <= standing.declined_on


def _without_wrong_proposal(
	policy: Policy, standing: Standing, earned: str, day: Day
) -> tuple[Standing, list[Event]]:
	if standing.proposed is None or _is_still_right(policy, standing, earned, day.as_of):
		return standing, []
	return _withdraw(policy, standing)


def _is_still_right(policy: Policy, standing: Standing, earned: str, as_of: date) -> bool:
	tier, proposed = policy.level(standing.tier), policy.level(standing.proposed or NO_TIER)
	aim = policy.level(_aim(policy, standing, earned))
	if proposed > tier:
		return proposed <= aim
	return aim <= proposed < tier and not _kept_by(policy, standing, as_of)


def _withdraw(policy: Policy, standing: Standing) -> tuple[Standing, list[Event]]:
	if standing.proposed is None:
		return standing, []
	cause = _cause(policy, standing.tier, standing.proposed)
	event = Event(Decision.WITHDRAWN, standing.tier, standing.proposed, cause)
	return replace(standing, proposed=None), [event]


def _cause(policy: Policy, tier: str, target: str) -> Cause:
	return Cause.EARNED if policy.level(target) > policy.level(tier) else Cause.NO_LONGER_EARNED


def _moved(standing: Standing, target: str, on: date, cause: Cause) -> tuple[Standing, list[Event]]:
	after = replace(
		standing,
		tier=target,
		tier_since=on if target else None,
		moved_on=on,
		in_danger_since=None,
		proposed=None,
		declined=None,
		declined_on=None,
	)
	return after, [Event(Decision.APPLIED, standing.tier, target, cause)]


def _keep(policy: Policy, standing: Standing, earned: str, day: Day) -> tuple[Standing, list[Event]]:
	"""At a review, what was kept though it is not earned: once, and not of what was given the same day."""
	is_told = standing.kept_on == day.as_of or standing.moved_on == day.as_of
	if not day.is_review or is_told or policy.level(earned) >= policy.level(standing.tier):
		return standing, []
	kept_by = _kept_by(policy, standing, day.as_of)
	if not kept_by:
		return standing, []
	event = Event(Decision.KEPT, standing.tier, standing.tier, Cause.NO_LONGER_EARNED, kept_by)
	return replace(standing, kept_on=day.as_of), [event]


def _loss(policy: Policy, standing: Standing, earned: str, day: Day) -> tuple[date | None, str]:
	"""When the tier is lost, and for which, unless the figures change. What waits for approval is lost on no known day."""
	if policy.level(earned) >= policy.level(standing.tier) or standing.proposed is not None:
		return None, NO_TIER
	until = max(until for until in _bounds(policy, standing).values() if until)
	lost_by = next_review(policy.review, max(until, day.as_of + timedelta(days=1)))
	# what protects a lower tier may be over by then
	aim = _aim(policy, _without_old_protection(standing, lost_by), earned)
	return lost_by, _downwards(policy, standing.tier, aim)


# ---- what people decide ------------------------------------------------------------------------------------


def approve(policy: Policy, standing: Standing, facts: Facts, day: Day) -> Verdict:
	"""The customer moves as proposed."""
	target = standing.proposed or NO_TIER
	after, events = _moved(standing, target, day.as_of, _cause(policy, standing.tier, target))
	return _told(policy, after, tuple(events), facts, day, earned_tier(policy, facts, day.as_of))


def reject(policy: Policy, standing: Standing, facts: Facts, day: Day) -> Verdict:
	"""The customer stays; the next review may propose it again."""
	target = standing.proposed or NO_TIER
	event = Event(Decision.REJECTED, standing.tier, target, _cause(policy, standing.tier, target))
	after = replace(standing, proposed=None, declined=target, declined_on=day.as_of)
	return _told(policy, after, (event,), facts, day, earned_tier(policy, facts, day.as_of))


def protect(policy: Policy, standing: Standing, facts: Facts, day: Day) -> Verdict:
	"""Somebody has just protected the customer, or taken a protection back: who has a lower tier is raised at once."""
	standing = _without_old_protection(standing, day.as_of)
	earned = earned_tier(policy, facts, day.as_of)
	standing, raised = _raise_to_protection(policy, standing, day.as_of)
	# a loss that waits for approval waits no longer
	standing, withdrawn = _without_wrong_proposal(policy, standing, earned, day)
	return _told(policy, standing, (*raised, *withdrawn), facts, day, earned)


def merge(policy: Policy, standing: Standing, other: Standing, on: date) -> tuple[Standing, list[Event]]:
	"""Two customers are one from now on, with the standing of the first: the higher tier of both holds, and the longer of two
	protections. What waited for the other is decided by what both have earned together.
	"""
	if (other.protected_until or date.min) > (standing.protected_until or date.min):
		standing = replace(
			standing, protected_tier=other.protected_tier, protected_until=other.protected_until
		)
	if policy.level(other.tier) <= policy.level(standing.tier):
		return standing, []
	standing, withdrawn = _withdraw(policy, standing)
	standing, moved = _moved(standing, other.tier, on, Cause.MERGED)
	return replace(standing, tier_since=other.tier_since), [*withdrawn, *moved]
