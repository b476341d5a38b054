"""Customer Tiers and their policy as records: what is refused, in which words, and what a policy would change."""

import json

import frappe
from frappe.utils import getdate

from crm_success.batches.working import drain
from crm_success.customer_loyalty.api.tier_policy import what_would_change
from crm_success.customer_loyalty.tiers.tier_records import last_review
from crm_success.record_names import AUDIENCE, LOYALTY_SETTINGS, TIER
from crm_success.tests.support.audience_rows import store_audience
from crm_success.tests.support.audience_site import (
	forget_audiences,
	make_audience,
	members_of,
	on,
	start_and_prepare_pass,
)
from crm_success.tests.support.tier_site import (
	DIAMOND,
	GOLD,
	GOLD_FROM,
	SILVER,
	SILVER_FROM,
	TierTestCase,
	ask,
	make_spenders,
	make_tier,
	set_policy,
	tier_of,
)

TODAY = getdate()
SPENT = {"Record Silver": SILVER_FROM, "Record Gold": GOLD_FROM, "Record Nobody": 0}
OF_SILVER, OF_GOLD, NOBODY = SPENT


class TestTierRecords(TierTestCase):
	def assert_tier_refused(self, *words: str, **values):
		doc = frappe.get_doc(
			{"doctype": TIER, "tier_name": "Odd", "tier_level": 9, "points_multiplier": 1, **values}
		)
		self.assert_refused(doc, *words)

	def test_levels_are_positive_and_each_is_there_once(self):
		for level in (0, -1, 101):
			self.assert_tier_refused("Level", tier_level=level)
		self.assert_tier_refused(GOLD, "has level 2 already", tier_level=2)

	def test_conditions_ask_for_something_that_can_be(self):
		for row, words in (
			(ask("Net Revenue", 0), "0.01 or more"),
			(ask("Health Score", 101), "from 1 to 100"),
			(ask("Months as Customer", 0), "from 1 to 1200"),
			(ask("Audience"), "Choose an audience"),
			(ask("Luck", 7), "nothing that a tier can ask"),
		):
			self.assert_tier_refused("Row 1", words, requirements=[row])

	def test_benefits_say_how_much(self):
		for row, words in (
			({"benefit": "Discount", "benefit_value": 0}, "in percent"),
			({"benefit": "Discount", "benefit_value": 101}, "in percent"),
			({"benefit": "Support Promise"}, "first answer"),
		):
			self.assert_tier_refused("Row 1", words, benefits=[row])

	def test_the_multiplier_of_a_benefit_is_that_of_the_tier(self):
		doc = make_tier("Odd", 9, points_multiplier=2.5, benefits=[{"benefit": "Points Multiplier"}])
		self.assertEqual(doc.benefits[0].benefit_value, 2.5)

	def test_rows_are_not_changed_alone(self):
		row = frappe.get_doc(TIER, GOLD).requirements[0]
		row = frappe.get_doc("Customer Tier Requirement", row.name)
		row.at_least = 1
		self.assert_refused(row, "saved with it")

	def test_days_of_the_policy_are_days(self):
		settings = frappe.get_doc(LOYALTY_SETTINGS)
		settings.grace_days = 5000
		self.assert_refused(settings, "Grace Period", "from 0 to 3650")

	def test_a_form_of_the_settings_does_not_say_when_reviews_were(self):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "reviewed_on", "2026-01-01")
		settings = frappe.get_doc(LOYALTY_SETTINGS)
		settings.reviewed_on = "2020-01-01"
		settings.save()
		self.assertEqual(last_review(), getdate("2026-01-01"))


