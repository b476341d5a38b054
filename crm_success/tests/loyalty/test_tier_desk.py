"""What people see of a customer's tier: the panel on the customer, its protection, the timeline, and whom to call."""

import frappe
from frappe.utils import add_days, getdate

from crm_success.customer_loyalty.api.tier_changes import approve_changes
from crm_success.customer_loyalty.api.tier_panel import get_tier, protect
from crm_success.customer_views.call_list import whom_to_call
from crm_success.customer_views.timeline import timeline_of
from crm_success.record_names import STANDING, TIER, TIER_CHANGE
from crm_success.tests.support import factories
from crm_success.tests.support.tier_site import (
	GOLD,
	GOLD_FROM,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	set_policy,
	standing_of,
	tier_of,
)
from crm_success.tests.support.utils import forget_cached_values

TODAY = getdate()
SPENT = {"Seen None": 4_000, "Seen Gold": GOLD_FROM}
NONE, OF_GOLD = SPENT
IN_A_MONTH = str(add_days(TODAY, 30))
READER = "reader.of.tiers@example.com"


class TierDeskTestCase(TierTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		for customer, amount in SPENT.items():
			factories.make_customer(customer)
			factories.make_invoice(customer, amount, add_days(TODAY, -30))
		factories.make_user(READER, "Sales User")

	def let_gold_be_lost(self) -> None:
		"""The amount of Gold is raised above what its customer spent."""
		self.evaluate()
		doc = frappe.get_doc(TIER, GOLD)
		doc.requirements[0].at_least = GOLD_FROM + 10_000
		doc.save()
		self.evaluate()
		frappe.db.rollback()


class TestPanel(TierDeskTestCase):
	def test_a_customer_without_a_tier_sees_what_is_missing_to_the_first(self):
		self.evaluate()
		panel = get_tier(NONE)
		self.assertEqual((panel["tier"], panel["next_tier"]), (None, SILVER))
		(line,) = panel["missing"]
		self.assertIn("6,000", line["words"])
		self.assertEqual(line["share"], 0.4)
		self.assertEqual((panel["danger"], panel["coming"], panel["protection"]), ([], [], []))

	def test_a_tier_in_danger_says_when_it_is_lost_and_what_keeps_it(self):
		self.let_gold_be_lost()
		panel = get_tier(OF_GOLD)
		self.assertEqual(panel["tier"], GOLD)
		lost_by = standing_of(OF_GOLD).lost_by
		self.assertIn(frappe.format(lost_by, "Date"), panel["danger"][0])
		self.assertIn(SILVER, panel["danger"][0])
		self.assertIn("10,000", panel["danger"][1])

	def test_what_is_earned_but_waits_is_said(self):
		set_policy(upgrades="At Review")
		self.evaluate()
		self.assertIn(GOLD, get_tier(OF_GOLD)["coming"][0])
		set_policy(approval="All Changes")
		self.evaluate()
		self.assertEqual(get_tier(OF_GOLD)["coming"], [f"{GOLD} waits for approval."])

	def test_nothing_is_said_where_tiers_are_not_kept(self):
		self.evaluate()
		set_policy(enabled=0)
		self.assertIsNone(get_tier(OF_GOLD))

	def test_a_customer_that_was_never_evaluated_has_no_standing_yet(self):
		self.assertEqual(get_tier(OF_GOLD), {"name": None})

	def test_only_who_may_see_the_customer_sees_its_tier(self):
		self.evaluate()
		permission = {"user": READER, "allow": "Customer", "for_value": NONE}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert()
		self.addCleanup(frappe.db.delete, "User Permission", {"user": READER})
		frappe.db.commit()
		frappe.set_user(READER)
		forget_cached_values()
		self.assertEqual(get_tier(NONE)["next_tier"], SILVER)
		self.assertFalse(get_tier(NONE)["may_protect"])
		with self.assertRaises(frappe.PermissionError):
			get_tier(OF_GOLD)
		with self.assertRaises(frappe.PermissionError):
			protect(NONE, GOLD, IN_A_MONTH, "A friend")


class TestProtection(TierDeskTestCase):
	def test_a_protected_customer_has_the_tier_at_once_and_the_panel_says_why(self):
		self.evaluate()
		protect(NONE, SILVER, IN_A_MONTH, "Opens three shops")
		frappe.db.commit()
		self.assertEqual(tier_of(NONE), SILVER)
		panel = get_tier(NONE)
		self.assertIn("Opens three shops", panel["protection"][0])
		self.assertTrue(panel["may_protect"])

	def test_a_protection_is_ended(self):
		self.evaluate()
		protect(NONE, SILVER, IN_A_MONTH, "Opens three shops")
		protect(NONE)
		frappe.db.commit()
		standing = standing_of(NONE)
		self.assertEqual((standing.protected_tier, standing.protected_until), (None, None))
		self.assertEqual(get_tier(NONE)["protection"], [])

	def test_a_protection_without_a_reason_is_refused_in_words(self):
		self.evaluate()
		with self.assertRaisesRegex(frappe.ValidationError, "Say why"):
			protect(NONE, SILVER, IN_A_MONTH)

	def test_a_customer_without_a_standing_is_refused_in_words(self):
		with self.assertRaisesRegex(frappe.ValidationError, "was not evaluated yet"):
			protect(NONE, SILVER, IN_A_MONTH, "Opens three shops")


class TestViews(TierDeskTestCase):
	def test_changes_are_on_the_timeline_newest_first(self):
		set_policy(approval="All Changes")
		self.evaluate()
		frappe.db.rollback()
		(entry,) = timeline_of(OF_GOLD)
		self.assertIn("proposed", entry.title)
		approve_changes([entry.reference_name], note="Well deserved")
		frappe.db.commit()
		protect(OF_GOLD, "Diamond", IN_A_MONTH, "Merger")
		frappe.db.commit()
		first, second = timeline_of(OF_GOLD)
		self.assertEqual(first.title, "Tier raised from Gold to Diamond")
		self.assertEqual(second.title, "Tier raised from No Tier to Gold")
		self.assertIn("Well deserved", second.detail)
		self.assertIn("50,000", second.detail)
		self.assertEqual(timeline_of(OF_GOLD, before=second.happened_at), [])
		self.assertEqual(timeline_of(OF_GOLD, limit=1), [first])

	def test_who_is_about_to_lose_a_tier_is_called(self):
		self.let_gold_be_lost()
		(called,) = whom_to_call()
		(reason,) = called.reasons
		self.assertEqual((called.customer, reason.due), (OF_GOLD, standing_of(OF_GOLD).lost_by))
		self.assertEqual(
			(reason.reference_doctype, reason.reference_name), (STANDING, standing_of(OF_GOLD).name)
		)
		self.assertIn("10,000", reason.reason)

	def test_nobody_hears_of_what_he_may_not_read(self):
		self.let_gold_be_lost()
		frappe.set_user(factories.make_user("nobody.of.tiers@example.com"))
		self.assertEqual((whom_to_call(), timeline_of(OF_GOLD)), ([], []))
		frappe.set_user("Administrator")

	def test_a_disabled_customer_is_not_called(self):
		self.let_gold_be_lost()
		frappe.db.set_value("Customer", OF_GOLD, "disabled", 1)
		self.addCleanup(frappe.db.set_value, "Customer", OF_GOLD, "disabled", 0)
		self.assertEqual(whom_to_call(), [])


class TestChangeForm(TierDeskTestCase):
	def test_a_change_says_the_figures_that_led_to_it(self):
		self.evaluate()
		frappe.db.rollback()
		change = frappe.get_doc(TIER_CHANGE, {"customer": OF_GOLD})
		self.assertIn("50,000", change.reasons)
		self.assertGreater(SILVER_FROM, 0)
