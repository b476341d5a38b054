"""The rows of members as other transactions and the database leave them: names cut off, rows held, clocks set back."""

from datetime import timedelta

import frappe

from crm_success.audiences.hand_picked import add_members, remove_members
from crm_success.audiences.membership import open_memberships
from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.doc_events.customer_audiences import make_room_for_memberships
from crm_success.record_names import AUDIENCE, MEMBER, METRIC
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import AudienceTestCase, make_audience, visits
from crm_success.tests.support.clocks import database_clock, database_utc
from crm_success.tests.support.scoring_site import marked_customers
from crm_success.tests.support.worker_processes import Helper

NAMES = ("Kept A, the first", "Kept B", "Kept C")
ONE, OTHER = "Kept One", "Kept Other"
METRIC_OVER_MEMBERS = {
	**{"doctype": METRIC, "source_doctype": MEMBER, "customer_field": "customer", "date_field": "entered_on"},
	**{"measure": "Count", "scale": "Linear", "worst": 0, "best": 10},
}


class TestMemberships(AudienceTestCase):
	@classmethod
	def make_documents(cls):
		for name in (ONE, OTHER):
			factories.make_customer(name)
		frappe.db.commit()

	def setUp(self):
		super().setUp()
		for name in NAMES:
			make_audience(name, how="By Hand")
			add_members(name, [ONE])
		add_members(NAMES[1], [OTHER])
		frappe.db.commit()

	def test_who_is_in_what_is_right_where_the_database_cuts_long_texts_off(self):
		expected = {ONE: frozenset(NAMES), OTHER: frozenset(NAMES[1:2])}
		self.addCleanup(frappe.db.sql, "SET SESSION group_concat_max_len = DEFAULT")
		for most in (1_000_000, 30, 26, 4):
			frappe.db.sql("SET SESSION group_concat_max_len = %s", most)
			for keys in (EVERYBODY, KeyRange(names=(ONE, OTHER)), KeyRange(None, OTHER)):
				with self.subTest(most=most, keys=keys):
					self.assertEqual(open_memberships(keys), expected)

	def test_nobody_makes_a_customer_enter_while_it_is_merged(self):
		make_room_for_memberships(None, None, OTHER, ONE, merge=True)
		row = {"name": "kept", "audience": NAMES[0], "customer": OTHER, "visit": 1}
		entering = Helper(ENTER.format(row=row))
		self.assertEqual(entering.output(), "refused")
		frappe.db.rollback()
		entering = Helper(ENTER.format(row=row))
		self.assertEqual(entering.output(), "entered")

	def test_a_merge_keeps_the_visits_of_whom_is_in_it(self):
		remove_members(NAMES[1], [ONE])
		frappe.db.commit()
		frappe.rename_doc("Customer", OTHER, ONE, merge=True, force=True, show_alert=False)
		frappe.db.commit()
		self.addCleanup(self.make_documents_again)
		self.assertEqual(visits(NAMES[1]), [(ONE, 1, False)])
		self.assertEqual(visits(NAMES[0]), [(ONE, 1, False)])

	def make_documents_again(self):
		factories.make_customer(OTHER)
		frappe.db.commit()

	def test_a_metric_over_members_hears_of_whoever_enters_or_leaves(self):
		self.addCleanup(self.measure_no_members)
		marked_customers()
		add_members(NAMES[2], [OTHER])
		self.assertEqual(marked_customers(), set(), "nothing is measured yet")
		frappe.get_doc({**METRIC_OVER_MEMBERS, "metric_name": "Kept Audiences"}).insert()
		self.assertEqual(marked_customers(), set())
		add_members(NAMES[0], [OTHER])
		self.assertEqual(marked_customers(), {OTHER}, "entered")
		remove_members(NAMES[1], [ONE])
		self.assertEqual(marked_customers(), {ONE}, "left")
		frappe.delete_doc(AUDIENCE, NAMES[1])
		self.assertEqual(marked_customers(), {ONE, OTHER}, "whoever was in an audience that is deleted")

	def measure_no_members(self) -> None:
		frappe.delete_doc(METRIC, "Kept Audiences", force=True, ignore_missing=True)
		frappe.db.commit()

	def test_a_clock_that_is_set_back_makes_no_visit_end_before_it_began(self):
		now = database_utc()
		for hours, change in ((-1, remove_members), (-2, add_members), (-3, remove_members)):
			with database_clock(now + timedelta(hours=hours)):
				change(NAMES[0], [ONE])
		rows = frappe.get_all(
			MEMBER, {"audience": NAMES[0]}, ["entered_on", "left_on"], order_by="visit", as_list=True
		)
		moments = [moment for row in rows for moment in row]
		self.assertEqual(len(moments), 4)
		self.assertEqual(moments, sorted(moments))


ENTER = f"""
frappe.db.sql("SET SESSION innodb_lock_wait_timeout = 1")
try:
	frappe.db.bulk_insert({MEMBER!r}, list({{row}}), [tuple({{row}}.values())])
	frappe.db.commit()
	print("entered")
except frappe.QueryTimeoutError:
	print("refused")
"""
