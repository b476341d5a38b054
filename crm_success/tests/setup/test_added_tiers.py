"""Sites that are there get customer tiers by a patch: the default tiers and fields, and settings that change nothing yet."""

import frappe

from crm_success.patches import add_customer_tiers
from crm_success.record_names import LOYALTY_SETTINGS, TIER
from crm_success.setup.custom_fields import our_fields
from crm_success.setup.loyalty_defaults import TIERS
from crm_success.tests.support.utils import SiteTestCase


class TestAddedTiers(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.delete("Singles", {"doctype": LOYALTY_SETTINGS})
		frappe.clear_document_cache(LOYALTY_SETTINGS, LOYALTY_SETTINGS)

	def test_the_settings_are_whole_and_off(self):
		add_customer_tiers.execute()
		settings = frappe.get_doc(LOYALTY_SETTINGS)
		self.assertEqual(
			(settings.enabled, settings.period, settings.review), (0, "Rolling 12 Months", "Quarterly")
		)
		self.assertEqual((settings.upgrades, settings.grace_days, settings.approval), ("At Once", 90, "None"))
		settings.save()

	def test_what_an_administrator_set_stays(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, {"enabled": 1, "grace_days": 7})
		add_customer_tiers.execute()
		self.assertEqual(frappe.db.get_single_value(LOYALTY_SETTINGS, "grace_days"), 7)

	def test_the_default_tiers_are_there_and_an_edited_one_is_kept(self):
		names = [record["tier_name"] for record in TIERS]
		frappe.db.set_value(TIER, names[1], "description", "Ours")
		frappe.db.delete(TIER, {"name": names[0]})
		add_customer_tiers.execute()
		self.assertEqual(frappe.get_all(TIER, pluck="name", order_by="tier_level"), names)
		self.assertEqual(frappe.db.get_value(TIER, names[1], "description"), "Ours")

	def test_each_default_tier_can_be_saved(self):
		for record in TIERS:
			frappe.get_doc(TIER, record["tier_name"]).save()

	def test_the_fields_are_there(self):
		add_customer_tiers.execute()
		self.assertLessEqual({"customer_tier", "tier_since"}, our_fields("Customer"))
