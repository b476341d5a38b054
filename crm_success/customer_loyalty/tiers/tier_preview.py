"""Who would move under a policy that is not saved, beside the policy that is. Saves nothing.

Both are asked what a review of today would do, of the customers that the user may see, or of an even sample of many.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm_success.customer_loyalty.tiers.rules import decide
from crm_success.customer_loyalty.tiers.tier_facts import Known, facts_of
from crm_success.customer_loyalty.tiers.tier_records import FrozenTiers
from crm_success.customer_loyalty.tiers.tier_standings import Stored, read_standings
from crm_success.customer_loyalty.tiers.tier_values import Facts, Policy, Verdict
from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.scoring.reads import FrozenReads, freeze_reads, names_of
from crm_success.visibility import visible_among

# so many customers are judged while somebody waits: shares of an even sample are right to within one percent
SAMPLE = 10_000
MOVERS = 10
NOTHING = Stored({})


@dataclass(frozen=True)
class Outcome:
	"""What a review would make of one customer."""

	customer: str
	name: str
	facts: Facts
	before: str
	verdict: Verdict

	@property
	def after(self) -> str:
		"""The tier that the customer would have, once approved."""
		standing = self.verdict.standing
		return standing.tier if standing.proposed is None else standing.proposed

	def is_kept(self, policy: Policy) -> bool:
		"""Whether something keeps a tier that is not earned any more."""
		is_below = policy.level(self.verdict.earned) < policy.level(self.before)
		return is_below and self.after == self.before


def what_would_change(saved: Policy, unsaved: Policy, as_of: date) -> dict[str, Any]:
	"""`moves` from tier to tier with how many customers and what they spent, once for each policy; the customers for whom
	the policies differ, the largest first; `customers` that the user may see, of whom `compared` were judged.
	"""
	reads = freeze_reads(as_of)
	seen = visible_among(names_of(reads, EVERYBODY))
	chosen = _even_sample(seen)
	keys = EVERYBODY if len(chosen) == len(seen) else KeyRange(names=tuple(chosen))
	now = _outcomes(_review(saved, reads), keys, set(chosen))
	then = _outcomes(_review(unsaved, reads), keys, set(chosen))
	return {
		"customers": len(seen),
		"compared": len(chosen),
		"currency": reads.money.currency,
		"now": _summary(saved, now),
		"then": _summary(unsaved, then),
		"movers": _movers(now, then),
		"messages": [message.reason for message in reads.messages],
	}


def _review(policy: Policy, reads: FrozenReads) -> FrozenTiers:
	return FrozenTiers(policy, reads, is_review=True, last_review=reads.as_of)


def _even_sample(names: Sequence[str]) -> Sequence[str]:
	"""All of them, or as many as judged at most, taken at even steps: the same ones each time."""
	number = len(names)
	return names if number <= SAMPLE else [names[at * number // SAMPLE] for at in range(SAMPLE)]


def _outcomes(frozen: FrozenTiers, keys: KeyRange, chosen: set[str]) -> dict[str, Outcome]:
	known: Known = facts_of(frozen, keys)
	stored = read_standings(keys)
	return {
		customer: _outcome(frozen, customer, known, stored.get(customer, NOTHING))
		for customer in known.facts
		if customer in chosen
	}


def _outcome(frozen: FrozenTiers, customer: str, known: Known, stored: Stored) -> Outcome:
	facts = known.facts[customer]
	verdict = decide(frozen.policy, stored.standing, facts, frozen.day)
	return Outcome(customer, known.names[customer], facts, stored.standing.tier, verdict)


def _summary(policy: Policy, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
	spent: dict[tuple[str, str], float] = defaultdict(float)
	counted: Counter[tuple[str, str]] = Counter()
	for outcome in outcomes.values():
		move = (outcome.before, outcome.after)
		counted[move] += 1
		spent[move] += outcome.facts.revenue
	moves = sorted(counted, key=lambda move: (policy.level(move[0]), policy.level(move[1])))
	risen = [move for move in moves if policy.level(move[1]) > policy.level(move[0])]
	fallen = [move for move in moves if policy.level(move[1]) < policy.level(move[0])]
	return {
		"moves": [
			{"from_tier": move[0], "to_tier": move[1], "customers": counted[move], "revenue": spent[move]}
			for move in moves
		],
		"raised": sum(counted[move] for move in risen),
		"lowered": sum(counted[move] for move in fallen),
		"kept": sum(outcome.is_kept(policy) for outcome in outcomes.values()),
		"waiting": sum(outcome.verdict.standing.proposed is not None for outcome in outcomes.values()),
	}


def _movers(now: Mapping[str, Outcome], then: Mapping[str, Outcome]) -> list[dict[str, Any]]:
	differing = [outcome for customer, outcome in then.items() if outcome.after != now[customer].after]
	differing.sort(key=lambda outcome: (-outcome.facts.revenue, outcome.customer))
	return [
		{
			"customer": outcome.customer,
			"customer_name": outcome.name,
			"tier": outcome.before,
			"now": now[outcome.customer].after,
			"then": outcome.after,
			"revenue": outcome.facts.revenue,
			"score": outcome.facts.score,
		}
		for outcome in differing[:MOVERS]
	]
