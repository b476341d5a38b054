"""What the form of a Customer asks for: the health of that customer, for those who may see it."""

from typing import Any

import frappe

from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import HEALTH
from crm_success.scoring.api.scoring_runs import may_rescore
from crm_success.scoring.reader_words import (
	RISK_FIELDS,
	driver_words,
	risk_in_words,
	stage_words,
	standing_of,
	stored_drivers,
)
from crm_success.visibility import check_reads_health, visible_rows

_SHOWN = (
	"name",
	"band",
	"score",
	"coverage",
	"trend",
	"change_30",
	"segment",
	"stage",
	"driver_facts",
	"override_until",
	*RISK_FIELDS,
)


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def get_health(customer: str) -> dict[str, Any] | None:
	"""The health of a customer, without a name where it was not scored yet; None where it may not be seen."""
	check_reads_health()
	frappe.has_permission("Customer", "read", doc=customer, throw=True)
	seen = visible_rows(HEALTH, customer, fields=list(_SHOWN), limit=1)
	if not seen and frappe.db.exists(HEALTH, {"customer": customer}):
		return None
	health = seen[0] if seen else frappe._dict.fromkeys(_SHOWN)
	drivers = stored_drivers(health.pop("driver_facts"))
	sentences = driver_words().lines(drivers, health["currency"]) if drivers else ""
	stage_reason = stage_words().sentence(standing_of(health))
	about_risk = risk_in_words(health) if health["as_of"] else {}
	del health["risk_facts"]
	about = {"drivers": sentences, "stage_reason": stage_reason, **about_risk}
	return {**health, **about, "may_rescore": may_rescore()}
