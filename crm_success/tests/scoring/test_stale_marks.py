"""Every document that changes what is known of a customer marks it: submitted, changed, cancelled and deleted.

So does what changes the ledger of a customer and submits no document of theirs.
"""

import frappe
from erpnext.accounts.doctype.repost_payment_ledger.repost_payment_ledger import repost_ple_for_voucher
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from frappe.utils import add_days, getdate

from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH
from crm_success.scoring.runs.rescoring import Rescoring, rescore_stale
from crm_success.tests.support import factories, ledgers, tills
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

	def test_an_issue_that_the_customer_opens_again_by_mail(self):
		issue = factories.make_issue(CUSTOMER, f"{getdate()} 09:00:00")
		issue.update({"status": "Closed"}).save()
		self.assert_marks("closed")
		answer = {"communication_type": "Communication", "sent_or_received": "Received", "subject": "Still"}
		answer |= {"reference_doctype": "Issue", "reference_name": issue.name, "content": "Still broken"}
		answer = frappe.get_doc({"doctype": "Communication", **answer}).insert()
		self.assertEqual(issue.reload().status, "Open")
		self.assert_marks("open again")
		answer.delete()

	def test_a_sale_at_a_till(self):
		with tills.till_that_writes("POS Invoice"):
			tills.open_till()
			sale = tills.visit(CUSTOMER, 30, getdate())
			self.assert_marks("sold")
			returned = tills.bring_back(sale, getdate())
			self.assert_marks("brought back")
			for document in (returned, sale):
				document.reload().cancel()
				self.assert_marks("cancelled")

	def test_payments_that_are_reconciled_and_no_longer(self):
		for receive in (ledgers.receive, ledgers.receive_by_journal):
			with self.subTest(receive.__name__):
				payment = receive(CUSTOMER, 40, getdate())
				self.assert_marks("received")
				self.assertTrue(ledgers.reconcile(CUSTOMER))
				self.assert_marks("reconciled")
				self.assertTrue(ledgers.unreconcile(payment))
				self.assert_marks("unreconciled")
				payment.reload().cancel()
				self.assert_marks("cancelled")

	def test_a_ledger_that_is_posted_again(self):
		entries = self.invoice.reload().get_gl_entries()
		repost_ple_for_voucher(self.invoice.doctype, self.invoice.name, entries)
		self.assert_marks("posted again")

	def test_a_full_credit_note_takes_what_is_overdue_the_same_day(self):
		"""Made as ERPNext's button makes it, so that it stands by itself until somebody reconciles it."""
		late = factories.make_invoice(CUSTOMER, 70, getdate(add_days(getdate(), -60)))
		self.assert_marks("sold")
		before = frappe.db.get_value(HEALTH, CUSTOMER, "overdue")
		note = make_sales_return(late.name).insert().submit()
		self.assertEqual(late.reload().outstanding_amount, 70, "ERPNext keeps the note apart")
		self.assert_marks("credited")
		self.assertEqual(frappe.db.get_value(HEALTH, CUSTOMER, "overdue"), before - 70)
		for document in (note, late):
			document.reload().cancel()
		self.assert_marks("cancelled")

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
