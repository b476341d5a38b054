"""The health fields of Customer: they follow the scores, touch nothing else, and show nothing to those without rights."""

import json

import frappe
from frappe.utils import add_days, getdate, nowdate

from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.patches import add_customer_fields
from crm_success.record_names import HEALTH
from crm_success.scoring.api.customer_panel import get_health
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.overrides import end_overrides
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.setup.custom_fields import CUSTOM_FIELDS, make_custom_fields, our_fields
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.utils import SiteTestCase

FIELDS = ("health_band", "health_score", "customer_segment", "lifecycle_stage")
NUMBERS = ("health_score", "lapse_risk")
NOTHING = (None, None, None, None)
ONE, TWO = "Fields Test One", "Fields Test Two"


def fields_of(customer: str) -> tuple:
	"""What the database holds, not what a cache remembers."""
	return frappe.db.get_value("Customer", customer, FIELDS)


def health_of(customer: str) -> tuple:
	return frappe.db.get_value(HEALTH, {"customer": customer}, ["band", "score", "segment", "stage"])


class TestFieldsFollowHealth(SiteTestCase):
	def setUp(self):
		super().setUp()
		for customer in (ONE, TWO):
			factories.make_customer(customer)
		self.health = factories.make_health(ONE, stage="Active")

	def test_a_customer_shows_its_health(self):
		self.assertEqual(fields_of(ONE), ("Watch", 55, "Mid Value", "Active"))

	def test_a_customer_without_health_has_no_score_rather_than_zero(self):
		self.assertEqual(fields_of(TWO), NOTHING)
		frappe.get_doc("Customer", TWO).save()
		self.assertEqual(fields_of(TWO), NOTHING)

	def test_an_override_shows_at_once_and_its_end_too(self):
		values = {"override_score": 80, "override_reason": "Told us", "override_until": nowdate()}
		self.health.update(values).save()
		self.assertEqual(fields_of(ONE)[:2], ("Healthy", 80))
		self.health.update({"override_score": 0, "override_reason": "", "override_until": None}).save()
		self.assertEqual(fields_of(ONE)[:2], ("Watch", 55))

	def test_deleted_health_leaves_no_score(self):
		frappe.delete_doc(HEALTH, ONE, force=True)
		self.assertEqual(fields_of(ONE), NOTHING)

	def test_renaming_takes_the_fields_along(self):
		frappe.rename_doc("Customer", ONE, "Fields Test Renamed", show_alert=False, rebuild_search=False)
		self.assertEqual(fields_of("Fields Test Renamed"), ("Watch", 55, "Mid Value", "Active"))

	def test_merging_into_a_customer_without_health_brings_the_fields(self):
		frappe.rename_doc("Customer", ONE, TWO, merge=True, show_alert=False, rebuild_search=False)
		self.assertEqual(fields_of(TWO), ("Watch", 55, "Mid Value", "Active"))

	def test_merging_keeps_the_fields_of_the_customer_that_stays(self):
		factories.make_health(TWO, computed_score=90, stage="New")
		frappe.rename_doc("Customer", ONE, TWO, merge=True, show_alert=False, rebuild_search=False)
		self.assertEqual(fields_of(TWO), ("Healthy", 90, "Mid Value", "New"))

	def test_a_segment_that_customers_have_can_be_renamed_and_deleted(self):
		frappe.rename_doc("Customer Segment", "Mid Value", "Middle", show_alert=False, rebuild_search=False)
		self.assertEqual(fields_of(ONE)[2], "Middle")
		frappe.delete_doc("Customer Segment", "Middle")
		self.assertIsNone(fields_of(ONE)[2])

	def test_only_what_differs_is_written(self):
		self.assertEqual(update_customers(EVERYBODY), 0)
		frappe.db.set_value(HEALTH, ONE, "stage", "Silent", update_modified=False)
		self.assertEqual(update_customers(KeyRange(names=(TWO,))), 0)
		self.assertEqual(update_customers(EVERYBODY), 1)
		self.assertEqual(fields_of(ONE)[3], "Silent")

	def test_nobody_who_has_the_customer_open_is_disturbed(self):
		stamps = ["modified", "modified_by", "_comments"]
		before = frappe.db.get_value("Customer", ONE, stamps)
		opened = frappe.get_doc("Customer", ONE)
		frappe.db.set_value(HEALTH, ONE, {"band": "At Risk", "score": 10}, update_modified=False)
		update_customers(EVERYBODY)
		self.assertEqual(frappe.db.get_value("Customer", ONE, stamps), before)
		opened.update({"website": "example.com"}).save()
		self.assertEqual(fields_of(ONE)[:2], ("At Risk", 10), "an old form brought the old score back")
		changes = frappe.get_all("Version", {"ref_doctype": "Customer", "docname": ONE}, pluck="data")
		self.assertFalse([data for data in changes if "health" in data])

	def test_a_risk_shows_and_one_that_is_not_known_is_not_zero(self):
		frappe.db.set_value(HEALTH, ONE, "lapse_risk", 62.4, update_modified=False)
		update_customers(EVERYBODY)
		risks = [frappe.db.get_value("Customer", name, "lapse_risk") for name in (ONE, TWO)]
		self.assertEqual(risks, [62.4, None])
		frappe.db.set_value(HEALTH, ONE, "lapse_risk", None, update_modified=False)
		update_customers(EVERYBODY)
		self.assertIsNone(frappe.db.get_value("Customer", ONE, "lapse_risk"))

	def test_a_person_cannot_write_them(self):
		customer = frappe.get_doc("Customer", ONE)
		customer.update({"health_band": "Healthy", "health_score": 99, "customer_segment": None}).save()
		self.assertEqual(fields_of(ONE), ("Watch", 55, "Mid Value", "Active"))

	def test_a_copy_of_a_customer_has_no_health(self):
		copy = frappe.copy_doc(frappe.get_doc("Customer", ONE))
		copy.customer_name = "Fields Test Copy"
		self.assertEqual(fields_of(copy.insert().name), NOTHING)

	def test_the_list_filters_by_band(self):
		self.assertEqual(frappe.get_list("Customer", {"health_band": "Watch"}, pluck="name"), [ONE])
		self.assertEqual(frappe.get_list("Customer", [["health_score", "<", 60]], pluck="name"), [ONE])

	def test_a_field_that_an_administrator_deleted_is_left_out(self):
		frappe.db.delete("Custom Field", {"dt": "Customer", "fieldname": "lifecycle_stage"})
		frappe.clear_cache(doctype="Customer")
		self.addCleanup(frappe.clear_cache, doctype="Customer")
		frappe.db.set_value(HEALTH, ONE, {"stage": "Lost", "band": "At Risk"}, update_modified=False)
		update_customers(EVERYBODY)
		self.assertEqual(fields_of(ONE), ("At Risk", 55, "Mid Value", "Active"))

	def test_fields_are_of_the_app_read_only_and_not_copied(self):
		meta = frappe.get_meta("Customer")
		self.assertEqual(our_fields("Customer"), {field["fieldname"] for field in CUSTOM_FIELDS["Customer"]})
		for fieldname in FIELDS:
			field = meta.get_field(fieldname)
			self.assertEqual((field.read_only, field.no_copy, field.module), (1, 1, "CRM Success"), fieldname)
		self.assertTrue(meta.get_field("health_band").in_standard_filter)

	def test_the_score_stays_empty_at_every_sync(self):
		"""Frappe would make the column NOT NULL again for another default or precision than it has."""
		for fieldname in NUMBERS:
			field = frappe.get_meta("Customer").get_field(fieldname)
			self.assertEqual((field.default, field.precision or ""), ("0", ""))

	def test_a_site_that_has_scores_already_gets_them_by_the_patch(self):
		customer = frappe.qb.DocType("Customer")
		frappe.qb.update(customer).set(customer.health_band, None).set(customer.health_score, 0).run()
		add_customer_fields.execute()
		self.assertEqual(fields_of(ONE), ("Watch", 55, "Mid Value", "Active"))
		self.assertEqual(fields_of(TWO), NOTHING)

	def test_making_the_fields_again_keeps_what_an_administrator_changed(self):
		name = "Customer-health_band"
		frappe.db.set_value("Custom Field", name, "label", "How Are They")
		make_custom_fields()
		self.assertEqual(frappe.db.get_value("Custom Field", name, "label"), "How Are They")

	def test_the_connections_of_a_customer_have_a_group_for_health(self):
		groups = frappe.get_meta("Customer").get_dashboard_data().transactions
		ours = [group["items"] for group in groups if group["label"] == "Health"]
		self.assertEqual(ours, [["Customer Health", "Customer Health Snapshot", "Customer Audience Member"]])


