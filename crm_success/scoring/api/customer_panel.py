"""What the form of a Customer asks for: the health of that customer, for those who may see it."""

from typing import Any

import frappe

from crm_success.scoring.api.scoring_runs import MAY_RESCORE
from crm_success.scoring.wording import driver_words, stored_drivers

HEALTH = "Customer Health"

_SHOWN = (
	"name",
	"band",
	"score",
	"trend",
	"change_30",
	"segment",
	"stage",
	"driver_facts",
	"currency",
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
	health = seen[0] if seen else frappe._dict.fromkeys(_SHOWN)
	drivers, may_rescore = (
		stored_drivers(health.pop("driver_facts")),
		MAY_RESCORE.intersection(frappe.get_roles()),
	)
	sentences = driver_words().lines(drivers, health["currency"]) if drivers else ""
	return {**health, "drivers": sentences, "may_rescore": bool(may_rescore)}
