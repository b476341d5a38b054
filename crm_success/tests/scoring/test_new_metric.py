"""An administrator's afternoon: a metric on Delivery Note, previewed, weighed and run, without a line of code."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.record_names import HEALTH
from crm_success.scoring.api.metric_form import get_source_fields, preview_metric
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, components, health_rows

MANAGER = "metric.manager@example.com"
METRIC = "Deliveries 180 Days"
BUSY, QUIET = "Delivered Often", "Delivered Once"


class TestNewMetric(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_user(MANAGER, "Customer Success Manager", "Stock User")
		for customer, deliveries in ((BUSY, 7), (QUIET, 1)):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100, add_days(getdate(), -3))
			for number in range(deliveries):
				factories.make_delivery_note(customer, add_days(getdate(), -10 * number))
		factories.make_delivery_note(QUIET, add_days(getdate(), -180))

	def setUp(self):
		super().setUp()
		frappe.set_user(MANAGER)

	def tearDown(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		scorecard.metrics = [row for row in scorecard.metrics if row.metric != METRIC]
		scorecard.save()
		frappe.delete_doc("Health Metric", METRIC, ignore_missing=True)
		frappe.db.commit()  # nosemgrep: the run below committed them
		super().tearDown()

	def test_the_form_offers_the_fields_of_a_delivery_note(self):
		fields = get_source_fields("Delivery Note")
		self.assertEqual([field["value"] for field in fields["customer_fields"]], ["customer"])
		self.assertIn("posting_date", [field["value"] for field in fields["date_fields"]])
		self.assertIn("base_net_total", [field["value"] for field in fields["value_fields"]])

	def test_preview_shows_values_points_and_documents_before_anything_is_saved(self):
		shown = {row["customer"]: row for row in preview_metric(json.dumps(delivery_metric()))["customers"]}
		self.assertEqual((shown[BUSY]["value"], shown[BUSY]["points"]), (7, 70))
		self.assertEqual(len(shown[BUSY]["documents"]), 7)
		# the one of 180 days ago lies just outside the window
		self.assertEqual(shown[QUIET]["value"], 1)
		(document,) = shown[QUIET]["documents"]
		self.assertEqual((document["doctype"], getdate(document["date"])), ("Delivery Note", getdate()))
		self.assertFalse(frappe.db.exists("Health Metric", METRIC))

	def test_weighed_and_run_the_component_decides_its_share_of_the_score(self):
		self.score_all()
		before = health_rows(BUSY)[BUSY]
		self.assertNotIn("deliveries_180_days", components(before))

		frappe.get_doc(delivery_metric()).insert()
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		scorecard.append("metrics", {"metric": METRIC, "weight": 100})
		scorecard.save()
		self.score_all()

		after = health_rows(BUSY)[BUSY]
		component = components(after)["deliveries_180_days"]
		self.assertEqual((component["raw"], component["points"]), (7, 70))
		self.assertGreater(component["weight"], 5)
		shares = [part["weight"] for part in components(after).values()]
		self.assertAlmostEqual(sum(shares), 100, places=2)
		# 20 points above the middle; weight and contribution are rounded to one decimal
		self.assertAlmostEqual(component["contribution"], component["weight"] / 100 * 20, delta=0.11)
		total = 50 + sum(part["contribution"] for part in components(after).values())
		self.assertEqual(round(total, 6), after["computed_score"])
		self.assertEqual(frappe.db.get_value(HEALTH, BUSY, "as_of"), getdate())

	def test_a_removed_source_field_is_named_and_the_run_goes_on(self):
		frappe.get_doc(delivery_metric()).insert()
		frappe.db.set_value("Health Metric", METRIC, "value_field", "gone", update_modified=False)
		frappe.db.set_value("Health Metric", METRIC, "measure", "Sum", update_modified=False)
		run = self.score_all()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, METRIC, "gone")
		self.assertIsNotNone(health_rows(BUSY)[BUSY]["computed_score"])


def delivery_metric() -> dict:
	"""What the administrator types into the form."""
	return {
		"doctype": "Health Metric",
		"metric_name": METRIC,
		"dimension": "Engagement",
		"measure": "Count",
		"source_doctype": "Delivery Note",
		"customer_field": "customer",
		"date_field": "posting_date",
		"window_days": 180,
		"unit": "Count",
		"scale": "Linear",
		"worst": 0,
		"best": 10,
		"missing_treatment": "Ignore",
	}
