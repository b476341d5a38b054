"""What people decide about tiers, with cases computed by hand: protection, approval, customers that become one."""

from dataclasses import replace
from datetime import date

from made_policies import (
	DIAMOND,
	GOLD,
	LATER,
	PLAIN,
	REVIEW,
	SILVER,
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

from crm_success.customer_loyalty.tiers.rules import merge, protect
from crm_success.customer_loyalty.tiers.tier_values import (
	Approval,
	Cause,
	KeptBy,
	Standing,
)

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
