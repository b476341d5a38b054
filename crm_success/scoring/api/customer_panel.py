"""What the form of a Customer asks for: the health of that customer, for those who may see it."""

from typing import Any

import frappe

from crm_success.scoring.api.scoring_runs import MAY_RESCORE

HEALTH = "Customer Health"

_SHOWN = (
	"name",
	"band",
	"score",
	"trend",
	"change_30",
	"segment",
	"stage",
	"drivers",
	"override_until",
	"as_of",
)


@frappe.whitelist(methods=["GET"])
def get_health(customer: str) -> dict[str, Any] | None:
	"""The health of a customer, without a name where it was not scored yet; None where it may not be seen."""
	frappe.has_permission(HEALTH, "read", throw=True)
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	seen = frappe.get_list(HEALTH, filters={"customer": customer}, fields=list(_SHOWN), limit=1)
	if not seen and frappe.db.exists(HEALTH, {"customer": customer}):
		return None
	health = seen[0] if seen else dict.fromkeys(_SHOWN)
	return {**health, "may_rescore": bool(MAY_RESCORE.intersection(frappe.get_roles()))}
