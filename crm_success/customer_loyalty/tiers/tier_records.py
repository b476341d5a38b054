"""From the records of tiers and of the settings to a policy, frozen for an evaluation. Judges no customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe.utils import cint, flt, getdate

from crm_success.customer_loyalty.tiers.tier_periods import Period, Review, counted_days, is_review_due
from crm_success.customer_loyalty.tiers.tier_values import Approval, Asked, Day, Policy, Requirement, Tier
from crm_success.record_names import LOYALTY_SETTINGS, REQUIREMENT, TIER
from crm_success.scoring.reads import FrozenReads, Spans, freeze_reads

AT_ONCE, ONE_LEVEL, ANY = "At Once", "One Level at a Time", "Any Condition"


@dataclass(frozen=True)
class FrozenTiers:
	"""What an evaluation began with: the policy, how customers are read, and whether it is a review."""

	policy: Policy
	reads: FrozenReads
	is_review: bool = False
	last_review: date | None = None

	@property
	def day(self) -> Day:
		"""The day as the rules take it."""
		return Day(self.reads.as_of, self.is_review, self.last_review)

	@property
	def spans(self) -> Spans:
		"""What is read of invoices: no more than the tiers ask."""
		return spans_of(self.policy, self.reads.as_of)


def freeze_tiers(as_of: date, is_review: bool | None = None) -> FrozenTiers:
	"""The policy of now; a review where one is due, or where somebody says so."""
	policy, reviewed_on = policy_of_now(), last_review()
	if is_review is None:
		is_review = is_review_due(policy.review, as_of, reviewed_on)
	return FrozenTiers(policy, freeze_reads(as_of), is_review, as_of if is_review else reviewed_on)


def policy_of_now() -> Policy:
	"""The policy as it is."""
	return policy_of(frappe.get_cached_doc(LOYALTY_SETTINGS).as_dict(), tier_rows())


def last_review() -> date | None:
	"""The day of the last review; None before the first one."""
	# get_single_value takes an empty day for today
	reviewed_on = frappe.db.get_singles_dict(LOYALTY_SETTINGS).get("reviewed_on")
	return getdate(reviewed_on) if reviewed_on else None


def policy_of(settings: Mapping[str, Any], tiers: Iterable[Mapping[str, Any]]) -> Policy:
	"""The settings and tiers, each by its field names."""
	return Policy(
		tiers=tuple(sorted((tier_of(row) for row in tiers), key=lambda tier: tier.level)),
		period=Period(settings["period"]),
		review=Review(settings["review"]),
		upgrades_at_once=settings["upgrades"] == AT_ONCE,
		one_level_at_a_time=settings["steps"] == ONE_LEVEL,
		grace_days=cint(settings["grace_days"]),
		minimum_stay_days=cint(settings["minimum_stay_days"]),
		approval=Approval(settings["approval"]),
	)


def tier_of(record: Mapping[str, Any]) -> Tier:
	"""A Customer Tier's values."""
	return Tier(
		name=record["name"],
		level=cint(record["tier_level"]),
		requirements=tuple(_requirement_of(row) for row in record.get("requirements") or ()),
		any_is_enough=record.get("match") == ANY,
		enabled=bool(cint(record["enabled"])),
	)


def tier_rows() -> list[dict[str, Any]]:
	"""All tiers with their conditions."""
	tiers = frappe.get_all(TIER, fields=["name", "tier_level", "enabled", "match"], order_by="tier_level")
	rows = frappe.get_all(
		REQUIREMENT,
		{"parenttype": TIER},
		["parent", "measure", "at_least", "audience"],
		order_by="parent, idx",
	)
	return [{**tier, "requirements": [row for row in rows if row.parent == tier.name]} for tier in tiers]


def spans_of(policy: Policy, as_of: date) -> Spans:
	"""What is read of invoices for this policy."""
	asked = {each.asked for tier in policy.ladder for each in tier.requirements}
	of_years = Asked.POINTS in asked and policy.period is Period.ANNIVERSARY
	if Asked.REVENUE not in asked:
		return Spans(with_first=Asked.MONTHS in asked or of_years)
	if policy.period is Period.ANNIVERSARY:
		return Spans(of_customers=True)
	return Spans(counted_days(policy.period, as_of, None), with_first=Asked.MONTHS in asked)


def _requirement_of(row: Mapping[str, Any]) -> Requirement:
	return Requirement(Asked(row["measure"]), flt(row.get("at_least")), row.get("audience") or "")
