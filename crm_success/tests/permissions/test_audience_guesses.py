"""Nobody learns by an audience what he may not read, and nobody writes into one past its form."""

import json
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.custom.doctype.property_setter.property_setter import make_property_setter
from frappe.utils import getdate
from werkzeug.test import TestResponse

from crm_success.record_names import AUDIENCE, CONDITION, HEALTH, MEMBER, RECIPIENT
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import (
	forget_audiences,
	make_audience,
	members_of,
	on,
	start_and_prepare_pass,
)
from crm_success.tests.support.permission_matrix import (
	BY_HAND,
	SALES_MANAGER,
	SALES_USER,
	SUCCESS_MANAGER,
	SUCCESS_USER,
	SYSTEM_MANAGER,
)
from crm_success.tests.support.permission_site import (
	OTHER,
	OWN,
	PermissionTestCase,
	Visitor,
	make_audience_by_hand,
	make_customers,
	make_user,
	rows_of,
)
from crm_success.tests.support.scoring_site import drain, start_and_prepare

CUSTOMER, FORM = "Customer", "crm_success.audiences.api.audience_form"
TAX_ID, SECRET_FIELD = "DE-512345", "pm_secret"
ON_TAX_ID = on(CUSTOMER, ["tax_id", "like", f"{TAX_ID[:5]}%"])
ON_TABLE = on("Table of Customer", ["credit_limit", ">", 5], table_doctype="Customer Credit Limit")
ON_TAG = on("Tag", tag="PM Tag")
ON_HEALTH = on(HEALTH, ["score", ">=", 0])


def record(*conditions: dict[str, Any], **values: Any) -> dict[str, Any]:
	return {"audience_name": "PM Guess", "how": "By Filters", "conditions": list(conditions), **values}


