"""Customers that are disabled stay out of reports, cards, charts and the list of whom to call unless asked for.

They are disabled as a person does it, on the form of Customer, and everything that shows health is read before and after.
"""

import json
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from crm_success.customer_views import call_list
from crm_success.customer_views.call_list import ReasonToCall, whom_to_call
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.tests.support.desk_figures import drawn_by_chart, shown_on_card, told_by_report
from crm_success.tests.support.factories import make_customer, make_user
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.utils import registered

MODULE = __name__
WORKSPACE = "CRM Success"
# it counts nobody: back-tests leave disabled customers out
HOW_TRUE = "How True Are the Scores"
REPORTS = ("Customer Health", "RFM Matrix", "Score Movers", "Metric Quality")
# of each band one that stays and one that goes: score, revenue, segment, recency and frequency score
SCORED = {
	"Healthy": (90, 1000, "High Value", 5, 5),
	"Watch": (55, 400, "Mid Value", 3, 3),
	"At Risk": (20, 300, "Mid Value", 1, 2),
}
STAYING = {band: f"Stays {band}" for band in SCORED}
GOING = {band: f"Goes {band}" for band in SCORED}


def reasons_to_call(limit: int) -> list[ReasonToCall]:
	return [ReasonToCall(row["At Risk"], "at risk", urgency) for row, urgency in ((STAYING, 50), (GOING, 90))]


def store(doctype: str, name: str, **values: Any) -> None:
	"""A row as a scoring run writes it, past the controllers."""
	frappe.new_doc(doctype).update({"name": name, **values}).db_insert()


def store_scores(customer: str, band: str, lower: float = 0) -> None:
	"""Health of today, and snapshots of today and of a week ago, when the customer was healthy."""
	score, revenue, segment, recency, frequency = SCORED[band]
	score -= lower
	components = {"average_days_late": {"raw": score, "points": score, "weight": 100, "contribution": 0}}
	shared = {"customer": customer, "revenue": revenue, "components": json.dumps(components)}
	today = {"score": score, "computed_score": score, "band": band, "as_of": nowdate()}
	scores = {"segment": segment, "recency_score": recency, "frequency_score": frequency}
	money = {"currency": frappe.db.get_default("currency"), "customer_name": customer}
	store(HEALTH, customer, **shared, **today, **scores, **money)
	store(SNAPSHOT, f"{customer} today", **shared, **today)
	week_ago = {"score": 95, "computed_score": 95, "band": "Healthy", "as_of": add_days(nowdate(), -7)}
	store(SNAPSHOT, f"{customer} before", **shared, **week_ago)


def disable(*customers: str) -> None:
	"""As on the form of each."""
	for customer in customers:
		frappe.get_doc("Customer", customer).update({"disabled": 1}).save()
	frappe.db.commit()


def reports(**filters: Any) -> dict[str, Any]:
	"""What each report tells, row by row, and above the rows."""
	told = {}
	for name in REPORTS:
		answer = told_by_report(name, **filters)
		# what the rows say of the customer itself is what the save changes
		rows = [{**row, "customer_disabled": None} for row in answer.result]
		told[name] = (rows, answer.report_summary, answer.chart and answer.chart["data"])
	return told


def everything() -> dict[str, Any]:
	"""What each report, card and chart shows to somebody who asks for nothing."""
	workspace = frappe.get_doc("Workspace", WORKSPACE)
	# those of the tiers show no health
	of_scores = set(frappe.get_all("Number Card", {"module": "CRM Success"}, pluck="name"))
	shown = [row.number_card_name for row in workspace.number_cards]
	names = [name for name in shown if name in of_scores and name != HOW_TRUE]
	cards = {name: shown_on_card(name) for name in names}
	charts = {row.chart_name: drawn_by_chart(row.chart_name) for row in workspace.charts}
	return {**reports(), **cards, **charts}


