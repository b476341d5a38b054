"""Reports, charts and cards that are limited to an audience, its size over time, a card that counts it, and its export."""

import json
from typing import Any

import frappe
from frappe.desk.doctype.number_card.number_card import get_result
from frappe.desk.reportview import export_query
from frappe.utils import add_days, now_datetime, nowdate

from crm_success.audiences.api.audience_figures import make_number_card
from crm_success.crm_success.dashboard import audience_size, bands_over_time, cards, charts
from crm_success.record_names import HEALTH, MEMBER, SNAPSHOT
from crm_success.tests.support.audience_rows import store_audience, store_healths, store_visits
from crm_success.tests.support.desk_figures import told_by_report
from crm_success.tests.support.factories import make_customer, make_user
from crm_success.tests.support.utils import SiteTestCase

A, B, C = CUSTOMERS = ("Figure A", "Figure B", "Figure C")
INSIDE = "Figure Inside"
READER = "figure-reader@example.com"
ONLY_INSIDE = json.dumps({"audience": INSIDE})
EVERYBODY, NOBODY = None, json.dumps({"audience": "No Such Audience"})


class AudienceFiguresTestCase(SiteTestCase):
	"""A (20, At Risk, 100) and B (90, Healthy, 50) are in the audience, C (30, At Risk, 7) is not."""

	def setUp(self):
		super().setUp()
		for name in CUSTOMERS:
			make_customer(name)
		store_healths({A: 20, B: 90, C: 30}, currency=frappe.db.get_default("currency"))
		for name, band, revenue, recency in (
			(A, "At Risk", 100, 5),
			(B, "Healthy", 50, 5),
			(C, "At Risk", 7, 5),
		):
			values = {"band": band, "revenue": revenue, "recency_score": recency, "frequency_score": 1}
			frappe.db.set_value(HEALTH, name, values)
		store_audience(INSIDE, A, B)

	def limit(self, user: str, *customers: str) -> str:
		for name in customers:
			values = {"user": user, "allow": "Customer", "for_value": name, "apply_to_all_doctypes": 1}
			frappe.get_doc({"doctype": "User Permission", **values}).insert()
		return user


class TestReportsOfAnAudience(AudienceFiguresTestCase):
	def customers_in(self, report: str, **filters: Any) -> list[str]:
		return [row["customer"] for row in told_by_report(report, **filters).result]

	def store_snapshots(self) -> None:
		frappe.db.delete(SNAPSHOT)
		for name in CUSTOMERS:
			for days_ago, score in ((30, 60), (0, 40)):
				day = add_days(nowdate(), -days_ago)
				values = {"customer": name, "as_of": day, "score": score, "computed_score": score}
				row = {"name": f"{name} {day}", "band": "At Risk" if not days_ago else "Watch", **values}
				frappe.new_doc(SNAPSHOT).update(row).db_insert()

	def test_customer_health(self):
		report = told_by_report("Customer Health", audience=INSIDE)
		self.assertEqual([row["customer"] for row in report.result], [A, B])
		figures = {figure["label"]: figure["value"] for figure in report.report_summary}
		self.assertEqual((figures["Customers"], figures["Revenue at Risk"]), (2, 100))
		self.assertEqual(self.customers_in("Customer Health"), [A, C, B])

	def test_rfm_matrix(self):
		self.assertEqual(told_by_report("RFM Matrix", audience=INSIDE).result[0]["f1_customers"], 2)
		self.assertEqual(told_by_report("RFM Matrix").result[0]["f1_customers"], 3)

	def test_the_list_behind_a_cell_is_filtered_by_the_names(self):
		frappe.db.set_value(HEALTH, {"name": ("in", [A, B])}, "audiences", f"|{INSIDE}|")
		filters = {"recency_score": 5, "frequency_score": 1, "audiences": ("like", f"%|{INSIDE}|%")}
		self.assertEqual(frappe.db.count(HEALTH, filters), 2)

	def test_score_movers(self):
		self.store_snapshots()
		self.assertEqual(self.customers_in("Score Movers", audience=INSIDE), [A, B])
		self.assertEqual(len(self.customers_in("Score Movers")), 3)

	def test_metric_quality(self):
		facts = {"net_revenue_365d": {"raw": 1.0, "points": 50.0}}
		frappe.db.set_value(HEALTH, {"name": ("in", CUSTOMERS)}, "components", json.dumps(facts))
		for filters, measured in (({}, 3), ({"audience": INSIDE}, 2)):
			rows = told_by_report("Metric Quality", **filters).result
			self.assertEqual(max(row["measured"] for row in rows), measured)

	def test_a_visit_that_is_over_counts_no_more(self):
		frappe.db.set_value(MEMBER, {"audience": INSIDE, "customer": B}, "left_on", now_datetime())
		self.assertEqual(self.customers_in("Customer Health", audience=INSIDE), [A])

	def test_an_audience_that_is_not_there_or_not_read_is_refused_in_words(self):
		reports = ("Customer Health", "RFM Matrix", "Score Movers", "Metric Quality")
		frappe.set_user(self.reader_of_no_audience())
		for audience in (INSIDE, "No Such Audience", "' OR 1=1 -- %s"):
			for report in reports:
				with self.subTest(report=report, audience=audience):
					with self.assertRaises(frappe.ValidationError) as refusal:
						told_by_report(report, audience=audience)
					self.assertIn("no audience", str(refusal.exception))

	def reader_of_no_audience(self) -> str:
		"""Who may read healths, and no audience but another one: a User Permission limits the user to it."""
		user = make_user(READER, "Customer Success Manager")
		other = store_audience("Figure Other")
		values = {"user": user, "allow": "Customer Audience", "for_value": other}
		frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 1, **values}).insert()
		return user

	def test_members_whom_one_may_not_see_are_not_counted(self):
		frappe.set_user(self.limit(make_user(READER, "Sales User"), B, C))
		self.assertEqual(self.customers_in("Customer Health", audience=INSIDE), [B])
		self.assertEqual(told_by_report("RFM Matrix", audience=INSIDE).result[0]["f1_customers"], 1)


