"""Documents between two runs: their customers are marked by a write that no save depends on, and scored again soon."""

from datetime import date

import frappe
from frappe.utils import add_days, getdate

from crm_success.crm_success.doctype.customer_health.customer_health import NULLABLE
from crm_success.database.dialects import KeyRange
from crm_success.record_names import HEALTH
from crm_success.scoring.runs.customer_scoring import rescore_stale_customers
from crm_success.scoring.runs.rescoring import Rescoring, rescore_customers, rescore_stale
from crm_success.scoring.stale import mark_stale
from crm_success.scoring.writers import Writing, write_scores
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores, health_rows

GOOD, LATE = "Stale Good", "Stale Late"


def days_ago(days: int) -> date:
	return getdate(add_days(getdate(), -days))


class TestStaleCustomers(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (GOOD, LATE):
			factories.make_customer(name)
			factories.make_invoice(name, 500, days_ago(60))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()
		self.addCleanup(drop_jobs)

	def stale(self) -> set[str]:
		return set(frappe.get_all(HEALTH, {"stale": (">", 0)}, pluck="customer"))

	def test_a_document_marks_its_customer_and_the_job_scores_it_again(self):
		revenue = health_rows(GOOD)[GOOD]["revenue"]
		factories.make_invoice(GOOD, 250, days_ago(1))
		self.assertEqual(self.stale(), set(), "a save that may still fail marks nobody")
		frappe.db.commit()
		self.assertEqual(self.stale(), {GOOD})
		rescore_stale()
		self.assertEqual(self.stale(), set())
		self.assertEqual(health_rows(GOOD)[GOOD]["revenue"], revenue + 250)

	def test_payments_issues_and_journal_entries_mark_their_customers(self):
		invoice = frappe.get_last_doc("Sales Invoice", {"customer": LATE})
		factories.make_payment(invoice, days_ago(1), 10)
		frappe.db.commit()
		self.assertEqual(self.stale(), {LATE})
		factories.make_issue(GOOD, f"{days_ago(1)} 09:00:00")
		frappe.db.commit()
		self.assertEqual(self.stale(), {GOOD, LATE})
		rescore_stale()
		factories.make_journal_entry(LATE, 5, days_ago(1))
		frappe.db.commit()
		self.assertEqual(self.stale(), {LATE})

	def test_a_rolled_back_document_marks_nobody(self):
		factories.make_invoice(GOOD, 250, days_ago(1))
		frappe.db.rollback()
		frappe.db.commit()
		self.assertEqual(self.stale(), set())

	def test_nobody_is_marked_where_the_settings_say_so(self):
		frappe.db.set_single_value("CRM Success Settings", "rescore_on_transactions", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, "CRM Success Settings", "rescore_on_transactions", 1)
		factories.make_issue(GOOD, f"{days_ago(1)} 09:00:00")
		frappe.db.commit()
		self.assertEqual(self.stale(), set())

	def test_a_customer_without_a_row_gets_one_that_says_stale_and_no_more(self):
		frappe.db.delete(HEALTH, {"customer": GOOD})
		factories.make_issue(GOOD, f"{days_ago(1)} 09:00:00")
		frappe.db.commit()
		row = frappe.get_all(HEALTH, {"customer": GOOD}, ["stale", "as_of", *NULLABLE])[0]
		self.assertEqual((row.stale, row.as_of), (1, None))
		self.assertEqual([row[fieldname] for fieldname in NULLABLE], [None] * len(NULLABLE))

	def test_a_document_that_arrives_during_scoring_is_not_forgotten(self):
		mark_stale([GOOD])
		frappe.db.commit()
		rescoring, keys = Rescoring(), KeyRange(names=(GOOD,))
		read_before = rescoring._scorer.score(keys)
		mark_stale([GOOD])
		frappe.db.commit()
		write_scores(read_before, keys, rescoring._writing)
		frappe.db.commit()
		self.assertEqual(frappe.db.get_value(HEALTH, GOOD, "stale"), 1)
		rescore_stale()
		self.assertEqual(self.stale(), set())

	def test_what_one_worker_read_too_early_stays_marked_when_another_read_it_and_died(self):
		rescoring, keys = Rescoring(), KeyRange(names=(GOOD,))
		read_before = rescoring._scorer.score(keys)
		mark_stale([GOOD])
		frappe.db.commit()
		rescoring._scorer.score(keys)
		write_scores(read_before, keys, rescoring._writing)
		frappe.db.commit()
		self.assertEqual(self.stale(), {GOOD})

	def test_values_that_were_overtaken_by_newer_ones_are_scored_again(self):
		rescoring, keys = Rescoring(), KeyRange(names=(GOOD,))
		read_before = rescoring._scorer.score(keys)
		rescore_customers([GOOD])
		write_scores(read_before, keys, Writing(getdate(), None, False, {}))
		frappe.db.commit()
		self.assertEqual(frappe.db.get_value(HEALTH, GOOD, "stale"), 1)
		rescore_stale()
		self.assertEqual(self.stale(), set())

	def test_a_stale_customer_that_is_internal_loses_its_row_and_the_job_comes_to_an_end(self):
		frappe.db.set_value("Customer", GOOD, "is_internal_customer", 1)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Customer", GOOD, "is_internal_customer", 0)
		mark_stale([GOOD, LATE])
		frappe.db.commit()
		rescore_stale()
		self.assertEqual(self.stale(), set())
		self.assertNotIn(GOOD, health_rows())

	def test_the_scheduler_queues_one_job_for_all_stale_customers(self):
		drop_jobs()
		rescore_stale_customers()
		self.assertEqual(drop_jobs(), 0)
		factories.make_issue(GOOD, f"{days_ago(1)} 09:00:00")
		frappe.db.commit()
		rescore_stale_customers()
		rescore_stale_customers()
		self.assertLessEqual(drop_jobs(), 1)

	def test_a_run_scores_the_stale_ones_too(self):
		factories.make_issue(GOOD, f"{days_ago(1)} 09:00:00")
		frappe.db.commit()
		self.score_all()
		self.assertEqual(self.stale(), set())
