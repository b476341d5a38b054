"""What the form of a Customer asks for: the tier, what the next one takes, when it would be lost, and its protection."""

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt

from crm_success.customer_loyalty.tiers.standing_words import (
	coming_in_words,
	danger_in_words,
	protection_in_words,
)
from crm_success.customer_loyalty.tiers.tier_records import ANY
from crm_success.customer_loyalty.tiers.tier_standings import FIELDS
from crm_success.customer_loyalty.tiers.tier_words import missing_in_words
from crm_success.record_checks.field_errors import bold
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BENEFIT, LOYALTY_SETTINGS, STANDING, TIER
from crm_success.visibility import visible_rows

_SHOWN = ("name", "tier", "tier_since", "next_tier", "protected_tier", "protected_until", "protection_reason")


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def get_tier(customer: str) -> dict[str, Any] | None:
	"""How a customer stands, in words; None where tiers are not kept, or where it may not be seen."""
	frappe.has_permission(STANDING, "read", throw=True)
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	if not _are_kept():
		return None
	seen = visible_rows(STANDING, customer, fields=list(FIELDS), limit=1)
	if not seen:
		return None if frappe.db.exists(STANDING, {"customer": customer}) else {"name": None}
	standing = seen[0]
	return {
		**{name: standing[name] for name in _SHOWN},
		"look": _look_of(standing.tier),
		"benefits": _benefits_of(standing.tier),
		"missing": _progress(standing),
		"any_is_enough": frappe.db.get_value(TIER, standing.next_tier, "match") == ANY,
		"danger": danger_in_words(standing),
		"coming": coming_in_words(standing),
		"protection": protection_in_words(standing),
		"evaluated_on": frappe.db.get_single_value(LOYALTY_SETTINGS, "evaluated_on"),
		"may_protect": bool(frappe.has_permission(STANDING, "write", doc=standing.name)),
	}


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def protect(
	customer: str, tier: str | None = None, until: str | None = None, reason: str | None = None
) -> None:
	"""Let the customer not fall below a tier until a day; without a tier, end what protects it."""
	frappe.has_permission(STANDING, "write", throw=True)
	name = frappe.db.exists(STANDING, {"customer": customer})
	if not name:
		message = _(
			"The tier of {0} was not evaluated yet. Evaluate tiers in Customer Loyalty Settings first."
		)
		frappe.throw(message.format(bold(customer)))
	doc = frappe.get_doc(STANDING, name)
	doc.check_permission("write")
	doc.update({"protected_tier": tier, "protected_until": until, "protection_reason": reason})
	doc.save()


def _are_kept() -> bool:
	return bool(frappe.db.get_single_value(LOYALTY_SETTINGS, "enabled"))


def _look_of(tier: str | None) -> dict[str, str | None]:
	fields = ["tier_color", "tier_icon"]
	return (frappe.db.get_value(TIER, tier, fields, as_dict=True) if tier else None) or {}


def _benefits_of(tier: str | None) -> list[dict[str, Any]]:
	if not tier:
		return []
	fields = ["benefit", "benefit_value", "words"]
	return frappe.get_all(BENEFIT, {"parent": tier, "parenttype": TIER}, fields, order_by="idx")


def _progress(standing: dict[str, Any]) -> list[dict[str, Any]]:
	"""What the next tier still takes, a sentence each, and how much of it is there, from 0 to 1; None of what has no number."""
	rows = json.loads(standing["missing"] or "[]")
	lines = missing_in_words(standing["missing"], standing["currency"]).splitlines()
	return [{"words": words, "share": _share(row)} for row, words in zip(rows, lines, strict=True)]


def _share(row: dict[str, Any]) -> float | None:
	if row["has"] is None or not row["at_least"]:
		return None
	return round(min(max(flt(row["has"]) / flt(row["at_least"]), 0.0), 1.0), 4)
