"""Every role at every report and whitelisted function, by HTTP requests, with and without limits on customers."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

import crm_success
from crm_success.batches.statuses import BATCH, COMPLETED, FAILED, RUN, RUNNING
from crm_success.customer_loyalty.earning.backfill_records import version_of
from crm_success.record_names import BACKFILL, MEMBER, SWITCH_OVER
from crm_success.scoring.runs.starting import KIND
from crm_success.tests.support import permission_matrix as matrix
from crm_success.tests.support.audience_rows import store_audience
from crm_success.tests.support.permission_matrix import (
	BY_HAND,
	ENDPOINTS,
	READERS,
	REPORTS,
	RIGHTS,
	ROLES,
	SECOND_AUDIENCE,
	Endpoint,
)
from crm_success.tests.support.permission_site import OTHER, OWN, PermissionTestCase, Visitor, arguments_for
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.tiered_documents import (
	forget_discount_rule,
	forget_discount_tiers,
	make_discount_tiers,
)

MODULE = "CRM Success"
DASHBOARD = "crm_success.crm_success.dashboard"


class TestReportsAndEndpoints(PermissionTestCase):
	@classmethod
	def make_documents(cls):
		super().make_documents()
		store_audience(SECOND_AUDIENCE, OWN)
		make_discount_tiers()
		cls.addClassCleanup(forget_discount_tiers)

	def setUp(self):
		super().setUp()
		self.addCleanup(self.forget_runs_of_the_test)

	def forget_runs_of_the_test(self):
		frappe.db.rollback()
		for doctype, link in ((BATCH, "work_run"), (RUN, "name")):
			frappe.db.delete(doctype, {link: ("not in", self.runs)})
		frappe.db.set_value(RUN, {"name": ("in", self.runs)}, {"status": COMPLETED, "active": None})
		frappe.db.set_value(BATCH, {"work_run": ("in", self.runs)}, "status", "Done")
		frappe.db.delete("Number Card", {"document_type": MEMBER})
		frappe.db.commit()
		drop_jobs()

	def make_ready(self, arguments: dict[str, Any]) -> None:
		"""A run that is under way is there to be cancelled, one with a failed batch to be tried again, a rule to be made."""
		self.forget_runs_of_the_test()
		if arguments.get("backfill"):
			# as after a dry run
			version = {"run": None, "rule_version": version_of(matrix.OLD_RULE)}
			frappe.db.set_value(BACKFILL, matrix.BACKFILL, version)
		if arguments.get("tier") == matrix.TIER_WITHOUT_RULE:
			forget_discount_rule(matrix.TIER_WITHOUT_RULE)
		for status, name in matrix.SWITCHES.items():
			frappe.db.set_value(SWITCH_OVER, name, {"status": status, "run": None})
		if arguments.get("run") == matrix.RUN:
			frappe.db.set_value(RUN, self.runs[1], {"status": RUNNING, "active": KIND})
		if arguments.get("run") == matrix.FAILED_RUN:
			frappe.db.set_value(RUN, self.runs[0], "status", FAILED)
			frappe.db.set_value(BATCH, {"work_run": self.runs[0]}, "status", FAILED)

	def call(self, visitor: Visitor, method: str, endpoint: Endpoint, arguments: dict[str, Any]) -> Any:
		self.make_ready(arguments)
		sent = arguments_for(arguments, self.runs)
		return visitor.call(method, endpoint.verb, **sent)

	def test_every_whitelisted_function_is_in_the_matrix(self):
		self.assertEqual(set(whitelisted_functions()), set(ENDPOINTS))

	def test_calling(self):
		for method, endpoint in ENDPOINTS.items():
			for role in ROLES:
				with self.subTest(method=method, role=role):
					answer = self.call(self.plain[role], method, endpoint, endpoint.arguments)
					self.assert_answer(answer, role in endpoint.may)

	def test_calling_while_limited_to_some_customers(self):
		for method, endpoint in ENDPOINTS.items():
			for role in READERS:
				with self.subTest(method=method, role=role):
					answer = self.call(self.limited[role], method, endpoint, endpoint.arguments)
					self.assert_answer(answer, role in endpoint.limited)
					self.assert_leaks_nothing(answer)

	def test_calling_for_a_customer_of_somebody_else(self):
		for method, endpoint in ENDPOINTS.items():
			for role in READERS if endpoint.about_other else ():
				with self.subTest(method=method, role=role):
					before = health_of(OTHER)
					answer = self.call(self.limited[role], method, endpoint, endpoint.about_other)
					self.assert_refused(answer)
					self.assertEqual(health_of(OTHER), before)

	def test_what_changes_something_is_post_only(self):
		for method, endpoint in ENDPOINTS.items():
			if endpoint.verb == "POST":
				with self.subTest(method=method):
					answer = self.plain[matrix.SUCCESS_MANAGER].get(f"/api/method/{method}")
					self.assertEqual(answer.status_code, 403)

	def test_documents_are_named_to_whoever_sees_the_health(self):
		method = "crm_success.scoring.api.health_form.metric_documents"
		may_read = {}
		for role in READERS:
			answer = self.limited[role].call(method, "GET", customer=OWN, metric="net_revenue_365d")
			self.assertEqual(len(answer.json["message"]["documents"]), 2)
			may_read[role] = answer.json["message"]["may_read"]
		readers_of_invoices = {matrix.ACCOUNTS_USER, matrix.ACCOUNTS_MANAGER}
		self.assertEqual({role for role in READERS if may_read[role]}, readers_of_invoices)

	def run_report(self, visitor: Any, report: str, include_disabled: int = 0, **arguments: Any) -> Any:
		filters = {**filters_of(report), "include_disabled": include_disabled}
		arguments = {"report_name": report, "filters": json.dumps(filters), **arguments}
		return visitor.call("frappe.desk.query_report.run", **arguments)

	def export_report(self, visitor: Any, report: str) -> Any:
		arguments = {"report_name": report, "file_format_type": "CSV", "visible_idx": json.dumps([0, 1, 2])}
		arguments["filters"] = json.dumps(filters_of(report))
		return visitor.call("frappe.desk.query_report.export_query", **arguments)

	def test_running_reports(self):
		for report, roles in REPORTS.items():
			for role in ROLES:
				with self.subTest(report=report, role=role):
					answer = self.run_report(self.plain[role], report)
					self.assert_answer(answer, role in roles)
					script = self.plain[role].call("frappe.desk.query_report.get_script", report_name=report)
					self.assert_answer(script, role in roles)

	def test_exporting_reports(self):
		for report, roles in REPORTS.items():
			for role in ROLES:
				may = role in roles and "export" in RIGHTS["Customer Health"][role]
				with self.subTest(report=report, role=role):
					self.assert_answer(self.export_report(self.plain[role], report), may)

	def test_whoever_may_see_some_customers_runs_reports_for_these(self):
		for report, roles in REPORTS.items():
			for role in roles:
				with self.subTest(report=report, role=role):
					answer = self.run_report(self.limited[role], report)
					self.assert_allowed(answer)
					self.assert_leaks_nothing(answer)
					everybody = self.run_report(self.plain[role], report)
					self.assert_leaks_nothing(self.run_report(self.limited[role], report, include_disabled=1))
					self.assertNotEqual(everybody.json["message"]["result"], answer.json["message"]["result"])
					exported = self.export_report(self.limited[role], report)
					self.assert_leaks_nothing(exported)

	def test_a_report_cannot_be_asked_for_in_somebody_elses_name(self):
		for report in REPORTS:
			visitor = self.limited["Customer Success Manager"]
			answer = self.run_report(visitor, report, user="Administrator")
			with self.subTest(report=report):
				self.assert_leaks_nothing(answer)

	def test_every_card_and_chart_of_the_workspace_is_in_the_matrix(self):
		cards = frappe.get_all("Number Card", {"module": MODULE, "type": "Custom"}, pluck="method")
		charts = frappe.get_all("Dashboard Chart", {"module": MODULE}, ["chart_type", "source"])
		self.assertEqual({chart.chart_type for chart in charts}, {"Custom"})
		sources = frappe.get_all("Dashboard Chart Source", {"module": MODULE}, pluck="name")
		self.assertLessEqual({chart.source for chart in charts}, set(sources))
		methods = {*cards, *(method_of_source(source) for source in sources)}
		self.assertEqual(methods, {method for method in ENDPOINTS if ".dashboard." in method})

	def test_cards_that_frappe_counts(self):
		method = "frappe.desk.doctype.number_card.number_card.get_result"
		for card in frappe.get_all("Number Card", {"module": MODULE, "type": "Document Type"}, ["*"]):
			for role in ROLES:
				with self.subTest(card=card.name, role=role):
					band = json.loads(card.filters_json)[0][3]
					arguments = {"doc": frappe.as_json(card), "filters": card.filters_json}
					answer = self.plain[role].call(method, **arguments)
					self.assert_answer(answer, role in READERS)
					if role in READERS:
						counted = {"band": band, "customer_disabled": 0}
						everybody = frappe.db.count("Customer Health", counted)
						self.assertEqual(answer.json["message"], everybody)
						own = frappe.db.count("Customer Health", {**counted, "customer": OWN})
						answer = self.limited[role].call(method, **arguments)
						self.assertEqual(answer.json["message"], own)

	def test_cards_of_tiers_count_only_what_one_may_see(self):
		method = "frappe.desk.doctype.number_card.number_card.get_result"
		cards = frappe.get_all("Number Card", {"module": "Customer Loyalty"}, ["*"])
		self.assertEqual(len(cards), 3)
		for card in cards:
			filters = {name: (operator, value) for _, name, operator, value in json.loads(card.filters_json)}
			arguments = {"doc": frappe.as_json(card), "filters": card.filters_json}
			for role in ROLES:
				with self.subTest(card=card.name, role=role):
					answer = self.plain[role].call(method, **arguments)
					self.assert_answer(answer, role in READERS)
					if role not in READERS:
						continue
					self.assertEqual(answer.json["message"], frappe.db.count(card.document_type, filters))
					own = frappe.db.count(card.document_type, {**filters, "customer": OWN})
					self.assertEqual(self.limited[role].call(method, **arguments).json["message"], own)

	def test_cards_and_charts_of_our_own_count_only_what_one_may_see(self):
		score, revenue = frappe.db.get_value("Customer Health", OWN, ["score", "revenue"])
		for role in READERS:
			with self.subTest(role=role):
				visitor = self.limited[role]
				average = visitor.call(f"{DASHBOARD}.cards.average_score", "GET").json["message"]
				self.assertEqual(average["value"], round(score, 1))
				for chart in ("charts.score_distribution", "charts.segment_sizes"):
					counted = visitor.call(f"{DASHBOARD}.{chart}", "GET").json["message"]
					self.assertEqual(sum(counted["datasets"][0]["values"]), 1, chart)
				by_band = visitor.call(f"{DASHBOARD}.charts.revenue_by_band", "GET").json["message"]
				amounts = [sum(dataset["values"]) for dataset in by_band["datasets"]]
				self.assertEqual(sum(amounts), round(revenue))
				over_time = visitor.call(f"{DASHBOARD}.bands_over_time.bands_over_time", "GET").json[
					"message"
				]
				last = [dataset["values"][-1] for dataset in over_time["datasets"]]
				self.assertEqual(sum(last), 1)


def filters_of(report: str) -> dict[str, str]:
	"""What the desk asks of a report."""
	filters = {"from_date": add_days(nowdate(), -30), "to_date": nowdate()}
	audiences = {"first_audience": BY_HAND, "second_audience": SECOND_AUDIENCE}
	return {**filters, **(audiences if report == "Audience Movement" else {})}


def method_of_source(source: str) -> str:
	"""The method that a chart source's script names."""
	name = frappe.scrub(source)
	path = Path(crm_success.__file__).parent / "crm_success/dashboard_chart_source" / name / f"{name}.js"
	return re.search(r'method: "([\w.]+)"', path.read_text()).group(1)


def whitelisted_functions() -> list[str]:
	"""The dotted names of all functions of the app that are decorated with frappe.whitelist."""
	package = Path(crm_success.__file__).parent
	found = []
	for path in package.rglob("*.py"):
		module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
		for node in ast.walk(ast.parse(path.read_text())):
			decorators = getattr(node, "decorator_list", [])
			if any("frappe.whitelist" in ast.unparse(decorator) for decorator in decorators):
				found.append(f"{module}.{node.name}")
	return found


def health_of(customer: str) -> dict[str, Any]:
	return frappe.db.get_value("Customer Health", customer, ["modified", "score", "stale"], as_dict=True)
