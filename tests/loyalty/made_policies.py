"""Policies, facts and days for tests of the rules, short to write. Decides nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

from crm_success.customer_loyalty.tiers.rules import approve, decide, reject
from crm_success.customer_loyalty.tiers.tier_values import (
	Asked,
	Day,
	Event,
	Facts,
	Policy,
	Requirement,
	Standing,
	Tier,
	Verdict,
)

SILVER, GOLD, DIAMOND = "Silver", "Gold", "Diamond"
THRESHOLDS = {SILVER: 1_000, GOLD: 5_000, DIAMOND: 20_000}
TIERS = tuple(
	Tier(name, level, (Requirement(Asked.REVENUE, amount),))
	for level, (name, amount) in enumerate(THRESHOLDS.items(), start=1)
)
# straight to what was earned, up at once, down without grace
PLAIN = Policy(tiers=TIERS)
# the day of a quarterly review, and one that is none
REVIEW, LATER = date(2026, 4, 1), date(2026, 5, 11)


def policy(**values: Any) -> Policy:
	return replace(PLAIN, **values)


def spent(revenue: float, **values: Any) -> Facts:
	return Facts(revenue=revenue, **values)


def has(tier: str, since: date = date(2025, 1, 10), **values: Any) -> Standing:
	return Standing(tier=tier, tier_since=since, moved_on=since, **values)


def review(as_of: date = REVIEW) -> Day:
	return Day(as_of, is_review=True, last_review=as_of)


def other_day(as_of: date = LATER, last_review: date | None = REVIEW) -> Day:
	return Day(as_of, last_review=last_review)


def decided(rules: Policy, standing: Standing, revenue: float, day: Day, **facts: Any) -> Verdict:
	return decide(rules, standing, spent(revenue, **facts), day)


def told(verdict: Verdict) -> list[tuple[str, str, str]]:
	return [in_short(event) for event in verdict.events]


def in_short(event: Event) -> tuple[str, str, str]:
	return event.decision.value, event.from_tier, event.to_tier


def approved(rules: Policy, standing: Standing, revenue: float, on: date) -> tuple[Standing, Event]:
	verdict = approve(rules, standing, spent(revenue), other_day(on))
	return verdict.standing, verdict.events[0]


def rejected_by(rules: Policy, standing: Standing, revenue: float, on: date) -> tuple[Standing, Event]:
	verdict = reject(rules, standing, spent(revenue), other_day(on))
	return verdict.standing, verdict.events[0]
