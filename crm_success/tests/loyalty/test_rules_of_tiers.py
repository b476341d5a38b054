"""The Pricing Rule and the Service Level Agreement of a tier: made by its buttons, in step with it, and never in the way."""

import frappe
from frappe.model.rename_doc import rename_doc

from crm_success.customer_loyalty.api.tier_rules_form import get_rules, make, make_equal, tier_of
from crm_success.customer_loyalty.tiers.benefit_rules import BY_BENEFIT, make_rule
from crm_success.record_names import TIER
from crm_success.tests.support import factories
from crm_success.tests.support.tiered_documents import (
	GOLD,
	ITEM,
	SILVER,
	give_tier,
	make_priced_item,
	make_rules,
	make_sale,
	make_tier,
)
from crm_success.tests.support.utils import SiteTestCase, messages

ANNA = "Anna Rules"
SLA = "Service Level Agreement"
MORNING = "2026-01-05 09:00:00"


class RuleTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		factories.make_service_level_agreement(response_hours=8)
		self.tier = make_tier(GOLD, 52, discount=10, promise=2)
		self.rule, self.agreement = make_rules(self.tier)
		self.tier.reload()
		factories.make_customer(ANNA)
		give_tier(ANNA, GOLD)

	def change(self, **benefits: float) -> None:
		for row in self.tier.benefits:
			word = {"Discount": "discount", "Support Promise": "promise"}[row.benefit]
			row.benefit_value = benefits.get(word, row.benefit_value)
		self.tier.save()
		self.tier.reload()
		self.reload_rules()

	def reload_rules(self):
		self.rule.reload()
		self.agreement.reload()

	def answers(self) -> dict[str, float]:
		return {row.priority: row.response_time / 3600 for row in self.agreement.priorities}


class TestMaking(RuleTestCase):
	def test_the_tier_names_what_was_made(self):
		self.assertEqual(self.tier.pricing_rule, self.rule.name)
		self.assertEqual(self.tier.service_level_agreement, self.agreement.name)
		self.assertEqual(self.rule.condition, f'customer_tier == "{GOLD}"')
		self.assertEqual(self.agreement.condition, f'doc.customer_tier == "{GOLD}"')
		self.assertEqual((self.rule.disable, self.agreement.enabled), (0, 1))
		self.assertEqual(set(self.answers().values()), {2})

	def test_a_second_one_is_refused(self):
		for benefit in BY_BENEFIT:
			with self.assertRaisesRegex(frappe.ValidationError, "made for this tier already"):
				make(GOLD, benefit)

	def test_a_benefit_that_the_tier_does_not_have_is_refused(self):
		make_tier(SILVER, 51)
		with self.assertRaisesRegex(frappe.ValidationError, "Add the benefit"):
			make(SILVER, "Discount")
		with self.assertRaisesRegex(frappe.ValidationError, "no rule for this benefit"):
			make(SILVER, "Free Service")

	def test_a_priority_that_is_answered_sooner_anyway_stays_so(self):
		make_tier(SILVER, 51, promise=12)
		agreement = frappe.get_doc(SLA, make(SILVER, "Support Promise"))
		self.assertEqual({row.response_time for row in agreement.priorities}, {8 * 3600})

	def test_a_higher_tier_has_a_higher_priority_and_none_has_one_of_others(self):
		factories.make_item()
		others = {"doctype": "Pricing Rule", "title": "Theirs", "selling": 1, "currency": self.rule.currency}
		others |= {"apply_on": "Item Group", "item_groups": [{"item_group": "Products"}], "has_priority": 1}
		others |= {"price_or_product_discount": "Price", "rate_or_discount": "Discount Percentage"}
		free = int(self.rule.priority) + 1
		frappe.get_doc({**others, "discount_percentage": 3, "priority": str(free)}).insert()
		high = make_rule(make_tier("Top", 99, discount=20), BY_BENEFIT["Discount"])
		self.assertGreater(int(high.priority), int(self.rule.priority))
		self.assertNotEqual(int(high.priority), free)

	def test_names_with_quotes_and_of_any_script_are_asked_for_as_they_are(self):
		for name in ("Gold \"A\" & 'B'", "鑽石", "back\\slash"):
			with self.subTest(name):
				make_rules(make_tier(name, 60 + len(name), discount=10, promise=1))
				give_tier(ANNA, name)
				self.assertEqual(make_sale("Sales Order", ANNA).items[0].rate, 90)
				issue = factories.make_issue(ANNA, MORNING)
				self.assertIn(name, issue.service_level_agreement)

	def test_what_is_missing_is_said(self):
		make_tier(SILVER, 51, promise=1)
		frappe.db.set_value(SLA, {"default_service_level_agreement": 1}, "enabled", 0)
		with self.assertRaisesRegex(frappe.ValidationError, "Service Level Agreement for Issue first"):
			make(SILVER, "Support Promise")
		frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
		with self.assertRaisesRegex(frappe.ValidationError, "Turn on Track Service Level Agreement"):
			make(SILVER, "Support Promise")

	def test_rights_on_erpnexts_own_record_are_needed(self):
		make_tier(SILVER, 51, discount=5, promise=1)
		manager = factories.make_user("tiers@example.com", "Customer Success Manager")
		seller = factories.make_user("tier.seller@example.com", "Customer Success Manager", "Sales Manager")
		reader = factories.make_user("tier.reader@example.com", "Sales Manager")
		for user in (manager, reader):
			frappe.set_user(user)
			with self.assertRaises(frappe.PermissionError):
				make(SILVER, "Discount")
		frappe.set_user(seller)
		self.assertTrue(make(SILVER, "Discount"))
		with self.assertRaises(frappe.PermissionError):
			make(SILVER, "Support Promise")


