"""Cards and charts of the workspace, by the methods that the desk calls: numbers by hand, only what a user may see."""

import json

import frappe
from frappe.desk.desktop import get_desktop_page
from frappe.desk.doctype.number_card.number_card import get_result
from frappe.desk.query_report import run
from frappe.utils import add_days, getdate, nowdate

from crm_success.crm_success.dashboard.bands_over_time import count_bands
from crm_success.tests.support.desk_figures import drawn_by_chart, shown_on_card, source_method
from crm_success.tests.support.factories import make_customer, make_user
from crm_success.tests.support.utils import SiteTestCase

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"
WORKSPACE = "CRM Success"
CUSTOMERS = ("Desk A", "Desk B", "Desk C", "Desk D")


def store(doctype: str, name: str, **values) -> None:
	"""A row as a scoring run writes it, past the controllers."""
	frappe.new_doc(doctype).update({"name": name, **values}).db_insert()


def store_health(customer: str, score: float, band: str, **values) -> None:
	store(HEALTH, customer, customer=customer, score=score, computed_score=score, band=band, **values)


def store_snapshot(customer: str, days_ago: int, band: str, score: float = 50) -> None:
	as_of = add_days(nowdate(), -days_ago)
	values = {"customer": customer, "as_of": as_of, "band": band}
	store(SNAPSHOT, f"{customer} {as_of}", score=score, computed_score=score, **values)


class WorkspaceTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		for doctype in (HEALTH, SNAPSHOT):
			frappe.db.delete(doctype)
		for name in CUSTOMERS:
			make_customer(name)

	def values(self, name: str, **asked) -> dict[str, list]:
		return {row["name"]: row["values"] for row in drawn_by_chart(name, **asked)["datasets"]}

	def limit(self, user: str, *customers: str) -> None:
		for customer in customers:
			values = {"user": user, "allow": "Customer", "for_value": customer, "apply_to_all_doctypes": 1}
			frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)

	def store_four(self) -> None:
		money = {"currency": frappe.db.get_default("currency")}
		store_health("Desk A", 91.5, "Healthy", revenue=1000, segment="High Value", **money)
		store_health("Desk B", 55, "Watch", revenue=400, segment="High Value", **money)
		store_health("Desk C", 20, "At Risk", revenue=300, segment="Mid Value", **money)
		store_health("Desk D", 29.9, "At Risk", revenue=50.4, **money)


class TestCards(WorkspaceTestCase):
	def test_numbers(self):
		self.store_four()
		self.assertEqual(shown_on_card("Customers at Risk"), 2)
		self.assertEqual(shown_on_card("Customers to Watch"), 1)
		self.assertEqual(shown_on_card("Healthy Customers"), 1)
		self.assertEqual(shown_on_card("Average Health Score")["value"], 49.1)
		self.assertEqual(shown_on_card("Revenue at Risk")["value"], 350)

	def test_customers_without_a_score_lower_no_average(self):
		self.store_four()
		frappe.db.set_value(HEALTH, "Desk C", {"score": None, "band": None})
		self.assertEqual(shown_on_card("Average Health Score")["value"], 58.8)

	def test_revenue_in_another_currency_than_the_sites_is_written_with_its_own(self):
		self.store_four()
		other = "EUR" if frappe.db.get_default("currency") != "EUR" else "USD"
		frappe.db.set_value(HEALTH, {"name": ("is", "set")}, "currency", other)
		self.assertIn("350", shown_on_card("Revenue at Risk"))
		self.assertIsInstance(shown_on_card("Revenue at Risk"), str)

	def test_an_empty_site_shows_no_score_rather_than_zero(self):
		self.assertEqual(shown_on_card("Customers at Risk"), 0)
		self.assertEqual(shown_on_card("Average Health Score"), "–")
		self.assertEqual(shown_on_card("Newly at Risk This Week"), "–")
		self.assertEqual(shown_on_card("Revenue at Risk")["value"], 0)

	def test_newly_at_risk_is_what_score_movers_lists(self):
		for customer, before, after in (
			("Desk A", "Watch", "At Risk"),
			("Desk B", "At Risk", "At Risk"),
			("Desk C", "Healthy", "Watch"),
		):
			store_snapshot(customer, 7, before, score=60)
			store_snapshot(customer, 0, after, score=40)
		store_snapshot("Desk D", 7, "Healthy")
		store_snapshot("Desk D", 0, "At Risk")  # overridden: the computed score did not move
		card = shown_on_card("Newly at Risk This Week")
		self.assertEqual(card["value"], 2)
		self.assertEqual(card["route"], ["query-report", "Score Movers"])
		rows = run("Score Movers", json.dumps(card["route_options"]))["result"]
		self.assertEqual([row["customer"] for row in rows], ["Desk A", "Desk D"])
		self.assertEqual([row["direction"] for row in rows], ["Fall", "Unchanged"])

	def test_snapshots_months_apart_tell_nothing_about_a_week(self):
		store_snapshot("Desk A", 60, "Healthy")
		store_snapshot("Desk A", 0, "At Risk")
		self.assertEqual(shown_on_card("Newly at Risk This Week"), "–")

	def test_old_snapshots_tell_nothing_about_this_week(self):
		store_snapshot("Desk A", 97, "Healthy")
		store_snapshot("Desk A", 90, "At Risk")
		self.assertEqual(shown_on_card("Newly at Risk This Week"), "–")


