"""What is changed on a customer shows at once on its health, and never keeps the customer from being saved."""

import json
import time
from typing import Any
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, nowdate
from frappe.utils.background_jobs import get_queue

from crm_success.database.dialects import KeyRange
from crm_success.patches import show_disabled_customers
from crm_success.record_names import HEALTH, SCORECARD
from crm_success.scoring import saved_customers
from crm_success.scoring.runs.rescoring import Rescoring, rescore_customers, rescore_stale
from crm_success.scoring.stale import mark_stale_later
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores, snapshot_rows
from crm_success.tests.support.worker_processes import Helper

ONE, TWO = "Changes Test One", "Changes Test Two"
SHOWN = ("customer_name", "customer_group", "territory", "account_manager", "customer_disabled")


class ChangesCase(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for customer in (ONE, TWO):
			factories.make_customer(customer)
			factories.make_invoice(customer, 100, getdate())

	def setUp(self):
		super().setUp()
		forget_scores()
		as_made = {
			"customer_group": self.groups()[0],
			"territory": self.territories()[0],
			"account_manager": None,
			"disabled": 0,
		}
		for customer in (ONE, TWO):
			frappe.db.set_value("Customer", customer, {"customer_name": customer, **as_made})
		frappe.db.commit()
		rescore_customers([ONE, TWO], getdate(add_days(nowdate(), -1)))
		rescore_customers([ONE, TWO])

	def groups(self) -> list[str]:
		return frappe.get_all("Customer Group", {"is_group": 0}, pluck="name", order_by="name", limit=2)

	def territories(self) -> list[str]:
		return frappe.get_all("Territory", {"is_group": 0}, pluck="name", order_by="name", limit=2)

	def save(self, customer: str = ONE, **values: Any) -> None:
		frappe.get_doc("Customer", customer).update(values).save()
		frappe.db.commit()

	def shown(self, customer: str = ONE) -> dict[str, Any]:
		return frappe.db.get_value(HEALTH, {"customer": customer}, SHOWN, as_dict=True)

	def is_stale(self, customer: str = ONE) -> bool:
		return bool(frappe.db.get_value(HEALTH, {"customer": customer}, "stale"))


class TestAtOnce(ChangesCase):
	def test_each_field_that_a_health_repeats(self):
		for fieldname, shown_as, value in (
			("customer_name", "customer_name", "Changes Renamed"),
			("customer_group", "customer_group", self.groups()[1]),
			("territory", "territory", self.territories()[1]),
			("account_manager", "account_manager", "Administrator"),
			("account_manager", "account_manager", None),
			("disabled", "customer_disabled", 1),
			("disabled", "customer_disabled", 0),
		):
			with self.subTest(field=fieldname, value=value):
				before = self.shown()
				self.assertNotEqual(before[shown_as], value)
				self.save(**{fieldname: value})
				self.assertEqual(self.shown(), {**before, shown_as: value})

	def test_capitals_too(self):
		self.save(customer_name=ONE.upper())
		self.assertEqual(self.shown()["customer_name"], ONE.upper())

	def test_nothing_else_changes_but_that_it_is_scored_again(self):
		before = frappe.db.get_value(HEALTH, ONE, "*", as_dict=True)
		other = frappe.db.get_value(HEALTH, TWO, "*", as_dict=True)
		yesterday = snapshot_rows(getdate(add_days(nowdate(), -1)))
		# another group is written by ERPNext too, with another `modified`
		self.save(territory=self.territories()[1], disabled=1)
		after = frappe.db.get_value(HEALTH, ONE, "*", as_dict=True)
		changed = {fieldname for fieldname in after if after[fieldname] != before[fieldname]}
		self.assertEqual(changed, {"territory", "customer_disabled", "stale", "stale_since_utc"})
		self.assertEqual(frappe.db.get_value(HEALTH, TWO, "*", as_dict=True), other)
		self.assertEqual(snapshot_rows(getdate(add_days(nowdate(), -1))), yesterday)

	def test_a_save_that_changes_none_of_them_marks_nobody(self):
		self.save(website="changes.example.com")
		self.assertFalse(self.is_stale())

	def test_each_change_of_several_in_one_transaction_counts(self):
		frappe.get_doc("Customer", ONE).update({"disabled": 1}).save()
		self.save(website="changes.example.com")
		self.assertEqual((self.shown()["customer_disabled"], self.is_stale()), (1, True))

	def test_another_group_brings_another_scorecard_with_the_next_scoring(self):
		scorecard = frappe.copy_doc(frappe.get_doc(SCORECARD, {"is_default": 1}))
		filters = json.dumps([["customer_group", "=", self.groups()[1]]])
		scorecard.update({"scorecard_name": "Changes Test", "is_default": 0, "priority": 1})
		scorecard.update({"customer_filters": filters}).insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.delete_doc, SCORECARD, scorecard.name, force=True)
		frappe.db.commit()
		self.save(customer_group=self.groups()[1])
		rescore_stale()
		self.assertEqual(frappe.db.get_value(HEALTH, ONE, "scorecard"), scorecard.name)
		self.assertFalse(self.is_stale())

	def test_a_customer_without_health_gets_none_by_that(self):
		factories.make_customer("Changes Test New")
		self.save("Changes Test New", disabled=1)
		self.assertFalse(frappe.db.exists(HEALTH, {"customer": "Changes Test New"}))

	def test_many_customers_saved_in_one_transaction(self):
		for customer in (ONE, TWO):
			frappe.get_doc("Customer", customer).update({"disabled": 1}).save()
		frappe.db.commit()
		self.assertEqual([self.shown(customer)["customer_disabled"] for customer in (ONE, TWO)], [1, 1])

	def test_a_save_that_is_rolled_back_shows_nothing(self):
		before = self.shown()
		frappe.get_doc("Customer", ONE).update({"disabled": 1}).save()
		frappe.db.rollback()
		frappe.db.commit()
		self.assertEqual(self.shown(), before)


