"""Parts register what they add to a customer's timeline and to the list of whom to call."""

from datetime import date, datetime

import frappe

from crm_success.customer_views import call_list, timeline
from crm_success.customer_views.call_list import ReasonToCall, whom_to_call
from crm_success.customer_views.timeline import TimelineEntry, timeline_of
from crm_success.tests.support.utils import SiteTestCase, registered

MODULE = __name__
NOON = datetime(2026, 1, 31, 12)


def plans(customer: str, before: datetime | None, limit: int) -> list[TimelineEntry]:
	return [TimelineEntry(NOON.replace(hour=hour), f"{customer} plan {hour}") for hour in (9, 15)]


def surveys(customer: str, before: datetime | None, limit: int) -> list[TimelineEntry]:
	return [TimelineEntry(NOON, f"{customer} survey")]


def broken(*arguments: object) -> list:
	raise ValueError("a part of others is broken")


def no_entries(*arguments: object) -> list:
	return ["a text"]


def late_payers(limit: int) -> list[ReasonToCall]:
	return [
		ReasonToCall("Anna", "pays late", 40),
		ReasonToCall("Bert", "pays late", 40, date(2026, 2, 1)),
	]


def lapsing(limit: int) -> list[ReasonToCall]:
	return [ReasonToCall("Cleo", "buys less", 90), ReasonToCall("Anna", "buys less", 10)]


class TestTimeline(SiteTestCase):
	def test_entries_of_all_parts_come_newest_first(self):
		with registered(timeline.HOOK, f"{MODULE}.plans", f"{MODULE}.surveys"):
			titles = [entry.title for entry in timeline_of("Anna")]
			self.assertEqual(titles, ["Anna plan 15", "Anna survey", "Anna plan 9"])
			self.assertEqual([entry.title for entry in timeline_of("Anna", limit=1)], ["Anna plan 15"])
			self.assertEqual([entry.title for entry in timeline_of("Anna", before=NOON)], ["Anna plan 9"])

	def test_a_part_that_fails_is_left_out(self):
		with registered(timeline.HOOK, f"{MODULE}.broken", f"{MODULE}.no_entries", f"{MODULE}.surveys"):
			self.assertEqual([entry.title for entry in timeline_of("Anna")], ["Anna survey"])

	def test_nobody_registered_nothing_to_tell(self):
		self.assertEqual((timeline_of("Anna"), whom_to_call()), ([], []))


class TestCallList(SiteTestCase):
	def test_each_customer_stands_once_with_all_reasons_the_most_urgent_first(self):
		with registered(call_list.HOOK, f"{MODULE}.late_payers", f"{MODULE}.lapsing"):
			called = whom_to_call()
		self.assertEqual([row.customer for row in called], ["Cleo", "Bert", "Anna"])
		self.assertEqual([reason.reason for reason in called[2].reasons], ["pays late", "buys less"])

	def test_a_part_that_fails_is_left_out_and_logged(self):
		with registered(call_list.HOOK, f"{MODULE}.broken", f"{MODULE}.lapsing"):
			self.assertEqual([row.customer for row in whom_to_call(limit=1)], ["Cleo"])
		self.assertTrue(frappe.cache.llen("insert_queue_for_Error Log"))