class TestCharts(WorkspaceTestCase):
	def test_score_distribution(self):
		self.store_four()
		frappe.db.set_value(HEALTH, "Desk A", "score", 100)
		chart = drawn_by_chart("Score Distribution")
		self.assertEqual(chart["labels"][:2] + chart["labels"][-1:], ["0–9", "10–19", "90+"])
		self.assertEqual(chart["datasets"][0]["values"], [0, 0, 2, 0, 0, 1, 0, 0, 0, 1])

	def test_lowest_scores_come_first_and_by_name(self):
		self.store_four()
		frappe.db.set_value(HEALTH, "Desk C", "customer_name", "<img src=x onerror=alert(1)>")
		chart = drawn_by_chart("Lowest Scores")
		self.assertEqual(chart["labels"], ["(img src=x onerror=alert(1))", "Desk D", "Desk B", "Desk A"])
		self.assertEqual(chart["datasets"][0]["values"], [20, 29.9, 55, 91.5])

	def test_who_is_lost_is_not_among_the_lowest_scores(self):
		self.store_four()
		frappe.db.set_value(HEALTH, "Desk C", "stage", "Lost")
		frappe.db.set_value(HEALTH, "Desk D", "stage", "At Risk")
		self.assertEqual(drawn_by_chart("Lowest Scores")["labels"], ["Desk D", "Desk B", "Desk A"])

	def test_segment_sizes_put_nobodys_last(self):
		self.store_four()
		chart = drawn_by_chart("Segment Sizes")
		self.assertEqual(chart["labels"], ["High Value", "Mid Value", "No Segment"])
		self.assertEqual(chart["datasets"][0]["values"], [2, 1, 1])

	def test_revenue_by_band(self):
		self.store_four()
		chart = drawn_by_chart("Revenue by Band")
		self.assertEqual(chart["labels"], ["Healthy", "Watch", "At Risk"])
		expected = [[1000, 0, 0], [0, 400, 0], [0, 0, 350]]
		self.assertEqual([dataset["values"] for dataset in chart["datasets"]], expected)

	def test_labels_are_in_the_readers_language(self):
		self.store_four()
		frappe.local.lang = "zh"
		self.addCleanup(setattr, frappe.local, "lang", "en")
		self.assertEqual(drawn_by_chart("Revenue by Band")["labels"], ["健康", "关注", "风险"])
		self.assertIn("高价值客户", drawn_by_chart("Segment Sizes")["labels"])

	def test_an_empty_site_draws_nothing(self):
		for chart in frappe.get_doc("Workspace", WORKSPACE).charts:
			self.assertEqual(drawn_by_chart(chart.chart_name), {})


