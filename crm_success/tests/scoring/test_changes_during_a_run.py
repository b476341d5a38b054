"""What people change while a run is under way: definitions, and customers added, renamed, merged and deleted."""

import frappe
from frappe.model.rename_doc import rename_doc
from frappe.utils import add_days, getdate

from crm_success.batches.statuses import BATCH, RUN
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.runs.batch_work import drain
from crm_success.scoring.runs.rescoring import rescore_stale
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	drop_jobs,
	forget_scores,
	health_rows,
	start_and_prepare,
)
from crm_success.tests.support.worker_processes import DyingWorker, WorkersTestCase


class TestDefinitionsDuringARun(WorkersTestCase):
	def test_a_run_keeps_the_definitions_that_it_began_with(self):
		run = start_and_prepare()
		drain(run, until=lambda: True)
		self.change_definitions()
		drain(run)
		self.assert_as_expected(run)
		following = start_and_prepare()
		drain(following)
		self.assertEqual(self.run_values(following, "status")[0], "Completed")
		self.assertNotEqual(health_rows(), self.expected[0], "the next run knows the new ones")

	def change_definitions(self):
		"""A weight, a scale, and a metric that nobody uses any more."""
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		self.restore_afterwards("Health Scorecard", "Standard")
		scorecard.metrics[0].weight += 3
		scorecard.save()
		metric = frappe.get_doc("Health Metric", "Net Revenue 365 Days")
		self.restore_afterwards("Health Metric", metric.name)
		metric.update({"scale": "Linear", "worst": 0, "best": 123})
		metric.save()
		frappe.db.commit()

	def restore_afterwards(self, doctype: str, name: str):
		doc = frappe.get_doc(doctype, name)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(_write_back, doc)


class TestCustomersDuringARun(ScoringTestCase):
	"""The worker has read everybody and has written nothing yet when the change comes."""

	NAMES = ("During Anna", "During Bert", "During Cleo", "During Dora")

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)

	def setUp(self):
		super().setUp()
		for number, name in enumerate(self.NAMES, start=1):
			factories.make_customer(name)
			factories.make_invoice(name, 100 * number, getdate(add_days(getdate(), -10 * number)))
		frappe.db.commit()
		forget_scores()
		self.score_all()
		self.run_name = start_and_prepare()
		drop_jobs()
		self.worker = DyingWorker(self.run_name, "after reading")
		self.worker.wait()

	def tearDown(self):
		super().tearDown()
		# each test has its own customers
		type(self)._take_back()

	def finish(self):
		"""The worker goes on; then whoever became stale is scored. The rows are those of a quiet run afterwards."""
		frappe.db.commit()
		self.worker.go_on()
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(RUN, self.run_name, ["status", "active"]), ("Completed", None))
		self.assertEqual(frappe.db.count(BATCH, {"scoring_run": self.run_name, "status": ("!=", "Done")}), 0)
		rescore_stale()
		rows = health_rows()
		self.assertEqual(self.orphans(), set())
		forget_health()
		self.score_all()
		self.assertEqual(rows, health_rows())
		return rows

	def orphans(self) -> set[str]:
		known = set(frappe.get_all("Customer", pluck="name"))
		return {
			name for doctype in (HEALTH, SNAPSHOT) for name in frappe.get_all(doctype, pluck="customer")
		} - known

	def test_a_customer_added_meanwhile_is_scored_with_its_first_document(self):
		factories.make_customer("During Emil")
		factories.make_invoice("During Emil", 50, getdate())
		self.assertEqual(self.finish()["During Emil"]["revenue"], 50)

	def test_a_customer_renamed_meanwhile_keeps_its_score_under_the_new_name(self):
		rename_doc("Customer", "During Bert", "During Zoe", force=True, show_alert=False)
		rows = self.finish()
		self.assertEqual(rows["During Zoe"]["revenue"], 200)
		self.assertNotIn("During Bert", rows)

	def test_customers_merged_meanwhile_have_one_score_of_all_their_documents(self):
		rename_doc("Customer", "During Bert", "During Cleo", merge=True, force=True, show_alert=False)
		rows = self.finish()
		self.assertEqual((rows["During Cleo"]["revenue"], rows["During Cleo"]["invoices"]), (500, 2))
		self.assertNotIn("During Bert", rows)

	def test_a_customer_deleted_meanwhile_leaves_nothing(self):
		for doctype in ("Sales Invoice", "GL Entry", "Payment Ledger Entry"):
			field = "customer" if doctype == "Sales Invoice" else "party"
			frappe.db.delete(doctype, {field: "During Dora"})
		frappe.delete_doc("Customer", "During Dora", force=True)
		self.assertNotIn("During Dora", self.finish())
		self.assertEqual(frappe.db.get_value(RUN, self.run_name, "customers_skipped"), 1)

	def test_a_document_that_arrives_meanwhile_counts_in_the_end(self):
		factories.make_invoice("During Anna", 11, getdate())
		self.assertEqual(self.finish()["During Anna"]["revenue"], 111)


def forget_health() -> None:
	"""The scores of now, not the cut points."""
	frappe.db.delete(HEALTH)
	frappe.db.commit()


def _write_back(doc) -> None:
	"""The record and its rows as they were."""
	for row in (doc, *doc.get_all_children()):
		frappe.db.set_value(row.doctype, row.name, row.get_valid_dict(), update_modified=False)
