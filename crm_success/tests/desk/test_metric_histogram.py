"""The values that the form of a Health Metric draws: what is counted, for whom, and what is said instead."""

import json
from collections import Counter

import frappe
from frappe.utils import add_days, getdate

from crm_success.scoring.api import metric_form
from crm_success.scoring.explain import distribution
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase

ONE, TWO, ALSO_TWO, NONE = "Histogram One", "Histogram Two", "Histogram Also Two", "Histogram None"
MANAGER, USER = "manager@histogram.example.com", "user@histogram.example.com"

METRIC = {
	"doctype": "Health Metric",
	"__islocal": 1,
	"name": "new-health-metric-1",
	"metric_name": "Histogram Invoices",
	"dimension": "Value",
	"measure": "Count",
	"source_doctype": "Sales Invoice",
	"customer_field": "customer",
	"date_field": "posting_date",
	"filters": json.dumps([["customer", "like", "Histogram%"]]),
	"scale": "Linear",
	"worst": 0,
	"best": 10,
}


def counted(answer: dict) -> Counter:
	"""How many customers have each value, of nothing observed too."""
	found = Counter(dict(answer["values"]))
	found.update(dict(answer["silent"]))
	return found


class TestMetricHistogram(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name, number in ((ONE, 1), (TWO, 2), (ALSO_TWO, 2), (NONE, 0)):
			factories.make_customer(name)
			for nth in range(number):
				factories.make_invoice(name, 100, add_days(getdate(), -3 - nth))
		factories.make_user(MANAGER, "Customer Success Manager", "Accounts User", "Sales User")
		factories.make_user(USER, "Customer Success User", "Accounts User")

	def ask(self, **values) -> dict:
		answer = metric_form.metric_distribution(json.dumps({**METRIC, **values}))
		json.dumps(answer, default=str)
		return answer

	def test_each_value_is_counted_and_the_missing_ones_too(self):
		answer = self.ask()
		self.assertEqual(answer["values"][-2:], [[1.0, 1], [2.0, 2]])
		self.assertEqual(counted(answer).get(0.0, 0), self.with_other_invoices())
		self.assertEqual(sum(counted(answer).values()) + answer["missing"], answer["customers"])
		self.assertGreaterEqual(answer["missing"], 1)
		self.assertEqual(answer["read"], answer["customers"])
		self.assertFalse(frappe.db.exists("Health Metric", METRIC["metric_name"]))

	def with_other_invoices(self) -> int:
		names = set(frappe.get_all("Sales Invoice", {"docstatus": 1}, pluck="customer"))
		return len(names - {ONE, TWO, ALSO_TWO})

	def test_every_scale_and_every_default_metric(self):
		# a risk is told by a calibration only, and there is none here
		for name in frappe.get_all("Health Metric", {"measure": ("!=", "Lapse Risk")}, pluck="name"):
			for scale in ("Linear", "Bands", "Percentile"):
				doc = frappe.get_doc("Health Metric", name)
				doc.update({"scale": scale, "worst": 0, "best": 5, "bands": [{"minimum": 1, "points": 50}]})
				with self.subTest(name, scale=scale):
					answer = metric_form.metric_distribution(frappe.as_json(doc))
					self.assertNotIn("problem", answer)
					self.assertEqual(sum(counted(answer).values()) + answer["missing"], answer["read"])
					self.assertEqual(answer["values"], sorted(answer["values"]))

	def test_a_risk_says_that_customers_must_be_scored_first(self):
		answer = self.ask(measure="Lapse Risk")
		self.assertIn("The lapse risk cannot be told. Score all customers first", answer["problem"])

	def test_a_formula(self):
		answer = self.ask(measure="Expression", expression="invoices_365d * 10")
		self.assertEqual(dict(answer["values"])[20.0], 2)

	def test_values_are_those_of_the_preview(self):
		preview = metric_form.preview_metric(json.dumps({**METRIC, "filters": None}))
		answer = self.ask(filters=None)
		# where more is better, nothing in the window is 0 in both
		values = counted(answer)
		for row in preview["customers"]:
			self.assertIn(row["value"], values)
		self.assertEqual(sum(values.values()), preview["measured"])
		self.assertEqual(answer["missing"], preview["missing"])

	def test_of_many_customers_an_even_sample_is_read(self):
		self.addCleanup(setattr, distribution, "SAMPLE", distribution.SAMPLE)
		distribution.SAMPLE = 2
		answer = self.ask()
		self.assertEqual(answer["read"], 2)
		self.assertEqual(sum(counted(answer).values()) + answer["missing"], 2)
		self.assertEqual(answer["customers"], frappe.db.count("Customer", {"is_internal_customer": 0}))

	def test_a_site_without_customers(self):
		names = frappe.get_all("Customer", pluck="name")
		frappe.db.set_value("Customer", {"name": ("in", names)}, "is_internal_customer", 1)
		answer = self.ask()
		frappe.db.rollback()
		self.assertEqual((answer["customers"], answer["missing"], answer["values"]), (0, 0, []))

	def test_what_cannot_be_measured_is_told_without_an_error(self):
		for values, words in (
			({"source_doctype": "No Such"}, "There is no DocType No Such"),
			({"date_field": "no_such_field"}, "no_such_field"),
			({"worst": 5, "best": 5}, "Worst and Best are both 5"),
			({"measure": "Expression", "expression": "1 +"}, "Expression"),
			({"source_doctype": None}, "Choose the DocType"),
		):
			with self.subTest(values):
				problem = self.ask(**values)["problem"]
				self.assertIn(words, problem)
				self.assertNotIn("<", problem)
				self.assertEqual(frappe.get_message_log(), [])

	def test_a_source_that_the_user_may_not_read(self):
		frappe.set_user(MANAGER)
		answer = self.ask(source_doctype="Warranty Claim", date_field="complaint_date", filters=None)
		self.assertIn("not allowed to read Warranty Claim", answer["problem"])
		self.assertNotIn("values", answer)

	def test_who_sees_one_customer_only_gets_the_value_of_that_one(self):
		rescore_customers([ONE, TWO, ALSO_TWO, NONE])
		values = {"user": MANAGER, "allow": "Customer", "for_value": TWO, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
		frappe.set_user(MANAGER)
		answer = self.ask()
		self.assertEqual((answer["values"], answer["missing"], answer["customers"]), ([[2.0, 1]], 0, 1))

	def test_who_may_not_preview_may_not_ask(self):
		frappe.set_user(USER)
		with self.assertRaises(frappe.PermissionError):
			self.ask()
		self.assertEqual(
			frappe.allowed_http_methods_for_whitelisted_func[metric_form.metric_distribution], ["POST"]
		)
