"""What becomes of a customer's audiences when the customer is renamed, merged, deleted, saved, or held by somebody else."""

from unittest.mock import patch

import frappe
from frappe.custom.doctype.custom_field.custom_field import rename_fieldname
from frappe.model.rename_doc import rename_doc

from crm_success.audiences.audience_changed import HOOK
from crm_success.audiences.hand_picked import add_members, remove_members
from crm_success.audiences.membership import last_visits
from crm_success.doc_events import customer_audiences
from crm_success.record_names import HEALTH, MEMBER
from crm_success.scoring.runs.rescoring import rescore_stale
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import (
	HEARD_BY,
	AudienceTestCase,
	heard,
	make_audience,
	members_of,
	on,
	visits,
)
from crm_success.tests.support.utils import registered
from crm_success.tests.support.worker_processes import Helper

ONE, TWO, NEWEST = "Aud Of One", "Aud Of Two", "Aud Of Newest"
FIELD = "customer_audiences"


def names_on(customer: str) -> tuple[str | None, str | None]:
	"""The names as lists of customers and of health find them."""
	frappe.db.rollback()
	return (
		frappe.db.get_value("Customer", customer, FIELD),
		frappe.db.get_value(HEALTH, {"customer": customer}, "audiences"),
	)


class CustomerCase(AudienceTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(self.forget_customers)
		for customer in (ONE, TWO):
			factories.make_customer(customer)
			factories.make_health(customer)
		for name in ("Aud A", "Aud B"):
			make_audience(name, how="By Hand")
		frappe.db.commit()

	def forget_customers(self) -> None:
		frappe.db.rollback()
		names = ("in", (ONE, TWO, NEWEST, ONE.upper()))
		frappe.db.delete(HEALTH, {"customer": names})
		frappe.db.delete("Customer", {"name": names})
		frappe.db.commit()

	def add(self, audience: str, *customers: str) -> None:
		add_members(audience, customers)
		frappe.db.commit()

	def remove(self, audience: str, *customers: str) -> None:
		remove_members(audience, customers)
		frappe.db.commit()

	def rename(self, old: str, new: str, merge: bool = False) -> None:
		rename_doc("Customer", old, new, merge=merge, show_alert=False, rebuild_search=False)
		frappe.db.commit()


class TestRenamed(CustomerCase):
	def test_memberships_and_their_names_go_along_and_nobody_is_told(self):
		self.add("Aud A", ONE)
		self.remove("Aud A", ONE)
		self.add("Aud A", ONE)
		with registered(HOOK, HEARD_BY):
			self.rename(ONE, NEWEST)
		self.assertEqual(visits("Aud A"), [(NEWEST, 1, True), (NEWEST, 2, False)])
		self.assertEqual(names_on(NEWEST), ("|Aud A|", "|Aud A|"))
		self.assertEqual(heard, [])

	def test_other_capitals_keep_them(self):
		self.add("Aud A", ONE)
		self.rename(ONE, ONE.upper())
		self.assertEqual(members_of("Aud A"), [ONE.upper()])

	def test_what_is_left_of_a_customer_that_is_gone_stops_nobody(self):
		"""As of a customer that was deleted while a pass wrote it."""
		self.add("Aud A", ONE)
		row = frappe.get_doc({"doctype": MEMBER, "audience": "Aud A", "customer": NEWEST, "visit": 1})
		row.update({"name": "aud-of-left-behind", "entered_on": "2026-01-01 00:00:00"}).db_insert()
		frappe.db.commit()
		self.rename(ONE, NEWEST)
		self.assertEqual(visits("Aud A"), [(NEWEST, 1, False)])


class TestMerged(CustomerCase):
	def test_who_is_in_it_keeps_its_visits(self):
		self.merge_overlapping(ONE, TWO)

	def test_and_also_the_other_way_round(self):
		self.merge_overlapping(TWO, ONE)

	def merge_overlapping(self, old: str, new: str) -> None:
		"""Of A only the old one is in, of B only the new one; each has been in both."""
		for audience, stays in (("Aud A", old), ("Aud B", new)):
			self.add(audience, ONE, TWO)
			self.remove(audience, ONE, TWO)
			self.add(audience, stays)
		self.rename(old, new, merge=True)
		for audience in ("Aud A", "Aud B"):
			self.assertEqual(visits(audience), [(new, 1, True), (new, 2, False)])
			self.assert_follow_each_other(audience, new)
		self.assertEqual(names_on(new), ("|Aud A|Aud B|", "|Aud A|Aud B|"))

	def assert_follow_each_other(self, audience: str, customer: str) -> None:
		filters = {"audience": audience, "customer": customer}
		first, second = frappe.get_all(MEMBER, filters, ["entered_on", "left_on"], order_by="visit")
		self.assertLessEqual(first.entered_on, first.left_on)
		self.assertLessEqual(first.left_on, second.entered_on)

	def test_of_an_audience_that_both_are_in_those_of_the_one_that_stays_are_kept(self):
		self.add("Aud A", ONE, TWO)
		self.remove("Aud A", TWO)
		self.add("Aud A", TWO)
		self.rename(ONE, TWO, merge=True)
		self.assertEqual(visits("Aud A"), [(TWO, 1, True), (TWO, 2, False)])

	def test_an_audience_of_one_of_them_is_kept(self):
		self.add("Aud A", ONE)
		self.add("Aud B", TWO)
		self.rename(ONE, TWO, merge=True)
		self.assertEqual(visits("Aud A"), [(TWO, 1, False)])
		self.assertEqual(visits("Aud B"), [(TWO, 1, False)])
		self.assertEqual(names_on(TWO), ("|Aud A|Aud B|", "|Aud A|Aud B|"))

	def test_coming_back_after_a_merge_is_the_next_visit(self):
		self.add("Aud A", ONE, TWO)
		self.remove("Aud A", ONE, TWO)
		self.rename(ONE, TWO, merge=True)
		self.add("Aud A", TWO)
		self.assertEqual(visits("Aud A"), [(TWO, 1, True), (TWO, 2, False)])
		self.assertEqual(last_visits([("Aud A", TWO)])[("Aud A", TWO)][0], 2)

	def test_a_merge_sees_what_a_pass_wrote_after_it_had_begun(self):
		"""Its transaction reads the members as they were when it began, unless it locks them."""
		self.add("Aud A", ONE)
		frappe.db.get_value("Customer", ONE, "modified")
		Helper(
			"from crm_success.audiences.hand_picked import add_members\n"
			f"add_members('Aud A', [{TWO!r}]); frappe.db.commit()"
		).output()
		self.rename(ONE, TWO, merge=True)
		self.assertEqual(visits("Aud A"), [(TWO, 1, False)])

	def test_what_fails_in_ours_stops_no_merge(self):
		self.add("Aud A", ONE, TWO)
		with patch.object(customer_audiences, "_held_visits", side_effect=ValueError("made to fail")):
			self.rename(ONE, TWO, merge=True)
		self.assertEqual(members_of("Aud A"), [TWO])


class TestDeleted(CustomerCase):
	def test_memberships_go_with_it_and_nobody_is_told(self):
		self.add("Aud A", ONE, TWO)
		with registered(HOOK, HEARD_BY):
			frappe.delete_doc("Customer", ONE)
			frappe.db.commit()
		self.assertEqual(visits("Aud A"), [(TWO, 1, False)])
		self.assertEqual(heard, [])


class TestSaved(CustomerCase):
	def test_an_old_form_does_not_bring_old_names_back(self):
		opened = frappe.get_doc("Customer", ONE)
		self.add("Aud A", ONE)
		opened.update({"website": "aud.example"}).save()
		self.assertEqual(opened.get(FIELD), "|Aud A|")
		frappe.db.commit()
		self.assertEqual(names_on(ONE), ("|Aud A|", "|Aud A|"))
		opened = frappe.get_doc("Customer", ONE)
		self.remove("Aud A", ONE)
		opened.update({"website": "aud2.example"}).save()
		self.assertIsNone(opened.get(FIELD))
		frappe.db.commit()
		self.assertEqual(names_on(ONE), (None, None))

	def test_a_person_cannot_write_them(self):
		frappe.get_doc("Customer", ONE).update({FIELD: "|Aud B|"}).save()
		frappe.db.commit()
		self.assertIsNone(names_on(ONE)[0])

	def test_a_pass_leaves_a_customer_alone_that_somebody_holds_and_it_follows_later(self):
		make_audience("Aud F", on("Customer", ["name", "in", f"{ONE},{TWO}"]))
		frappe.db.commit()
		somebody = Helper(
			f"frappe.db.get_value('Customer', {ONE!r}, 'name', for_update=True)\n"
			"print('there', flush=True); input(); frappe.db.commit()"
		)
		somebody.wait_until_ready()
		run = self.evaluate()
		somebody.go()
		somebody.output()
		self.assertEqual(run.status, "Completed")
		self.assertEqual(members_of("Aud F"), [ONE, TWO])
		self.assertEqual(names_on(TWO), ("|Aud F|", "|Aud F|"))
		self.assertEqual(names_on(ONE), (None, "|Aud F|"))
		rescore_stale()
		self.assertEqual(names_on(ONE), ("|Aud F|", "|Aud F|"))


class TestFieldOfAnAdministrator(CustomerCase):
	"""Without the field everything goes on; Customer Health has the names all the same."""

	def setUp(self):
		super().setUp()
		self.field = frappe.get_doc("Custom Field", {"dt": "Customer", "fieldname": FIELD})
		make_audience("Aud F", on("Customer", ["name", "in", f"{ONE},{TWO}"]))
		frappe.db.commit()

	def assert_goes_on(self) -> None:
		run = self.evaluate()
		self.assertEqual((run.status, members_of("Aud F")), ("Completed", [ONE, TWO]))
		self.add("Aud A", ONE)
		frappe.get_doc("Customer", ONE).update({"website": "goes-on.example"}).save()
		self.rename(ONE, NEWEST)
		self.rename(NEWEST, ONE)
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, "audiences"), "|Aud A|Aud F|")
		log = frappe.get_all("Error Log", {"creation": (">", self.field_changed_at)}, pluck="error")
		self.assertEqual(log, [])

	def change(self, **values: str | int) -> None:
		before = {name: self.field.get(name) for name in values}
		self.addCleanup(self.put_back, before)
		frappe.db.set_value("Custom Field", self.field.name, values)
		self.is_changed()

	def put_back(self, values: dict) -> None:
		frappe.db.rollback()
		frappe.db.set_value("Custom Field", self.field.name, values)
		self.is_changed()

	def is_changed(self) -> None:
		frappe.clear_cache(doctype="Customer")
		frappe.db.commit()
		self.field_changed_at = frappe.utils.now_datetime()

	def test_it_was_deleted(self):
		self.addCleanup(self.is_changed)
		self.addCleanup(self.field.db_insert)
		self.addCleanup(frappe.db.rollback)
		frappe.db.delete("Custom Field", {"name": self.field.name})
		self.is_changed()
		self.assert_goes_on()

	def test_it_was_renamed(self):
		# else Frappe refuses it
		self.change(is_system_generated=0)
		rename_fieldname(self.field.name, "groups_of_customer")
		self.addCleanup(rename_fieldname, self.field.name, FIELD)
		self.addCleanup(frappe.db.rollback)
		self.is_changed()
		self.assert_goes_on()

	def test_it_was_made_too_short(self):
		"""Frappe refuses to save a customer with more characters than its kind of field takes."""
		self.change(fieldtype="Data")
		for number in range(12):
			make_audience(f"Aud {number} with a name of some length", how="By Hand")
			self.add(f"Aud {number} with a name of some length", ONE)
		frappe.get_doc("Customer", ONE).update({"website": "short.example"}).save()
		frappe.db.commit()
		self.assertIsNone(frappe.db.get_value("Customer", ONE, FIELD))
