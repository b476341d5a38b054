"""What is done after somebody's commit: it fails alone, and takes nobody else's work with it."""

from unittest.mock import patch

import frappe

from crm_success.database import conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.doc_events import customer_tiers
from crm_success.tests.support import factories
from crm_success.tests.support.utils import SiteTestCase

ANNA = "Anna Commits"
TITLE = "Things could not be counted"


class TestAfterCommit(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.acted: list[set] = []
		self.counting = AfterCommit("crm_success_test_counting", self.act, TITLE)
		self.error: Exception | None = None
		self.addCleanup(frappe.db.delete, "Error Log", {"method": TITLE})

	def act(self, things: set) -> None:
		self.acted.append(things)
		if self.error:
			raise self.error

	def errors(self) -> int:
		return frappe.db.count("Error Log", {"method": TITLE})

	def test_what_is_noted_several_times_is_acted_on_once(self):
		self.counting.note(["one", "two"])
		self.counting.note(["two"])
		self.counting.note([])
		self.assertEqual(self.acted, [])
		frappe.db.commit()
		frappe.db.commit()
		self.assertEqual(self.acted, [{"one", "two"}])

	def test_what_fails_is_in_the_log_and_neither_its_author_nor_another_app_hears_of_it(self):
		done, self.error = [], frappe.ValidationError("broken")
		self.counting.note(["one"])
		frappe.db.after_commit.add(lambda: done.append("the other app's work"))
		frappe.msgprint("Saved")
		frappe.db.commit()
		self.assertEqual((done, self.errors()), (["the other app's work"], 1))
		self.assertEqual([message["message"] for message in frappe.get_message_log()], ["Saved"])

	def test_a_log_that_cannot_be_written_stops_nobody_either(self):
		done, self.error = [], frappe.ValidationError("broken")
		self.counting.note(["one"])
		frappe.db.after_commit.add(lambda: done.append("the other app's work"))
		with patch.object(frappe, "log_error", side_effect=frappe.db.OperationalError(2006, "gone away")):
			frappe.db.commit()
		self.assertEqual(done, ["the other app's work"])

	def test_the_end_of_a_jobs_time_is_no_such_error(self):
		self.error = conflicts.BaseTimeoutException("over")
		self.counting.note(["one"])
		with self.assertRaises(conflicts.BaseTimeoutException):
			frappe.db.commit()

	def test_a_customer_whose_tier_cannot_be_compared_takes_no_other_work_with_it(self):
		customer = frappe.get_doc("Customer", factories.make_customer(ANNA))
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Customer", ANNA, force=True)
		frappe.db.commit()
		for error in (frappe.QueryDeadlockError("in its way"), frappe.ValidationError("broken")):
			with self.subTest(str(error)):
				done = []
				customer.reload().save()
				frappe.db.after_commit.add(lambda done=done: done.append("the other app's work"))
				with patch.object(type(customer_tiers.COPIES), "update", side_effect=error):
					frappe.db.commit()
				self.assertEqual(done, ["the other app's work"])
