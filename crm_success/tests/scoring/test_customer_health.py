"""A customer's health as a record: who may change what, overrides, and what follows the customer."""

import frappe
from frappe.utils import add_days, getdate, nowdate

from crm_success.crm_success.doctype.customer_health.customer_health import NULLABLE
from crm_success.crm_success.doctype.customer_health_snapshot.customer_health_snapshot import (
	CustomerHealthSnapshot,
)
from crm_success.scoring.runs.starting import start_scoring
from crm_success.tests.support.factories import make_customer, make_health, make_user
from crm_success.tests.support.utils import SiteTestCase

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"


def make_snapshot(customer: str, as_of: str, score: float = 50):
	doc = frappe.get_doc({"doctype": SNAPSHOT, "customer": customer, "as_of": as_of, "score": score})
	return doc.insert(ignore_permissions=True)


def override(health, score: float = 80, reason: str = "They told us on the phone", days: int = 30):
	until = add_days(nowdate(), days)
	return health.update({"override_score": score, "override_reason": reason, "override_until": until})


class TestOverride(SiteTestCase):
	def setUp(self):
		super().setUp()
		make_customer("Health Test One")
		make_health("Health Test One")
		self.health = frappe.get_doc(HEALTH, "Health Test One")

	def stored(self):
		fields = ["score", "computed_score", "band", "override_by"]
		return frappe.db.get_value(HEALTH, "Health Test One", fields, as_dict=True)

	def test_computed_score_counts_without_an_override(self):
		self.assertEqual((self.stored().score, self.stored().band), (55, "Watch"))

	def test_override_counts_and_keeps_the_computed_score_beside_it(self):
		override(self.health).save()
		self.assertEqual(
			self.stored(), {**self.stored(), "score": 80, "computed_score": 55, "band": "Healthy"}
		)
		self.assertEqual(self.stored().override_by, "Administrator")

	def test_override_to_zero_counts(self):
		override(self.health, score=0).save()
		self.assertEqual((self.stored().score, self.stored().band), (0, "At Risk"))

	def test_override_holds_on_its_last_day(self):
		override(self.health, days=0).save()
		self.assertEqual(self.stored().score, 80)

	def test_clearing_it_brings_the_computed_score_back(self):
		override(self.health).save()
		self.health.update({"override_score": 0, "override_reason": "", "override_until": None}).save()
		self.assertEqual((self.stored().score, self.stored().band), (55, "Watch"))
		self.assertIsNone(self.stored().override_by)

	def test_score_reason_and_end_belong_together(self):
		self.assert_refused(override(self.health, reason=" "), "Override Reason")
		self.health.reload()
		self.health.update({"override_score": 80, "override_reason": "Because"})
		self.assert_refused(self.health, "Override Until")

	def test_end_in_the_past_and_score_out_of_range_are_refused(self):
		self.assert_refused(override(self.health, days=-1), "Override Until", "over")
		self.assert_refused(override(self.health, score=101), "Override Score", "0 to 100")
		self.assert_refused(override(self.health, score=-1), "Override Score")

	def test_bands_are_those_of_the_scorecard(self):
		frappe.db.set_value("Health Scorecard", "Standard", "healthy_from", 90)
		override(self.health).save()
		self.assertEqual(self.stored().band, "Watch")

	def test_customer_without_a_score_has_none_again_after_an_override(self):
		make_customer("Health Test Two")
		make_health("Health Test Two", computed_score=None)
		health = frappe.get_doc(HEALTH, "Health Test Two")
		self.assertIsNone(health.score)
		override(health).save()
		self.assertEqual(frappe.db.get_value(HEALTH, "Health Test Two", "score"), 80)
		health.update({"override_score": 0, "override_reason": "", "override_until": None}).save()
		row = frappe.db.get_value(HEALTH, "Health Test Two", ["score", "computed_score", "change_30", "band"])
		self.assertEqual(row, (None, None, None, None))