class DisabledCase(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		for customer in (*STAYING.values(), *GOING.values()):
			make_customer(customer)

	def setUp(self):
		super().setUp()
		forget_scores()
		frappe.db.set_value("Customer", {"name": ("in", list(GOING.values()))}, "disabled", 0)
		for band in SCORED:
			store_scores(STAYING[band], band)
			store_scores(GOING[band], band, lower=3)
		frappe.db.commit()


class TestWhatIsShown(DisabledCase):
	def test_everything_shows_what_it_would_show_without_them(self):
		before = everything()
		disable(*GOING.values())
		after = everything()
		for doctype in (HEALTH, SNAPSHOT):
			frappe.db.delete(doctype, {"customer": ("in", list(GOING.values()))})
		without = everything()
		self.assertEqual(len(after), len(REPORTS) + 6 + 5)
		for place in after:
			with self.subTest(place=place):
				self.assertNotEqual(after[place], before[place])
				self.assertEqual(after[place], without[place])

	def test_reports_show_them_when_asked_and_say_which_they_are(self):
		before = reports()
		disable(*GOING.values())
		self.assertEqual(reports(include_disabled=1), before)
		for name in ("Customer Health", "Score Movers"):
			asked = told_by_report(name, include_disabled=1)
			disabled = {row["customer"] for row in asked.result if row["customer_disabled"]}
			self.assertEqual(disabled, set(GOING.values()), name)
			columns = [
				[column["fieldname"] for column in told.columns] for told in (asked, told_by_report(name))
			]
			self.assertEqual(["customer_disabled" in names for names in columns], [True, False], name)

	def test_a_customer_that_is_enabled_again_is_back(self):
		before = everything()
		disable(GOING["Watch"])
		frappe.get_doc("Customer", GOING["Watch"]).update({"disabled": 0}).save()
		frappe.db.commit()
		self.assertEqual(everything(), before)

	def test_on_each_day_of_the_bands_over_time_too(self):
		disable(GOING["Watch"], GOING["At Risk"])
		datasets = drawn_by_chart("Bands over Time")["datasets"]
		first, last = ({row["name"]: row["values"][place] for row in datasets} for place in (0, -1))
		self.assertEqual(first, {"Healthy": 4, "Watch": 0, "At Risk": 0})
		self.assertEqual(last, {"Healthy": 2, "Watch": 1, "At Risk": 1})

	def test_history_stays_as_it_was(self):
		stored = frappe.get_all(SNAPSHOT, fields=["*"], order_by="name")
		disable(*GOING.values())
		self.assertEqual(frappe.get_all(SNAPSHOT, fields=["*"], order_by="name"), stored)

	def test_their_health_can_still_be_opened(self):
		disable(GOING["Watch"])
		health = frappe.get_doc(HEALTH, GOING["Watch"])
		self.assertEqual((health.customer_disabled, health.score, health.band), (1, 52, "Watch"))

	def test_who_sees_some_customers_only_is_shown_no_more_when_asking_for_disabled_ones(self):
		disable(*GOING.values())
		user = make_user("disabled-reader@example.com", "Customer Success Manager")
		for customer in (STAYING["Watch"], GOING["Watch"]):
			values = {"user": user, "allow": "Customer", "for_value": customer, "apply_to_all_doctypes": 1}
			frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.set_user(user)
		for name in ("Customer Health", "Score Movers"):
			shown = [
				{row["customer"] for row in told_by_report(name, include_disabled=asked).result}
				for asked in (0, 1)
			]
			self.assertEqual(shown, [{STAYING["Watch"]}, {STAYING["Watch"], GOING["Watch"]}], name)
		self.assertEqual(shown_on_card("Customers to Watch"), 1)
		self.assertEqual(shown_on_card("Customers at Risk"), 0)
		last = [row["values"][-1] for row in drawn_by_chart("Bands over Time")["datasets"]]
		self.assertEqual(last, [0, 1, 0])


class TestWhomToCall(DisabledCase):
	def test_a_disabled_customer_is_not_called(self):
		with registered(call_list.HOOK, f"{MODULE}.reasons_to_call"):
			called = [row.customer for row in whom_to_call()]
			self.assertEqual(called, [GOING["At Risk"], STAYING["At Risk"]])
			disable(GOING["At Risk"])
			self.assertEqual([row.customer for row in whom_to_call()], [STAYING["At Risk"]])
