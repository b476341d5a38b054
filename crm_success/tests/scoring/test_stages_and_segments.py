"""Stages by rhythm and segments by growth, over real documents; and what people read where stage and band differ."""

from datetime import date

import frappe
from frappe.utils import add_days, getdate, nowdate

from crm_success.crm_success.report.customer_health import customer_health
from crm_success.crm_success.report.rfm_matrix import rfm_matrix
from crm_success.record_names import HEALTH, SEGMENT
from crm_success.scoring.api.customer_panel import get_health
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores, health_rows
from crm_success.tests.support.utils import SiteTestCase, messages

REGULAR, LATE, PROMPT, RISING = "Stage Regular", "Stage Late", "Stage Prompt", "Stage Rising"
ZH = "zh"


def days_ago(days: int) -> date:
	return getdate(add_days(getdate(), -days))


def make_segment(name: str, **values):
	return frappe.get_doc({"doctype": SEGMENT, "segment_name": name, "priority": 1, **values}).insert()


class TestScoredStages(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(*range(days_ago(400).year, getdate().year + 1))
		for name in (REGULAR, LATE, PROMPT, RISING):
			factories.make_customer(name)
		for age in range(10, 211, 20):
			factories.make_invoice(REGULAR, 100, days_ago(age))
		factories.make_invoice(LATE, 100, days_ago(80))
		factories.make_invoice(PROMPT, 100, days_ago(15))
		# the window of 365 days has quarters of 91
		factories.make_invoice(RISING, 100, days_ago(110))
		factories.make_invoice(RISING, 101, days_ago(90))

	def setUp(self):
		super().setUp()
		forget_scores()

	def without_bands_at_risk(self):
		self.addCleanup(frappe.db.commit)
		for card in frappe.get_all("Health Scorecard", fields=["name", "watch_from"]):
			self.addCleanup(frappe.db.set_value, "Health Scorecard", card.name, "watch_from", card.watch_from)
			frappe.db.set_value("Health Scorecard", card.name, "watch_from", 0)

	def test_who_bought_once_is_new_only_while_it_is_not_overdue(self):
		"""The two who buy again do so every 20 days: (200 + 20) / (10 + 1). Bands are left out of it."""
		self.without_bands_at_risk()
		self.score_all()
		stages = {name: row["stage"] for name, row in health_rows(REGULAR, LATE, PROMPT).items()}
		self.assertEqual(stages, {REGULAR: "Active", LATE: "Silent", PROMPT: "New"})

	def test_a_segment_that_asks_for_growth_takes_who_grows(self):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, SEGMENT, "Stage Growing")
		make_segment("Stage Growing", asks_growth=1, growth_from=1)
		self.score_all()
		segments = {name: row["segment"] for name, row in health_rows(RISING, PROMPT, LATE).items()}
		# the others bought nothing in the quarter before
		self.assertEqual(segments.pop(RISING), "Stage Growing")
		self.assertNotIn("Stage Growing", segments.values())
		frappe.db.set_value(SEGMENT, "Stage Growing", "growth_from", 1.5)
		self.score_all()
		self.assertNotEqual(health_rows(RISING)[RISING]["segment"], "Stage Growing")


class TestStageReasons(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.customer = factories.make_customer("Stage Reason")

	def told(self, customer: str) -> list[str]:
		"""On the form, on the panel, and first of all reasons in the report."""
		form, panel = frappe.get_doc(HEALTH, customer).as_dict(), get_health(customer)
		(row,) = (row for row in customer_health.execute({"limit": 0})[1] if row["customer"] == customer)
		return [form["stage_reason"], panel["stage_reason"], row["drivers"].split("\n")[0]]

	def test_form_panel_and_report_say_why_stage_and_band_differ(self):
		values = {"computed_score": 90, "stage": "At Risk", "last_invoice": add_days(nowdate(), -143)}
		factories.make_health(self.customer, **values)
		reason = (
			"The band is Healthy by the score; the stage is At Risk because the last purchase was 143 days ago, "
			"longer than this customer usually waits."
		)
		self.assertEqual(self.told(self.customer), [reason] * 3)
		for lang, word in ((ZH, "健康"), ("zh-TW", "健康")):
			frappe.local.lang = lang
			for told in self.told(self.customer):
				self.assertIn(word, told)
				self.assertIn("143", told)
				self.assertNotIn("band", told)
		frappe.local.lang = "en"

	def test_a_score_set_by_hand_is_the_reason(self):
		override = {"override_score": 90, "override_until": add_days(nowdate(), 1), "override_reason": "Told"}
		values = {"computed_score": 10, "stage": "At Risk", "score": 90, "band": "Healthy"}
		factories.make_health(self.customer, **values, **override)
		reason = "The band is Healthy because somebody set the score; the stage goes by what was computed."
		self.assertEqual(self.told(self.customer), [reason] * 3)

	def test_where_they_agree_nothing_is_said(self):
		factories.make_health(self.customer, computed_score=90, stage="Active")
		self.assertEqual(self.told(self.customer), [""] * 3)
		field = frappe.get_meta(HEALTH).get_field("stage_reason")
		self.assertTrue(field.is_virtual and field.report_hide)

	def test_who_was_never_scored_has_no_reason(self):
		self.assertEqual(get_health(self.customer)["stage_reason"], "")


class TestSegmentsWithGrowth(SiteTestCase):
	def test_what_only_growing_customers_have_leaves_gaps(self):
		segment = frappe.get_doc(SEGMENT, "Mid Value")
		segment.update({"asks_growth": 1, "growth_from": 0})
		segment.save()
		self.assertIn("customers who do not grow", messages())

	def test_a_segment_behind_others_is_named(self):
		make_segment("Stage Behind", priority=99)
		self.assertIn("No customer can be in <strong>Stage Behind</strong>", messages())

	def test_a_segment_in_front_that_asks_for_growth_hides_nobody(self):
		make_segment("Stage Front", asks_growth=1, growth_from=10)
		self.assertNotIn("No customer can be in", messages())
		self.assertNotIn("of the 125", messages())

	def test_the_matrix_names_the_segments_that_share_a_cell(self):
		frappe.db.delete(HEALTH)
		scores = {"recency_score": 5, "frequency_score": 1}
		for number, segment in enumerate(("Mid Value", "Mid Value", "Low Value High Potential")):
			customer = factories.make_customer(f"Stage Cell {number}")
			factories.make_health(customer, segment=segment, revenue=100, **scores)
		latest = rfm_matrix.execute({})[1][0]
		self.assertEqual(latest["f1_segments"], ["Mid Value", "Low Value High Potential"])
		self.assertEqual((latest["f1_customers"], latest["f2_segments"]), (3, []))
		self.assertIn("3 customers", latest["f1"])
