"""The reports, as the desk asks for them: numbers by hand on a few rows, and only what a user may see."""

import json
import re
from datetime import date
from pathlib import Path

import frappe
from frappe.desk.query_report import export_query, run

from crm_success.crm_success.report.customer_health import customer_health
from crm_success.crm_success.report.metric_quality import metric_quality
from crm_success.crm_success.report.score_movers import score_movers
from crm_success.tests.support.factories import make_customer, make_user
from crm_success.tests.support.utils import SiteTestCase

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"
REPORTS = (
	*("Customer Health", "RFM Matrix", "Score Movers", "Metric Quality", "Audience Movement"),
	*("Tier Movements", "Tier Costs and Revenue", "Loyalty Balances Compared"),
)
FACTS = json.dumps(
	[
		{"metric": "open_issues", "value": 2.0, "points": 60.0, "contribution": -5.0},
		{"metric": "overdue_amount", "value": None, "points": 100.0, "contribution": 2.5},
	]
)
SENTENCES = "Lowers the score by 5: Open Issues is 2\nRaises the score by 2.5: nothing is on record for Overdue Amount"
DAYS = {"from_date": "2026-01-01", "to_date": "2026-01-31"}


def component(raw: float | None, points: float | None, weight: float = 0, contribution: float = 0) -> dict:
	return {"raw": raw, "points": points, "weight": weight, "contribution": contribution}


def store(doctype: str, name: str, **values) -> None:
	"""A row as a scoring run writes it, past the controllers."""
	doc = frappe.new_doc(doctype)
	doc.update({"name": name, **values})
	if "components" in values:
		doc.components = json.dumps(values["components"])
	doc.db_insert()


def store_health(customer: str, score: float | None, band: str, **values) -> None:
	store(HEALTH, customer, customer=customer, score=score, computed_score=score, band=band, **values)
	if score is None:
		frappe.db.set_value(HEALTH, customer, {"score": None, "computed_score": None, "band": None})


def store_snapshot(customer: str, as_of: str, score: float, **values) -> None:
	name = f"{customer} {as_of}"
	store(SNAPSHOT, name, customer=customer, as_of=as_of, score=score, computed_score=score, **values)


class ReportTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		for doctype in (HEALTH, SNAPSHOT):
			frappe.db.delete(doctype)
		territory = {"doctype": "Territory", "parent_territory": "All Territories"}
		for name, is_group, parent in (("North", 1, "All Territories"), ("Far North", 0, "North")):
			values = {**territory, "territory_name": f"Report {name}", "is_group": is_group}
			parent = parent if parent == "All Territories" else f"Report {parent}"
			frappe.get_doc({**values, "parent_territory": parent}).insert(ignore_permissions=True)
		for name in ("Report A", "Report B", "Report C", "Report D", "Report 100% E"):
			make_customer(name)

	def ask(self, report: str, **filters) -> frappe._dict:
		return frappe._dict(run(report, json.dumps(filters)))

	def allow_only(self, user: str, customer: str) -> None:
		self.restrict(user, "Customer", customer)

	def restrict(self, user: str, doctype: str, name: str) -> None:
		values = {"user": user, "allow": doctype, "for_value": name, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)


def column(report: frappe._dict, fieldname: str) -> list:
	return [row.get(fieldname) for row in report.result]


def figures(report: frappe._dict) -> dict:
	return {figure["label"]: figure["value"] for figure in report.report_summary or ()}


