"""How long issues took, of real ones: split, on hold, opened again, closed without an agreement and edited later."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import frappe
from erpnext.support.doctype.issue.issue import set_multiple_status
from frappe.utils import add_to_date, get_datetime, now_datetime

from crm_success.tests.support import factories, measuring
from crm_success.tests.support.utils import SiteTestCase

CUSTOMER = "Asks for Service"
MORNING = datetime.combine(date.today() - timedelta(days=20), time(9))
CLOSED_ON = "health_closed_on"


class IssueTestCase(SiteTestCase):
	has_agreement: bool

	def setUp(self):
		super().setUp()
		if self.has_agreement:
			factories.make_service_level_agreement()
		else:
			frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
		factories.make_customer(CUSTOMER)

	def measured(self, as_of: date | None = None) -> tuple[float, float]:
		"""How many issues are open on a day, and the mean hours of the others; tomorrow unless said otherwise."""
		day = as_of or add_to_date(now_datetime(), days=1).date()
		values = measuring.raw_values(day, [CUSTOMER]).loc[CUSTOMER]
		return values["open_issues"], round(values["average_resolution_hours"], 2)

	def assert_hours(self, hours: float) -> None:
		self.assertEqual(self.measured()[1], hours)

	def assert_open(self, issues: int, as_of: date | None = None) -> None:
		self.assertEqual(self.measured(as_of)[0], issues)

	def issue_of(self, moment: datetime = MORNING):
		agreed = {} if self.has_agreement else {"service_level_agreement_creation": None}
		return factories.make_issue(CUSTOMER, str(moment), **agreed)

	def message_about(self, issue):
		"""The customer writes."""
		message = {"communication_type": "Communication", "reference_doctype": "Issue", "subject": "And this"}
		message |= {"reference_name": issue.name, "sent_or_received": "Received", "content": "And this"}
		return frappe.get_doc({"doctype": "Communication", **message}).insert()

	def split_off(self, issue, message=None):
		"""As the form does it, of a message of the issue."""
		message = message or self.message_about(issue)
		opened = frappe.get_doc("Issue", issue.name)
		return frappe.get_doc("Issue", opened.split_issue("And this", message.name))

	def set_status(self, issue, status: str, moment: datetime | None = None):
		with at(moment):
			return issue.reload().update({"status": status}).save()

	def as_if(self, issue, **values) -> None:
		"""What only time could make of an issue."""
		frappe.db.set_value("Issue", issue.name, values, update_modified=False)
		issue.reload()


class TestIssuesWithAnAgreement(IssueTestCase):
	has_agreement = True

	def test_a_split_issue_took_the_time_since_it_was_split_off(self):
		original = self.issue_of(add_to_date(now_datetime(), days=-30))
		second = self.split_off(original)
		self.assertEqual(second.opening_date, original.opening_date, "ERPNext copies it")
		self.set_status(second, "Resolved", hours_after(second.service_level_agreement_creation, 2))
		self.assertEqual(second.resolution_time, 2 * 3600)
		self.assert_hours(2)

	def test_a_split_issue_is_counted_from_its_own_day_on(self):
		self.split_off(self.issue_of(add_to_date(now_datetime(), days=-30)))
		self.assert_open(2)
		self.assert_open(1, add_to_date(now_datetime(), days=-1).date())

	def test_a_split_issue_does_not_wait_for_the_customer_of_before(self):
		original = self.issue_of(add_to_date(now_datetime(), days=-30))
		self.set_status(original, "On Hold", add_to_date(now_datetime(), days=-29))
		self.set_status(original, "Open", add_to_date(now_datetime(), days=-9))
		second = self.split_off(original)
		self.assertEqual(second.total_hold_time, original.total_hold_time, "ERPNext copies it")
		begun = second.service_level_agreement_creation
		self.set_status(second, "On Hold", hours_after(begun, 1))
		self.set_status(second, "Open", hours_after(begun, 4))
		self.set_status(second, "Resolved", hours_after(begun, 5))
		self.assert_hours(5 - 3)

	def test_the_issue_that_another_was_split_from_keeps_its_time(self):
		original = self.issue_of()
		message = self.message_about(original)
		self.set_status(original, "Resolved", hours_after(MORNING, 6))
		# the other one is resolved as soon as it is there
		self.as_if(self.split_off(original, message), customer=None)
		self.assertFalse(original.reload().resolution_time, "ERPNext forgets it")
		self.assert_hours(6)

	def test_time_on_hold_is_not_ours(self):
		issue = self.issue_of()
		self.set_status(issue, "On Hold", hours_after(MORNING, 1))
		self.set_status(issue, "Open", hours_after(MORNING, 49))
		self.set_status(issue, "Resolved", hours_after(MORNING, 50))
		self.assertEqual(issue.resolution_time, 50 * 3600)
		self.assert_hours(2)

	def test_nor_is_it_where_the_issue_is_closed_while_it_waits(self):
		issue = self.issue_of()
		self.set_status(issue, "On Hold", hours_after(MORNING, 3))
		self.set_status(issue, "Closed", hours_after(MORNING, 75))
		self.assert_hours(3)

	def test_the_time_until_it_was_opened_again_is_not_ours_either(self):
		issue = self.issue_of()
		self.set_status(issue, "Closed", hours_after(MORNING, 2))
		self.set_status(issue, "Open", hours_after(MORNING, 30))
		self.set_status(issue, "Closed", hours_after(MORNING, 31))
		self.assert_hours(2 + 1)

	def test_an_agreement_on_answers_only(self):
		"""ERPNext keeps no resolution of an issue that was closed on hold then."""
		agreement = {"service_level": factories.SLA}
		frappe.db.set_value("Service Level Agreement", agreement, "apply_sla_for_resolution", 0)
		frappe.clear_cache(doctype="Service Level Agreement")
		issue = self.issue_of(add_to_date(now_datetime(), hours=-10))
		self.set_status(issue, "On Hold", add_to_date(now_datetime(), hours=-7))
		self.set_status(issue, "Closed")
		self.assertFalse(issue.sla_resolution_date)
		self.assert_hours(3)

	def test_an_agreement_that_was_given_up_since(self):
		issue = self.issue_of(add_to_date(now_datetime(), hours=-20))
		self.set_status(issue, "Closed", add_to_date(now_datetime(), hours=-18))
		# before the app was there
		self.as_if(issue, **{CLOSED_ON: None})
		frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
		issue.update({"subject": "Edited"}).save()
		self.assertFalse(issue.service_level_agreement)
		self.assert_hours(2)
		self.set_status(issue, "Open")
		self.set_status(issue, "Closed")
		self.assert_hours(20)


class TestIssuesWithoutAnAgreement(IssueTestCase):
	has_agreement = False

	def closed_a_day_ago(self):
		"""Opened two hours before."""
		moment = add_to_date(now_datetime(), days=-1)
		issue = self.issue_of(hours_after(moment, -2))
		self.set_status(issue, "Closed")
		self.as_if(issue, modified=moment, **{CLOSED_ON: moment})
		return issue

	def test_the_moment_of_closing_is_kept(self):
		issue = self.issue_of(hours_after(now_datetime(), -5))
		self.assertIsNone(issue.get(CLOSED_ON))
		self.set_status(issue, "Closed")
		self.assertEqual(issue.reload().get(CLOSED_ON), issue.modified)
		self.assert_hours(5)

	def test_editing_a_closed_issue_moves_nothing(self):
		issue = self.closed_a_day_ago()
		before = self.measured(), issue.get(CLOSED_ON)
		issue.update({"subject": "Edited"}).save()
		issue.db_set("content_type", "html")
		self.set_status(issue, "Resolved")
		self.assertGreater(issue.reload().modified, before[1])
		self.assertEqual((self.measured(), issue.get(CLOSED_ON)), before)
		self.assert_hours(2)

	def test_what_a_form_sends_for_it_does_not_count(self):
		issue = self.closed_a_day_ago()
		kept = issue.get(CLOSED_ON)
		issue.update({CLOSED_ON: None}).save()
		self.assertEqual(issue.reload().get(CLOSED_ON), kept)

	def test_an_issue_that_was_closed_before_the_app_was_there_moves_no_more(self):
		issue = self.closed_a_day_ago()
		self.as_if(issue, **{CLOSED_ON: None})
		self.assert_hours(2)
		last_change = issue.modified
		issue.update({"subject": "Edited"}).save()
		issue.update({"subject": "And again"}).save()
		self.assertEqual(issue.reload().get(CLOSED_ON), last_change)
		self.assert_hours(2)

	def test_nor_does_one_that_was_closed_from_the_list(self):
		issue = self.issue_of(hours_after(now_datetime(), -5))
		set_multiple_status(frappe.as_json([issue.name]), "Closed")
		closed_on = frappe.db.get_value("Issue", issue.name, "modified")
		issue.reload().update({"subject": "Edited"}).save()
		self.assertEqual(issue.reload().get(CLOSED_ON), closed_on)
		self.assert_hours(5)

	def test_an_issue_opened_again_is_closed_anew(self):
		issue = self.closed_a_day_ago()
		self.set_status(issue, "Open")
		self.assertIsNone(issue.reload().get(CLOSED_ON))
		self.assert_open(1)
		self.set_status(issue, "Closed")
		self.assert_hours(26)

	def test_the_answer_of_a_customer_opens_it_again(self):
		issue = self.closed_a_day_ago()
		self.message_about(issue)
		self.assertEqual(issue.reload().status, "Open")
		self.assertIsNone(issue.get(CLOSED_ON))
		set_multiple_status(frappe.as_json([issue.name]), "Closed")
		self.assert_hours(26)

	def test_the_time_of_a_split_issue_begins_when_it_was_split_off(self):
		original = self.issue_of(add_to_date(now_datetime(), days=-30))
		second = self.split_off(original)
		self.as_if(second, creation=hours_after(now_datetime(), -3))
		self.set_status(second, "Closed")
		self.assert_hours(3)

	def test_what_is_split_off_a_closed_issue_is_not_closed(self):
		"""ERPNext copies the status, and opens the copy when it moves the message to it."""
		original = self.issue_of(hours_after(now_datetime(), -5))
		message = self.message_about(original)
		self.set_status(original, "Closed")
		yesterday = add_to_date(now_datetime(), days=-1)
		self.as_if(original, **{CLOSED_ON: yesterday})
		second = self.split_off(original, message)
		self.assertEqual((second.status, second.get(CLOSED_ON)), ("Open", None))
		self.assertEqual(original.reload().get(CLOSED_ON), yesterday)

	def test_issues_are_saved_whatever_became_of_the_field(self):
		self.addCleanup(frappe.clear_cache, doctype="Issue")
		for change in ({"module": "Support"}, {"fieldtype": "Data"}, None):
			with self.subTest(change=change):
				frappe.db.savepoint("before_change")
				if change:
					frappe.db.set_value("Custom Field", f"Issue-{CLOSED_ON}", change)
				else:
					frappe.db.delete("Custom Field", {"dt": "Issue", "fieldname": CLOSED_ON})
				frappe.clear_cache(doctype="Issue")
				issue = self.issue_of()
				self.set_status(issue, "Closed")
				self.assertFalse(issue.reload().get(CLOSED_ON))
				self.assert_open(0)
				frappe.db.rollback(save_point="before_change")


@contextmanager
def at(moment: datetime | None) -> Iterator[None]:
	"""What agreements take for now."""
	frappe.flags.current_time = moment
	try:
		yield
	finally:
		frappe.flags.current_time = None


def hours_after(moment: datetime | str, hours: float) -> datetime:
	return add_to_date(get_datetime(moment), hours=hours)
