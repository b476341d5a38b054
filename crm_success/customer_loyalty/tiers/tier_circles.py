"""Which audiences the tiers ask for, and whether one of these asks for the tier. Evaluates none."""

import frappe

from crm_success.audiences.field_circles import circle_in_words, path_from_stored
from crm_success.customer_loyalty.tiers.tier_values import Asked
from crm_success.record_checks.field_errors import Refusal
from crm_success.record_names import REQUIREMENT, TIER

FIELDS = ("customer_tier", "tier_since")


def audiences_of_tiers() -> list[tuple[str, str]]:
	"""Hook `crm_success_made_of_audiences`: each tier that asks for an audience, with that audience."""
	filters = {"parenttype": TIER, "measure": Asked.AUDIENCE.value}
	return frappe.get_all(REQUIREMENT, filters, ["parent", "audience"], order_by="parent, idx", as_list=True)


def check_no_circle(tier: str, audience: str) -> None:
	"""Refusal with the path where the audience, or one that it is made of, looks at the tier of customers."""
	for fieldname in FIELDS:
		if path := path_from_stored(audience, fieldname):
			raise Refusal(circle_in_words(tier, path, fieldname))
