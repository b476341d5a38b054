"""Every document that changes what is known of a customer marks it: submitted, changed, cancelled and deleted."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH
from crm_success.scoring.runs.rescoring import Rescoring, rescore_stale
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores

CUSTOMER = "Stale Marks"
SETTINGS = "CRM Success Settings"


class TestStaleMarks(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_customer(CUSTOMER)
		cls.invoice = factories.make_invoice(CUSTOMER, 500, getdate(add_days(getdate(), -60)))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()
		self.addCleanup(drop_jobs)

	def assert_marks(self, what: str):
		"""The customer is marked now; then it is scored, and the mark is gone."""
		frappe.db.commit()
		self.assertEqual(frappe.get_all(HEALTH, {"stale": 1}, pluck="customer"), [CUSTOMER], what)
		rescore_stale()
		self.assertEqual(frappe.get_all(HEALTH, {"stale": (">", 0)}, pluck="customer"), [])

	def assert_whole_life_marks(self, doc):
		self.assert_marks("submitted")
		doc.reload()
		doc.flags.ignore_validate_update_after_submit = True
		doc.save()
		self.assert_marks("changed after it was submitted")
		doc.reload()
		doc.cancel()
		self.assert_marks("cancelled")
		frappe.delete_doc(doc.doctype, doc.name, force=True)
		self.assert_marks("deleted")

	def test_an_invoice(self):
		self.assert_whole_life_marks(factories.make_invoice(CUSTOMER, 100, getdate()))

	def test_a_credit_note(self):
		self.assert_whole_life_marks(factories.make_return(self.invoice, 50, getdate()))

	def test_a_payment(self):
		self.assert_whole_life_marks(factories.make_payment(self.invoice, getdate(), 10))

	def test_a_journal_entry(self):
		self.assert_whole_life_marks(factories.make_journal_entry(CUSTOMER, 5, getdate()))

	def test_an_issue(self):
		issue = factories.make_issue(CUSTOMER, f"{getdate()} 09:00:00")
		self.assert_marks("opened")
		issue.reload()
		issue.update({"status": "Closed"}).save()
		self.assert_marks("closed")
		frappe.delete_doc("Issue", issue.name, force=True)
		self.assert_marks("deleted")

	def test_a_mark_whose_scoring_died_is_taken_up_again(self):
		factories.make_issue(CUSTOMER, f"{getdate()} 09:00:00")
		frappe.db.commit()
		# read, and never written
		Rescoring()._scorer.score(KeyRange(names=(CUSTOMER,)))
		self.assertEqual(frappe.db.get_value(HEALTH, CUSTOMER, "stale"), 1)
		rescore_stale()
		self.assertEqual(frappe.db.get_value(HEALTH, CUSTOMER, "stale"), 0)

	def test_nothing_marks_where_the_setting_is_off(self):
		frappe.db.set_single_value(SETTINGS, "rescore_on_transactions", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, SETTINGS, "rescore_on_transactions", 1)
		for doc in (
			factories.make_invoice(CUSTOMER, 100, getdate()),
			factories.make_payment(self.invoice, getdate(), 10),
			factories.make_journal_entry(CUSTOMER, 5, getdate()),
		):
			doc.reload()
			doc.cancel()
			frappe.delete_doc(doc.doctype, doc.name, force=True)
		frappe.delete_doc("Issue", factories.make_issue(CUSTOMER, f"{getdate()} 09:00:00").name, force=True)
		frappe.db.commit()
		self.assertEqual(frappe.get_all(HEALTH, {"stale": (">", 0)}, pluck="customer"), [])