class TestCustomerHealthReport(ReportTestCase):
	def setUp(self):
		super().setUp()
		money = {"currency": "USD"}
		forecast = {"lapse_risk": 12.5, "expected_spend": 210}
		store_health(
			"Report A", 80, "Healthy", revenue=1000, territory="Report Far North", **money, **forecast
		)
		store_health("Report B", 20, "At Risk", revenue=300, trend="Down", driver_facts=FACTS, **money)
		store_health("Report C", 30, "At Risk", revenue=50.5, territory="Report North", **money)
		store_health("Report D", None, "", **money)

	def test_lowest_score_comes_first_and_no_score_last(self):
		report = self.ask(HEALTH)
		self.assertEqual(column(report, "customer"), ["Report B", "Report C", "Report A", "Report D"])
		self.assertEqual(column(report, "score"), [20, 30, 80, None])
		self.assertEqual(column(report, "band"), ["At Risk", "At Risk", "Healthy", "No Score"])
		self.assertEqual(report.result[0]["trend"], "↓ Down")
		self.assertEqual(report.result[0]["drivers"], SENTENCES)

	def test_what_is_expected_stands_beside_the_score(self):
		row = self.ask(HEALTH, band="Healthy").result[0]
		self.assertEqual((row["lapse_risk"], row["expected_spend"]), (12.5, 210))

	def test_summary_and_chart_count_what_fits(self):
		report = self.ask(HEALTH)
		expected = {"Customers": 4, "Average Score": "43.3", "Revenue at Risk": 350.5}
		self.assertEqual(figures(report), expected)
		self.assertEqual(report.chart["data"]["labels"], ["Healthy", "Watch", "At Risk", "No Score"])
		self.assertEqual(report.chart["data"]["datasets"][0]["values"], [1, 0, 2, 1])

	def test_filters(self):
		self.assertEqual(column(self.ask(HEALTH, band="Healthy"), "customer"), ["Report A"])
		self.assertEqual(figures(self.ask(HEALTH, band="At Risk"))["Average Score"], "25.0")
		self.assertEqual(column(self.ask(HEALTH, segment="Nobody"), "customer"), [])

	def test_a_territory_holds_those_below_it(self):
		north = self.ask(HEALTH, territory="Report North")
		self.assertEqual(column(north, "customer"), ["Report C", "Report A"])
		self.assertEqual(column(self.ask(HEALTH, territory="Report Far North"), "customer"), ["Report A"])
		self.assertEqual(self.ask(HEALTH, territory="Nowhere").result, [])

	def test_rows_are_limited_and_the_figures_are_not(self):
		report = self.ask(HEALTH, limit=2)
		self.assertEqual(column(report, "customer"), ["Report B", "Report C"])
		self.assertEqual(figures(report)["Customers"], 4)
		self.assertIn("2 lowest of 4", report.message)
		everybody = self.ask(HEALTH, limit=0)
		self.assertEqual((len(everybody.result), everybody.message), (4, None))

	def test_no_customers(self):
		frappe.db.delete(HEALTH)
		report = self.ask(HEALTH)
		self.assertEqual((report.result, report.chart, report.report_summary), ([], None, None))

	def test_a_user_sees_and_counts_only_what_is_permitted(self):
		user = make_user("report-reader@example.com", "Customer Success User")
		store_health("Report 100% E", 10, "At Risk", revenue=7, currency="USD")
		self.allow_only(user, "Report A")
		self.allow_only(user, "Report 100% E")
		frappe.set_user(user)
		for filters in ({}, {"limit": 0}, {"territory": ""}):
			report = self.ask(HEALTH, **filters)
			self.assertEqual(column(report, "customer"), ["Report 100% E", "Report A"])
		expected = {"Customers": 2, "Average Score": "45.0", "Revenue at Risk": 7}
		self.assertEqual(figures(report), expected)

	def test_managers_export_what_they_see(self):
		frappe.set_user(make_user("report-manager@example.com", "Customer Success Manager"))
		form = {"report_name": HEALTH, "file_format_type": "CSV", "filters": json.dumps({"limit": 0})}
		frappe.local.form_dict = frappe._dict(form, visible_idx=json.dumps([0, 1, 2, 3]))
		export_query()
		lines = frappe.response.filecontent.decode().splitlines()
		self.assertIn("Why", lines[0])
		self.assertIn("Report B", lines[1])
		self.assertIn("No Score", lines[-1])

	def test_readers_do_not_export(self):
		frappe.set_user(make_user("report-reader@example.com", "Customer Success User"))
		frappe.local.form_dict = frappe._dict(report_name=HEALTH, file_format_type="CSV", filters="{}")
		with self.assertRaises(frappe.PermissionError):
			export_query()


