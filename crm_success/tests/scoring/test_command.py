"""`bench --site SITE crm-success score`, as a person at a terminal sees it."""

import subprocess
import sys
from pathlib import Path

import frappe
from frappe.utils import add_days, getdate
from frappe.utils.formatters import format_value

from crm_success.batches.leases import claim
from crm_success.batches.statuses import RUN
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	drop_jobs,
	forget_scores,
	health_rows,
	snapshot_rows,
	start_and_prepare,
)

CUSTOMER = "Command Customer"


class TestCommand(ScoringTestCase):
	batch_size = 1

	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (CUSTOMER, "Command Other"):
			factories.make_customer(name)
			factories.make_invoice(name, 100, getdate(add_days(getdate(), -40)))

	def setUp(self):
		super().setUp()
		forget_scores()

	def score(self, *arguments: str) -> subprocess.CompletedProcess:
		frappe.db.commit()
		command = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", frappe.local.site]
		result = subprocess.run(
			[*command, "crm-success", "score", *arguments],
			cwd=Path(frappe.local.sites_path).resolve(),
			capture_output=True,
			text=True,
			timeout=120,
		)
		frappe.db.rollback()
		return result

	def test_everybody_is_scored_and_told_about(self):
		result = self.score()
		self.assertEqual(result.returncode, 0, result.stderr)
		run = frappe.get_last_doc(RUN)
		self.assertEqual((run.status, run.triggered_by), ("Completed", "Command"))
		self.assertIn(f"{run.name}: Completed. {run.customers_scored:,} scored", result.stdout)
		self.assertIn(CUSTOMER, health_rows())

	def test_a_day_in_the_past(self):
		day = getdate(add_days(getdate(), -10))
		self.assertEqual(self.score("--as-of", str(day)).returncode, 0)
		self.assertEqual(snapshot_rows(day)[CUSTOMER]["revenue"], 100)

	def test_one_customer_with_its_reasons(self):
		self.score()
		result = self.score("--customer", CUSTOMER)
		self.assertEqual(result.returncode, 0, result.stderr)
		row = frappe.get_doc("Customer Health", CUSTOMER)
		self.assertIn(f"{CUSTOMER} on {getdate()}: {row.score:.1f} {row.band}", result.stdout)
		self.assertTrue(row.drivers)
		for driver in row.drivers.splitlines():
			self.assertIn(driver, result.stdout)

	def test_wrong_input_gets_one_line_and_exit_code_2(self):
		tomorrow = add_days(getdate(), 1)
		for arguments, words in (
			(("--as-of", "31.12.2025"), "31.12.2025 is not a date. Write it like"),
			(("--as-of", "1969-12-31"), "is too long ago. Choose a day since"),
			(("--customer", CUSTOMER, "--as-of", "1969-12-31"), "is too long ago. Choose a day since"),
			(
				("--as-of", str(tomorrow)),
				f"{format_value(tomorrow, 'Date')} has not come yet. Choose today or a day in the past.",
			),
			(
				("--customer", "Comand Customer"),
				f"There is no customer Comand Customer. Did you mean {CUSTOMER}",
			),
		):
			with self.subTest(arguments=arguments):
				result = self.score(*arguments)
				self.assertEqual(result.returncode, 2)
				self.assertIn(words, result.stderr)
				self.assertEqual(len(result.stderr.strip().splitlines()), 1)
		self.assertEqual(health_rows(), {})

	def test_the_run_of_the_same_day_is_joined(self):
		run = start_and_prepare()
		drop_jobs()
		result = self.score()
		self.assertEqual(result.returncode, 0, result.stderr)
		self.assertIn(f"{run} is not finished: joining it", result.stdout)
		self.assertEqual(frappe.get_all(RUN, pluck="name"), [run])
		self.assertEqual(frappe.db.get_value(RUN, run, "status"), "Completed")

	def test_a_run_of_another_day_is_in_the_way(self):
		run = start_and_prepare(getdate(add_days(getdate(), -10)))
		self.assertTrue(claim(run))
		result = self.score()
		self.assertEqual(result.returncode, 1)
		self.assertIn(f"Scoring Run {run} is still at 0 %", result.stderr)
		self.assertEqual(len(result.stderr.strip().splitlines()), 1)