class TestInStep(RuleTestCase):
	def test_another_amount(self):
		self.change(discount=15, promise=1)
		self.assertEqual(self.rule.discount_percentage, 15)
		self.assertEqual(set(self.answers().values()), {1})
		self.assertEqual(make_sale("Sales Order", ANNA).items[0].rate, 85)

	def test_a_tier_that_is_disabled_gives_nothing_until_it_is_enabled(self):
		self.tier.enabled = 0
		self.change()
		self.assertEqual((self.rule.disable, self.agreement.enabled), (1, 0))
		self.assertEqual(make_sale("Sales Order", ANNA).items[0].rate, 100)
		usual = factories.make_issue(ANNA, MORNING).service_level_agreement
		self.assertEqual(usual, f"SLA-Issue-{factories.SLA}")
		self.tier.enabled = 1
		self.change()
		self.assertEqual((self.rule.disable, self.agreement.enabled), (0, 1))
		self.assertEqual(make_sale("Sales Order", ANNA).items[0].rate, 90)

	def test_a_benefit_that_is_taken_away_and_given_again(self):
		self.tier.benefits = []
		self.change()
		self.assertEqual((self.rule.disable, self.agreement.enabled), (1, 0))
		self.tier.append("benefits", {"benefit": "Discount", "benefit_value": 7})
		self.change()
		self.assertEqual((self.rule.disable, self.rule.discount_percentage), (0, 7))
		self.assertEqual(self.agreement.enabled, 0)

	def test_a_new_name_with_what_people_wrote_beside_it(self):
		self.rule.db_set("condition", f"customer_tier == '{GOLD}' and company == '{GOLD}'")
		rename_doc(TIER, GOLD, "Platinum", force=True)
		self.rule.reload()
		self.assertEqual(self.rule.condition, f"customer_tier == \"Platinum\" and company == '{GOLD}'")
		self.assertEqual(self.rule.title, "Customer Tier Platinum")
		tier = frappe.get_doc(TIER, "Platinum")
		self.assertEqual(tier.service_level_agreement, "SLA-Issue-Platinum")
		agreement = frappe.get_doc(SLA, tier.service_level_agreement)
		self.assertEqual(agreement.condition, 'doc.customer_tier == "Platinum"')

	def test_what_somebody_changed_by_hand_stays_and_is_said(self):
		self.rule.discount_percentage = 12
		self.rule.save()
		self.agreement.priorities[0].response_time = 60
		self.agreement.save()
		self.change(discount=15, promise=1)
		self.assertEqual(self.rule.discount_percentage, 12)
		self.assertEqual(self.agreement.priorities[0].response_time, 60)
		self.assertEqual(self.agreement.priorities[1].response_time, 3600)
		self.assertIn("gives another discount", messages())
		self.assertIn("promises other times", messages())
		shown = {about["benefit"]: about for about in get_rules(GOLD)}
		self.assertEqual(shown["Discount"]["differences"], ["It gives 12 %, and the tier 15 %."])
		make_equal(GOLD, "Discount")
		make_equal(GOLD, "Support Promise")
		self.reload_rules()
		self.assertEqual(self.rule.discount_percentage, 15)
		self.assertEqual(set(self.answers().values()), {1})
		self.assertEqual([about["differences"] for about in get_rules(GOLD)], [[], []])

	def test_who_may_not_change_the_rule_may_not_change_the_amount_but_all_else(self):
		manager = factories.make_user("tiers@example.com", "Customer Success Manager")
		frappe.set_user(manager)
		self.tier.benefits[0].benefit_value = 50
		with self.assertRaisesRegex(frappe.PermissionError, "which you may not write"):
			self.tier.save()
		self.tier.reload()
		self.tier.enabled = 0
		self.change()
		frappe.set_user("Administrator")
		self.assertEqual((self.rule.reload().disable, self.rule.discount_percentage), (1, 10))

	def test_no_request_says_which_rule_is_the_tiers(self):
		theirs = make_rule(make_tier(SILVER, 51, discount=5), BY_BENEFIT["Discount"])
		self.tier.pricing_rule = theirs.name
		self.change(discount=15)
		self.assertEqual(self.tier.pricing_rule, self.rule.name)
		self.assertEqual(theirs.reload().discount_percentage, 5)