class TestRfmMatrix(ReportTestCase):
	def setUp(self):
		super().setUp()
		scores = {"recency_score": 5, "frequency_score": 1, "currency": "USD"}
		store_health("Report A", 80, "Healthy", revenue=1000, **scores)
		store_health("Report B", 20, "At Risk", revenue=234.4, **scores)
		store_health("Report C", 30, "At Risk", revenue=50, **{**scores, "recency_score": 1})
		store_health("Report D", 30, "At Risk", currency="USD")

	def test_cells(self):
		report = self.ask("RFM Matrix")
		self.assertEqual(column(report, "recency_score"), [5, 4, 3, 2, 1])
		self.assertEqual(column(report, "f1_customers"), [2, 0, 0, 0, 1])
		self.assertEqual(column(report, "f1_shade"), [1, 0, 0, 0, 0.5])
		self.assertEqual(report.result[0]["f1"], "2 customers · $ 1,234")
		self.assertEqual(report.result[4]["f1"], "1 customer · $ 50")
		self.assertEqual(column(report, "f5"), ["", "", "", "", ""])

	def test_summary(self):
		expected = {"Customers Who Bought": 3, "Never Bought": 1, "Revenue": 1284.4}
		self.assertEqual(figures(self.ask("RFM Matrix")), expected)

	def test_no_customers(self):
		frappe.db.delete(HEALTH)
		self.assertEqual(self.ask("RFM Matrix").result, [])

	def test_a_user_counts_only_what_is_permitted(self):
		user = make_user("report-reader@example.com", "Sales User")
		self.allow_only(user, "Report B")
		frappe.set_user(user)
		report = self.ask("RFM Matrix")
		self.assertEqual(report.result[0]["f1"], "1 customer · $ 234")
		self.assertEqual(figures(report)["Customers Who Bought"], 1)


class TestScoreMovers(ReportTestCase):
	def setUp(self):
		super().setUp()
		for customer, before, after in (
			("Report A", 80, 60),
			("Report B", 50, 45),
			("Report C", 20, 90),
			("Report D", 40, 40),
		):
			territory = "Report North" if customer == "Report B" else None
			store_health(
				customer, after, "Watch", customer_name=customer, territory=territory, currency="USD"
			)
			store_snapshot(customer, "2025-12-29", before)
			store_snapshot(customer, "2026-01-28", after, band="Watch")
		store_snapshot("Report A", "2025-06-01", 5)
		store_snapshot("Report A", "2026-02-28", 6)

	def test_falls_and_then_rises_with_the_largest_first(self):
		report = self.ask("Score Movers", **DAYS)
		self.assertEqual(column(report, "customer"), ["Report A", "Report B", "Report C"])
		self.assertEqual(column(report, "change"), [-20, -5, 70])
		self.assertEqual(column(report, "direction"), ["Fall", "Fall", "Rise"])
		self.assertEqual(column(report, "score_before"), [80, 50, 20])
		self.assertEqual(column(report, "score_after"), [60, 45, 90])

	def test_summary_is_of_all_who_have_both_snapshots(self):
		expected = {"Customers Compared": 4, "Average Change": "11.2", "Fell": 2, "Rose": 1}
		self.assertEqual(figures(self.ask("Score Movers", how_many=1, **DAYS)), expected)

	def test_how_many_and_direction(self):
		self.assertEqual(
			column(self.ask("Score Movers", how_many=1, **DAYS), "customer"), ["Report A", "Report C"]
		)
		falls = self.ask("Score Movers", direction="Falls", **DAYS)
		self.assertEqual(column(falls, "customer"), ["Report A", "Report B"])
		self.assertEqual(
			column(self.ask("Score Movers", direction="Rises", **DAYS), "customer"), ["Report C"]
		)

	def test_the_days_are_the_last_up_to_the_end_and_the_nearest_to_the_beginning(self):
		days = score_movers.compared_days
		self.assertEqual(days(date(2026, 1, 1), date(2026, 1, 31)), (date(2025, 12, 29), date(2026, 1, 28)))
		self.assertEqual(days(date(2025, 6, 2), date(2026, 1, 28))[0], date(2025, 6, 1))
		self.assertEqual(days(date(2026, 2, 20), date(2026, 2, 28)), (date(2026, 1, 28), date(2026, 2, 28)))
		self.assertIsNone(days(date(2025, 1, 1), date(2025, 6, 1)))

	def test_without_two_days_it_says_so(self):
		report = self.ask("Score Movers", from_date="2025-01-01", to_date="2025-07-01")
		self.assertEqual(report.result, [])
		self.assertIn("no two days", report.message)

	def test_days_of_other_rules_are_not_compared(self):
		frappe.db.set_value(SNAPSHOT, {"as_of": "2026-01-28"}, "scoring_rules", 99)
		report = self.ask("Score Movers", **DAYS)
		self.assertEqual(report.result, [])
		self.assertIn("changed how scores are computed", report.message)

	def test_what_moved_a_score_in_words(self):
		before = {
			"net_revenue_365d": component(9000, 90, 25, 10),
			"average_days_late": component(1, 100, 10, 5),
			"open_issues": component(None, 100, 10, 5),
			"return_rate": component(0, 100, 10, 5),
		}
		after = {
			"net_revenue_365d": component(1500, 30, 25, -5.2),
			"average_days_late": component(12.5, 40, 10, -1),
			"open_issues": component(2, 60, 10, 1),
			"return_rate": component(1, 99, 10, 4.9),
			"gone": component(3, 60, 10, 0.02),
		}
		for day, components in (("2025-12-29", before), ("2026-01-28", after)):
			name = f"Report A {day}"
			frappe.db.set_value(SNAPSHOT, name, "components", json.dumps(components))
		lines = self.ask("Score Movers", **DAYS).result[0]["reasons"].split("\n")
		self.assertEqual(
			lines,
			[
				"Net Revenue 365 Days −15.2: from $ 9,000 to $ 1,500",
				"Average Days Late −6: from 1 day to 12.5 days",
				"Open Issues −4: from nothing on record to 2",
			],
		)

	def test_a_user_sees_only_what_is_permitted(self):
		user = make_user("report-reader@example.com", "Support Team")
		self.allow_only(user, "Report C")
		frappe.set_user(user)
		report = self.ask("Score Movers", **DAYS)
		self.assertEqual(column(report, "customer"), ["Report C"])
		self.assertEqual(figures(report)["Customers Compared"], 1)

	def test_what_a_health_names_limits_its_snapshots_too(self):
		user = make_user("report-reader@example.com", "Sales User")
		frappe.db.set_value(HEALTH, {"name": ("!=", "Report B")}, "territory", "All Territories")
		self.restrict(user, "Territory", "Report North")
		frappe.set_user(user)
		self.assertEqual(column(self.ask("Score Movers", **DAYS), "customer"), ["Report B"])


