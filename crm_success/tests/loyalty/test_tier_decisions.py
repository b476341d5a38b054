"""Approving, rejecting and protecting: what people decide about tiers, and what keeps them from deciding twice."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.customer_loyalty.api.tier_changes import approve_changes, reject_changes
from crm_success.customer_loyalty.tiers.tier_changed import HOOK
from crm_success.record_names import STANDING, TIER_CHANGE
from crm_success.tests.support.tier_site import (
	DIAMOND,
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
from crm_success.tests.support.utils import registered

TODAY = getdate()
SPENT = {"Decided None": 0, "Decided Silver": SILVER_FROM, "Decided Gold": GOLD_FROM}
NONE, OF_SILVER, OF_GOLD = SPENT
IN_A_YEAR = getdate(add_days(TODAY, 370))


class TierDecisionTestCase(TierTestCase):
	@classmethod
	def make_documents(cls):
		make_spenders(SPENT)


class TestApproval(TierDecisionTestCase):
	def setUp(self):
		super().setUp()
		set_policy(approval="All Changes")
		self.run_doc = self.evaluate()

	def proposals(self) -> list[str]:
		frappe.db.rollback()
		return frappe.get_all(TIER_CHANGE, {"decision": "Proposed"}, pluck="name", order_by="customer")

	def test_changes_are_proposed_and_nobody_moves(self):
		self.assertEqual((self.run_doc.customers_proposed, self.run_doc.customers_raised), (2, 0))
		self.assertEqual((tier_of(OF_GOLD), shown_on(OF_GOLD)), (None, (None, None)))
		self.assertEqual(standing_of(OF_GOLD).proposed_tier, GOLD)
		self.assertEqual(self.evaluate().customers_proposed, 0)
		self.assertEqual(untrue_standings(), [])

	def test_many_are_approved_at_once(self):
		with registered(HOOK, HEARD_BY):
			answer = approve_changes(json.dumps(self.proposals()), note="Well deserved")
		frappe.db.commit()
		self.assertEqual(answer, {"done": 2, "refused": {}})
		self.assertEqual(sorted(told()), [(OF_GOLD, "", GOLD), (OF_SILVER, "", SILVER)])
		self.assertEqual(shown_on(OF_GOLD), (GOLD, TODAY))
		change = frappe.get_doc(TIER_CHANGE, {"customer": OF_GOLD})
		self.assertEqual(
			(change.decision, change.decided_by, change.note, change.applied_on),
			("Applied", "Administrator", "Well deserved", TODAY),
		)
		self.assertTrue(change.reasons)
		self.assertEqual(untrue_standings(), [])

	def test_what_was_decided_is_refused_in_words_and_the_rest_is_done(self):
		names = self.proposals()
		reject_changes([names[0]], note="Not yet")
		frappe.db.commit()
		answer = approve_changes([*names, "no such change"])
		frappe.db.commit()
		self.assertEqual(answer["done"], 1)
		self.assertIn("Rejected", answer["refused"][names[0]])
		self.assertIn("does not exist", answer["refused"]["no such change"])
		self.assertEqual((tier_of(OF_GOLD), tier_of(OF_SILVER)), (None, SILVER))

	def test_what_was_rejected_is_proposed_at_the_next_review_again(self):
		reject_changes(self.proposals())
		frappe.db.commit()
		self.evaluate()
		self.assertEqual(self.proposals(), [])
		self.review(add_days(TODAY, 100))
		self.assertEqual(len(self.proposals()), 2)
		self.assertEqual(history(OF_GOLD), (("Rejected", None, GOLD), ("Proposed", None, GOLD)))
		self.assertEqual(untrue_standings(), [])

	def test_a_proposal_whose_reason_is_gone_is_withdrawn(self):
		self.evaluate(IN_A_YEAR)
		self.assertEqual(history(OF_GOLD), (("Withdrawn", None, GOLD),))
		self.assertIsNone(standing_of(OF_GOLD).proposal)
		self.assertEqual(untrue_standings(), [])

	def test_only_downgrades_wait_where_only_they_are_asked_for(self):
		set_policy(approval="Downgrades")
		self.evaluate()
		self.assertEqual(tier_of(OF_GOLD), GOLD)
		self.review(IN_A_YEAR)
		self.assertEqual((tier_of(OF_GOLD), len(self.proposals())), (GOLD, 2))
		approve_changes(self.proposals())
		frappe.db.commit()
		self.assertIsNone(tier_of(OF_GOLD))
		self.assertEqual(untrue_standings(), [])

	def test_a_note_may_be_written_and_nothing_else(self):
		change = frappe.get_doc(TIER_CHANGE, self.proposals()[0])
		change.update({"note": "Ask Anna", "decision": "Applied", "to_tier": DIAMOND})
		change.save()
		stored = frappe.db.get_value(TIER_CHANGE, change.name, ["note", "decision", "to_tier"])
		self.assertEqual(stored, ("Ask Anna", "Proposed", GOLD))

	def test_nobody_makes_a_change_or_a_standing_by_hand(self):
		for doctype in (TIER_CHANGE, STANDING):
			with self.assertRaises(frappe.ValidationError):
				frappe.get_doc({"doctype": doctype, "customer": NONE}).insert()

	def test_too_many_and_no_list_are_refused(self):
		for wrong in ("{}", '"x"', json.dumps(["x"] * 2 + [str(n) for n in range(5000)])):
			with self.assertRaises(frappe.ValidationError):
				approve_changes(wrong)


class TestProtection(TierDecisionTestCase):
	def setUp(self):
		super().setUp()
		self.review()

	def protect(self, customer: str, tier: str, until: object = None, reason: str = "A friend"):
		standing = standing_of(customer)
		until = until or add_days(TODAY, 400)
		standing.update({"protected_tier": tier, "protected_until": until, "protection_reason": reason})
		standing.save()
		frappe.db.commit()

	def test_a_protected_customer_keeps_its_tier_through_the_last_day(self):
		self.protect(OF_GOLD, GOLD)
		self.review(IN_A_YEAR)
		self.assertEqual(tier_of(OF_GOLD), GOLD)
		self.assertEqual(frappe.db.get_value(TIER_CHANGE, {"decision": "Kept"}, "kept_by"), "Protection")
		self.review(add_days(TODAY, 401))
		self.assertIsNone(tier_of(OF_GOLD))
		standing = standing_of(OF_GOLD)
		self.assertEqual((standing.protected_tier, standing.protection_reason), (None, None))
		self.assertEqual(untrue_standings(), [])

	def test_a_tier_that_is_given_by_hand_is_there_at_once_with_who_gave_it(self):
		with registered(HOOK, HEARD_BY):
			self.protect(NONE, DIAMOND, reason="The owner's sister")
		self.assertEqual(told(), [(NONE, "", DIAMOND)])
		self.assertEqual(shown_on(NONE), (DIAMOND, TODAY))
		change = frappe.get_doc(TIER_CHANGE, {"customer": NONE})
		self.assertEqual(
			(change.cause, change.decided_by, change.note), ("By Hand", "Administrator", "The owner's sister")
		)
		self.evaluate()
		self.assertEqual((tier_of(NONE), standing_of(NONE).protected_by), (DIAMOND, "Administrator"))
		self.assertEqual(untrue_standings(), [])

	def test_a_protection_says_how_long_and_why(self):
		for missing, words in (
			("protected_until", "last day"),
			("protection_reason", "Say why"),
			("protected_tier", "Choose the tier"),
		):
			standing = standing_of(OF_GOLD)
			standing.update(
				{
					"protected_tier": GOLD,
					"protected_until": add_days(TODAY, 5),
					"protection_reason": "A friend",
					missing: None,
				}
			)
			self.assert_refused(standing, words)
		standing = standing_of(OF_GOLD)
		standing.update(
			{"protected_tier": GOLD, "protected_until": add_days(TODAY, -1), "protection_reason": "Late"}
		)
		self.assert_refused(standing, "This day is over")

	def test_it_is_taken_back_by_emptying_it(self):
		self.protect(OF_GOLD, GOLD)
		standing = standing_of(OF_GOLD)
		standing.update({"protected_tier": None, "protected_until": None, "protection_reason": None})
		standing.save()
		frappe.db.commit()
		self.assertEqual(standing_of(OF_GOLD).protected_by, None)
		self.review(IN_A_YEAR)
		self.assertIsNone(tier_of(OF_GOLD))

	def test_a_save_changes_nothing_but_the_protection(self):
		standing = standing_of(OF_GOLD)
		standing.update({"tier": DIAMOND, "tier_since": "2020-01-01", "revenue": 1, "changes": 77})
		standing.save()
		frappe.db.commit()
		stored = standing_of(OF_GOLD)
		self.assertEqual(
			(stored.tier, stored.tier_since, stored.revenue, stored.changes), (GOLD, TODAY, GOLD_FROM, 1)
		)
