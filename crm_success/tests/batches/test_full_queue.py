"""The site's queue holds as many jobs as it may: nobody's document is refused for it, and what waits is done later."""

from unittest.mock import patch

import frappe
from frappe.utils import getdate
from frappe.utils.background_jobs import get_queue

from crm_success.audiences.evaluation import evaluate_if_due
from crm_success.batches.preparing import prepare_run
from crm_success.batches.queueing import enqueue_prepare, waiting_jobs
from crm_success.batches.working import drain
from crm_success.customer_loyalty.earning.due_earning import earn_due_documents
from crm_success.customer_loyalty.tiers.tier_evaluation import evaluate_after
from crm_success.record_names import AUDIENCE, DUE_DOCUMENT, HEALTH
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import make_audience, on
from crm_success.tests.support.points_site import PointsTestCase, make_rule, points_of
from crm_success.tests.support.utils import messages

BUYER = "Buyer of a Full Queue"
# version 16 adds 50 for each site to what the site's configuration allows
JOBS = 60
QUEUES = ("short", "long")


class TestFullQueue(PointsTestCase):
	def setUp(self):
		super().setUp()
		factories.make_customer(BUYER)
		self.score_all()
		make_rule()
		frappe.db.commit()
		self.fill()
		frappe.clear_messages()

	def fill(self):
		for queue in QUEUES:
			self.addCleanup(get_queue(queue).empty)
			for _number in range(JOBS):
				frappe.enqueue("frappe.ping", queue=queue)
		limit = patch.dict(frappe.conf, {"max_queued_jobs": 1})
		limit.start()
		self.addCleanup(limit.stop)
		self.assertRaises(frappe.QueueOverloaded, frappe.enqueue, "frappe.ping", queue="long")

	def assert_nobody_heard(self):
		frappe.db.commit()
		self.assertNotIn("Too many", messages())

	def test_an_invoice_is_saved_and_what_follows_is_noted(self):
		before = frappe.db.count("Error Log")
		invoice = factories.make_invoice(BUYER, 1000, getdate())
		self.assert_nobody_heard()
		self.assertEqual(frappe.db.count("Error Log"), before)
		self.assertEqual(frappe.db.get_value(HEALTH, BUYER, "stale"), 1)
		self.assertTrue(frappe.db.exists(DUE_DOCUMENT, {"reference_name": invoice.name}))
		earn_due_documents()
		self.assertEqual(points_of(BUYER), (100, 0, 100))

	def test_an_audience_is_saved_and_evaluated_by_the_schedule(self):
		self.addCleanup(frappe.delete_doc, AUDIENCE, "Of a Full Queue", force=True)
		doc = make_audience("Of a Full Queue", on("Customer", ["name", "=", BUYER]))
		self.assert_nobody_heard()
		get_queue("long").empty()
		evaluate_if_due()
		self.assertTrue(frappe.db.exists("Work Run", {"kind": "Audiences"}))
		self.assertEqual(doc.reload().name, "Of a Full Queue")

	def test_the_end_of_a_run_goes_on(self):
		evaluate_after("", "Completed")
		self.assert_nobody_heard()

	def test_a_run_is_prepared_and_waits_for_workers(self):
		run = start_scoring(getdate(), "Command")
		frappe.db.commit()
		prepare_run(run)
		self.assertEqual(waiting_jobs(run), 0)
		drain(run)
		self.assertEqual(frappe.db.get_value("Work Run", run, "status"), "Completed")

	def test_who_starts_a_run_by_hand_is_told_to_wait(self):
		run = start_scoring(getdate(), "Desk")
		with self.assertRaises(frappe.QueueOverloaded) as refused:
			enqueue_prepare(run)
		self.assertIn("Please retry", str(refused.exception))
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists("Work Run", run))