class TestBandsOverTime(WorkspaceTestCase):
	def bands_on(self, *days_ago: int) -> list[dict[str, int]]:
		days = [getdate(add_days(nowdate(), -ago)) for ago in days_ago]
		counted = count_bands(days)
		return [dict(counted.get(day, {})) for day in days]

	def test_a_day_in_between_shows_the_last_snapshots_before_it(self):
		store_snapshot("Desk A", 14, "Healthy")
		store_snapshot("Desk A", 7, "At Risk")
		self.assertEqual(
			self.bands_on(15, 14, 8, 7, 0),
			[{}, {"Healthy": 1}, {"Healthy": 1}, {"At Risk": 1}, {"At Risk": 1}],
		)

	def test_who_is_left_out_on_a_day_keeps_the_band_from_before(self):
		for customer in ("Desk A", "Desk B"):
			store_snapshot(customer, 21, "Healthy")
			store_snapshot(customer, 7, "Watch")
		store_snapshot("Desk A", 14, "At Risk")
		self.assertEqual(self.bands_on(14, 7), [{"At Risk": 1, "Healthy": 1}, {"Watch": 2}])

	def test_customers_may_be_scored_on_days_of_their_own(self):
		store_snapshot("Desk A", 9, "Healthy")
		store_snapshot("Desk B", 8, "At Risk")
		store_snapshot("Desk A", 2, "Watch")
		store_snapshot("Desk B", 1, "Watch")
		self.assertEqual(self.bands_on(9, 8, 2, 1)[0], {"Healthy": 1})
		self.assertEqual(self.bands_on(9, 8, 2, 1)[1], {"Healthy": 1, "At Risk": 1})
		self.assertEqual(self.bands_on(9, 8, 2, 1)[2], {"Watch": 1, "At Risk": 1})
		self.assertEqual(self.bands_on(9, 8, 2, 1)[3], {"Watch": 2})

	def test_whose_snapshots_ended_stays_in_the_last_band(self):
		store_snapshot("Desk A", 14, "At Risk")
		for days_ago in (14, 7, 0):
			store_snapshot("Desk B", days_ago, "Healthy")
		self.assertEqual(self.bands_on(7, 0), [{"At Risk": 1, "Healthy": 1}] * 2)

	def test_the_chart_goes_up_to_today_with_a_dataset_a_band(self):
		store_snapshot("Desk A", 30, "Healthy")
		store_snapshot("Desk A", 0, "At Risk")
		values = self.values("Bands over Time")
		self.assertEqual(list(values), ["Healthy", "Watch", "At Risk"])
		self.assertEqual((values["Healthy"][0], values["At Risk"][-1]), (1, 1))
		self.assertEqual({sum(point) for point in zip(*values.values(), strict=True)}, {1})

	def test_the_menus_of_the_chart_choose_the_days(self):
		store_snapshot("Desk A", 800, "Healthy")
		weekly = drawn_by_chart("Bands over Time", timespan="Last Month", time_interval="Weekly")["labels"]
		monthly = drawn_by_chart("Bands over Time", timespan="Last Year", time_interval="Monthly")["labels"]
		self.assertIn(len(weekly), (5, 6))
		self.assertEqual(len(monthly), 13)
		asked = {"from_date": "2026-01-01", "to_date": "2026-01-31", "time_interval": "Daily"}
		if getdate() >= getdate("2026-02-01"):
			self.assertEqual(
				len(self.values("Bands over Time", timespan="Select Date Range", **asked)["Healthy"]), 31
			)


