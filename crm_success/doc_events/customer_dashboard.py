"""Shows a customer's health, its history, its audiences, its tier and whom it referred among the connections of the customer."""

from typing import Any

from frappe import _

from crm_success.doc_events.guard import answers_anyway
from crm_success.record_names import HEALTH, MEMBER, REFERRAL, SNAPSHOT, STANDING, TIER_CHANGE


@answers_anyway(lambda data: data)
def get_data(data: dict[str, Any]) -> dict[str, Any]:
	"""The connections that ERPNext and other apps show, and ours."""
	ours = {"label": _("Health"), "items": [HEALTH, SNAPSHOT, MEMBER]}
	loyalty = {"label": _("Loyalty"), "items": [STANDING, TIER_CHANGE, REFERRAL]}
	return {
		**data,
		"transactions": [*data.get("transactions", []), ours, loyalty],
		"non_standard_fieldnames": {**data.get("non_standard_fieldnames", {}), REFERRAL: "referrer"},
	}
