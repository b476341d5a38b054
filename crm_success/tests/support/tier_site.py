"""A test case with tiers that are evaluated for real: runs commit, and all of it is taken back. Judges nobody."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from unittest.mock import patch

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.customer_loyalty.tiers import tier_evaluation
from crm_success.customer_loyalty.tiers.tier_changed import TierChange
from crm_success.record_names import (
	BENEFIT,
	LOYALTY_SETTINGS,
	REQUIREMENT,
	STANDING,
	TIER,
	TIER_CHANGE,
)
from crm_success.setup.loyalty_defaults import TIERS
from crm_success.setup.seed import insert_missing
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase

SILVER, GOLD, DIAMOND = (record["tier_name"] for record in TIERS)
# the amounts of the default tiers
SILVER_FROM, GOLD_FROM, DIAMOND_FROM = 10_000, 50_000, 200_000
# up at once, down at a quarterly review without grace
PLAIN = {
	"enabled": 1,
	"period": "Rolling 12 Months",
	"review": "Quarterly",
	"upgrades": "At Once",
	"steps": "Straight to What Was Earned",
	"grace_days": 0,
	"minimum_stay_days": 0,
	"approval": "None",
}
HEARD_BY = f"{__name__}.listen"

# what subscribers were told, call by call
heard: list[list[TierChange]] = []


def listen(changes: list[TierChange]) -> None:
	heard.append(changes)


class TierTestCase(ScoringTestCase):
	"""Standings, history and policies of a test are gone after it, and the default tiers are as they were."""

	@classmethod
	def setUpClass(cls):
		cls.addClassCleanup(frappe.db.commit)
		cls.addClassCleanup(forget_tiers)
		super().setUpClass()

	def setUp(self):
		super().setUp()
		self.addCleanup(forget_tiers)
		set_policy()
		heard.clear()

	def evaluate(self, as_of: date | str | None = None, is_review: bool = False) -> Any:
		"""A whole evaluation in this process, as of today or another day; the run's document."""
		frappe.db.commit()
		run = start_and_prepare_tiers(as_of, is_review)
		drain(run)
		return frappe.get_doc(RUN, run)

	def review(self, as_of: date | str | None = None) -> Any:
		return self.evaluate(as_of, is_review=True)


def start_and_prepare_tiers(as_of: date | str | None = None, is_review: bool = False) -> str:
	"""An evaluation whose batches wait for workers. Nobody starts one of another day but a test."""
	day = frappe.utils.getdate(as_of)
	if not is_review:
		# else a review might be due
		frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", day)
	with patch.object(tier_evaluation, "getdate", lambda *_: day):
		run = tier_evaluation.start_evaluation("Command", is_review)
	frappe.db.commit()
	prepare_run(run)
	return run


def set_policy(**values: Any) -> None:
	"""The policy that is up at once and down without grace, but for these values."""
	frappe.db.set_single_value(LOYALTY_SETTINGS, {**PLAIN, **values})
	frappe.clear_document_cache(LOYALTY_SETTINGS, LOYALTY_SETTINGS)
	frappe.db.commit()


def forget_tiers() -> None:
	"""As the site was: the default tiers, nobody in any, and nobody is given one."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	for doctype in (STANDING, TIER_CHANGE, TIER, REQUIREMENT, BENEFIT):
		frappe.db.delete(doctype)
	insert_missing(TIER, "tier_name", TIERS)
	nothing = {"evaluated_on": None, "reviewed_on": None, "enabled": 0}
	frappe.db.set_single_value(LOYALTY_SETTINGS, {**PLAIN, **nothing})
	frappe.clear_document_cache(LOYALTY_SETTINGS, LOYALTY_SETTINGS)
	frappe.db.delete(RUN, {"kind": "Tier Review"})
	frappe.db.set_value(
		"Customer",
		{"customer_tier": ("is", "set")},
		{"customer_tier": None, "tier_since": None},
		update_modified=False,
	)
	frappe.db.commit()


def make_tier(name: str, level: int, *requirements: dict[str, Any], **values: Any) -> Any:
	"""An enabled tier through its controller; its document."""
	record = {"doctype": TIER, "tier_name": name, "tier_level": level, "requirements": list(requirements)}
	return frappe.get_doc({**record, **values}).insert()


def ask(measure: str, at_least: float = 0, audience: str | None = None) -> dict[str, Any]:
	"""A row of conditions."""
	return {"measure": measure, "at_least": at_least, "audience": audience}


def make_spenders(spent: Mapping[str, float]) -> None:
	"""Customers who spent so much a month ago, in one invoice."""
	today = frappe.utils.getdate()
	factories.make_fiscal_years(today.year - 1, today.year)
	for customer, amount in spent.items():
		factories.make_customer(customer)
		if amount:
			factories.make_invoice(customer, amount, frappe.utils.add_days(today, -30))


def tier_of(customer: str) -> str | None:
	"""What the standing says."""
	frappe.db.rollback()
	return frappe.db.get_value(STANDING, {"customer": customer}, "tier")


def standing_of(customer: str) -> Any:
	"""The standing of the customer."""
	frappe.db.rollback()
	return frappe.get_doc(STANDING, {"customer": customer})


def shown_on(customer: str) -> tuple[str | None, date | None]:
	"""What the customer's own fields say."""
	frappe.db.rollback()
	return frappe.db.get_value("Customer", customer, ["customer_tier", "tier_since"])


def history(customer: str) -> list[tuple[str, str | None, str | None]]:
	"""Decision, from and to of every change, in order."""
	frappe.db.rollback()
	fields = ["decision", "from_tier", "to_tier"]
	return frappe.get_all(TIER_CHANGE, {"customer": customer}, fields, order_by="change_number", as_list=True)


def told() -> list[tuple[str, str, str]]:
	"""Customer, from and to of all that subscribers heard."""
	return [(change.customer, change.from_tier, change.to_tier) for call in heard for change in call]


def untrue_standings() -> list[str]:
	"""The customers whose history does not explain their tier, whose fields differ from it, or who have no standing."""
	frappe.db.rollback()
	wrong = []
	for row in frappe.get_all(STANDING, fields=["customer", "tier", "tier_since", "changes", "proposal"]):
		changes = frappe.get_all(
			TIER_CHANGE,
			{"customer": row.customer},
			["name", "decision", "from_tier", "to_tier", "change_number"],
			order_by="change_number",
		)
		tier, waiting = None, None
		for change in changes:
			if change.decision == "Applied":
				wrong += [row.customer] if change.from_tier != tier else []
				tier = change.to_tier
			elif change.decision == "Proposed":
				waiting = change.name
		numbers = [change.change_number for change in changes]
		if (tier, waiting) != (row.tier, row.proposal) or numbers != list(range(1, row.changes + 1)):
			wrong.append(row.customer)
		if shown_on(row.customer) != (row.tier, row.tier_since):
			wrong.append(row.customer)
	return wrong
