"""How soon a customer is answered by their tier: real issues, by form and by mail, under a real Service Level Agreement."""

import frappe
from frappe.model.rename_doc import rename_doc
from frappe.utils import get_datetime, time_diff_in_hours

from crm_success.record_names import TIER
from crm_success.tests.support import factories
from crm_success.tests.support.tiered_documents import (
	GOLD,
	SILVER,
	give_tier,
	make_contact,
	make_rules,
	make_tier,
	receive_mail,
)
from crm_success.tests.support.utils import SiteTestCase

ANNA = "Anna Asks"
MORNING = "2026-01-05 09:00:00"


class PromiseTestCase(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		factories.make_service_level_agreement(response_hours=8)
		for name, level, hours in ((SILVER, 51, 4), (GOLD, 52, 1)):
			make_rules(make_tier(name, level, promise=hours))

	def setUp(self):
		super().setUp()
		factories.make_customer(ANNA)
		give_tier(ANNA, GOLD)

	def assert_promised(self, issue, tier: str | None, hours: float) -> None:
		began = issue.service_level_agreement_creation or issue.creation
		waits = time_diff_in_hours(get_datetime(issue.response_by), get_datetime(began))
		self.assertEqual((issue.customer_tier or None, round(waits, 2)), (tier, hours))


class TestIssues(PromiseTestCase):
	def test_an_issue_by_form_has_the_promise_of_the_tier(self):
		issue = factories.make_issue(ANNA, MORNING)
		self.assertEqual(issue.service_level_agreement, f"SLA-Issue-{GOLD}")
		self.assert_promised(issue.reload(), GOLD, 1)

	def test_an_issue_by_mail_finds_its_customer_and_has_the_promise(self):
		make_contact(ANNA, "anna@asks.example.com")
		issue = receive_mail("anna@asks.example.com", "It is broken")
		self.assertEqual(issue.customer, ANNA)
		self.assertEqual(issue.service_level_agreement, f"SLA-Issue-{GOLD}")
		# it may be night
		self.assertEqual(issue.customer_tier, GOLD)

	def test_a_mail_of_a_stranger_becomes_an_issue_as_ever(self):
		issue = receive_mail("stranger@asks.example.com", "Who are you")
		self.assertEqual((issue.customer, issue.customer_tier), (None, None))
		self.assertEqual(issue.service_level_agreement, f"SLA-Issue-{factories.SLA}")

	def test_who_has_no_tier_waits_as_everybody(self):
		give_tier(ANNA, None)
		self.assert_promised(factories.make_issue(ANNA, MORNING), None, 8)

	def test_a_tier_that_changes_changes_the_next_issue_and_no_open_one(self):
		issue = factories.make_issue(ANNA, MORNING)
		give_tier(ANNA, SILVER)
		self.assert_promised(factories.make_issue(ANNA, MORNING), SILVER, 4)
		issue.reload()
		issue.subject = "Still broken"
		issue.customer_tier = "Anything"
		issue.save()
		self.assert_promised(issue.reload(), GOLD, 1)

	def test_an_issue_that_is_anothers_has_the_promise_of_that_customer(self):
		factories.make_customer("Ben Asks")
		give_tier("Ben Asks", SILVER)
		issue = factories.make_issue(ANNA, MORNING)
		issue.customer = "Ben Asks"
		issue.save()
		self.assert_promised(issue.reload(), SILVER, 4)

	def test_a_renamed_tier_keeps_its_promise_for_open_issues(self):
		issue = factories.make_issue(ANNA, MORNING)
		rename_doc(TIER, GOLD, "Platinum", force=True)
		issue.reload().save()
		self.assertEqual(issue.service_level_agreement, "SLA-Issue-Platinum")
		self.assert_promised(issue.reload(), "Platinum", 1)

	def test_a_site_that_tracks_no_agreements_goes_on(self):
		frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
		issue = factories.make_issue(ANNA, MORNING)
		self.assertEqual((issue.customer_tier, issue.service_level_agreement), (GOLD, None))
