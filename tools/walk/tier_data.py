"""Tiers on the walk's site: given a year ago by easier amounts, some of them lost since, a review that waits for approval."""

import frappe
from frappe.utils import add_days, add_months, getdate

from crm_success.record_names import LOYALTY_SETTINGS, STANDING, TIER, TIER_CHANGE
from tools.walk.walk_tiers import AMOUNTS, DISCOUNTS, EASIER, GIVEN_A_CHANCE, POLICY


def make_tiers() -> None:
	set_policy({**POLICY, "approval": "None"}, EASIER)
	evaluate()
	as_if_earlier()
	set_policy(POLICY, 1.0)
	evaluate(is_review=True)
	decide_some()
	take_off_discounts()


def set_policy(policy: dict, share: float) -> None:
	for name, amount in AMOUNTS.items():
		doc = frappe.get_doc(TIER, name)
		doc.requirements[0].at_least = amount * share
		doc.save()
	settings = frappe.get_doc(LOYALTY_SETTINGS)
	settings.update(policy)
	settings.save()
	frappe.db.commit()


def as_if_earlier() -> None:
	"""Tiers were given half a year ago, and changes have the days of then."""
	day = add_months(getdate(), -6)
	frappe.db.set_value(STANDING, {"tier": ("is", "set")}, {"tier_since": day, "moved_on": day})
	frappe.db.set_value(
		TIER_CHANGE, {"decision": "Applied"}, {"applied_on": day, "found_on": day, "creation": day}
	)
	frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", add_days(getdate(), -100))
	frappe.db.commit()


def decide_some() -> None:
	"""Somebody gave the largest of those who would fall a last chance, and keeps one as it is for a year."""
	from crm_success.customer_loyalty.tiers.tier_decisions import decide_changes, set_protection
	from crm_success.customer_loyalty.tiers.tier_writing import By

	falling = frappe.get_all(
		TIER_CHANGE, {"decision": "Proposed", "movement": "Down"}, ["name", "customer", "from_tier"]
	)
	last_chance, promised = falling[:GIVEN_A_CHANCE], falling[GIVEN_A_CHANCE]
	by = By("Administrator", "A new contract is being talked about")
	decide_changes([change.name for change in last_chance], False, by)
	protection = {
		"protected_tier": promised.from_tier,
		"protected_until": add_months(getdate(), 12),
		"protection_reason": "Promised when their warehouse burned down",
		"protected_by": "Administrator",
	}
	set_protection(promised.customer, protection, "Administrator")
	frappe.db.commit()


def take_off_discounts() -> None:
	"""As if invoices to customers with a tier had been lower by a tenth for Diamond, a twentieth for Gold."""
	invoice = frappe.qb.DocType("Sales Invoice")
	for tier, share in DISCOUNTS.items():
		customers = frappe.get_all(STANDING, {"tier": tier}, pluck="customer")
		amount = invoice.base_net_total * share
		query = frappe.qb.update(invoice).set(invoice.base_discount_amount, amount)
		query.where(invoice.customer.isin(customers)).run()
	frappe.db.commit()


def evaluate(is_review: bool = False) -> None:
	from crm_success.batches.preparing import prepare_run
	from crm_success.batches.working import drain
	from crm_success.customer_loyalty.tiers.tier_evaluation import start_evaluation

	run = start_evaluation("Command", is_review)
	frappe.db.commit()
	prepare_run(run)
	drain(run)
	frappe.db.commit()
