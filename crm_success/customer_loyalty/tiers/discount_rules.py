"""The Pricing Rule for the discount of a tier: how it is made, and what is in its way. benefit_rules.py keeps it in step.

It gives a percentage off each row, so that whoever sells sees it while they choose items, at a till too. Only documents of
the tier fulfil its condition, so that no two tiers add up. It adds to rules that may be added up; of others the one with
the highest priority wins, and ERPNext refuses documents where two have the same one: ours take the lowest that are free.
"""

from collections.abc import Iterator

import frappe
from erpnext import get_default_currency
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt

from crm_success.customer_loyalty.tiers.document_tiers import MADE_FROM, holds_tier
from crm_success.customer_loyalty.tiers.tier_conditions import IN_PRICING_RULE, asks_for
from crm_success.record_checks.field_errors import bold
from crm_success.record_names import TIER

PRICING_RULE = "Pricing Rule"
PERCENT = "Discount Percentage"
_NAMED = 5


def new_discount_rule(tier: Document, percent: float) -> Document:
	"""Not saved yet."""
	return frappe.get_doc(
		{
			"doctype": PRICING_RULE,
			"title": _("Customer Tier {0}").format(tier.name),
			"condition": asks_for(IN_PRICING_RULE, tier.name),
			"selling": 1,
			"apply_on": "Item Group",
			"item_groups": [{"item_group": group} for group in _all_items()],
			"price_or_product_discount": "Price",
			"rate_or_discount": PERCENT,
			"discount_percentage": percent,
			# mandatory, and means nothing for a percentage
			"currency": get_default_currency(),
			"margin_type": "",
			"apply_multiple_pricing_rules": 1,
			"has_priority": 1,
			"priority": _free_priority(tier),
		}
	)


def missing_for_discount() -> str:
	"""What has to be there before; empty where all is."""
	if not any(holds_tier(doctype) for doctype in MADE_FROM):
		return _("No document of sales has the field Customer Tier any more. Pricing Rules need it.")
	return ""


def amount_of(rule: Document) -> float:
	return flt(rule.discount_percentage) if rule.rate_or_discount == PERCENT else 0


def set_discount(rule: Document, before: float, percent: float) -> list[str]:
	"""Follow the tier, unless somebody gave the rule another discount; what is told about that, as HTML."""
	if amount_of(rule) == percent:
		return []
	if amount_of(rule) != before:
		message = _("{0} gives another discount than the tier did, and keeps it.")
		return [message.format(bold(rule.title))]
	rule.discount_percentage = percent
	return []


def give_discount(rule: Document, percent: float) -> None:
	"""Whatever somebody made of it."""
	rule.update({"price_or_product_discount": "Price", "rate_or_discount": PERCENT})
	rule.discount_percentage = percent


def rename_discount_rule(rule: Document, old: str, new: str) -> None:
	"""Its title, where that ends with the tier's name."""
	if (rule.title or "").endswith(old):
		rule.db_set("title", rule.title.removesuffix(old) + new)


def discount_differences(rule: Document, percent: float) -> list[str]:
	"""How the rule differs from the tier, as HTML."""
	if amount_of(rule) == percent:
		return []
	return [_("It gives {0} %, and the tier {1} %.").format(f"{amount_of(rule):g}", f"{percent:g}")]


def discount_warnings(rule: Document) -> list[str]:
	"""What will keep the rule from doing what people expect, as HTML."""
	return [*_smaller_discounts(amount_of(rule)), *_equal_priorities(rule), *_missing_fields()]


def _all_items() -> list[str]:
	return frappe.get_all(
		"Item Group", {"parent_item_group": ("is", "not set")}, pluck="name", order_by="lft"
	)


def _free_priority(tier: Document) -> str:
	"""A higher one for a higher tier, for rules whose conditions somebody widens."""
	most = max(cint(option) for option in frappe.get_meta(PRICING_RULE).get_options("priority").split("\n"))
	taken = {cint(priority) for priority in _rules_of_others("priority")}
	free = [priority for priority in range(1, most + 1) if priority not in taken] or [most]
	lower_tiers = frappe.db.count(TIER, {"tier_level": ("<", cint(tier.tier_level))})
	return str(free[min(lower_tiers, len(free) - 1)])


def _rules_of_others(fieldname: str, **filters) -> list:
	ours = frappe.get_all(TIER, {"pricing_rule": ("is", "set")}, pluck="pricing_rule", order_by=None)
	considered = {
		"disable": 0,
		"selling": 1,
		"apply_on": ("!=", "Transaction"),
		"name": ("not in", ours or [""]),
	}
	return frappe.get_all(PRICING_RULE, {**considered, **filters}, pluck=fieldname, order_by="name")


def _equal_priorities(rule: Document) -> Iterator[str]:
	filters = {"priority": rule.priority, "apply_multiple_pricing_rules": 0}
	others = _rules_of_others("title", **filters) if not rule.disable and cint(rule.priority) else []
	if others:
		message = _(
			"These Pricing Rules have the same priority, and ERPNext refuses documents for which two such rules hold: {0}"
		)
		yield message.format(_some(others))


def _smaller_discounts(percent: float) -> Iterator[str]:
	filters = {"max_discount": ("between", (0.000001, percent - 0.000001)), "disabled": 0, "is_sales_item": 1}
	items = (
		frappe.get_all("Item", filters, pluck="name", order_by="name", limit=_NAMED + 1) if percent else []
	)
	if items:
		message = _(
			"ERPNext refuses documents with more than the Max Discount of an item. It is lower for: {0}"
		)
		yield message.format(_some(items))


def _missing_fields() -> Iterator[str]:
	without = [_(doctype) for doctype in MADE_FROM if not holds_tier(doctype)]
	if without:
		yield _("These have no field Customer Tier that can be filled, and get no discount: {0}").format(
			_some(without)
		)


def _some(names: list[str]) -> str:
	more = ["…"] if len(names) > _NAMED else []
	return ", ".join([*(bold(name) for name in names[:_NAMED]), *more])
