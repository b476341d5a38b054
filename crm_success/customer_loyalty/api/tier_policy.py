"""What the settings of customer loyalty ask for: what a policy would change, and evaluations that somebody starts."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate

from crm_success.batches import queueing
from crm_success.customer_loyalty.tiers.tier_evaluation import last_evaluation, start_evaluation
from crm_success.customer_loyalty.tiers.tier_preview import what_would_change as compared
from crm_success.customer_loyalty.tiers.tier_records import policy_of, policy_of_now, tier_rows
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_checks.unsaved_records import check_as_saving_would, parse_record
from crm_success.record_names import LOYALTY_SETTINGS, TIER
from crm_success.scoring.reads import currency_of_amounts
from crm_success.visibility import check_reads_health, may_see_all

FIELDS = ("period", "review", "upgrades", "steps", "grace_days", "minimum_stay_days", "approval")


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def what_would_change(settings: str | dict = "{}", tier: str | dict | None = None) -> dict[str, Any]:
	"""Who would move at a review of today if the settings, or a tier, were saved as they are sent. Saves nothing."""
	frappe.has_permission(LOYALTY_SETTINGS, "write", throw=True)
	check_reads_health()
	unsaved = policy_of(_settings(settings), _tiers(tier))
	return compared(policy_of_now(), unsaved, getdate())


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def evaluate_tiers(is_review: int = 0) -> dict[str, str]:
	"""Evaluate the tiers of all customers in the background, as a review if asked for; the name of the run."""
	frappe.has_permission(LOYALTY_SETTINGS, "write", throw=True)
	if not may_see_all():
		frappe.throw(
			_("Tiers are those of all customers, and you may see some only."), frappe.PermissionError
		)
	if not frappe.db.get_single_value(LOYALTY_SETTINGS, "enabled"):
		frappe.throw(_("Customer tiers are not kept. Turn them on in the settings first."))
	if not queueing.is_queue_up():
		frappe.throw(_("The background workers cannot be reached. Ask your administrator to start Redis."))
	run = start_evaluation("Desk", bool(is_review))
	queueing.enqueue_prepare(run)
	return {"run": run}


@frappe.whitelist()
@of_bounded_size
def newest_evaluation() -> dict[str, Any]:
	"""How the newest evaluation stands; nothing where there was none."""
	frappe.has_permission(LOYALTY_SETTINGS, "read", throw=True)
	return last_evaluation() or {}


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def currency_of_tiers() -> str:
	"""The currency in which tiers ask for net revenue."""
	frappe.has_permission(TIER, "read", throw=True)
	return currency_of_amounts()


def _settings(sent: str | dict) -> dict[str, Any]:
	"""The settings as they would be saved."""
	doc = frappe.get_doc(LOYALTY_SETTINGS)
	doc.update(
		{name: value for name, value in parse_record(LOYALTY_SETTINGS, sent).items() if name in FIELDS}
	)
	check_as_saving_would(doc)
	return doc.as_dict()


def _tiers(sent: str | dict | None) -> list[dict[str, Any]]:
	"""All tiers, one of them as it would be saved."""
	if not sent:
		return tier_rows()
	frappe.has_permission(TIER, "write", throw=True)
	doc = frappe.get_doc(parse_record(TIER, sent))
	check_as_saving_would(doc)
	return [*(row for row in tier_rows() if row["name"] != doc.name), doc.as_dict()]