class TestWithoutEvents(ChangesCase):
	def test_scoring_puts_right_what_was_written_past_the_customer(self):
		values = {"customer_group": self.groups()[1], "account_manager": "Administrator", "disabled": 1}
		frappe.db.set_value("Customer", ONE, values)
		frappe.db.commit()
		self.assertEqual(self.shown()["customer_disabled"], 0)
		self.score_all()
		shown = self.shown()
		self.assertEqual(
			(shown["customer_group"], shown["account_manager"], shown["customer_disabled"]),
			(self.groups()[1], "Administrator", 1),
		)
		frappe.db.set_value("Customer", ONE, "disabled", 0)
		frappe.db.commit()
		self.score_all()
		self.assertEqual(self.shown()["customer_disabled"], 0)

	def test_a_disabled_customer_is_scored_like_any_other(self):
		self.save(disabled=1)
		self.score_all()
		scores = [
			frappe.db.get_value(HEALTH, customer, ["score", "band", "segment"]) for customer in (ONE, TWO)
		]
		self.assertIsNotNone(scores[0][0])
		self.assertEqual(*scores)
		self.assertIn(ONE, snapshot_rows(getdate()))

	def test_a_site_that_has_scores_is_told_when_it_migrates(self):
		frappe.db.set_value("Customer", ONE, "disabled", 1)
		show_disabled_customers.execute()
		self.assertEqual([self.shown(customer)["customer_disabled"] for customer in (ONE, TWO)], [1, 0])


class TestRenamed(ChangesCase):
	def rename(self, old: str, new: str, merge: bool = False) -> None:
		frappe.rename_doc("Customer", old, new, merge=merge, show_alert=False, rebuild_search=False)
		frappe.db.commit()

	def test_a_name_that_erpnext_changes_with_the_id(self):
		before = frappe.defaults.get_global_default("cust_master_name")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_default, "cust_master_name", before)
		frappe.db.set_default("cust_master_name", "Customer Name")
		renamed = "Changes Test Renamed"
		self.rename(ONE, renamed)
		self.addCleanup(self.rename, renamed, ONE)
		self.assertEqual(frappe.db.get_value("Customer", renamed, "customer_name"), renamed)
		self.assertEqual(self.shown(renamed)["customer_name"], renamed)

	def test_a_merged_customer_is_told_of_the_one_that_stays(self):
		stays = factories.make_customer("Changes Test Stays", customer_group=self.groups()[1])
		goes = factories.make_customer("Changes Test Goes")
		frappe.db.commit()
		rescore_customers([goes])
		self.rename(goes, stays, merge=True)
		self.assertEqual(self.shown(stays)["customer_group"], self.groups()[1])
		self.assertEqual(self.shown(stays)["customer_name"], stays)


class TestMeanwhile(ChangesCase):
	"""Scoring and people work at the same time."""

	def test_a_batch_that_read_the_customer_before_leaves_it_marked(self):
		rescoring = Rescoring()
		keys = KeyRange(names=(ONE,))
		read = rescoring._scorer.score(keys)
		self.save(disabled=1)
		rescoring._write(read, keys)
		self.assertEqual((self.shown()["customer_disabled"], self.is_stale()), (0, True))
		rescore_stale()
		self.assertEqual((self.shown()["customer_disabled"], self.is_stale()), (1, False))

	def test_a_save_does_not_wait_for_a_batch_that_holds_the_health(self):
		self.addCleanup(drop_jobs)
		batch = Helper(
			f"frappe.db.get_value({HEALTH!r}, {ONE!r}, 'name', for_update=True)\n"
			"print('there', flush=True); input(); frappe.db.commit()"
		)
		batch.wait_until_ready()
		started = time.monotonic()
		self.save(disabled=1)
		self.assertLess(time.monotonic() - started, 10, "MariaDB would let it wait for 50 seconds")
		self.assertEqual(frappe.db.get_value("Customer", ONE, "disabled"), 1)
		batch.go()
		batch.output()
		(job,) = [job for job in get_queue("short").get_jobs() if ONE in str(job.kwargs)]
		job.delete()
		mark_stale_later(**job.kwargs["kwargs"])
		rescore_stale()
		self.assertEqual(self.shown()["customer_disabled"], 1)

	def test_whatever_fails_the_customer_is_saved(self):
		def fail(*arguments: Any) -> None:
			frappe.throw("made to fail")

		with patch.object(saved_customers, "show_on_health", fail):
			self.save(disabled=1)
		self.assertEqual(frappe.db.get_value("Customer", ONE, "disabled"), 1)
		logged = frappe.get_all("Error Log", ["error"], order_by="creation desc", limit=1)
		self.assertIn("made to fail", logged[0].error)
		self.score_all()
		self.assertEqual(self.shown()["customer_disabled"], 1)