class TestTiersAndAudiences(TierTestCase):
	@classmethod
	def make_documents(cls):
		make_spenders(SPENT)

	def setUp(self):
		super().setUp()
		self.addCleanup(forget_audiences)

	def test_an_audience_filters_by_the_tier_and_is_asked_again_when_one_changed(self):
		make_audience("Best", on("Customer", ["customer_tier", "=", GOLD]))
		frappe.db.set_value(AUDIENCE, "Best", "wanted_utc", None)
		self.evaluate()
		self.assertTrue(frappe.db.get_value(AUDIENCE, "Best", "wanted_utc"))
		drain(start_and_prepare_pass())
		self.assertEqual(members_of("Best"), [OF_GOLD])

	def test_a_tier_that_asks_for_an_audience_that_asks_for_the_tier_is_refused_with_its_path(self):
		make_audience("Best", on("Customer", ["customer_tier", "=", GOLD]))
		make_audience("Club", on("Audience", audience="Best"))
		with self.assertRaises(frappe.ValidationError) as refusal:
			make_tier("Platinum", 9, ask("Audience", audience="Club"))
		message = frappe.utils.strip_html(str(refusal.exception))
		self.assertIn("Platinum → Club → Best → Customer Tier", message)

	def test_an_audience_that_a_tier_asks_for_cannot_ask_for_the_tier(self):
		store_audience("By Hand", OF_SILVER)
		inner = make_audience("Inner", on("Customer", ["customer_group", "is", "set"]))
		make_audience("Outer", on("Audience", audience="Inner"), on("Audience", audience="By Hand"))
		make_tier("Platinum", 9, ask("Audience", audience="Outer"))
		inner.append("conditions", on("Customer", ["tier_since", ">", "2026-01-01"]))
		with self.assertRaises(frappe.ValidationError) as refusal:
			inner.save()
		message = frappe.utils.strip_html(str(refusal.exception))
		self.assertIn("Platinum → Outer → Inner → Tier Since", message)

	def test_an_audience_that_a_tier_asks_for_is_not_deleted(self):
		store_audience("By Hand", OF_SILVER)
		make_tier("Platinum", 9, ask("Audience", audience="By Hand"))
		with self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc(AUDIENCE, "By Hand")


class TestWhatWouldChange(TestTiersAndAudiences):
	def moves(self, summary) -> dict[tuple[str, str], int]:
		return {(row["from_tier"], row["to_tier"]): row["customers"] for row in summary["moves"]}

	def test_a_policy_before_it_is_saved(self):
		frappe.db.commit()
		answer = what_would_change(json.dumps({"steps": "One Level at a Time"}))
		self.assertEqual((answer["now"]["raised"], answer["then"]["raised"]), (2, 2))
		self.assertEqual(self.moves(answer["now"])[("", GOLD)], 1)
		self.assertEqual(self.moves(answer["then"])[("", SILVER)], 2)
		(mover,) = answer["movers"]
		self.assertEqual(
			(mover["customer"], mover["tier"], mover["now"], mover["then"], mover["revenue"]),
			(OF_GOLD, "", GOLD, SILVER, GOLD_FROM),
		)
		self.assertIsNone(tier_of(OF_GOLD))

	def test_a_tier_before_it_is_saved(self):
		self.review()
		tier = frappe.get_doc(TIER, GOLD).as_dict()
		tier["requirements"][0]["at_least"] = GOLD_FROM + 1
		answer = what_would_change(tier=frappe.as_json(tier))
		self.assertEqual((answer["now"]["lowered"], answer["then"]["lowered"]), (0, 1))
		set_policy(grace_days=30)
		answer = what_would_change(tier=frappe.as_json(tier))
		self.assertEqual((answer["then"]["lowered"], answer["then"]["kept"]), (0, 1))

	def test_a_new_tier_and_what_saving_would_refuse(self):
		tier = {"tier_name": "Bronze", "tier_level": 9, "points_multiplier": 1}
		tier["requirements"] = [ask("Months as Customer", 1)]
		answer = what_would_change(tier=json.dumps(tier))
		self.assertEqual(self.moves(answer["now"])[("", GOLD)], 1)
		with self.assertRaises(frappe.ValidationError):
			what_would_change(tier=json.dumps({**tier, "tier_level": 2}))
		with self.assertRaises(frappe.ValidationError):
			what_would_change(json.dumps({"period": "Whenever"}))

	def test_a_new_threshold_for_diamond_is_seen_in_the_largest(self):
		answer = what_would_change(
			tier=frappe.as_json(
				{**frappe.get_doc(TIER, DIAMOND).as_dict(), "requirements": [ask("Net Revenue", GOLD_FROM)]}
			)
		)
		self.assertEqual([mover["then"] for mover in answer["movers"]], [DIAMOND])