class TestAudienceGuesses(PermissionTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		make_customers()
		frappe.db.set_value(CUSTOMER, OTHER, "tax_id", TAX_ID)
		frappe.get_doc(CUSTOMER, OTHER).add_tag("PM Tag")
		cls.addClassCleanup(frappe.delete_doc, "Tag", "PM Tag", force=True)
		create_custom_field(CUSTOMER, {"fieldname": SECRET_FIELD, "fieldtype": "Password"})
		cls.addClassCleanup(frappe.delete_doc, "Custom Field", f"{CUSTOMER}-{SECRET_FIELD}", force=True)
		drain(start_and_prepare())
		cls.manager = Visitor(make_user("audience_manager", SUCCESS_MANAGER))
		cls.success = Visitor(make_user("audience_success", SUCCESS_USER))
		cls.reader = Visitor(make_user("audience_reader", SUCCESS_USER, SALES_USER))
		cls.owner = Visitor(make_user("audience_owner", SYSTEM_MANAGER, SALES_USER))
		make_audience_by_hand("Administrator")
		cls.addClassCleanup(forget_audiences)
		frappe.db.commit()

	def preview(self, visitor: Visitor, sent: dict[str, Any]) -> TestResponse:
		return visitor.call(f"{FORM}.preview", audience=json.dumps(sent))

	def assert_refused(self, answer: TestResponse) -> None:
		"""A preview says in its own place why it tells nothing."""
		found = (answer.json or {}).get("message") if answer.status_code == 200 else None
		if not isinstance(found, dict) or "problem" not in found:
			super().assert_refused(answer)
			return
		self.assertNotIn("members", found)
		self.assertNotIn("examples", found)

	def assert_allowed(self, answer: TestResponse) -> None:
		super().assert_allowed(answer)
		self.assertNotIn("problem", (answer.json or {}).get("message") or {})

	def ways(self, visitor: Visitor, sent: dict[str, Any]) -> list[TestResponse]:
		"""The answers to a preview, to a new one, and to a change of one's own."""
		return [
			self.preview(visitor, sent),
			visitor.post(f"/api/resource/{AUDIENCE}", **sent),
			visitor.put(f"/api/resource/{AUDIENCE}/{self.an_own(visitor)}", conditions=sent["conditions"]),
		]

	def an_own(self, visitor: Visitor) -> str:
		name = f"PM Own of {visitor.user.split('@')[0].replace('_', ' ')}"
		if not frappe.db.exists(AUDIENCE, name):
			make_audience(name, ON_HEALTH)
			frappe.db.set_value(AUDIENCE, name, "owner", visitor.user)
		return name

	def forget_guess(self) -> None:
		frappe.delete_doc(AUDIENCE, "PM Guess", force=True, ignore_missing=True)
		frappe.db.commit()

	@contextmanager
	def shared(self, doctype: str, name: str, visitor: Visitor, **rights: int) -> Any:
		share = frappe.share.add(doctype, name, visitor.user, notify=0, **{"read": 1, **rights})
		frappe.db.commit()
		try:
			yield
		finally:
			frappe.db.delete("DocShare", {"name": share.name})
			frappe.db.commit()

	# ---- what only who reads customers may ask ----------------------------------------------------------------

	def test_fields_tables_and_tags_of_customers_are_for_those_who_read_them_by_a_role(self):
		for condition, words in (
			(ON_TAX_ID, "tax_id"),
			(on(CUSTOMER, ["owner", "=", "Administrator"]), "owner"),
			(
				on(CUSTOMER, ["customer_name", "like", "P%"], ["customer_details", "like", "%x%"]),
				"customer_details",
			),
			(ON_TABLE, "Customer Credit Limit"),
			(ON_TAG, "Tags"),
		):
			for visitor in (self.manager, self.success):
				for answer in self.ways(visitor, record(ON_HEALTH, condition)):
					with self.subTest(asked=words, user=visitor.user, path=answer.request.path):
						self.assert_refused(answer)
						self.assertIn(words, answer.text)
			self.assertFalse(frappe.db.exists(AUDIENCE, "PM Guess"))
			with self.subTest(asked=words, user=self.reader.user):
				self.addCleanup(self.forget_guess)
				for answer in self.ways(self.reader, record(ON_HEALTH, condition)):
					self.assert_allowed(answer)
				self.forget_guess()

	def test_one_customer_that_was_shared_opens_no_field_of_the_others(self):
		with self.shared(CUSTOMER, OWN, self.manager):
			self.assertTrue(frappe.has_permission(CUSTOMER, "read", user=self.manager.user))
			for answer in self.ways(self.manager, record(ON_TAX_ID)):
				self.assert_refused(answer)

	def test_what_a_health_tells_anyway_may_be_asked_by_everybody(self):
		for condition in (
			on(CUSTOMER, ["customer_name", "like", "Permitted%"]),
			on(HEALTH, ["revenue", ">", 0]),
			on("Metric", metric="Net Revenue 365 Days", operator=">", value=0),
			on("Audience", audience=BY_HAND),
		):
			with self.subTest(condition=condition):
				self.assert_allowed(self.preview(self.success, record(condition)))

	def test_nobody_asks_for_protected_fields_and_passwords(self):
		for fieldname in ("tax_id", "credit_limits"):
			setter = make_property_setter(CUSTOMER, fieldname, "permlevel", 1, "Int")
			self.addCleanup(frappe.db.commit)
			self.addCleanup(frappe.clear_cache, doctype=CUSTOMER)
			self.addCleanup(frappe.delete_doc, "Property Setter", setter.name, force=True)
		frappe.clear_cache(doctype=CUSTOMER)
		for condition, words in (
			(ON_TAX_ID, "permission level 1"),
			(ON_TABLE, "no table of a customer"),
			(on(CUSTOMER, [SECRET_FIELD, "like", "a%"]), "it holds a password"),
		):
			for answer in self.ways(self.owner, record(condition)):
				with self.subTest(words=words, path=answer.request.path):
					self.assertEqual(answer.status_code, 417, answer.text[:600])
					self.assertIn(words, answer.text)

	def test_what_the_pass_itself_writes_cannot_be_asked_for(self):
		for condition in (
			on(CUSTOMER, ["customer_audiences", "like", "%x%"]),
			on(HEALTH, ["audiences", "is", "set"]),
			on(CUSTOMER, ["`tabCustomer`.`customer_audiences`", "is", "set"]),
			on(CUSTOMER, ["Customer Health.audiences", "is", "set"]),
			on("Table of Customer", ["audience", "is", "set"], table_doctype=MEMBER),
			on("Table of Customer", ["audiences", "is", "set"], table_doctype=HEALTH),
			on("Table of Customer", ["audience", "is", "set"], table_doctype=CONDITION),
		):
			for answer in self.ways(self.owner, record(condition)):
				with self.subTest(condition=condition, path=answer.request.path):
					self.assertEqual(answer.status_code, 417, answer.text[:600])

	def test_a_disabled_audience_of_somebody_else_tells_no_more_than_one_s_own(self):
		"""Who is in an enabled one is told to every reader. One that is off would be evaluated for the guess alone."""
		make_audience("PM Taxed", ON_TAX_ID, enabled=0)
		make_audience("PM Around", on("Audience", audience="PM Taxed"), enabled=0)
		for part in ("PM Taxed", "PM Around"):
			for answer in self.ways(self.manager, record(on("Audience", audience=part))):
				with self.subTest(part=part, path=answer.request.path):
					self.assert_refused(answer)
					self.assertIn("tax_id", answer.text)
		answer = self.manager.put(f"/api/resource/{AUDIENCE}/PM Taxed", enabled=1)
		self.assert_refused(answer)
		frappe.db.set_value(AUDIENCE, "PM Taxed", "enabled", 1)
		self.assert_allowed(self.preview(self.manager, record(on("Audience", audience="PM Taxed"))))

	def test_an_audience_that_one_may_not_read_is_no_part_of_one_s_own(self):
		limited = Visitor(make_user("limited_to_an_audience", SUCCESS_MANAGER, SALES_USER))
		own = self.an_own(limited)
		permission = {"user": limited.user, "allow": AUDIENCE, "for_value": own, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert(ignore_permissions=True)
		for answer in self.ways(limited, record(on("Audience", audience=BY_HAND))):
			with self.subTest(path=answer.request.path):
				self.assert_refused(answer)
		sizes = limited.call(f"{FORM}.sizes", "GET", audiences=json.dumps([BY_HAND]))
		self.assertEqual(sizes.json["message"], {BY_HAND: 0})

	def test_a_part_of_an_audience_that_looks_at_more_is_not_one_s_own_any_more(self):
		"""Letting customers into the part would tell who of them has such a tax ID."""
		own = self.an_own(self.success)
		make_audience("PM Both", on("Audience", audience=own), ON_TAX_ID)
		make_audience("PM Over Both", on("Audience", audience="PM Both"))
		change = {"conditions": [on(CUSTOMER, ["customer_name", "like", "P%"])]}
		for part in (own, "PM Both"):
			frappe.db.set_value(AUDIENCE, part, "owner", self.success.user)
			answer = self.success.put(f"/api/resource/{AUDIENCE}/{part}", **change)
			with self.subTest(part=part):
				self.assertEqual(answer.status_code, 403 if part == own else 200, answer.text[:600])
		self.assert_allowed(self.success.put(f"/api/resource/{AUDIENCE}/{own}", **change))
		self.assert_allowed(self.success.put(f"/api/resource/{AUDIENCE}/{own}", description="PM"))

	def test_what_is_not_asked_may_be_changed_without_that_right(self):
		name = make_audience("PM Described", ON_TAX_ID, ON_TABLE).name
		for visitor in (self.manager, self.owner):
			self.assert_allowed(visitor.put(f"/api/resource/{AUDIENCE}/{name}", description="PM"))
		wanted = frappe.db.get_value(AUDIENCE, name, "wanted_utc")
		doc = frappe.get_doc(AUDIENCE, name).as_dict()
		answer = self.manager.call("frappe.desk.form.save.savedocs", doc=frappe.as_json(doc), action="Save")
		self.assert_allowed(answer)
		self.assertEqual(frappe.db.get_value(AUDIENCE, name, "wanted_utc"), wanted)
		self.assert_refused(self.manager.put(f"/api/resource/{AUDIENCE}/{name}", match="Any Condition"))

	# ---- past the form -----------------------------------------------------------------------------------------

	def test_a_condition_is_not_changed_without_its_audience(self):
		audience = make_audience("PM Guarded", ON_HEALTH)
		frappe.db.commit()
		row = audience.conditions[0]
		place = {"parent": audience.name, "parenttype": AUDIENCE, "parentfield": "conditions", "idx": 2}
		before = self.conditions_of(audience.name)
		for visitor in (self.manager, self.owner):
			new = {"doctype": CONDITION, **place, **ON_TAX_ID}
			for answer in (
				visitor.post(f"/api/resource/{CONDITION}", **new),
				visitor.post(f"/api/v2/document/{CONDITION}", **new),
				visitor.put(f"/api/resource/{CONDITION}/{row.name}", **ON_TAX_ID),
				visitor.delete(f"/api/resource/{CONDITION}/{row.name}"),
				visitor.call("frappe.client.delete", doctype=CONDITION, name=row.name),
			):
				with self.subTest(user=visitor.user, request=answer.request.method, path=answer.request.path):
					self.assertIn(answer.status_code, (403, 417), answer.text[:600])
					self.assertEqual(self.conditions_of(audience.name), before)
		# these save the audience with it, so that it is checked
		for answer in (
			self.manager.call("frappe.client.insert", doc=json.dumps(new)),
			self.manager.call(
				"frappe.client.set_value", doctype=CONDITION, name=row.name, fieldname=ON_TAX_ID
			),
		):
			self.assert_refused(answer)
			self.assertEqual(self.conditions_of(audience.name), before)

	def conditions_of(self, audience: str) -> list[Any]:
		frappe.db.rollback()
		return frappe.get_all(CONDITION, {"parent": audience}, ["looks_at", "filters"], order_by="idx")

	def test_what_passes_note_is_not_for_a_request_to_say(self):
		name = make_audience("PM Noted", ON_HEALTH).name
		drain(start_and_prepare_pass())
		noted = ["problem", "evaluated_on", "evaluated_version", "wanted_utc", "looked_at_utc"]
		before = frappe.db.get_value(AUDIENCE, name, noted, as_dict=True)
		self.assertTrue(before.evaluated_version and before.looked_at_utc)
		forged = {"problem": "x", "evaluated_version": "x", **dict.fromkeys(noted[3:], "2001-01-01")}
		self.assert_allowed(self.owner.put(f"/api/resource/{AUDIENCE}/{name}", **forged))
		self.assertEqual(frappe.db.get_value(AUDIENCE, name, noted, as_dict=True), before)

	def test_to_whom_letters_went_is_in_no_list(self):
		"""A table without a parent, about customers of everybody."""
		row = {
			"doctype": RECIPIENT,
			"audience": BY_HAND,
			"customer": OTHER,
			"email_group_member": "pm-member",
		}
		frappe.get_doc({**row, "name": "pm-recipient"}).db_insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, RECIPIENT, {"name": "pm-recipient"})
		for parent in (AUDIENCE, "Email Group", CUSTOMER, None):
			named = {"doctype": RECIPIENT, "parent": parent, "parent_doctype": parent}
			many, one = {**named, "fields": '["customer", "name"]'}, {**named, "name": "pm-recipient"}
			for answer in (
				self.manager.call("frappe.client.get_list", **many),
				self.manager.call("frappe.desk.reportview.get_list", **many),
				self.manager.call("frappe.desk.reportview.export_query", **many, file_format_type="CSV"),
				self.manager.get(f"/api/resource/{RECIPIENT}/pm-recipient"),
				self.manager.call("frappe.client.get", "GET", **one),
			):
				with self.subTest(parent=parent, path=answer.request.path):
					self.assertNotEqual(answer.status_code, 200, answer.text[:400])
					self.assertNotIn(OTHER, answer.text)

	def test_a_customer_is_put_into_audiences_that_one_may_change(self):
		"""By Frappe's own form of a member too, and by an import."""
		frappe.db.delete(MEMBER, {"customer": OWN})
		self.assert_refused(self.success.post(f"/api/resource/{MEMBER}", audience=BY_HAND, customer=OWN))
		with self.shared(AUDIENCE, BY_HAND, self.success, write=1):
			answer = self.success.post(f"/api/resource/{MEMBER}", audience=BY_HAND, customer=OWN)
			self.assert_allowed(answer)
		self.assertEqual(members_of(BY_HAND), [OWN, OTHER])

	# ---- customers whom the maker of an audience may not see ---------------------------------------------------

	def test_an_audience_of_somebody_limited_finds_all_and_tells_of_some(self):
		limited = Visitor(make_user("limited_maker", SALES_MANAGER))
		permission = {"user": limited.user, "allow": CUSTOMER, "for_value": OWN, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert(ignore_permissions=True)
		sent = record(ON_TAX_ID, on(HEALTH, ["score", ">=", 0]), match="Any Condition")
		self.addCleanup(self.forget_guess)
		self.assert_allowed(limited.post(f"/api/resource/{AUDIENCE}", **sent))
		run = start_and_prepare_pass()
		drain(run)
		self.assertEqual(members_of("PM Guess"), [OWN, OTHER])
		found = self.preview(limited, sent).json["message"]
		self.assertEqual((found["members"], [row["members"] for row in found["conditions"]]), (1, [0, 1]))
		self.assertEqual(
			{row["customer"] for row in rows_of(limited.list(MEMBER, fields=["customer"]))}, {OWN}
		)
		for answer in (
			limited.call(f"{FORM}.sizes", "GET", audiences='["PM Guess"]'),
			limited.call(f"{FORM}.size_over_time", "GET", audience="PM Guess"),
			limited.list(
				HEALTH, fields=["customer", "audiences"], filters='[["audiences", "like", "%|PM Guess|%"]]'
			),
			limited.list(
				CUSTOMER, fields=["name"], filters='[["customer_audiences", "like", "%|PM Guess|%"]]'
			),
			limited.get(f"/api/resource/{AUDIENCE}/PM Guess"),
			limited.call("frappe.utils.global_search.search", "GET", text="PM"),
			limited.call("frappe.desk.form.load.getdoc", "GET", doctype=AUDIENCE, name="PM Guess"),
		):
			with self.subTest(path=answer.request.path):
				self.assert_allowed(answer)
				self.assert_leaks_nothing(answer)
		self.assert_refused(limited.get(f"/api/resource/Work Run/{run}"))

	def test_a_limit_on_what_only_a_health_names_hides_members_too(self):
		card = frappe.copy_doc(frappe.get_doc("Health Scorecard", {"is_default": 1}))
		card.update({"scorecard_name": "PM Card", "is_default": 0}).insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(card.delete)
		self.addCleanup(
			frappe.db.set_value, HEALTH, OTHER, "scorecard", frappe.db.get_value(HEALTH, OTHER, "scorecard")
		)
		limited = Visitor(make_user("limited_to_a_card", SALES_MANAGER))
		usual = frappe.db.get_value(HEALTH, OWN, "scorecard")
		frappe.db.set_value(HEALTH, OTHER, "scorecard", "PM Card")
		permission = {
			"user": limited.user,
			"allow": "Health Scorecard",
			"for_value": usual,
			"apply_to_all_doctypes": 1,
		}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert(ignore_permissions=True)
		factories.make_customer("PM-4")
		frappe.get_doc({"doctype": MEMBER, "audience": BY_HAND, "customer": "PM-4"}).insert()
		make_audience("PM Scores", ON_HEALTH)
		drain(start_and_prepare_pass())
		seen = {row["customer"] for row in rows_of(limited.list(MEMBER, fields=["customer"]))}
		self.assertIn(OWN, seen)
		self.assertIn("PM-4", seen)
		self.assertNotIn(OTHER, seen)
		other = frappe.db.get_value(MEMBER, {"customer": OTHER})
		self.assert_refused(limited.get(f"/api/resource/{MEMBER}/{other}"))
		sizes = limited.call(f"{FORM}.sizes", "GET", audiences='["PM Scores"]')
		self.assertEqual(sizes.json["message"], {"PM Scores": 1})

	def test_no_version_of_a_customer_tells_of_audiences(self):
		make_audience("PM Versions", ON_HEALTH)
		drain(start_and_prepare_pass())
		self.assertIn("|PM Versions|", frappe.db.get_value(CUSTOMER, OTHER, "customer_audiences"))
		self.assertFalse(frappe.db.exists("Version", {"docname": OTHER, "data": ("like", "%PM Versions%")}))
