"""What is known of a range of customers on the day of an evaluation, as the rules take it. Judges nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crm_success.audiences.membership import open_memberships
from crm_success.customer_loyalty.points.qualifying import qualifying_points
from crm_success.customer_loyalty.tiers.tier_periods import counted_days
from crm_success.customer_loyalty.tiers.tier_records import FrozenTiers
from crm_success.customer_loyalty.tiers.tier_values import Asked, Facts
from crm_success.database.dialects import KeyRange
from crm_success.scoring.reads import Spent, names_of, scores_of, spent_by

_NOTHING = Spent()
_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
	"""Facts of each customer that is not internal, and what it is called."""

	facts: Mapping[str, Facts]
	names: Mapping[str, str]


def facts_of(frozen: FrozenTiers, keys: KeyRange) -> Known:
	"""One read of each kind, and none of what no tier asks for."""
	names = names_of(frozen.reads, keys)
	asked = {each.asked: each.audience for tier in frozen.policy.ladder for each in tier.requirements}
	spent = spent_by(frozen.reads, frozen.spans, keys, names)
	scores = scores_of(keys)
	audiences = open_memberships(keys) if Asked.AUDIENCE in asked else {}
	earned = qualifying_points(keys) if Asked.POINTS in asked else {}
	found = {
		name: _facts(spent.get(name, _NOTHING), scores.get(name), audiences.get(name, _NOWHERE))
		for name in names
	}
	for name, days in earned.items():
		if name in found:
			found[name] = _with_points(found[name], days, frozen)
	return Known(found, names)


def _facts(spent: Spent, score: float | None, audiences: frozenset[str]) -> Facts:
	"""Of several spans the one with the larger revenue counts."""
	return Facts(round(max(spent.revenue, default=0.0), 6), score, spent.first, audiences)


def _with_points(facts: Facts, earned: Sequence[tuple[date, int]], frozen: FrozenTiers) -> Facts:
	"""Of several spans the one with more points counts."""
	spans = counted_days(frozen.policy.period, frozen.day.as_of, facts.customer_since)
	sums = (sum(points for day, points in earned if first <= day <= last) for first, last in spans)
	return replace(facts, points=max(sums, default=0))
