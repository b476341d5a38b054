"""The points multiplier of the tier that a customer had on a day, by the history of tiers. Writes nothing."""

from bisect import bisect_right
from collections.abc import Callable, Collection
from datetime import date

import frappe
from frappe.utils import flt

from crm_success.customer_loyalty.tiers.tier_values import Decision
from crm_success.record_names import TIER, TIER_CHANGE


def multipliers_on(customers: Collection[str]) -> Callable[[str, date], float]:
	"""A function from a customer and a day to the multiplier; 1 for who had no tier then."""
	multipliers = {
		row.name: flt(row.points_multiplier) or 1.0
		for row in frappe.get_all(TIER, fields=["name", "points_multiplier"], order_by=None)
	}
	changes = frappe.get_all(
		TIER_CHANGE,
		{
			"customer": ("in", sorted(customers)),
			"decision": Decision.APPLIED.value,
			"applied_on": ("is", "set"),
		},
		["customer", "to_tier", "applied_on"],
		order_by="customer, applied_on, change_number",
	)
	days: dict[str, list[date]] = {}
	tiers: dict[str, list[str]] = {}
	for change in changes:
		days.setdefault(change.customer, []).append(change.applied_on)
		tiers.setdefault(change.customer, []).append(change.to_tier or "")

	def multiplier_on(customer: str, on: date) -> float:
		number = bisect_right(days.get(customer, ()), on)
		return multipliers.get(tiers[customer][number - 1], 1.0) if number else 1.0

	return multiplier_on
