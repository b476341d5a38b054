"""Data as sites really have it: nothing of it stops a run, and what could not be used is counted and named."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	components,
	forget_scores,
	health_rows,
	start_and_prepare,
)

PLAIN = "Bad Data Plain"
GONE = "Bad Data Gone"
RICH = "Bad Data Rich"
NAMES = (
	'O\'Brien "Quotes" & Söhne \\ 100 %s',
	"Bad Data 🎉 Emoji 客户",
	"Bad Data " + "x" * 131,
	"Bad Data %(p1)s; DROP TABLE x --",
)


class TestBadData(ScoringTestCase):
	batch_size = 3

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (PLAIN, GONE, RICH, *NAMES):
			factories.make_customer(name)
			factories.make_invoice(name, 100, getdate(add_days(getdate(), -40)))

	def setUp(self):
		super().setUp()
		forget_scores()

	def spoil(self, doctype: str, name: str, values: dict):
		"""Change a row behind ERPNext's back, as imports do, until the test is over."""
		before = frappe.db.get_value(doctype, name, list(values), as_dict=True)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, doctype, name, dict(before))
		frappe.db.set_value(doctype, name, values)
		frappe.db.commit()

	def invoice_of(self, customer: str) -> str:
		return frappe.db.get_value("Sales Invoice", {"customer": customer})

	def test_names_of_all_kinds_are_scored_like_any_other(self):
		run = self.score_all()
		rows = health_rows(PLAIN, *NAMES)
		self.assertEqual(set(rows), {PLAIN, *NAMES})
		self.assertEqual({row["revenue"] for row in rows.values()}, {100})
		self.assertEqual({row["score"] for row in rows.values()}, {rows[PLAIN]["score"]})
		self.assertEqual(run.batches_failed, 0)

	def test_invoices_without_a_customer_are_counted(self):
		self.spoil("Sales Invoice", self.invoice_of(GONE), {"customer": ""})
		run = self.score_all()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(
			run, "name no customer", reference_doctype="Sales Invoice", count=1, severity="Warning"
		)

	def test_documents_of_a_deleted_customer_are_counted_and_its_score_goes(self):
		self.score_all()
		row = frappe.db.get_value("Customer", GONE, "*")
		self.addCleanup(self._bring_back, row)
		frappe.db.delete("Customer", {"name": GONE})
		frappe.db.commit()
		run = self.score_all()
		self.assertNotIn(GONE, health_rows())
		self.assert_message(run, "does not exist", reference_doctype="Sales Invoice", count=1, examples=GONE)
		self.assert_message(run, "were removed", count=1, examples=GONE)

	def _bring_back(self, row: dict):
		frappe.db.bulk_insert("Customer", list(row), [list(row.values())])
		frappe.db.commit()

	def test_a_customer_deleted_while_it_is_scored_gets_no_row(self):
		row = frappe.db.get_value("Customer", GONE, "*")
		self.addCleanup(self._bring_back, row)
		run = start_and_prepare()
		frappe.db.delete("Customer", {"name": GONE})
		frappe.db.commit()
		drain(run)
		self.assertNotIn(GONE, health_rows())
		self.assertEqual(frappe.db.get_value(RUN, run, "batches_failed"), 0)

	def test_dates_in_the_future_do_not_count_and_are_named(self):
		name = self.invoice_of(PLAIN)
		self.spoil("Sales Invoice", name, {"posting_date": add_days(getdate(), 400)})
		run = self.score_all()
		self.assertEqual(health_rows(PLAIN)[PLAIN]["revenue"], 0)
		self.assert_message(run, "of a later day", reference_doctype="Sales Invoice", count=1, examples=name)

	def test_absurd_amounts_are_cut_to_what_a_column_holds(self):
		for number in range(2):
			invoice = factories.make_invoice(RICH, 1, getdate(add_days(getdate(), -number - 1)))
			self.spoil("Sales Invoice", invoice.name, {"base_net_total": 999_999_999_999})
		run = self.score_all()
		self.assertEqual(run.batches_failed, 0)
		self.assertEqual(health_rows(RICH)[RICH]["revenue"], 999_999_999_999)
		self.assert_message(run, "too large to store", count=1, examples=RICH)

	def test_negative_revenue_does_not_stop_a_run(self):
		self.spoil("Sales Invoice", self.invoice_of(PLAIN), {"base_net_total": -999_999_999_999})
		self.assertEqual(self.score_all().batches_failed, 0)
		row = health_rows(PLAIN)[PLAIN]
		self.assertEqual((row["revenue"], row["clv"]), (-999_999_999_999, 0))

	def test_a_metric_whose_field_was_removed_is_named_and_counts_as_missing(self):
		field = {
			"dt": "Sales Invoice",
			"fieldname": "crm_test_points",
			"fieldtype": "Int",
			"label": "Test Points",
		}
		custom_field = frappe.get_doc({"doctype": "Custom Field", **field}).insert()
		self.addCleanup(frappe.db.sql_ddl, "ALTER TABLE `tabSales Invoice` DROP COLUMN `crm_test_points`")
		# whatever fails in between: a field without a column would stop every invoice of the tests that follow
		self.addCleanup(frappe.delete_doc, "Custom Field", custom_field.name, ignore_missing=True, force=True)
		self._deleted_afterwards(self._metric("Points of Sale", value_field="crm_test_points"))
		self.assertEqual(self.score_all().status, "Completed")
		self.assertEqual(components(health_rows(PLAIN)[PLAIN])["points_of_sale"]["raw"], 0)
		# the column stays in the database, with whatever is in it
		custom_field.delete()
		frappe.db.commit()
		run = self.score_all()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, "Points of Sale", "crm_test_points", reference_doctype="Health Metric")
		self.assertIsNone(components(health_rows(PLAIN)[PLAIN])["points_of_sale"]["raw"])
		self.assertEqual(run.batches_failed, 0)

	def test_metrics_that_make_no_sense_are_named_and_the_others_go_on(self):
		broken = (
			self._metric("No Doctype", source_doctype="Never Existed"),
			self._metric("Bad Filter Value", filters='[["net_total", ">", "many"]]'),
			self._metric("Bad Filter JSON", filters="[not json"),
			self._metric("Flat Scale", scale="Linear", worst=5, best=5),
			self._metric("Bad Formula", measure="Expression", expression="net_revenue_365 + 1"),
		)
		for name in broken:
			self._deleted_afterwards(name)
		run = self.score_all()
		for name in broken:
			self.assert_message(run, name, reference_doctype="Health Metric", severity="Warning")
		self.assertEqual((run.batches_failed, health_rows(PLAIN)[PLAIN]["revenue"]), (0, 100))

	def test_a_scorecard_whose_filter_names_no_field_is_passed_over(self):
		doc = frappe.get_doc(
			{
				"doctype": "Health Scorecard",
				"scorecard_name": "Bad Data Scorecard",
				"enabled": 1,
				"priority": -1,
				"customer_filters": '[["shoe_size", "=", "44"]]',
				"dimensions": [{"dimension": "Value", "weight": 1}],
				"metrics": [{"metric": "Net Revenue 365 Days", "weight": 1}],
			}
		)
		doc.flags.ignore_validate = True
		doc.insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Health Scorecard", doc.name, force=True)
		frappe.db.commit()
		run = self.score_all()
		self.assert_message(run, "Bad Data Scorecard", "shoe_size", severity="Warning")
		self.assertEqual(health_rows(PLAIN)[PLAIN]["scorecard"], "Standard")

	def test_an_empty_site_of_metrics_still_has_its_profile(self):
		enabled = frappe.get_all("Health Metric", {"enabled": 1}, pluck="name")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Health Metric", {"name": ("in", enabled)}, "enabled", 1)
		frappe.db.set_value("Health Metric", {"name": ("in", enabled)}, "enabled", 0)
		frappe.db.commit()
		run = self.score_all()
		row = health_rows(PLAIN)[PLAIN]
		self.assertEqual((run.batches_failed, row["score"], row["revenue"]), (0, None, 100))

	def test_without_an_exchange_rate_documents_count_and_the_rate_is_named(self):
		frappe.db.set_single_value("CRM Success Settings", "reporting_currency", "ISK")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "reporting_currency", None)
		frappe.db.commit()
		run = self.score_all()
		self.assert_message(run, "no exchange rate GBP → ISK", reference_doctype="Company")
		self.assertEqual(health_rows(PLAIN)[PLAIN]["revenue"], 0)
		self.assertEqual(health_rows(PLAIN)[PLAIN]["invoices"], 1)
		self.assertIsNotNone(health_rows(PLAIN)[PLAIN]["score"])
		rate = {"from_currency": "GBP", "to_currency": "ISK", "exchange_rate": 170, "date": "2020-01-01"}
		self.addCleanup(frappe.db.delete, "Currency Exchange", {"to_currency": "ISK"})
		frappe.get_doc({"doctype": "Currency Exchange", **rate}).insert()
		frappe.db.commit()
		self.score_all()
		self.assertEqual(health_rows(PLAIN)[PLAIN]["revenue"], 17_000)
		self.assertEqual(health_rows(PLAIN)[PLAIN]["currency"], "ISK")

	def _metric(self, name: str, **values) -> str:
		"""A metric that could never be saved as it is, as if its source had changed after it was saved."""
		usual = {
			"measure": "Sum",
			"source_doctype": "Sales Invoice",
			"customer_field": "customer",
			"date_field": "posting_date",
			"value_field": "base_net_total",
			"dimension": "Value",
			"metric_key": frappe.scrub(name),
		}
		doc = frappe.get_doc({"doctype": "Health Metric", "metric_name": name, **usual, **values})
		doc.flags.ignore_validate = doc.flags.ignore_links = True
		doc.insert()
		frappe.db.commit()
		return doc.name

	def _deleted_afterwards(self, name: str):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Health Metric", {"name": name})