class TestFieldsFollowScoring(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for number, customer in enumerate((ONE, TWO), start=1):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100 * number, add_days(nowdate(), -10 * number))

	def setUp(self):
		super().setUp()
		forget_scores()
		self.score_all()

	def assert_all_follow(self):
		frappe.db.rollback()
		for customer in frappe.get_all("Customer", pluck="name"):
			health = health_of(customer) or NOTHING
			self.assertEqual([value or 0 for value in fields_of(customer)], [value or 0 for value in health])

	def test_a_run_writes_them_and_a_second_one_has_nothing_to_write(self):
		self.assert_all_follow()
		self.assertIsNotNone(fields_of(ONE)[0])
		self.assertEqual(update_customers(EVERYBODY), 0)

	def test_cached_customers_are_forgotten_after_the_commit(self):
		frappe.db.set_value("Customer", ONE, "health_band", "At Risk", update_modified=False)
		frappe.db.commit()
		self.assertEqual(frappe.get_cached_value("Customer", ONE, "health_band"), "At Risk")
		rescore_customers([ONE])
		self.assertEqual(frappe.get_cached_value("Customer", ONE, "health_band"), health_of(ONE)[0])

	def test_an_internal_customer_has_none(self):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, "Customer", ONE, "is_internal_customer", 0)
		frappe.db.set_value("Customer", ONE, "is_internal_customer", 1)
		frappe.db.commit()
		self.score_all()
		self.assertEqual(fields_of(ONE), NOTHING)
		self.assert_all_follow()

	def test_an_override_that_ends_by_itself_gives_the_computed_score_back(self):
		computed = fields_of(ONE)
		health = frappe.get_doc(HEALTH, ONE)
		health.update({"override_score": 1, "override_reason": "Told us", "override_until": nowdate()}).save()
		self.assertEqual(fields_of(ONE)[:2], ("At Risk", 1))
		self.score_all()
		self.assertEqual(fields_of(ONE)[:2], ("At Risk", 1))
		end_overrides(getdate(add_days(nowdate(), 1)))
		self.assertEqual(fields_of(ONE), computed)