class TestChangesByHand(SiteTestCase):
	def test_computed_values_cannot_be_changed(self):
		make_customer("Health Test One")
		make_health("Health Test One")
		for fieldname, value in {
			"score": 99,
			"segment": "High Value",
			"revenue": 1,
			"driver_facts": "[]",
		}.items():
			health = frappe.get_doc(HEALTH, "Health Test One")
			health.set(fieldname, value)
			self.assert_refused(health, health.meta.get_label(fieldname), "override")

	def test_it_cannot_be_made_by_hand(self):
		make_customer("Health Test One")
		with self.assertRaisesRegex(frappe.ValidationError, "Work Run"):
			frappe.get_doc({"doctype": HEALTH, "customer": "Health Test One"}).insert()

	def test_a_form_that_sends_zero_for_a_missing_number_changes_nothing(self):
		make_customer("Health Test One")
		make_health("Health Test One", computed_score=None)
		health = frappe.get_doc(HEALTH, "Health Test One")
		health.update({"score": 0, "computed_score": 0, "band": ""}).save()
		self.assertIsNone(frappe.db.get_value(HEALTH, "Health Test One", "score"))


class TestCustomerChanges(SiteTestCase):
	def setUp(self):
		super().setUp()
		for customer in ("Health Test Old", "Health Test New"):
			make_customer(customer)

	def snapshots(self, customer: str) -> dict:
		rows = frappe.get_all(SNAPSHOT, {"customer": customer}, ["as_of", "score"], order_by="as_of")
		return {str(row.as_of): row.score for row in rows}

	def rename(self, merge: bool = False):
		frappe.rename_doc(
			"Customer",
			"Health Test Old",
			"Health Test New" if merge else "Health Test Newest",
			merge=merge,
			show_alert=False,
			rebuild_search=False,
		)

	def test_deleting_a_customer_deletes_its_health_and_history(self):
		make_health("Health Test Old")
		make_snapshot("Health Test Old", "2026-01-01")
		frappe.delete_doc("Customer", "Health Test Old")
		self.assertFalse(frappe.db.exists("Customer", "Health Test Old"))
		self.assertFalse(frappe.db.exists(HEALTH, "Health Test Old"))
		self.assertEqual(self.snapshots("Health Test Old"), {})

	def test_renaming_moves_health_and_history(self):
		make_health("Health Test Old")
		make_snapshot("Health Test Old", "2026-01-01")
		self.rename()
		self.assertFalse(frappe.db.exists(HEALTH, "Health Test Old"))
		self.assertEqual(frappe.db.get_value(HEALTH, "Health Test Newest", "customer"), "Health Test Newest")
		self.assertEqual(self.snapshots("Health Test Newest"), {"2026-01-01": 50})

	def test_merging_keeps_the_health_of_the_customer_that_stays(self):
		make_health("Health Test Old", computed_score=20)
		make_health("Health Test New", computed_score=90)
		for customer, day, score in (
			("Health Test Old", "2026-01-01", 10),
			("Health Test Old", "2026-01-08", 20),
			("Health Test New", "2026-01-08", 90),
		):
			make_snapshot(customer, day, score)
		self.rename(merge=True)
		self.assertFalse(frappe.db.exists(HEALTH, "Health Test Old"))
		health = frappe.db.get_value(HEALTH, "Health Test New", ["score", "stale"], as_dict=True)
		self.assertEqual(health, {"score": 90, "stale": 1})
		self.assertEqual(self.snapshots("Health Test New"), {"2026-01-01": 10, "2026-01-08": 90})

	def test_merging_into_a_customer_without_health_moves_it(self):
		make_health("Health Test Old", computed_score=20)
		self.rename(merge=True)
		self.assertFalse(frappe.db.exists(HEALTH, "Health Test Old"))
		health = frappe.db.get_value(HEALTH, "Health Test New", ["customer", "score", "stale"], as_dict=True)
		self.assertEqual(health, {"customer": "Health Test New", "score": 20, "stale": 1})

	def test_deleting_a_segment_or_scorecard_leaves_health_that_can_still_be_overridden(self):
		make_health("Health Test Old")
		frappe.delete_doc("Customer Segment", "Mid Value")
		health = frappe.get_doc(HEALTH, "Health Test Old")
		self.assertIsNone(health.segment)
		override(health).save()