class TestChartsAndCardsOfAnAudience(AudienceFiguresTestCase):
	def drawn(self, method: Any, filters: Any) -> int:
		datasets = frappe.call(method, filters=filters, chart_name="Any", refresh=1).get("datasets") or []
		return sum(sum(dataset["values"]) for dataset in datasets)

	def test_each_chart(self):
		for method, everybody, inside in (
			(charts.score_distribution, 3, 2),
			(charts.segment_sizes, 3, 2),
			(charts.lowest_scores, 140, 110),
			(charts.revenue_by_band, 157, 150),
		):
			with self.subTest(chart=method.__name__):
				self.assertEqual(self.drawn(method, EVERYBODY), everybody)
				self.assertEqual(self.drawn(method, ONLY_INSIDE), inside)
				self.assertEqual(self.drawn(method, {"audience": INSIDE}), inside)
				self.assertEqual(self.drawn(method, NOBODY), 0)

	def test_bands_over_time(self):
		frappe.db.delete(SNAPSHOT)
		for name in CUSTOMERS:
			values = {"customer": name, "as_of": nowdate(), "score": 1, "computed_score": 1, "band": "Watch"}
			frappe.new_doc(SNAPSHOT).update({"name": name, **values}).db_insert()
		for filters, customers in ((EVERYBODY, 3), (ONLY_INSIDE, 2), (NOBODY, 0)):
			drawn = bands_over_time.bands_over_time(filters=filters)
			last = sum(dataset["values"][-1] for dataset in drawn.get("datasets") or [])
			self.assertEqual(last, customers)

	def test_a_copy_of_a_chart_has_its_own_span(self):
		frappe.db.delete(SNAPSHOT)
		values = {"customer": A, "as_of": add_days(nowdate(), -800), "computed_score": 1, "band": "Watch"}
		frappe.new_doc(SNAPSHOT).update({"name": A, **values}).db_insert()
		copy = frappe.copy_doc(frappe.get_doc("Dashboard Chart", "Bands over Time"))
		copy.update({"chart_name": "Figure Copy", "is_standard": 0, "timespan": "Last Year"})
		copy.time_interval = "Monthly"
		copy.insert()
		self.assertEqual(len(bands_over_time.bands_over_time(chart_name=copy.name)["labels"]), 13)

	def test_each_card(self):
		self.assertEqual(cards.average_score(ONLY_INSIDE)["value"], 55)
		self.assertEqual(cards.average_score()["value"], 46.7)
		self.assertEqual(cards.revenue_at_risk(ONLY_INSIDE)["value"], 100)
		self.assertEqual(cards.revenue_at_risk()["value"], 107)
		self.assertEqual(cards.average_score(NOBODY), "–")

	def test_newly_at_risk(self):
		TestReportsOfAnAudience.store_snapshots(self)
		frappe.db.set_value(SNAPSHOT, {"as_of": add_days(nowdate(), -30)}, "as_of", add_days(nowdate(), -7))
		self.assertEqual(cards.newly_at_risk()["value"], 3)
		card = cards.newly_at_risk(ONLY_INSIDE)
		self.assertEqual(card["value"], 2)
		found = told_by_report("Score Movers", **card["route_options"]).result
		self.assertEqual([row["customer"] for row in found], [A, B])

	def test_a_click_on_a_card_opens_the_members(self):
		for card in (cards.average_score, cards.revenue_at_risk):
			self.assertEqual(card(ONLY_INSIDE)["route_options"]["audience"], INSIDE)
			self.assertNotIn("audience", card()["route_options"])

	def test_filters_of_other_cards_say_nothing(self):
		for filters in ("[]", "{}", "", [["Customer Health", "band", "=", "Watch"]], {"include_disabled": 1}):
			self.assertEqual(cards.average_score(filters)["value"], 46.7)
		for filters in ("{", {"audience": ["a", "b"]}):
			with self.assertRaises(frappe.ValidationError):
				cards.average_score(filters)