class TestMetricQuality(ReportTestCase):
	def setUp(self):
		super().setUp()
		values = {"Report A": (10, 0), "Report B": (20, 50), "Report C": (60, 100), "Report D": (None, 100)}
		for customer, (raw, points) in values.items():
			components = {"average_days_late": component(raw, points)}
			store_health(customer, 50, "Watch", components=components)
		store_health("Report 100% E", None, "")

	def quality_of(self, metric: str) -> dict:
		return next(row for row in self.ask("Metric Quality").result if row["metric"] == metric)

	def test_coverage_spread_and_ends(self):
		row = self.quality_of("Average Days Late")
		self.assertEqual((row["measured"], row["coverage"], row["missing"]), (3, 75, 25))
		self.assertEqual([row[name] for name in ("minimum", "median", "maximum", "mean")], [10, 20, 60, 30])
		# mean 30: deviations -20, -10, 30; their squares 400 + 100 + 900 by 3
		self.assertAlmostEqual(row["deviation"], 21.602, places=3)
		self.assertAlmostEqual(row["at_worst"], 33.333, places=3)
		self.assertAlmostEqual(row["at_best"], 33.333, places=3)

	def test_a_metric_that_nobody_has_is_shown_without_figures(self):
		row = self.quality_of("Tenure")
		self.assertEqual(row["measured"], 0)
		self.assertIsNone(row.get("minimum"))

	def test_weights_are_those_of_the_default_scorecard(self):
		rows = self.ask("Metric Quality").result
		self.assertAlmostEqual(sum(row["weight"] or 0 for row in rows), 100)
		self.assertEqual(
			[row["weight"] or 0 for row in rows], sorted((row["weight"] or 0 for row in rows), reverse=True)
		)
		scorecard = frappe.get_doc("Health Scorecard", {"is_default": 1})
		scorecard.dimensions = [
			line for line in scorecard.dimensions if line.dimension in ("Value", "Payment")
		]
		scorecard.dimensions[0].weight, scorecard.dimensions[1].weight = 3, 1
		scorecard.metrics = [
			line for line in scorecard.metrics if line.metric in ("Net Revenue 365 Days", "Average Days Late")
		]
		scorecard.caps = []
		scorecard.save()
		heavy, light = (line.dimension for line in scorecard.dimensions)
		by_dimension = {
			row["dimension"]: row["weight"] for row in self.ask("Metric Quality").result if row["weight"]
		}
		self.assertEqual(by_dimension, {heavy: 75, light: 25})

	def test_a_disabled_metric_is_left_out(self):
		frappe.db.set_value("Health Metric", "Average Days Late", "enabled", 0)
		self.assertNotIn("Average Days Late", column(self.ask("Metric Quality"), "metric"))

	def test_an_even_sample(self):
		self.assertEqual(metric_quality.even_sample(list("abcdefghij"), 4), ["a", "c", "f", "h"])
		self.assertEqual(metric_quality.even_sample(["a", "b"], 4), ["a", "b"])
		self.assertIn("25,000 of 100,000", metric_quality.about_sample(25000, 100000))

	def test_no_customers(self):
		frappe.db.delete(HEALTH)
		report = self.ask("Metric Quality")
		self.assertIn("No customer has been scored", report.message)

	def test_only_permitted_customers_count(self):
		user = make_user("report-manager@example.com", "Customer Success Manager")
		self.allow_only(user, "Report C")
		frappe.set_user(user)
		self.assertEqual(self.quality_of("Average Days Late")["maximum"], 60)
		self.assertEqual(self.quality_of("Average Days Late")["measured"], 1)


