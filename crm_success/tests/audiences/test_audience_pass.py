"""A pass on a real site: who is in, who entered, who left, what is told, and what lists can be filtered by."""

import json
from collections.abc import Callable
from itertools import chain
from unittest import mock

import frappe
from frappe.utils import add_days, getdate

from crm_success.audiences.audience_changed import HOOK
from crm_success.audiences.audience_pass import members_of as members_of_range
from crm_success.audiences.audience_records import FrozenAudiences
from crm_success.audiences.membership import Memberships
from crm_success.batches.working import drain
from crm_success.database.dialects import KeyRange
from crm_success.record_names import AUDIENCE, HEALTH, MEMBER, METRIC
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import (
	HEARD_BY,
	AudienceTestCase,
	heard,
	make_audience,
	members_of,
	on,
	start_and_prepare_pass,
	visits,
)
from crm_success.tests.support.utils import registered

BUYER, SMALL, NEVER, OFF = "Aud Buyer", "Aud Small", "Aud Never", "Aud Off"
ALL = (BUYER, NEVER, SMALL)
OURS = ["name", "like", "Aud %"]


class TestAudiencePass(AudienceTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (BUYER, SMALL, NEVER):
			factories.make_customer(name, website=f"{name[4:]}.example")
		factories.make_customer(OFF, disabled=1)
		factories.make_invoice(BUYER, 9000, add_days(getdate(), -20))
		factories.make_invoice(SMALL, 50, add_days(getdate(), -20))
		frappe.db.commit()
		cls.score_all(cls)

	def test_each_kind_of_condition_finds_its_customers(self):
		frappe.get_doc("Customer", SMALL).add_tag("Aud Tag")
		buyer = frappe.get_doc("Customer", BUYER)
		buyer.append("credit_limits", {"company": factories.default_company(), "credit_limit": 77777})
		buyer.save()
		revenue = frappe.db.get_value(METRIC, {"metric_key": "net_revenue_365d"})
		cases = {
			"Aud C": ([on("Customer", OURS, ["website", "like", "small%"])], [SMALL]),
			"Aud T": (
				[
					on(
						"Table of Customer",
						["credit_limit", "=", 77777],
						table_doctype="Customer Credit Limit",
					)
				],
				[BUYER],
			),
			"Aud H": ([on("Customer", OURS), on("Customer Health", ["revenue", ">", 100])], [BUYER]),
			"Aud M": (
				[
					on("Metric", metric=revenue, operator="between", value=10, value_to=100),
					on("Customer", OURS),
				],
				[SMALL],
			),
			"Aud G": ([on("Tag", tag="Aud Tag")], [SMALL]),
			"Aud A": ([on("Audience", audience="Aud H", is_not=True), on("Customer", OURS)], [NEVER, SMALL]),
		}
		for name, (conditions, _expected) in cases.items():
			make_audience(name, *conditions)
		self.evaluate()
		for name, (_conditions, expected) in cases.items():
			with self.subTest(audience=name):
				self.assertEqual(members_of(name), expected)

	def test_disabled_customers_only_where_asked_for(self):
		make_audience("Aud Without", on("Customer", OURS))
		make_audience("Aud With", on("Customer", OURS), include_disabled=1)
		self.evaluate()
		self.assertEqual(members_of("Aud Without"), sorted(ALL))
		self.assertEqual(members_of("Aud With"), sorted((*ALL, OFF)))

	def test_who_leaves_and_comes_back_has_a_row_for_each_visit_and_each_is_told_once(self):
		make_audience("Aud Site", on("Customer", OURS, ["website", "is", "set"]))
		with registered(HOOK, HEARD_BY):
			self.evaluate()
			for website in (None, "again.example"):
				frappe.db.set_value("Customer", SMALL, "website", website)
				self.evaluate()
				self.evaluate()
		self.assertEqual(
			visits("Aud Site"), [(BUYER, 1, False), (NEVER, 1, False), (SMALL, 1, True), (SMALL, 2, False)]
		)
		told = [
			[(change.customer, change.entered, change.by_definition) for change in call] for call in heard
		]
		everybody = [(name, True, True) for name in sorted(ALL)]
		self.assertEqual(told, [everybody, [(SMALL, False, False)], [(SMALL, True, False)]])
		frappe.db.set_value("Customer", SMALL, "website", "small.example")

	def test_the_lists_know_the_names(self):
		make_audience("Aud One", on("Customer", OURS))
		make_audience("Aud Two", on("Customer", ["name", "=", BUYER]))
		self.evaluate()
		self.assertEqual(frappe.db.get_value(HEALTH, BUYER, "audiences"), "|Aud One|Aud Two|")
		found = frappe.get_all(
			"Customer", {"customer_audiences": ("like", "%|Aud One|%")}, pluck="name", order_by="name"
		)
		self.assertEqual(found, sorted(ALL))
		frappe.rename_doc(AUDIENCE, "Aud Two", "Aud Zwei")
		self.assertEqual(frappe.db.get_value("Customer", BUYER, "customer_audiences"), "|Aud One|Aud Zwei|")
		frappe.delete_doc(AUDIENCE, "Aud One")
		self.assertEqual(frappe.db.get_value("Customer", BUYER, "customer_audiences"), "|Aud Zwei|")
		self.assertIsNone(frappe.db.get_value(HEALTH, SMALL, "audiences"))
		self.assertFalse(frappe.db.exists(MEMBER, {"audience": "Aud One"}))

	def test_killed_before_its_end_a_batch_is_done_again_and_nothing_is_told_twice(self):
		make_audience("Aud Killed", on("Customer", OURS))
		frappe.db.commit()
		run = start_and_prepare_pass()
		with registered(HOOK, HEARD_BY):
			with self.assertRaises(KeyboardInterrupt), registered_failure():
				drain(run)
			self.assertEqual(visits("Aud Killed"), [])
			drain(run)
		self.assertEqual(members_of("Aud Killed"), sorted(ALL))
		self.assertEqual([len(call) for call in heard], [3])

	def test_an_audience_that_cannot_be_asked_is_named_and_the_others_go_on(self):
		broken = make_audience("Aud Broken", on("Customer", ["website", "is", "set"]))
		make_audience("Aud Made of It", on("Audience", audience="Aud Broken"))
		make_audience("Aud Fine", on("Customer", OURS))
		self.evaluate()
		before = members_of("Aud Broken")
		frappe.db.set_value(
			"Customer Audience Condition", broken.conditions[0].name, "filters", '[["no_such", "=", 1]]'
		)
		run = self.evaluate()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, "Aud Broken", "no_such")
		self.assert_message(run, "Aud Made of It")
		self.assertIn("no_such", frappe.db.get_value(AUDIENCE, "Aud Broken", "problem"))
		self.assertEqual(members_of("Aud Broken"), before)
		self.assertEqual(members_of("Aud Fine"), sorted(ALL))

	def test_an_audience_that_fails_on_the_way_stays_what_it_was_and_its_next_changes_are_by_definition(self):
		make_audience("Aud Failing", on("Customer", ["website", "is", "set"], OURS))
		make_audience("Aud Beside", on("Customer", OURS))
		self.evaluate()
		doc = frappe.get_doc(AUDIENCE, "Aud Failing")
		doc.conditions[0].filters = json.dumps([["website", "=", "small.example"]])
		doc.save()
		before = noted_of("Aud Failing"), noted_of("Aud Beside")
		with mock.patch("crm_success.audiences.audience_pass.members_of", failing("Aud Failing")):
			run = self.evaluate()
		self.assertEqual(run.status, "Completed with Warnings")
		self.assert_message(run, "Aud Failing", "could not be evaluated", "is not asked today")
		self.assertEqual(members_of("Aud Failing"), sorted(ALL))
		self.assertEqual(noted_of("Aud Failing"), before[0])
		self.assertGreater(noted_of("Aud Beside").evaluated_on, before[1].evaluated_on)
		with registered(HOOK, HEARD_BY):
			self.evaluate()
		told = {(change.customer, change.entered, change.by_definition) for change in chain(*heard)}
		self.assertEqual(told, {(BUYER, False, True), (NEVER, False, True)})

	def test_an_audience_by_hand_keeps_whom_people_picked(self):
		make_audience("Aud Hand", how="By Hand")
		frappe.get_doc({"doctype": MEMBER, "audience": "Aud Hand", "customer": BUYER}).insert()
		make_audience("Aud Of Hand", on("Audience", audience="Aud Hand"))
		self.evaluate()
		self.assertEqual(members_of("Aud Hand"), [BUYER])
		self.assertEqual(members_of("Aud Of Hand"), [BUYER])
		with self.assertRaises(frappe.DuplicateEntryError):
			frappe.get_doc({"doctype": MEMBER, "audience": "Aud Hand", "customer": BUYER}).insert()

	def test_circles_are_refused_with_their_path(self):
		make_audience("Aud X", on("Customer", OURS))
		make_audience("Aud Y", on("Audience", audience="Aud X"))
		doc = frappe.get_doc(AUDIENCE, "Aud X")
		doc.append("conditions", on("Audience", audience="Aud Y"))
		self.assert_refused(doc, "Aud X → Aud Y → Aud X")


def noted_of(audience: str) -> frappe._dict:
	"""What a pass notes of an audience that it evaluated."""
	return frappe.db.get_value(AUDIENCE, audience, ["evaluated_version", "evaluated_on"], as_dict=True)


def failing(audience: str) -> Callable:
	"""Finds members, unless that audience is among those asked."""

	def find(frozen: FrozenAudiences, keys: KeyRange) -> Memberships:
		if audience in (each.name for each in frozen.audiences):
			raise ValueError(f"{audience} is not asked today")
		return members_of_range(frozen, keys)

	return find


class registered_failure:
	"""The process is killed between the writing of a batch and its end."""

	def __enter__(self):
		self.patch = mock.patch(
			"crm_success.audiences.audience_pass.tell_audience_changes", side_effect=KeyboardInterrupt
		)
		self.patch.start()

	def __exit__(self, *arguments):
		self.patch.stop()
