"""What the desk may ask for, who may ask for it, and what it gets."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import BATCH, RUN
from crm_success.scoring.api import metric_form, scoring_runs
from crm_success.scoring.runs.batch_work import drain
from crm_success.scoring.runs.preparation import prepare_run
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores, health_rows

GOOD, OTHER, THIRD = "Api Good", "Api Other", "Api Third"

METRIC = {
	"doctype": "Health Metric",
	"__islocal": 1,
	"name": "new-health-metric-1",
	"metric_name": "Api Items",
	"dimension": "Value",
	"measure": "Sum",
	"source_doctype": "Sales Invoice Item",
	"customer_field": "customer",
	"date_field": "posting_date",
	"value_field": "qty",
	"scale": "Linear",
	"worst": 0,
	"best": 10,
	"unit": "Count",
}


def day(days_ago: int):
	return getdate(add_days(getdate(), -days_ago))


class ApiTestCase(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for number, name in enumerate((GOOD, OTHER, THIRD), start=1):
			factories.make_customer(name)
			factories.make_invoice(name, 100, day(10 * number), qty=number)
		cls.users = {
			role: factories.make_user(f"{frappe.scrub(role)}@api.example.com", role)
			for role in ("Customer Success Manager", "Customer Success User", "Sales User")
		}

	def setUp(self):
		super().setUp()
		forget_scores()
		self.addCleanup(drop_jobs)

	def act_as(self, role: str):
		frappe.set_user(self.users[role])

	def allow_only(self, role: str, customer: str):
		values = {
			"user": self.users[role],
			"allow": "Customer",
			"for_value": customer,
			"apply_to_all_doctypes": 1,
		}
		permission = frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
		self.addCleanup(self._forget, permission)

	def _forget(self, permission):
		frappe.set_user("Administrator")
		permission.delete()
		frappe.db.commit()


class TestScoringApi(ApiTestCase):
	def test_a_manager_starts_watches_and_cancels_a_run(self):
		self.act_as("Customer Success Manager")
		run = scoring_runs.start_run()["run"]
		self.assertEqual(frappe.db.get_value(RUN, run, ["triggered_by", "as_of"]), ("Desk", getdate()))
		self.assertEqual(status_of(run), "Queued")
		scoring_runs.cancel_run(run)
		self.assertEqual(status_of(run), "Cancelled")
		with self.assertRaisesRegex(frappe.ValidationError, "finished already"):
			scoring_runs.cancel_run(run)

	def test_who_may_see_some_customers_only_sees_no_runs_which_name_them_all(self):
		run = self.score_all().name
		self.act_as("Customer Success Manager")
		self.assertIn(run, frappe.get_list(RUN, pluck="name"))
		frappe.set_user("Administrator")
		self.allow_only("Customer Success Manager", OTHER)
		self.act_as("Customer Success Manager")
		for doctype in (RUN, "Scoring Batch"):
			self.assertEqual(frappe.get_list(doctype), [])
		with self.assertRaises(frappe.PermissionError):
			status_of(run)

	def test_days_that_cannot_be_scored_are_refused_in_words(self):
		for text in ("0000-00-00", "-1", "31.01.2026", "0001-01-01", "9999-12-31"):
			with self.subTest(text), self.assertRaises(frappe.ValidationError):
				scoring_runs.start_run(as_of=text)

	def test_a_run_as_of_a_day_in_the_past(self):
		run = scoring_runs.start_run(as_of=str(day(15)))["run"]
		self.assertEqual(frappe.db.get_value(RUN, run, "as_of"), day(15))

	def test_a_cancelled_run_is_not_taken_up_again(self):
		run = scoring_runs.start_run()["run"]
		scoring_runs.cancel_run(run)
		with self.assertRaisesRegex(frappe.ValidationError, "was cancelled"):
			scoring_runs.retry_failed(run)

	def test_retrying_needs_failed_batches(self):
		run = scoring_runs.start_run()["run"]
		frappe.db.commit()
		prepare_run(run)
		drain(run)
		with self.assertRaisesRegex(frappe.ValidationError, "no failed batches"):
			scoring_runs.retry_failed(run)
		frappe.db.set_value(BATCH, {"scoring_run": run}, "status", "Failed")
		frappe.db.set_value(RUN, run, "status", "Failed")
		self.assertEqual(scoring_runs.retry_failed(run), {"batches": 1})
		self.assertEqual(status_of(run), "Running")

	def test_others_can_neither_start_nor_watch_nor_stop_runs(self):
		run = scoring_runs.start_run()["run"]
		frappe.db.commit()
		for role in ("Customer Success User", "Sales User"):
			self.act_as(role)
			for call in (
				scoring_runs.start_run,
				lambda: status_of(run),
				lambda: scoring_runs.cancel_run(run),
			):
				with self.subTest(role=role), self.assertRaises(frappe.PermissionError):
					call()
		frappe.set_user("Guest")
		with self.assertRaises(frappe.PermissionError):
			scoring_runs.start_run()

	def test_writes_are_post_only(self):
		for function in (
			scoring_runs.start_run,
			scoring_runs.cancel_run,
			scoring_runs.retry_failed,
			scoring_runs.rescore_customer,
			metric_form.preview_metric,
		):
			self.assertEqual(frappe.allowed_http_methods_for_whitelisted_func[function], ["POST"])

	def test_customer_success_people_rescore_a_customer(self):
		for role in ("Customer Success User", "Customer Success Manager"):
			with self.subTest(role=role):
				forget_scores()
				scoring_row(GOOD)
				self.act_as(role)
				result = scoring_runs.rescore_customer(GOOD)
				self.assertEqual(set(health_rows()), {GOOD})
				self.assertEqual(result["score"], health_rows(GOOD)[GOOD]["score"])
				frappe.set_user("Administrator")

	def test_sales_people_do_not_rescore(self):
		scoring_row(GOOD)
		self.act_as("Sales User")
		with self.assertRaises(frappe.PermissionError):
			scoring_runs.rescore_customer(GOOD)

	def test_a_user_permission_hides_other_customers_from_rescoring(self):
		scoring_row(GOOD)
		scoring_row(OTHER)
		self.allow_only("Customer Success User", GOOD)
		self.act_as("Customer Success User")
		self.assertTrue(scoring_runs.rescore_customer(GOOD))
		with self.assertRaises(frappe.PermissionError):
			scoring_runs.rescore_customer(OTHER)


class TestMetricsApi(ApiTestCase):
	def test_fields_of_a_source_are_offered_by_use(self):
		fields = metric_form.get_source_fields("Issue")
		self.assertIn("customer", values_of(fields["customer_fields"]))
		self.assertIn("opening_date", values_of(fields["date_fields"]))
		self.assertIn("hours_to_resolve", values_of(fields["value_fields"]))
		self.assertNotIn("subject", values_of(fields["value_fields"]))
		self.assertEqual(set(fields["value_fields"][0]), {"value", "label", "description"})

	def test_a_measure_that_needs_no_numbers_is_offered_every_field(self):
		self.assertIn(
			"subject",
			values_of(metric_form.get_source_fields("Issue", measure="Distinct Count")["value_fields"]),
		)
		self.assertNotIn(
			"subject", values_of(metric_form.get_source_fields("Issue", measure="Sum")["value_fields"])
		)

	def test_a_child_table_offers_the_customer_of_its_parent(self):
		for parent in ("Sales Invoice", None):
			fields = metric_form.get_source_fields("Sales Invoice Item", parent)
			self.assertIn("customer", values_of(fields["customer_fields"]))
			self.assertIn("qty", values_of(fields["value_fields"]))

	def test_fields_of_what_a_user_may_not_read_are_not_told(self):
		self.act_as("Customer Success User")
		self.assertFalse(any(metric_form.get_source_fields("Delivery Note").values()))

	def test_what_is_no_metric_is_refused_in_words(self):
		for value in ("", "null", "5", "[]", "no json", json.dumps({**METRIC, "bands": "text"})):
			with self.subTest(value), self.assertRaises(frappe.ValidationError):
				metric_form.preview_metric(value)
		for values in ({"filters": [["qty", ">", 0]]}, {"metric_name": 5}):
			self.assertIn("customers", metric_form.preview_metric(json.dumps({**METRIC, **values})))
		for nested in ([["item_code", "in", [["a"]]]], [["item_code", "in", [{"a": 1}]]]):
			with self.assertRaisesRegex(frappe.ValidationError, "plain list"):
				metric_form.preview_metric(json.dumps({**METRIC, "filters": json.dumps(nested)}))

	def test_amounts_of_several_currencies_are_not_offered(self):
		offered = values_of(metric_form.get_source_fields("Sales Invoice")["value_fields"])
		self.assertIn("base_net_total", offered)
		self.assertNotIn("net_total", offered)

	def test_a_preview_shows_both_ends_with_their_documents_and_saves_nothing(self):
		result = metric_form.preview_metric(json.dumps(METRIC))
		self.assertFalse(frappe.db.exists("Health Metric", "Api Items"))
		shown = {row["customer"]: row for row in result["customers"]}
		self.assertEqual([shown[name]["value"] for name in (GOOD, OTHER, THIRD)], [1, 2, 3])
		self.assertEqual(shown[THIRD]["points"], 30)
		self.assertGreaterEqual(result["measured"], 3)
		invoice = frappe.db.get_value("Sales Invoice", {"customer": THIRD})
		document = {"doctype": "Sales Invoice", "name": invoice, "date": day(30), "value": 3}
		self.assertEqual(shown[THIRD]["documents"], [document])
		self.assertEqual((result["metric"], result["unit"]), ("Api Items", "Count"))

	def test_a_preview_as_of_a_day_in_the_past(self):
		result = metric_form.preview_metric(json.dumps(METRIC), as_of=str(day(25)))
		self.assertEqual({row["customer"] for row in result["customers"]} & {GOOD, OTHER, THIRD}, {THIRD})

	def test_a_formula_shows_the_metrics_it_names(self):
		formula = {**METRIC, "measure": "Expression", "expression": "net_revenue_365d / invoices_365d"}
		result = metric_form.preview_metric(json.dumps(formula))
		row = next(row for row in result["customers"] if row["customer"] == THIRD)
		self.assertEqual(row["value"], 300)
		inputs = {document["name"]: document["value"] for document in row["documents"]}
		self.assertEqual(inputs, {"Net Revenue 365 Days": 300, "Invoices 365 Days": 1})

	def test_a_preview_is_refused_as_saving_would_be(self):
		with self.assertRaisesRegex(frappe.ValidationError, "quantity"):
			metric_form.preview_metric(json.dumps({**METRIC, "value_field": "quantity"}))

	def test_a_preview_shows_only_customers_that_the_user_may_see(self):
		for name in (GOOD, OTHER, THIRD):
			scoring_row(name)
		frappe.get_doc("User", self.users["Customer Success Manager"]).add_roles(
			"Sales User", "Accounts User"
		)
		self.allow_only("Customer Success Manager", OTHER)
		self.act_as("Customer Success Manager")
		result = metric_form.preview_metric(json.dumps(METRIC))
		self.assertEqual([row["customer"] for row in result["customers"]], [OTHER])

	def test_who_may_not_change_metrics_gets_no_preview(self):
		self.act_as("Sales User")
		with self.assertRaises(frappe.PermissionError):
			metric_form.preview_metric(json.dumps(METRIC))


def scoring_row(customer: str) -> None:
	from crm_success.scoring.runs.rescoring import rescore_customers

	rescore_customers([customer])


def status_of(run: str) -> str:
	"""As the form of the run shows it to this user."""
	doc = frappe.get_doc(RUN, run)
	doc.check_permission("read")
	return doc.status


def values_of(choices: list[dict]) -> set[str]:
	return {choice["value"] for choice in choices}