class TestWhoMayRunReports(ReportTestCase):
	READERS = ("Customer Success User", "Sales User", "Sales Manager", "Accounts User", "Accounts Manager")

	def allowed(self, *roles: str) -> list[str]:
		frappe.set_user(make_user("report-role@example.com", *roles))
		found = []
		for report in REPORTS:
			try:
				self.ask(report, **DAYS)
				found.append(report)
			except frappe.PermissionError:
				frappe.clear_messages()
		frappe.set_user("Administrator")
		return found

	def setUp(self):
		super().setUp()
		components = {"average_days_late": component(1, 50)}
		store_health("Report A", 50, "Watch", components=components)
		for day, score in (("2025-12-29", 40), ("2026-01-28", 50)):
			store_snapshot("Report A", day, score)

	def test_who_may_not_read_customers_runs_them_with_any_user_permission(self):
		user = make_user("report-reader@example.com", "Customer Success Manager")
		group = frappe.db.get_value("Customer", "Report A", "customer_group")
		frappe.db.set_value(HEALTH, "Report A", "customer_group", group)
		self.restrict(user, "Customer Group", group)
		frappe.set_user(user)
		self.assertFalse(frappe.has_permission("Customer"))
		for report in (HEALTH, "Score Movers"):
			self.assertEqual(column(self.ask(report, **DAYS), "customer"), ["Report A"])
		for report in ("RFM Matrix", "Metric Quality"):
			self.assertTrue(self.ask(report).result)

	def test_managers_run_all(self):
		self.assertEqual(self.allowed("Customer Success Manager"), list(REPORTS))
		self.assertEqual(self.allowed("System Manager"), list(REPORTS))

	def test_readers_run_all_but_metric_quality(self):
		for role in (*self.READERS, "Support Team"):
			others = [report for report in REPORTS if report != "Metric Quality"]
			self.assertEqual(self.allowed(role), others, role)

	def test_others_run_none(self):
		self.assertEqual(self.allowed("Stock User"), [])


class TestReportFiles(SiteTestCase):
	def test_reports_are_in_the_workspace(self):
		filters = {"parent": "CRM Success", "link_type": "Report"}
		links = frappe.get_all("Workspace Link", filters, pluck="link_to", order_by="idx")
		self.assertEqual(links, list(REPORTS))

	def test_every_script_escapes_texts_before_it_shows_them(self):
		folder = Path(customer_health.__file__).parent.parent
		of_tiers = folder.parents[1] / "customer_loyalty/report"
		scripts = [*sorted(folder.glob("*/*.js")), *sorted(of_tiers.glob("*/*.js"))]
		self.assertEqual(len(scripts), len(REPORTS))
		for script in scripts:
			for inserted in re.findall(r"\$\{(\w+)\b", script.read_text()):
				self.assertNotIn(inserted, ("value", "data"), script.name)
