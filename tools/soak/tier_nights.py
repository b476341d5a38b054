"""Tiers on the soak's site: a review a night, and what must hold after it."""

from collections.abc import Iterator
from contextlib import suppress
from statistics import quantiles

import frappe
from redis.exceptions import RedisError

from crm_success.batches.queueing import enqueue_prepare
from crm_success.customer_loyalty.tiers.rules import decide
from crm_success.customer_loyalty.tiers.tier_evaluation import start_evaluation
from crm_success.customer_loyalty.tiers.tier_facts import facts_of
from crm_success.customer_loyalty.tiers.tier_records import freeze_tiers
from crm_success.customer_loyalty.tiers.tier_standings import read_standings
from crm_success.customer_loyalty.tiers.tier_writing import differing_columns, values_of
from crm_success.database.dialects import EVERYBODY
from crm_success.record_names import LOYALTY_SETTINGS, TIER_CHANGE
from crm_success.tests.support.tier_site import PLAIN, untrue_standings

# of so many fifths of the customers the highest reach each tier
REACHED = {"Silver": 2, "Gold": 3, "Diamond": 4}


def begin() -> None:
	"""A policy that moves some every night: documents of a year ago fall out of it."""
	spent = frappe.get_all(
		"Sales Invoice",
		{"docstatus": 1},
		["customer", {"SUM": "base_net_total", "as": "amount"}]
		if frappe.__version__.startswith("16")
		else ["customer", "sum(base_net_total) as amount"],
		group_by="customer",
		order_by=None,
	)
	fifths = quantiles([row.amount / 2 for row in spent], n=5)
	for name, fifth in REACHED.items():
		frappe.db.set_value(
			"Customer Tier Requirement", {"parent": name}, "at_least", round(fifths[fifth - 1])
		)
	frappe.db.set_single_value(LOYALTY_SETTINGS, PLAIN)
	frappe.db.commit()


def begin_review() -> str:
	"""As a person does in the settings. A queue that is gone loses the job, not the run."""
	run = start_evaluation("Schedule", is_review=True)
	frappe.db.commit()
	with suppress(RedisError):
		enqueue_prepare(run)
		frappe.db.commit()
	return run


def changes() -> int:
	frappe.db.rollback()
	return frappe.db.count(TIER_CHANGE)


def contradictions() -> Iterator[str]:
	"""What must hold when a review has ended: history explains every tier, and the same review would change nothing."""
	for customer in untrue_standings():
		yield f"the history of {customer} does not explain its tier, or its fields say another one"
	frozen = freeze_tiers(frappe.utils.getdate(), is_review=True)
	known, stored = facts_of(frozen, EVERYBODY), read_standings(EVERYBODY)
	for customer in stored.keys() - known.facts.keys():
		yield f"{customer} has a standing, and is no customer"
	for customer, facts in known.facts.items():
		if customer not in stored:
			yield f"{customer} has no standing"
			continue
		verdict = decide(frozen.policy, stored[customer].standing, facts, frozen.day)
		if verdict.events:
			yield f"the same review again would do {verdict.events} to {customer}"
		values = values_of(verdict, facts, customer, known.names[customer], frozen.reads.money.currency)
		if differing_columns(stored[customer].row, {**stored[customer].row, **values}):
			yield f"the standing of {customer} is {stored[customer].row}, and should say {values}"
