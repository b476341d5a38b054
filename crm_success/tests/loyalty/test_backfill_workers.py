"""Backfills that are killed, done by several workers or twice: the ledger is the same as that of one that nobody disturbed."""

import frappe

from crm_success.batches.preparing import prepare_run
from crm_success.batches.run_life import cancel_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.customer_loyalty.earning.backfill import PointsBackfill
from crm_success.customer_loyalty.earning.backfill_records import KIND, start_backfill
from crm_success.record_names import ACCOUNT, BACKFILL, EARNING_RULE, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.backfill_site import (
	OF_DRY_RUN,
	OF_GIVING,
	dry_run,
	figures,
	give_points,
	make_backfill,
	whole_ledger,
)
from crm_success.tests.support.disturbed_runs import DisturbedRuns
from crm_success.tests.support.points_site import TODAY, PointsTestCase, days_ago, make_rule
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.worker_processes import DyingWorker

# three invoices each, of which the limit lets two and a half earn
CUSTOMERS = [f"Kill {number:02}" for number in range(6)]
DAYS = (300, 200, 100)
AMOUNT, CAP = 400, 100


class TestDisturbedBackfills(DisturbedRuns, PointsTestCase):
	work = PointsBackfill
	# documents, of which two customers have so many
	customers_a_batch = 6
	counters = ("documents_earned", "points_given")
	in_the_batch = (
		"after claiming",
		"after reading",
		"half-way through the entries",
		"before committing",
		"after committing",
	)

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		for customer in CUSTOMERS:
			factories.make_customer(customer)
			for day in DAYS:
				factories.make_invoice(customer, AMOUNT, days_ago(day))
		frappe.db.commit()

	def begin(self):
		"""Nobody has points, and a dry run was made."""
		if not frappe.db.exists(EARNING_RULE, "One for Ten"):
			make_rule(cap=CAP, lapse="After Days", lapse_number=250)
		for doctype in (LEDGER_ENTRY, ACCOUNT, BACKFILL):
			frappe.db.delete(doctype)
		frappe.db.delete(RUN, {"kind": KIND})
		frappe.db.commit()
		self.backfill = dry_run(make_backfill("One for Ten"))

	def start(self, triggered_by: str) -> str:
		return start_backfill(self.backfill.name, is_dry=False)

	def prepared(self) -> str:
		run = self.start("Desk")
		frappe.db.commit()
		prepare_run(run)
		return run

	def done_again(self):
		dry_run(self.backfill)
		self.assertEqual(figures(self.backfill, OF_DRY_RUN), (0, 0, 0, 0))
		give_points(self.backfill)
		run = frappe.get_doc(RUN, self.backfill.run)
		self.again = run.name
		return run

	def assert_as_undisturbed(self, run: str):
		frappe.db.rollback()
		self.assertEqual(frappe.db.get_value(RUN, run, ["status", "active"]), ("Completed", None))
		earned = [
			(customer, "Earn", points, days_ago(day))
			for customer in CUSTOMERS
			for day, points in zip(DAYS, (40, 40, 20), strict=True)
		]
		self.assertEqual(
			[(*row[:3], str(row[3])) for row in whole_ledger()],
			sorted((*row[:3], str(row[3])) for row in earned),
		)
		for customer in CUSTOMERS:
			account = frappe.db.get_value(ACCOUNT, {"customer": customer}, ["earned", "balance", "entries"])
			# what was earned 300 days ago is lost already
			self.assertEqual(account, (100, 60, 3))
		self.assertEqual(frappe.db.get_value(RUN, run, list(self.counters)), (18, 600))
		self.backfill.reload()
		if self.backfill.run == run:
			self.assertEqual(self.backfill.status, "Points Given")
			self.assertEqual(figures(self.backfill, OF_GIVING), (18, 600, 240, 6))
			self.assertEqual(figures(self.backfill, OF_DRY_RUN), (18, 600, 240, 6))

	def test_killed_before_committing_leaves_nothing_half_written(self):
		run = self.without_jobs()
		DyingWorker(run, "before committing").die()
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), 0)

	def test_killed_and_cancelled_a_new_one_gives_the_rest(self):
		run = self.without_jobs()
		DyingWorker(run, "after committing").die()
		cancel_run(run)
		self.assertEqual((self.backfill.reload().status, self.backfill.points_given), ("Cancelled", 200))
		dry_run(self.backfill)
		self.assertEqual(figures(self.backfill, OF_DRY_RUN), (12, 400, 160, 4))
		give_points(self.backfill)
		self.assertEqual(sum(row[2] for row in whole_ledger()), 600)
		self.assertEqual(len(whole_ledger()), 18)

	def test_a_customer_renamed_between_reading_and_writing_earns_under_the_new_name(self):
		run = self.without_jobs()
		held = self.claimed_and_computed(run)
		frappe.rename_doc("Customer", "Kill 00", "Kill 00 Renamed")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.rename_doc, "Customer", "Kill 00 Renamed", "Kill 00")
		frappe.db.commit()
		self.write_late(*held)
		drain(run)
		earned = frappe.get_all(
			LEDGER_ENTRY, {"customer": "Kill 00 Renamed"}, pluck="points", order_by="posting_date"
		)
		self.assertEqual(earned, [40, 40, 20])
		self.assertEqual(len(whole_ledger()), 18)

	def test_an_invoice_that_is_made_meanwhile_is_within_the_limit_too(self):
		run = self.without_jobs()
		held = self.claimed_and_computed(run)
		factories.make_invoice("Kill 00", AMOUNT, TODAY)
		drop_jobs()
		self.write_late(*held)
		drain(run)
		earned = frappe.get_all(
			LEDGER_ENTRY, {"customer": "Kill 00"}, pluck="points", order_by="posting_date"
		)
		self.assertEqual(earned, [40, 40, 20])
