"""How a customer stands, for whoever looks at the customer: sentences in the reader's language. Judges nobody anew."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt, getdate
from frappe.utils.formatters import format_value

from crm_success.audiences.membership import open_memberships
from crm_success.customer_loyalty.tiers.rules import missing_for
from crm_success.customer_loyalty.tiers.tier_periods import next_review
from crm_success.customer_loyalty.tiers.tier_records import policy_of_now
from crm_success.customer_loyalty.tiers.tier_values import Asked, Facts, Missing, Policy
from crm_success.customer_loyalty.tiers.tier_words import missing_as_text, missing_in_words
from crm_success.database.dialects import KeyRange
from crm_success.record_names import TIER

Row = Mapping[str, Any]

_NOWHERE: frozenset[str] = frozenset()


def tier_name(tier: str | None) -> str:
	"""In the reader's language; no tier has words too."""
	return _(tier, context=TIER) if tier else _("No Tier")


def day_in_words(day: Any) -> str:
	"""As the reader writes days."""
	return format_value(day, "Date")


def danger_in_words(standing: Row, policy: Policy | None = None) -> list[str]:
	"""By when the tier is lost, for which one, and what it takes to keep it; nothing where it is safe."""
	if not standing["lost_by"]:
		return []
	policy = policy or policy_of_now()
	tier = next((each for each in policy.tiers if each.name == standing["tier"]), None)
	lines = [_lost_by(standing)]
	if tier and tier.enabled:
		lacking = missing_for(tier, facts_of_standing(standing, policy), getdate())
		lines += _to_keep_it(lacking, standing["currency"])
	elif tier:
		lines.append(_("{0} is not enabled any more, so nobody earns it.").format(tier_name(tier.name)))
	return lines


def _lost_by(standing: Row) -> str:
	words = _("{0} is no longer earned since {1}. The review of {2} takes it: {3} follows.")
	if not standing["falls_to"]:
		words = _("{0} is no longer earned since {1}. The review of {2} takes it, and no tier follows.")
	days = (day_in_words(standing[name]) for name in ("in_danger_since", "lost_by"))
	return words.format(tier_name(standing["tier"]), *days, tier_name(standing["falls_to"]))


def _to_keep_it(lacking: tuple[Missing, ...], currency: str | None) -> Iterator[str]:
	for line in missing_in_words(missing_as_text(lacking), currency).splitlines():
		yield _("To keep it: {0}").format(line)


def facts_of_standing(standing: Row, policy: Policy) -> Facts:
	"""The figures of the last evaluation, and the audiences of now, where a tier asks for any."""
	asks = any(each.asked is Asked.AUDIENCE for tier in policy.tiers for each in tier.requirements)
	found = open_memberships(KeyRange(names=(standing["customer"],))) if asks else {}
	score = standing["score"]
	return Facts(
		revenue=flt(standing["revenue"]),
		score=None if score is None else flt(score),
		customer_since=standing["customer_since"],
		audiences=found.get(standing["customer"], _NOWHERE),
	)


def coming_in_words(standing: Row) -> list[str]:
	"""What the next review, or somebody's approval, will give: nothing where the tier is what was earned."""
	if standing["proposal"]:
		words = (
			_("{0} waits for approval.")
			if standing["proposed_tier"]
			else _("Losing the tier waits for approval.")
		)
		return [words.format(tier_name(standing["proposed_tier"]))]
	policy = policy_of_now()
	if policy.level(standing["earned_tier"] or "") <= policy.level(standing["tier"] or ""):
		return []
	words = _("{0} is earned already. The review of {1} decides.")
	return [words.format(tier_name(standing["earned_tier"]), day_in_words(_next_review(policy)))]


def _next_review(policy: Policy) -> date:
	return next_review(policy.review, getdate())


def protection_in_words(standing: Row) -> list[str]:
	"""Below which tier the customer does not fall, until when and why."""
	if not standing["protected_until"] or standing["protected_until"] < getdate():
		return []
	words = _("Never below {0} until {1}: {2}")
	tier, until = tier_name(standing["protected_tier"]), day_in_words(standing["protected_until"])
	lines = [words.format(tier, until, standing["protection_reason"] or "")]
	if standing["protected_by"]:
		lines.append(_("Protected by {0}").format(frappe.utils.get_fullname(standing["protected_by"])))
	return lines