class TestEnd(RuleTestCase):
	def test_a_tier_that_is_deleted_takes_rules_that_nobody_used_along(self):
		give_tier(ANNA, None)
		frappe.delete_doc(TIER, GOLD)
		self.assertFalse(frappe.db.exists("Pricing Rule", self.rule.name))
		self.assertFalse(frappe.db.exists(SLA, self.agreement.name))

	def test_rules_that_documents_used_are_switched_off(self):
		draft = make_sale("Sales Order", ANNA)
		make_sale("Sales Order", ANNA).submit()
		issue = factories.make_issue(ANNA, MORNING)
		give_tier(ANNA, None)
		frappe.delete_doc(TIER, GOLD)
		self.assertEqual((self.rule.reload().disable, self.agreement.reload().enabled), (1, 0))
		draft.reload().save()
		issue.reload().save()
		self.assertEqual(make_sale("Sales Order", ANNA).items[0].rate, 100)

	def test_people_may_delete_the_rules(self):
		frappe.delete_doc("Pricing Rule", self.rule.name)
		frappe.delete_doc(SLA, self.agreement.name)
		self.tier.reload()
		self.assertEqual((self.tier.pricing_rule, self.tier.service_level_agreement), (None, None))
		self.tier.benefits[0].benefit_value = 30
		self.tier.save()
		self.assertTrue(make(GOLD, "Discount"))


class TestWarnings(RuleTestCase):
	def test_items_with_a_smaller_discount_are_named(self):
		frappe.db.set_value("Item", make_priced_item(), "max_discount", 4)
		self.assertIn(ITEM, self.warnings("Discount"))

	def test_a_rule_with_the_same_priority_is_named(self):
		twin = frappe.copy_doc(self.rule)
		twin.update({"title": "Twin", "apply_multiple_pricing_rules": 0, "condition": ""})
		twin.insert()
		self.assertIn("Twin", self.warnings("Discount"))

	def test_an_agreement_that_holds_for_all_is_named(self):
		other = frappe.copy_doc(self.agreement)
		other.update({"service_level": "Theirs", "condition": ""})
		other.insert()
		self.assertIn("SLA-Issue-Theirs", self.warnings("Support Promise"))

	def warnings(self, benefit: str) -> str:
		return " ".join(*(about["warnings"] for about in get_rules(GOLD) if about["benefit"] == benefit))


class TestWhoIsTold(RuleTestCase):
	def test_the_tier_of_a_customer_is_told_to_who_sells_and_may_choose_the_customer(self):
		seller = factories.make_user("tier.sells@example.com", "Sales User")
		stranger = factories.make_user("tier.stranger@example.com", "Quality Manager")
		factories.make_customer("Ben Rules")
		frappe.set_user(seller)
		self.assertEqual(tier_of(ANNA), GOLD)
		self.assertEqual(tier_of("Ben Rules"), None)
		frappe.set_user("Administrator")
		limit = {"user": seller, "allow": "Customer", "for_value": "Ben Rules"}
		frappe.get_doc({"doctype": "User Permission", **limit}).insert()
		frappe.set_user(seller)
		self.assertEqual(tier_of(ANNA), None)
		frappe.set_user(stranger)
		with self.assertRaises(frappe.PermissionError):
			tier_of(ANNA)

	def test_who_may_not_read_the_rule_is_told_its_name_only(self):
		manager = factories.make_user("tiers@example.com", "Customer Success Manager")
		stranger = factories.make_user("tier.stranger@example.com", "Quality Manager")
		frappe.set_user(manager)
		shown = {about["benefit"]: about for about in get_rules(GOLD)}
		self.assertEqual(shown["Discount"]["rule"], self.rule.name)
		self.assertNotIn("is_on", shown["Discount"])
		frappe.set_user(stranger)
		with self.assertRaises(frappe.PermissionError):
			get_rules(GOLD)