class TestPermissions(WorkspaceTestCase):
	def setUp(self):
		super().setUp()
		self.store_four()
		for customer, before in (("Desk C", "Watch"), ("Desk D", "Watch"), ("Desk A", "Healthy")):
			store_snapshot(customer, 7, before)
			store_snapshot(customer, 0, frappe.db.get_value(HEALTH, customer, "band"))

	def test_a_limited_user_counts_only_some_customers(self):
		user = make_user("desk-sales@example.com", "Sales User")
		self.limit(user, "Desk A", "Desk C")
		for chart in ("Score Distribution", "Bands over Time"):
			drawn_by_chart(chart)  # an administrator saw them before: nothing of that may be kept for others
		frappe.set_user(user)
		self.assertEqual(shown_on_card("Customers at Risk"), 1)
		self.assertEqual(shown_on_card("Customers to Watch"), 0)
		self.assertEqual(shown_on_card("Healthy Customers"), 1)
		self.assertEqual(shown_on_card("Average Health Score")["value"], 55.8)
		self.assertEqual(shown_on_card("Revenue at Risk")["value"], 300)
		self.assertEqual(shown_on_card("Newly at Risk This Week")["value"], 1)
		self.assertEqual(drawn_by_chart("Lowest Scores")["labels"], ["Desk C", "Desk A"])
		self.assertEqual(sum(self.values("Score Distribution")["Customers"]), 2)
		self.assertEqual(self.values("Segment Sizes")["Customers"], [1, 1])
		self.assertEqual([values[-1] for values in self.values("Bands over Time").values()], [1, 0, 1])
		revenue = drawn_by_chart("Revenue by Band")["datasets"]
		self.assertEqual([dataset["values"][place] for place, dataset in enumerate(revenue)], [1000, 0, 300])

	def test_whoever_reads_health_sees_all_cards_and_charts_and_the_app(self):
		roles = {permission.role for permission in frappe.get_meta(HEALTH).permissions if permission.read}
		self.assertGreater(len(roles), 6)
		for role in sorted(roles):
			frappe.set_user(make_user("desk-reader@example.com", role))
			page = self.page()
			self.assertEqual(
				(len(page["number_cards"]["items"]), len(page["charts"]["items"])), (10, 5), role
			)
			self.assertTrue(frappe.call("crm_success.permissions.may_open_app"))
			frappe.set_user("Administrator")

	def test_nobody_else_gets_a_card_a_chart_or_a_number(self):
		workspace = frappe.get_doc("Workspace", WORKSPACE)
		methods = {chart.chart_name: source_method(chart.chart_name) for chart in workspace.charts}
		cards = [
			frappe.get_doc("Number Card", row.number_card_name).as_dict() for row in workspace.number_cards
		]
		frappe.set_user(make_user("desk-stranger@example.com", "Stock User"))
		with self.assertRaises(frappe.PermissionError):
			self.page()
		for chart, method in methods.items():
			with self.assertRaises(frappe.PermissionError):
				frappe.call(method, chart_name=chart)
		for card in cards:
			with self.assertRaises(frappe.PermissionError):
				if card.type == "Custom":
					frappe.call(card.method)
				else:
					get_result(frappe.as_json(card), card.filters_json)

	def page(self) -> dict:
		frappe.clear_cache(user=frappe.session.user)
		return get_desktop_page(json.dumps({"name": WORKSPACE, "title": WORKSPACE, "public": 1}))


class TestOnboarding(SiteTestCase):
	def test_administrators_are_offered_five_steps_and_nobody_else(self):
		for step in frappe.get_all("Onboarding Step Map", {"parent": WORKSPACE}, pluck="step"):
			frappe.db.set_value("Onboarding Step", step, {"is_complete": 0, "is_skipped": 0})
		frappe.db.set_value("Module Onboarding", WORKSPACE, "is_complete", 0)
		frappe.db.set_single_value("System Settings", "enable_onboarding", 1)
		frappe.clear_cache()
		self.addCleanup(frappe.clear_cache)
		for role, steps in (
			("Customer Success Manager", 5),
			("System Manager", 5),
			("Customer Success User", 0),
		):
			frappe.set_user(make_user("desk-new@example.com", role))
			page = get_desktop_page(json.dumps({"name": WORKSPACE, "title": WORKSPACE, "public": 1}))
			offered = page["onboardings"]["items"]
			self.assertEqual(sum(len(onboarding["items"]) for onboarding in offered), steps, role)
			frappe.set_user("Administrator")
