"""Customers and tiers that are saved, renamed, merged and deleted: tiers follow, and stop no document."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.customer_loyalty.tiers.tier_changed import HOOK
from crm_success.customer_loyalty.tiers.tier_standings import held_standings
from crm_success.record_names import STANDING, TIER, TIER_CHANGE
from crm_success.setup.custom_fields import make_custom_fields
from crm_success.tests.support import factories
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	HEARD_BY,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	history,
	make_spenders,
	set_policy,
	shown_on,
	standing_of,
	tier_of,
	told,
	untrue_standings,
)
from crm_success.tests.support.utils import messages, registered

TODAY = getdate()
OF_SILVER, OF_GOLD, NOBODY = "Follows Silver", "Follows Gold", "Follows Nobody"
SPENT = {OF_SILVER: SILVER_FROM, OF_GOLD: GOLD_FROM, NOBODY: 0}


class TestCustomerOfTiers(TierTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(self._take_back_documents)
		make_spenders(SPENT)
		frappe.db.commit()
		self.review()

	def _take_back_documents(self):
		frappe.db.rollback()
		for doctype in ("Sales Invoice", "GL Entry", "Payment Ledger Entry"):
			field = "party" if doctype != "Sales Invoice" else "customer"
			frappe.db.delete(doctype, {field: ("like", "Follows%")})
		frappe.db.delete("Customer", {"name": ("like", "Follows%")})
		frappe.db.commit()

	def test_an_old_form_does_not_bring_an_old_tier_back(self):
		form = frappe.get_doc("Customer", OF_GOLD)
		form.update({"customer_tier": SILVER, "tier_since": "2020-01-01", "customer_details": "Called"})
		form.save()
		frappe.db.commit()
		self.assertEqual(shown_on(OF_GOLD), (GOLD, TODAY))

	def test_a_new_customer_begins_without_one(self):
		copy = frappe.copy_doc(frappe.get_doc("Customer", OF_GOLD))
		copy.customer_name = "Follows Copy"
		copy.insert(set_name="Follows Copy")
		frappe.db.commit()
		self.assertEqual(shown_on("Follows Copy"), (None, None))

	def test_standing_and_history_follow_a_new_name(self):
		frappe.rename_doc("Customer", OF_GOLD, "Follows Renamed")
		frappe.db.commit()
		self.assertEqual(tier_of("Follows Renamed"), GOLD)
		self.assertEqual(history("Follows Renamed"), (("Applied", None, GOLD),))
		self.assertEqual(shown_on("Follows Renamed"), (GOLD, TODAY))
		run = self.evaluate()
		self.assertEqual((run.customers_raised, run.customers_lowered), (0, 0))
		self.assertEqual(untrue_standings(), [])

	def test_a_merge_keeps_the_higher_tier_of_both(self):
		with registered(HOOK, HEARD_BY):
			frappe.rename_doc("Customer", OF_GOLD, OF_SILVER, merge=True)
		frappe.db.commit()
		self.assertEqual(told(), [(OF_SILVER, SILVER, GOLD)])
		self.assertEqual(tier_of(OF_SILVER), GOLD)
		self.assertEqual(history(OF_SILVER), (("Applied", None, SILVER), ("Applied", SILVER, GOLD)))
		change = frappe.get_doc(TIER_CHANGE, {"customer": OF_SILVER, "to_tier": GOLD})
		self.assertEqual(change.cause, "Customers Merged")
		self.assertFalse(frappe.db.exists(STANDING, {"customer": OF_GOLD}))
		self.assertEqual(untrue_standings(), [])
		self.evaluate()
		self.assertEqual(standing_of(OF_SILVER).revenue, SILVER_FROM + GOLD_FROM)

	def test_a_merge_into_the_higher_tier_moves_nobody(self):
		frappe.rename_doc("Customer", OF_SILVER, OF_GOLD, merge=True)
		frappe.db.commit()
		self.assertEqual(history(OF_GOLD), (("Applied", None, GOLD),))
		self.assertFalse(frappe.db.exists(TIER_CHANGE, {"customer": OF_SILVER}))
		self.assertEqual(untrue_standings(), [])

	def test_a_merge_keeps_the_promise_to_the_one_that_goes(self):
		standing = standing_of(OF_GOLD)
		standing.update(
			{"protected_tier": GOLD, "protected_until": add_days(TODAY, 400), "protection_reason": "A friend"}
		)
		standing.save()
		frappe.rename_doc("Customer", OF_GOLD, NOBODY, merge=True)
		frappe.db.commit()
		kept = standing_of(NOBODY)
		self.assertEqual((kept.tier, kept.protected_tier, kept.protection_reason), (GOLD, GOLD, "A friend"))
		self.assertEqual(untrue_standings(), [])

	def test_a_merge_with_one_that_was_never_evaluated(self):
		factories.make_customer("Follows Newcomer")
		frappe.db.commit()
		frappe.rename_doc("Customer", OF_GOLD, "Follows Newcomer", merge=True)
		frappe.db.commit()
		self.assertEqual((tier_of("Follows Newcomer"), shown_on("Follows Newcomer")[0]), (GOLD, GOLD))
		self.assertEqual(untrue_standings(), [])

	def test_what_is_known_of_a_customer_goes_with_it(self):
		standing = standing_of(NOBODY)
		frappe.delete_doc("Customer", NOBODY)
		frappe.db.commit()
		self.assertFalse(frappe.db.exists(STANDING, standing.name))
		self.assertFalse(frappe.db.exists(TIER_CHANGE, {"customer": NOBODY}))

	def test_a_customer_deleted_in_the_middle_of_an_evaluation_gets_no_standing(self):
		frappe.db.delete(STANDING)
		frappe.db.delete("Customer", {"name": NOBODY})
		frappe.db.commit()
		self.evaluate()
		self.assertFalse(frappe.db.exists(STANDING, {"customer": NOBODY}))

	def test_a_tier_keeps_its_customers_under_a_new_name(self):
		frappe.rename_doc(TIER, GOLD, "Platinum")
		frappe.db.commit()
		self.assertEqual((tier_of(OF_GOLD), shown_on(OF_GOLD)[0]), ("Platinum", "Platinum"))
		self.assertEqual(history(OF_GOLD), (("Applied", None, "Platinum"),))
		run = self.evaluate()
		self.assertEqual((run.customers_raised, run.customers_lowered), (0, 0))
		self.assertEqual(untrue_standings(), [])

	def test_a_tier_that_somebody_has_may_get_or_is_protected_at_is_not_deleted(self):
		for message in self.refused_to_delete(GOLD), self.refused_to_delete(SILVER):
			self.assertIn("1 customers have", message)
		set_policy(approval="Downgrades")
		self.review(add_days(TODAY, 370))
		self.assertIn("customers have", self.refused_to_delete(GOLD))

	def refused_to_delete(self, tier: str) -> str:
		with self.assertRaises(frappe.ValidationError) as refusal:
			frappe.delete_doc(TIER, tier)
		frappe.db.rollback()
		return str(refusal.exception)

	def test_a_tier_that_nobody_has_any_more_is_deleted_and_history_keeps_its_name(self):
		self.review(add_days(TODAY, 370))
		frappe.delete_doc(TIER, GOLD)
		frappe.db.commit()
		self.assertEqual(history(OF_GOLD), (("Applied", None, GOLD), ("Applied", GOLD, None)))
		change = frappe.get_doc(TIER_CHANGE, {"customer": OF_GOLD, "to_tier": GOLD})
		change.note = "Long ago"
		change.save()
		self.assertFalse(frappe.db.exists(STANDING, {"next_tier": GOLD}))
		frappe.get_doc("Customer", OF_GOLD).save()
		self.evaluate()
		self.assertEqual(untrue_standings(), [])

	def test_who_has_a_tier_that_is_disabled_keeps_it_until_a_review(self):
		doc = frappe.get_doc(TIER, GOLD)
		doc.enabled = 0
		doc.save()
		frappe.db.commit()
		self.assertIn("They keep it until a review", messages())
		self.evaluate()
		self.assertEqual(tier_of(OF_GOLD), GOLD)
		self.review(add_days(TODAY, 1))
		self.assertEqual(tier_of(OF_GOLD), SILVER)

	def test_tiers_are_not_merged(self):
		with self.assertRaises(frappe.ValidationError):
			frappe.rename_doc(TIER, GOLD, SILVER, merge=True)

	def test_without_the_fields_everything_goes_on(self):
		self.addCleanup(frappe.clear_cache, doctype="Customer")
		self.addCleanup(make_custom_fields, only=("customer_tier", "tier_since"))
		for fieldname in ("customer_tier", "tier_since"):
			frappe.db.delete("Custom Field", {"name": f"Customer-{fieldname}"})
		frappe.clear_cache(doctype="Customer")
		self.review(add_days(TODAY, 370))
		self.assertIsNone(tier_of(OF_GOLD))
		frappe.get_doc("Customer", OF_GOLD).save()

	def test_a_standing_that_somebody_decides_about_is_waited_for(self):
		held = held_standings([OF_GOLD])
		self.assertEqual(held[OF_GOLD].standing.tier, GOLD)
