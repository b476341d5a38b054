"""What changed is told by a hook: once a batch, inside its transaction, and a subscriber that fails harms nobody."""

from datetime import date

import frappe
from frappe.utils import add_days, getdate

from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH
from crm_success.scoring.overrides import end_overrides
from crm_success.scoring.runs.rescoring import Rescoring, rescore_customers
from crm_success.scoring.what_changed import HOOK, HealthChange
from crm_success.scoring.writers import write_scores
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.utils import registered

MODULE = __name__
GOOD, LATE, NEW = "Told Good", "Told Late", "Told New"

heard: list[list[HealthChange]] = []


def listen(changes: list[HealthChange]) -> None:
	heard.append(changes)


def write_and_fail(changes: list[HealthChange]) -> None:
	frappe.get_doc({"doctype": "Note", "title": f"told {len(changes)}", "public": 0}).insert()
	raise ValueError("a subscriber of others is broken")


def days_ago(days: int) -> date:
	return getdate(add_days(getdate(), -days))


class TestWhatChanged(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (GOOD, LATE):
			factories.make_customer(name)
			factories.make_invoice(name, 500, days_ago(60))

	def setUp(self):
		super().setUp()
		forget_scores()
		heard.clear()

	def told(self) -> dict[tuple[str, str], tuple]:
		"""(before, after) by customer and field, of all calls."""
		return {
			(change.customer, change.fieldname): (change.before, change.after)
			for call in heard
			for change in call
		}

	def shown(self, customer: str, *fieldnames: str) -> tuple:
		return frappe.db.get_value(HEALTH, {"customer": customer}, fieldnames)

	def change(self, customer: str) -> None:
		"""Something that moves the score for certain: what is owed is paid, or else something is owed for long."""
		owed = {"customer": customer, "docstatus": 1, "outstanding_amount": (">", 0)}
		unpaid = frappe.get_all("Sales Invoice", owed, pluck="name")
		for name in unpaid:
			invoice = frappe.get_doc("Sales Invoice", name)
			factories.make_payment(invoice, getdate(), invoice.outstanding_amount)
		if not unpaid:
			factories.make_invoice(customer, 5000, days_ago(300))
		frappe.db.commit()

	def test_a_first_run_tells_nobody_and_a_second_without_news_neither(self):
		with registered(HOOK, f"{MODULE}.listen"):
			self.score_all()
			self.score_all()
		self.assertEqual(heard, [])

	def test_a_later_run_tells_each_watched_field_that_differs_as_it_is_stored(self):
		self.score_all()
		before = self.shown(LATE, "score", "band")
		self.change(LATE)
		with registered(HOOK, f"{MODULE}.listen"):
			self.score_all()
		after = self.shown(LATE, "score", "band")
		self.assertNotEqual(before, after)
		self.assertEqual(self.told()[LATE, "score"], (before[0], after[0]))
		self.assertEqual({customer for customer, _ in self.told()}, {LATE})
		self.assertEqual(len(heard), 1, "once a batch")
		self.assertFalse(any(change.by_definitions for change in heard[0]))

	def test_a_customer_scored_again_between_runs_is_told_too(self):
		self.score_all()
		self.change(LATE)
		with registered(HOOK, f"{MODULE}.listen"):
			rescore_customers([LATE])
		self.assertIn((LATE, "score"), self.told())

	def test_a_day_in_the_past_tells_nobody(self):
		self.score_all()
		self.change(LATE)
		with registered(HOOK, f"{MODULE}.listen"):
			self.score_all(days_ago(1))
		self.assertEqual(heard, [])

	def test_a_customer_that_had_no_score_is_no_news(self):
		self.score_all()
		factories.make_customer(NEW)
		factories.make_invoice(NEW, 100, days_ago(1))
		frappe.db.commit()
		with registered(HOOK, f"{MODULE}.listen"):
			self.score_all()
		self.assertNotIn(NEW, {customer for customer, _ in self.told()})

	def test_what_differs_after_a_change_of_definitions_is_flagged(self):
		self.score_all()
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		row = scorecard.metrics[0]
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, row.doctype, row.name, "weight", row.weight)
		row.weight += 40
		scorecard.save()
		frappe.db.commit()
		with registered(HOOK, f"{MODULE}.listen"):
			self.score_all()
			flagged = [change.by_definitions for call in heard for change in call]
			heard.clear()
			self.change(LATE)
			self.score_all()
		self.assertTrue(flagged)
		self.assertTrue(all(flagged))
		self.assertFalse(any(change.by_definitions for call in heard for change in call))

	def test_an_override_and_its_end_are_told(self):
		self.score_all()
		computed = self.shown(GOOD, "computed_score")
		with registered(HOOK, f"{MODULE}.listen"):
			doc = frappe.get_doc(HEALTH, GOOD)
			doc.update({"override_score": 3, "override_reason": "x", "override_until": getdate()}).save()
			frappe.db.commit()
			self.assertEqual(self.told()[GOOD, "score"], (computed, 3))
			heard.clear()
			end_overrides(getdate(add_days(getdate(), 1)))
		self.assertEqual(self.told()[GOOD, "score"], (3, computed))

	def test_a_segment_that_is_deleted_is_told_as_a_change_of_definitions(self):
		segment = frappe.get_doc(
			{"doctype": "Customer Segment", "segment_name": "Told Segment", "priority": 0, "enabled": 1}
			| {f"{letter}_{end}": value for letter in "rfm" for end, value in (("min", 1), ("max", 5))}
		).insert()
		frappe.db.commit()
		self.score_all()
		self.assertEqual(self.shown(GOOD, "segment"), "Told Segment")
		with registered(HOOK, f"{MODULE}.listen"):
			segment.delete()
			frappe.db.commit()
		self.assertEqual(self.told()[GOOD, "segment"], ("Told Segment", None))
		self.assertTrue(all(change.by_definitions for change in heard[0]))

	def test_a_subscriber_that_fails_is_undone_and_named_and_the_others_are_told(self):
		self.score_all()
		self.change(LATE)
		with registered(HOOK, f"{MODULE}.write_and_fail", f"{MODULE}.listen"):
			run = self.score_all()
		self.assertIn((LATE, "score"), self.told())
		self.assertEqual(self.shown(LATE, "score"), self.told()[LATE, "score"][1])
		self.assertFalse(frappe.db.exists("Note", {"title": ("like", "told %")}))
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, f"{MODULE}.write_and_fail", "Error Log", severity="Warning")

	def test_a_batch_that_is_rolled_back_takes_with_it_what_a_subscriber_wrote(self):
		self.score_all()
		self.change(LATE)
		with registered(HOOK, f"{MODULE}.note"), self.assertRaises(RuntimeError):
			_write_without_end(LATE)
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists("Note", {"title": "told"}))


def note(changes: list[HealthChange]) -> None:
	frappe.get_doc({"doctype": "Note", "title": "told", "public": 0}).insert()


def _write_without_end(customer: str) -> None:
	rescoring, keys = Rescoring(), KeyRange(names=(customer,))
	write_scores(rescoring._scorer.score(keys), keys, rescoring._writing)
	if not frappe.db.exists("Note", {"title": "told"}):
		raise AssertionError("the subscriber was not called inside the transaction")
	raise RuntimeError("the worker fails before it commits")
