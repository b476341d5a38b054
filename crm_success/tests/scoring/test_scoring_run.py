"""Runs over real documents: everybody gets the right row, bad data is named, and what people decided stays."""

from datetime import date

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.run_life import RunInProgressError, cancel_run
from crm_success.batches.statuses import BATCH, RUN
from crm_success.batches.working import drain
from crm_success.record_names import HEALTH
from crm_success.scoring.overrides import end_override
from crm_success.scoring.runs.customer_scoring import dispatch_scoring_run, end_overrides
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	components,
	drop_jobs,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)

GOOD, LATE, QUIET, NEW = "Scoring Good", "Scoring Late", "Scoring Quiet", "Scoring New"


def days_ago(days: int) -> date:
	return getdate(add_days(getdate(), -days))


class TestScoringRun(ScoringTestCase):
	batch_size = 2

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(*range(days_ago(900).year, getdate().year + 1))
		for name in (GOOD, LATE, QUIET, NEW):
			factories.make_customer(name)
		for age in (320, 200, 130, 100, 40, 10):
			invoice = factories.make_invoice(GOOD, 1000, days_ago(age))
			factories.make_payment(invoice, days_ago(age - 5))
		factories.make_invoice(LATE, 500, days_ago(200))
		factories.make_return(factories.make_invoice(LATE, 400, days_ago(150)), 100, days_ago(140))
		factories.make_invoice(QUIET, 300, days_ago(400))
		factories.make_issue(LATE, f"{days_ago(20)} 10:00:00", priority="High")

	def setUp(self):
		super().setUp()
		forget_scores()

	def test_a_run_scores_every_customer(self):
		run = self.score_all()
		rows = health_rows()
		customers = set(frappe.get_all("Customer", filters={"is_internal_customer": 0}, pluck="name"))
		self.assertEqual(set(rows), customers)
		self.assertEqual(run.status, "Completed", [message.reason for message in run.messages])
		self.assertEqual((run.percent_done, run.active), (100, None))
		self.assertEqual(run.customers_total, len(customers))
		self.assertEqual(run.customers_scored + run.customers_without_score, len(customers))
		self.assertEqual(run.batches_done, run.batches_total)
		self.assertGreaterEqual(run.batches_total, 2)

	def test_rows_hold_what_the_documents_say(self):
		self.score_all()
		rows = health_rows(GOOD, LATE, QUIET, NEW)
		self.assertEqual((rows[GOOD]["revenue"], rows[GOOD]["invoices"]), (6000, 6))
		self.assertEqual(rows[GOOD]["last_invoice"], days_ago(10))
		self.assertEqual(rows[GOOD]["overdue"], 0)
		self.assertEqual((rows[LATE]["revenue"], rows[LATE]["invoices"]), (800, 2))
		self.assertEqual((rows[LATE]["overdue"], rows[LATE]["open_issues"]), (800, 1))
		self.assertEqual((rows[QUIET]["revenue"], rows[QUIET]["stage"]), (0, "Lost"))
		self.assertEqual(components(rows[LATE])["overdue_amount"]["raw"], 800)
		self.assertIn('"metric": "invoices_365d", "value": 2.0', rows[LATE]["driver_facts"])
		self.assertGreater(rows[GOOD]["score"], rows[LATE]["score"])

	def test_nothing_to_measure_is_no_score_rather_than_zero(self):
		run = self.score_all()
		row = health_rows(NEW)[NEW]
		self.assertIsNone(row["score"])
		self.assertIsNone(row["computed_score"])
		self.assertFalse(row["band"])
		self.assertEqual((row["recency_score"], row["stage"]), (0, "Potential"))
		self.assertGreaterEqual(run.customers_without_score, 1)

	def test_scoring_twice_gives_the_same_rows(self):
		self.score_all()
		first, snapshots = health_rows(), snapshot_rows(getdate())
		self.score_all()
		self.assertEqual(health_rows(), first)
		self.assertEqual(snapshot_rows(getdate()), snapshots)

	def test_a_second_start_is_refused_with_the_progress_of_the_first(self):
		run = start_and_prepare()
		with self.assertRaises(RunInProgressError) as refusal:
			start_scoring(getdate(), "Desk")
		self.assertIn(f"{run} is still at 0 %", str(refusal.exception))
		drain(run)
		self.assertTrue(start_scoring(getdate(), "Desk"))

	def test_a_run_for_a_day_to_come_is_refused(self):
		with self.assertRaisesRegex(frappe.ValidationError, "has not come yet"):
			start_scoring(getdate(add_days(getdate(), 1)), "Desk")

	def test_a_cancelled_run_writes_no_more(self):
		run = start_and_prepare()
		cancel_run(run)
		drain(run)
		self.assertEqual(frappe.db.get_value(RUN, run, ["status", "active"]), ("Cancelled", None))
		self.assertEqual(health_rows(), {})
		self.assertFalse(frappe.get_all(BATCH, {"work_run": run, "status": ("!=", "Queued")}))

	def test_a_day_in_the_past_is_scored_as_it_was_and_leaves_today_alone(self):
		self.score_all()
		today = health_rows()
		run = self.score_all(days_ago(120))
		self.assertEqual(health_rows(), today)
		self.assert_message(run, "later date stays", count=len(today))
		past = snapshot_rows(days_ago(120))
		self.assertEqual(set(past), set(today))
		# invoices of 320, 200 and 130 days ago; the issue came later
		self.assertEqual(past[GOOD]["revenue"], 3000)
		self.assertIsNone(components(past[LATE])["open_issues"]["raw"])

	def test_what_a_past_day_says_is_what_that_day_would_have_said(self):
		# the documents of after that day, which a run of that day could not see, change nothing
		self.score_all(days_ago(120))
		before = snapshot_rows(days_ago(120))
		factories.make_invoice(GOOD, 99, days_ago(119))
		self.addCleanup(self._cancel_newest_invoice, GOOD)
		frappe.db.commit()
		self.score_all(days_ago(120))
		self.assertEqual(snapshot_rows(days_ago(120)), before)

	def _cancel_newest_invoice(self, customer: str):
		name = frappe.get_all(
			"Sales Invoice", {"customer": customer, "docstatus": 1}, pluck="name", order_by="creation desc"
		)[0]
		frappe.get_doc("Sales Invoice", name).cancel()
		frappe.db.commit()

	def test_the_trend_is_against_the_snapshot_of_thirty_days_earlier(self):
		self.score_all(days_ago(31))
		earlier = snapshot_rows(days_ago(31))[LATE]["computed_score"]
		self.score_all()
		row = health_rows(LATE)[LATE]
		self.assertAlmostEqual(row["change_30"], row["computed_score"] - earlier, places=2)
		self.assertIn(row["trend"], ("Up", "Stable", "Down"))

	def test_one_customer_rescored_equals_the_row_of_the_run(self):
		self.score_all()
		run_row = health_rows(LATE)
		frappe.db.delete(HEALTH, {"customer": LATE})
		frappe.db.commit()
		rescore_customers([LATE])
		self.assertEqual(health_rows(LATE), run_row)

	def test_rescoring_a_past_day_writes_its_snapshot_only(self):
		self.score_all()
		today = health_rows()
		rescore_customers([GOOD], days_ago(120))
		self.assertEqual(health_rows(), today)
		self.assertEqual(snapshot_rows(days_ago(120))[GOOD]["revenue"], 3000)

	def test_an_internal_customer_is_left_out_and_named(self):
		self.score_all()
		frappe.db.set_value("Customer", QUIET, "is_internal_customer", 1)
		self.addCleanup(self._set_and_commit, "Customer", QUIET, "is_internal_customer", 0)
		frappe.db.commit()
		run = self.score_all()
		self.assertNotIn(QUIET, health_rows())
		self.assert_message(run, "Internal customers", count=1, examples=QUIET)

	def _set_and_commit(self, *arguments):
		frappe.db.set_value(*arguments)
		frappe.db.commit()

	def test_snapshots_follow_their_frequency(self):
		self.assertTrue(self.score_all().snapshot)
		frappe.db.set_value(RUN, {"snapshot": 1}, "as_of", days_ago(6))
		frappe.db.commit()
		self.assertFalse(self.score_all().snapshot)
		frappe.db.set_value(RUN, {"snapshot": 1}, "as_of", days_ago(7))
		frappe.db.commit()
		self.assertTrue(self.score_all().snapshot)

	def test_calibrations_are_used_again_until_they_are_old_or_the_definitions_change(self):
		first = self.score_all().calibration
		self.assertEqual(self.score_all().calibration, first)
		frappe.db.set_value("Score Calibration", first, "as_of", days_ago(31))
		frappe.db.commit()
		second = self.score_all().calibration
		self.assertNotEqual(second, first)
		frappe.db.set_single_value("CRM Success Settings", "window_days", 300)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "window_days", 365)
		frappe.db.commit()
		self.assertNotEqual(self.score_all().calibration, second)

	def test_a_calibration_of_less_than_half_of_the_customers_is_taken_anew(self):
		first = self.score_all()
		frappe.db.set_value(RUN, first.name, "customers_total", (first.customers_total - 1) // 2)
		frappe.db.commit()
		self.assertNotEqual(self.score_all().calibration, first.calibration)

	def test_a_name_in_other_capitals_counts_for_its_customer(self):
		frappe.db.set_value("Sales Invoice", {"customer": QUIET}, "customer", QUIET.upper())
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Sales Invoice", {"customer": QUIET}, "customer", QUIET)
		self.score_all()
		self.assertEqual(components(health_rows(QUIET)[QUIET])["days_since_last_invoice"]["raw"], 400)

	def test_a_calibration_from_before_anybody_bought_is_not_used_again(self):
		before = self.score_all(days_ago(800)).calibration
		self.assertEqual(frappe.db.get_value("Score Calibration", before, "customers"), 0)
		self.assertNotEqual(self.score_all(days_ago(800)).calibration, before)

	def test_a_past_run_never_uses_a_later_calibration(self):
		today = self.score_all().calibration
		past = self.score_all(days_ago(120))
		self.assertNotEqual(past.calibration, today)
		self.assertEqual(frappe.db.get_value("Score Calibration", past.calibration, "as_of"), days_ago(120))

	def test_the_nightly_run_starts_once_a_day_after_its_hour(self):
		frappe.db.set_single_value("CRM Success Settings", "scoring_hour", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "scoring_hour", 2)
		frappe.db.commit()
		dispatch_scoring_run()
		runs = frappe.get_all(RUN, fields=["name", "triggered_by", "as_of", "status"])
		self.assertEqual([(run.triggered_by, run.as_of) for run in runs], [("Schedule", getdate())])
		dispatch_scoring_run()
		self.assertEqual(frappe.db.count(RUN), 1)
		drop_jobs()

	def test_nothing_starts_while_nightly_scoring_is_off(self):
		frappe.db.set_single_value("CRM Success Settings", {"enabled": 0, "scoring_hour": 0})
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", {"enabled": 1, "scoring_hour": 2})
		frappe.db.commit()
		dispatch_scoring_run()
		self.assertEqual(frappe.db.count(RUN), 0)


class TestOverride(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_customer(LATE)
		factories.make_invoice(LATE, 500, days_ago(60))

	def override(self, score: float, until: date):
		doc = frappe.get_doc(HEALTH, LATE)
		doc.update({"override_score": score, "override_until": until, "override_reason": "Pays by cheque"})
		doc.save()
		frappe.db.commit()

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()
		self.computed = health_rows(LATE)[LATE]["computed_score"]

	def test_an_override_is_shown_and_kept_beside_the_computed_score(self):
		self.override(95, getdate())
		self.score_all()
		row = health_rows(LATE)[LATE]
		self.assertEqual((row["score"], row["band"], row["override_score"]), (95, "Healthy", 95))
		self.assertEqual(row["computed_score"], self.computed)
		self.assertEqual(snapshot_rows(getdate())[LATE]["score"], 95)

	def test_an_override_ends_by_itself_and_leaves_a_comment(self):
		self.override(95, getdate())
		# markup, as it could be entered once
		over = {"override_until": days_ago(1), "override_reason": "Pays by cheque <b>"}
		frappe.db.set_value(HEALTH, LATE, over)
		frappe.db.commit()
		end_overrides()
		row = health_rows(LATE)[LATE]
		self.assertEqual(
			(row["score"], row["override_score"], row["override_until"]), (self.computed, 0, None)
		)
		self.assertFalse(row["override_reason"] or row["override_by"])
		comment = frappe.get_all(
			"Comment", {"reference_doctype": HEALTH, "reference_name": LATE}, pluck="content"
		)
		self.assertIn("The override 95 by Administrator ended", " ".join(comment))
		self.assertIn("&lt;b&gt;", " ".join(comment))

	def test_who_has_no_override_is_left_alone_when_others_end(self):
		frappe.db.set_value(HEALTH, LATE, "score", 1)
		frappe.db.commit()
		end_overrides()
		self.assertEqual(health_rows(LATE)[LATE]["score"], 1)
		about = {"reference_doctype": HEALTH, "reference_name": LATE, "content": ("like", "%by somebody%")}
		self.assertFalse(frappe.db.exists("Comment", about))

	def test_an_override_that_was_set_anew_meanwhile_goes_on(self):
		self.override(95, getdate())
		self.assertIsNone(end_override(LATE, getdate()))
		self.assertEqual(health_rows(LATE)[LATE]["score"], 95)

	def test_an_override_of_zero_counts(self):
		self.override(0, getdate())
		self.score_all()
		self.assertEqual(health_rows(LATE)[LATE]["score"], 0)
		self.assertEqual(health_rows(LATE)[LATE]["band"], "At Risk")