class TestHistory(SiteTestCase):
	def test_a_customer_has_one_snapshot_a_day(self):
		make_customer("Health Test One")
		make_snapshot("Health Test One", "2026-01-01")
		with self.assertRaises(frappe.UniqueValidationError):
			make_snapshot("Health Test One", "2026-01-01")

	def test_a_snapshot_without_a_score_has_none(self):
		make_customer("Health Test One")
		name = make_snapshot("Health Test One", "2026-01-01").name
		frappe.db.set_value(SNAPSHOT, name, "score", None)
		self.assertIsNone(frappe.db.get_value(SNAPSHOT, name, "score"))

	def test_columns_without_a_value_stay_so_at_every_sync(self):
		"""Frappe would make them NOT NULL again for another default or precision than the column has."""
		for doctype, fieldnames in {
			HEALTH: NULLABLE,
			SNAPSHOT: ("score", "computed_score", "coverage"),
		}.items():
			for fieldname in fieldnames:
				field = frappe.get_meta(doctype).get_field(fieldname)
				self.assertEqual((field.default, field.precision or ""), ("0", ""), (doctype, fieldname))

	def test_old_snapshots_are_cleared(self):
		make_customer("Health Test One")
		make_snapshot("Health Test One", add_days(nowdate(), -31))
		make_snapshot("Health Test One", add_days(nowdate(), -29))
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Customer", "Health Test One")
		CustomerHealthSnapshot.clear_old_logs(days=30)
		kept = frappe.get_all(SNAPSHOT, {"customer": "Health Test One"}, pluck="as_of")
		self.assertEqual([str(day) for day in kept], [add_days(nowdate(), -29)])

	def test_deleting_a_run_takes_its_batches_and_is_forgotten(self):
		run = frappe.get_doc("Work Run", start_scoring(getdate(), "Command"))
		run.db_set({"status": "Completed", "active": None})
		frappe.get_doc({"doctype": "Work Batch", "work_run": run.name, "batch_no": 1}).insert()
		make_customer("Health Test One")
		make_health("Health Test One", scoring_run=run.name)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, "Customer", "Health Test One")
		run.delete()
		self.assertFalse(frappe.db.exists("Work Batch", {"work_run": run.name}))
		override(frappe.get_doc(HEALTH, "Health Test One")).save()

	def test_a_run_that_is_not_finished_cannot_be_deleted(self):
		run = frappe.get_doc("Work Run", start_scoring(getdate(), "Command"))
		with self.assertRaisesRegex(frappe.ValidationError, "Cancel the run"):
			run.delete()


class TestWhoSeesWhat(SiteTestCase):
	def test_a_user_permission_on_customer_limits_health_and_history(self):
		for customer in ("Health Test One", "Health Test Two"):
			make_customer(customer)
			make_health(customer)
			make_snapshot(customer, "2026-01-01")
		user = make_user("health-reader@crm-success.example.com", "Customer Success User")
		permission = {"user": user, "allow": "Customer", "for_value": "Health Test One"}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		with self.set_user(user):
			self.assertEqual(frappe.get_list(HEALTH, pluck="customer"), ["Health Test One"])
			self.assertEqual(frappe.get_list(SNAPSHOT, pluck="customer"), ["Health Test One"])
			self.assertFalse(frappe.has_permission(HEALTH, "read", doc="Health Test Two"))
			self.assertFalse(frappe.has_permission(HEALTH, "write", doc="Health Test One"))

	def test_a_manager_overrides_and_a_reader_does_not(self):
		make_customer("Health Test One")
		make_health("Health Test One")
		reader = make_user("health-reader@crm-success.example.com", "Sales User")
		with self.set_user(reader), self.assertRaises(frappe.PermissionError):
			override(frappe.get_doc(HEALTH, "Health Test One")).save()
		manager = make_user("health-manager@crm-success.example.com", "Customer Success Manager")
		with self.set_user(manager):
			override(frappe.get_doc(HEALTH, "Health Test One")).save()
		self.assertEqual(frappe.db.get_value(HEALTH, "Health Test One", "override_by"), manager)
