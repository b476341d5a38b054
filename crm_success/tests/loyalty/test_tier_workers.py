"""Reviews that are killed, done by several workers or twice: tiers, history and what is told stay right."""

from collections import Counter
from copy import deepcopy

import frappe
from frappe.utils import getdate

from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.customer_loyalty.tiers.tier_changed import HOOK, TierChange
from crm_success.customer_loyalty.tiers.tier_evaluation import start_evaluation
from crm_success.customer_loyalty.tiers.tier_records import last_review
from crm_success.customer_loyalty.tiers.tier_review import TierReview
from crm_success.record_names import LOYALTY_SETTINGS, STANDING, TIER_CHANGE
from crm_success.tests.support.disturbed_runs import IN_THE_BATCH, DisturbedRuns
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	make_spenders,
	shown_on,
	start_and_prepare_tiers,
	untrue_standings,
)
from crm_success.tests.support.utils import hooks_kept
from crm_success.tests.support.worker_processes import DyingWorker

TODAY = getdate()
# by turns nothing, enough for Silver and enough for Gold
CUSTOMERS = {f"Kill {number:02}": (0, SILVER_FROM, GOLD_FROM)[number % 3] for number in range(9)}
# by hand: who had Gold by hand and earns nothing falls, whoever earns something rises
BEFORE = {"Kill 00": GOLD, "Kill 03": SILVER}
AFTER = {name: {SILVER_FROM: SILVER, GOLD_FROM: GOLD}.get(spent) for name, spent in CUSTOMERS.items()}
MOVES = {
	(name, BEFORE.get(name) or "", AFTER[name] or "") for name in CUSTOMERS if AFTER[name] != BEFORE.get(name)
}


def note(changes: list[TierChange]) -> None:
	"""The subscriber, which worker processes find too."""
	for change in changes:
		row = {"reference_doctype": STANDING, "reference_name": change.customer}
		content = f"{change.from_tier}|{change.to_tier}"
		frappe.get_doc({"doctype": "Comment", "comment_type": "Info", **row, "content": content}).db_insert()


def noted() -> Counter:
	frappe.db.rollback()
	rows = frappe.get_all(
		"Comment", {"reference_doctype": STANDING}, ["reference_name", "content"], as_list=True
	)
	return Counter((customer, *content.split("|")) for customer, content in rows)


class TestDisturbedReviews(DisturbedRuns, TierTestCase):
	work = TierReview
	customers_a_batch = 4
	in_the_batch = tuple(each.replace("members", "changes") for each in IN_THE_BATCH)
	counters = ("customers_raised", "customers_lowered")

	@classmethod
	def make_documents(cls):
		make_spenders(CUSTOMERS)

	def setUp(self):
		self.addCleanup(self.forget_notes)
		super().setUp()

	def begin(self):
		"""Two have a tier that they do not earn."""
		self.forget_notes()
		for doctype in (STANDING, TIER_CHANGE):
			frappe.db.delete(doctype)
		frappe.db.delete(RUN, {"kind": "Tier Review"})
		for customer, tier in BEFORE.items():
			values = {
				"customer": customer,
				"tier": tier,
				"tier_since": "2025-01-01",
				"moved_on": "2025-01-01",
			}
			frappe.new_doc(STANDING).update({**values, "changes": 1}).db_insert()
			row = {"customer": customer, "to_tier": tier, "decision": "Applied", "change_number": 1}
			frappe.new_doc(TIER_CHANGE).update(row).db_insert()
		frappe.db.commit()
		hooks = deepcopy(dict(frappe.get_hooks()))
		hooks[HOOK] = [f"{note.__module__}.{note.__name__}"]
		hooks_kept().set_value("app_hooks", hooks)

	def forget_notes(self):
		hooks_kept().delete_value("app_hooks")
		frappe.db.delete("Comment", {"reference_doctype": STANDING})
		frappe.db.commit()

	def start(self, triggered_by: str) -> str:
		frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", None)
		return start_evaluation(triggered_by, is_review=True)

	def prepared(self) -> str:
		return start_and_prepare_tiers(is_review=True)

	def done_again(self):
		return self.review()

	def assert_as_undisturbed(self, run: str):
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(RUN, run, ["status", "active"]), ("Completed", None))
		ours = {"customer": ("in", list(CUSTOMERS))}
		tiers = dict(frappe.get_all(STANDING, ours, ["customer", "tier"], as_list=True))
		self.assertEqual(tiers, AFTER)
		self.assertEqual(dict(noted()), dict.fromkeys(MOVES, 1))
		self.assertEqual(frappe.db.count(TIER_CHANGE, ours), len(BEFORE) + len(MOVES))
		counted = frappe.db.get_value(RUN, run, ["customers_raised", "customers_lowered"])
		self.assertEqual(counted, (6, 2), "each is counted once")
		self.assertEqual(untrue_standings(), [])
		self.assertEqual(last_review(), TODAY)

	def test_what_comes_of_it_is_shown_on_the_customer(self):
		drain(self.prepared())
		self.assertEqual(shown_on("Kill 01"), (SILVER, TODAY))

	def test_killed_before_committing_leaves_nothing_half_written_and_nothing_told(self):
		run = self.without_jobs()
		DyingWorker(run, "before committing").die()
		self.assertEqual((frappe.db.count(STANDING), dict(noted())), (2, {}))

	def test_a_customer_renamed_between_reading_and_writing_keeps_its_history(self):
		run = self.without_jobs()
		held = self.claimed_and_computed(run)
		frappe.rename_doc("Customer", "Kill 00", "Kill 00 Renamed")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.rename_doc, "Customer", "Kill 00 Renamed", "Kill 00")
		frappe.db.commit()
		self.write_late(*held)
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(STANDING, {"customer": "Kill 00 Renamed"}, "tier"), GOLD)
		self.assertFalse(frappe.db.exists(STANDING, {"customer": "Kill 00"}))
		drain(run)
		self.assertEqual(untrue_standings(), [])