class TestSizeOverTime(AudienceFiguresTestCase):
	def drawn(self, *audiences: str, **asked: Any) -> dict[str, list[int]]:
		asked = {"timespan": "Last Month", "time_interval": "Weekly", **asked}
		chart = audience_size.audience_size(filters=json.dumps({"audiences": audiences}), **asked)
		return {row["name"]: row["values"] for row in chart.get("datasets") or []}

	def store_history(self) -> None:
		frappe.db.delete(MEMBER)
		now = now_datetime()
		early, between = add_days(now, -60), add_days(now, -1)
		store_visits(INSIDE, [(A, 1, early, between), (B, 1, early, None), (C, 1, between, None)])

	def test_a_line_for_each_audience(self):
		self.store_history()
		other = store_audience("Figure Other", C)
		lines = self.drawn(INSIDE, other, INSIDE)
		self.assertEqual(list(lines), [INSIDE, other])
		self.assertEqual((lines[INSIDE][0], lines[INSIDE][-1]), (2, 2))
		self.assertEqual((lines[other][0], lines[other][-1]), (0, 1))
		frappe.db.set_value(MEMBER, {"customer": A}, "left_on", add_days(now_datetime(), -20))
		self.assertEqual((self.drawn(INSIDE)[INSIDE][0], self.drawn(INSIDE)[INSIDE][-2]), (2, 1))

	def test_only_customers_that_one_may_see(self):
		self.store_history()
		frappe.set_user(self.limit(make_user(READER, "Sales User"), B))
		self.assertEqual(set(self.drawn(INSIDE)[INSIDE]), {1})

	def test_nothing_of_an_audience_that_is_not_there(self):
		self.assertEqual(self.drawn("No Such Audience"), {})
		self.assertEqual(self.drawn(), {})
		self.assertEqual(audience_size.audience_size(filters="[]"), {})

	def test_the_source_names_it(self):
		config = frappe.call(
			"frappe.desk.doctype.dashboard_chart_source.dashboard_chart_source.get_config",
			name="Audience Size",
		)
		self.assertIn("crm_success.crm_success.dashboard.audience_size.audience_size", config)


class TestNumberCard(AudienceFiguresTestCase):
	def counted(self, card: str) -> float:
		doc = frappe.get_doc("Number Card", card)
		return get_result(doc.as_json(), doc.filters_json)

	def test_a_card_counts_the_members_whom_its_reader_may_see(self):
		store_visits(INSIDE, [(C, 1, add_days(now_datetime(), -9), add_days(now_datetime(), -3))])
		made = make_number_card(INSIDE)
		self.assertTrue(made["is_new"])
		self.assertEqual(self.counted(made["card"]), 2)
		frappe.set_user(self.limit(make_user(READER, "Sales User"), B, C))
		self.assertEqual(self.counted(made["card"]), 1)

	def test_the_second_time_it_is_the_same_card(self):
		card = make_number_card(INSIDE)["card"]
		self.assertEqual(make_number_card(INSIDE), {"card": card, "is_new": False})

	def test_who_may_make_no_cards_is_told_whom_to_ask(self):
		frappe.set_user(make_user(READER, "Sales Manager"))
		with self.assertRaises(frappe.PermissionError) as refusal:
			make_number_card(INSIDE)
		self.assertIn("Dashboard Manager", str(refusal.exception))
		frappe.set_user("Administrator")
		frappe.set_user(make_user(READER, "Sales Manager", "Dashboard Manager"))
		self.assertTrue(make_number_card(INSIDE)["is_new"])


class TestExport(AudienceFiguresTestCase):
	def exported(self) -> str:
		form = {
			"doctype": MEMBER,
			"file_format_type": "CSV",
			"title": MEMBER,
			"filters": [["left_on", "is", "not set"]],
		}
		fields = json.dumps([f"`tab{MEMBER}`.`{name}`" for name in ("audience", "customer", "entered_on")])
		frappe.local.form_dict = frappe._dict(form, fields=fields)
		export_query()
		return frappe.response.filecontent.decode()

	def test_managers_export_the_members_whom_they_see(self):
		frappe.set_user(self.limit(make_user(READER, "Sales Manager"), B, C))
		text = self.exported()
		self.assertIn(B, text)
		self.assertNotIn(A, text)

	def test_others_export_nothing(self):
		frappe.set_user(make_user(READER, "Sales User"))
		with self.assertRaises(frappe.PermissionError):
			self.exported()