class TestWhoSeesHealthOnACustomer(SiteTestCase):
	def setUp(self):
		super().setUp()
		for customer in (ONE, TWO):
			factories.make_customer(customer)
		late = {"metric": "<b>late</b>", "value": 2, "points": 0, "contribution": -5}
		factories.make_health(ONE, driver_facts=json.dumps([late]))

	def test_the_panel_gets_the_health_and_whether_to_offer_rescoring(self):
		seen = {}
		for role in ("Sales User", "Customer Success User"):
			user = factories.make_user(f"{frappe.scrub(role)}@fields.example.com", role, "Sales User")
			with self.set_user(user):
				seen[role] = get_health(ONE)
		self.assertEqual(
			{role: row["may_rescore"] for role, row in seen.items()},
			{"Sales User": False, "Customer Success User": True},
		)
		row = seen["Sales User"]
		self.assertEqual((row["band"], row["score"], row["segment"]), ("Watch", 55, "Mid Value"))
		self.assertEqual(row["drivers"], "Lowers the score by 5: <b>late</b> is 2")

	def test_a_customer_that_was_not_scored_has_an_empty_panel(self):
		self.assertEqual((get_health(TWO)["name"], get_health(TWO)["band"]), (None, None))

	def test_a_user_without_rights_on_health_is_refused(self):
		user = factories.make_user("stock@fields.example.com", "Stock User", "Sales Master Manager")
		with self.set_user(user), self.assertRaises(frappe.PermissionError):
			get_health(ONE)

	def test_a_restricted_user_sees_only_their_customers(self):
		user = factories.make_user("restricted@fields.example.com", "Sales User")
		permission = {"user": user, "allow": "Customer", "for_value": TWO}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		with self.set_user(user):
			self.assertIsNone(get_health(TWO)["name"])
			with self.assertRaises(frappe.PermissionError):
				get_health(ONE)

	def test_who_may_see_the_customer_but_not_its_health_gets_nothing(self):
		user = factories.make_user("restricted@fields.example.com", "Sales User")
		values = {"user": user, "allow": "Customer", "for_value": TWO, "applicable_for": HEALTH}
		frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 0, **values}).insert()
		with self.set_user(user):
			self.assertIsNone(get_health(ONE))
