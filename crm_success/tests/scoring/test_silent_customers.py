"""What was not observed speaks for nobody, and each score says on how much it rests: on real documents."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.record_names import HEALTH, SCORECARD, SNAPSHOT
from crm_success.scoring.engine.definitions import RULES
from crm_success.scoring.reader_words import driver_words
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import AudienceTestCase, make_audience, members_of, on
from crm_success.tests.support.scoring_site import forget_scores, health_rows, snapshot_rows

BUYS, ASKS, LEFT, RETURNS, LATELY, ONCE = (
	f"Silence {name}" for name in ("Buys", "Asks", "Left", "Returns", "Asked Lately", "Asked Once")
)


def day(days_ago: int):
	return getdate(add_days(getdate(), -days_ago))


class TestSilentCustomers(AudienceTestCase):
	@classmethod
	def make_documents(cls):
		year = getdate().year
		factories.make_fiscal_years(*range(year - 3, year + 1))
		for name in (BUYS, ASKS, LEFT, RETURNS, LATELY, ONCE):
			factories.make_customer(name)
		for days_ago in (10, 45, 120, 200):
			factories.make_payment(factories.make_invoice(BUYS, 500, day(days_ago)), day(days_ago - 5))
		factories.make_payment(factories.make_invoice(LEFT, 900, day(800)), day(780))
		factories.make_invoice(RETURNS, 80, day(30), due_in_days=0, qty=-1, is_return=1)
		factories.make_issue(ASKS, f"{day(3)} 10:00:00")
		for customer, opened, closed in ((LATELY, 400, 20), (ONCE, 700, 690)):
			issue = factories.make_issue(customer, f"{day(opened)} 10:00:00", status="Closed").name
			# no agreement of the site says when
			values = {"health_closed_on": f"{day(closed)} 10:00:00", "service_level_agreement": None}
			frappe.db.set_value("Issue", issue, {**values, "sla_resolution_date": None})

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all(getdate())
		self.rows = health_rows()

	def components(self, customer: str) -> dict[str, dict]:
		return json.loads(self.rows[customer]["components"])

	def test_who_paid_and_left_is_at_risk(self):
		row, parts = self.rows[LEFT], self.components(LEFT)
		self.assertEqual(row["band"], "At Risk")
		silent = ("return_rate", "overdue_share", "average_days_late", "open_issues", "issues_180d")
		for metric in (*silent, "consecutive_declining_months"):
			self.assertEqual((parts[metric]["raw"], parts[metric]["weight"]), (None, 0))
		self.assertEqual(parts["revenue_change_90d"]["raw"], -100)
		for metric in ("net_revenue_365d", "revenue_change_90d", "invoices_365d", "days_since_last_invoice"):
			self.assertEqual(parts[metric]["points"], 0)

	def test_that_nothing_is_open_is_good_news_of_who_asked_lately_only(self):
		part = self.components(LATELY)["open_issues"]
		self.assertEqual((part["raw"], part["points"]), (0, 100))
		row, part = self.rows[ONCE], self.components(ONCE)["open_issues"]
		self.assertEqual((part["raw"], part["weight"], row["band"]), (None, 0, None))

	def test_who_only_returned_something_has_neither_score_nor_band(self):
		row = self.rows[RETURNS]
		invoices = [
			part["raw"]
			for key, part in self.components(RETURNS).items()
			if "invoice" in key or "revenue" in key
		]
		self.assertEqual(set(invoices), {None})
		self.assertEqual((row["computed_score"], row["band"], row["coverage"]), (None, None, None))

	def test_coverage_is_the_observed_share_of_the_weight(self):
		card = frappe.get_doc(SCORECARD, "Standard")
		dimensions = {row.dimension: row.weight for row in card.dimensions}
		metrics = {row.metric: row.weight for row in card.metrics}
		known = {
			metric.name: metric
			for metric in frappe.get_all(
				"Health Metric", {"name": ("in", list(metrics))}, ["name", "metric_key", "dimension"]
			)
		}
		inside = dict.fromkeys(dimensions, 0.0)
		for name, weight in metrics.items():
			inside[known[name].dimension] += weight
		for customer in (BUYS, ASKS, LEFT):
			parts = self.components(customer)
			covered = sum(
				100
				* dimensions[known[name].dimension]
				/ sum(dimensions.values())
				* weight
				/ inside[known[name].dimension]
				for name, weight in metrics.items()
				if parts[known[name].metric_key]["raw"] is not None
			)
			with self.subTest(customer):
				self.assertEqual(self.rows[customer]["coverage"], round(covered, 1))
				self.assertEqual(snapshot_rows(getdate())[customer]["coverage"], round(covered, 1))

	def test_a_low_coverage_is_said_in_words(self):
		low = self.rows[ASKS]["coverage"]
		self.assertLess(low, 50)
		words = driver_words().low_coverage(low)
		self.assertEqual(
			words, f"Based on {low:g} % of what the scorecard weighs: nothing is on record for the rest."
		)
		for enough in (50, 100, None):
			self.assertEqual(driver_words().low_coverage(enough), "")

	def test_lists_and_audiences_can_ask_for_it(self):
		low = [["coverage", "<", 50], ["band", "is", "set"]]
		expected = sorted(name for name, row in self.rows.items() if row["band"] and row["coverage"] < 50)
		self.assertIn(ASKS, expected)
		self.assertNotIn(BUYS, expected)
		self.assertEqual(
			frappe.get_list(HEALTH, filters=low, pluck="customer", order_by="customer"), expected
		)
		make_audience("Silence Low", on(HEALTH, *low))
		self.evaluate()
		self.assertEqual(members_of("Silence Low"), expected)

	def test_no_trend_compares_scores_of_other_rules(self):
		self.score_all(day(30))
		self.assertEqual({row["scoring_rules"] for row in snapshot_rows(day(30)).values()}, {RULES})
		self.score_all(getdate())
		self.assertIsNotNone(health_rows()[BUYS]["trend"])
		frappe.db.set_value(SNAPSHOT, {"as_of": day(30)}, "scoring_rules", RULES - 1)
		frappe.db.commit()
		self.score_all(getdate())
		row = health_rows()[BUYS]
		self.assertEqual((row["trend"], row["change_30"]), (None, None))
