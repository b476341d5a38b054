"""Every kind of limit on customers, at every record of ours that names a customer, in every way it can be asked for."""

import json
from collections.abc import Iterator

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.utils import add_days, getdate, nowdate
from werkzeug.test import TestResponse

from crm_success.record_names import MODULES
from crm_success.tests.support import factories
from crm_success.tests.support import permission_matrix as matrix
from crm_success.tests.support.audience_rows import store_audience
from crm_success.tests.support.audience_site import forget_audiences
from crm_success.tests.support.permission_limits import (
	COMPANY_FIELD,
	MINE,
	OF_MANY,
	OF_ONE,
	THEIRS,
	limiting,
	make_visitor,
	visitors_by_limit,
)
from crm_success.tests.support.permission_site import (
	OTHER,
	OWN,
	OWN_NAME,
	SECRET,
	PermissionTestCase,
	Visitor,
	arguments_for,
	forget_native_points,
	make_audience_by_hand,
	make_back_test,
	make_customers,
	make_points,
	make_standings,
	make_user,
)
from crm_success.tests.support.points_site import forget_points
from crm_success.tests.support.scoring_site import drain, start_and_prepare
from crm_success.tests.support.tier_site import forget_tiers
from crm_success.tests.support.utils import IS_VERSION_15
from crm_success.visibility import without_percent

HEALTH, SNAPSHOT, MEMBER, *_OF_TIERS = matrix.OF_A_CUSTOMER
SHARED = "only what was shared"
# what no customer of anybody is in: definitions and settings, which whoever reads customers may read
DEFINITIONS = (
	"Customer Segment",
	"Health Dimension",
	"Health Metric",
	"Health Scorecard",
	"CRM Success Settings",
	"Customer Audience",
	"Customer Tier",
	"Customer Loyalty Settings",
	"Loyalty Earning Rule",
)
AUDIENCE_FORM = "crm_success.audiences.api.audience_form"


class TestLimitKinds(PermissionTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		# what is taken away below is kept away, whatever is rolled back after it
		cls.addClassCleanup(frappe.db.commit)
		for doctype, field in (("Territory", "territory_name"), ("Customer Group", "customer_group_name")):
			for name in (MINE, THEIRS):
				frappe.get_doc({"doctype": doctype, field: name}).insert()
				cls.addClassCleanup(frappe.delete_doc, doctype, name, force=True)
		create_custom_field(
			"Customer", {"fieldname": COMPANY_FIELD, "fieldtype": "Link", "options": "Company"}
		)
		cls.addClassCleanup(frappe.delete_doc, "Custom Field", f"Customer-{COMPANY_FIELD}", force=True)
		make_customers()
		for customer in (OWN, OTHER):
			frappe.db.set_value("Customer", customer, {"territory": MINE, "customer_group": MINE})
		cls.runs = []
		for day in (add_days(today, -30), today):
			cls.runs.append(start_and_prepare(day))
			drain(cls.runs[-1])
		cls.addClassCleanup(forget_audiences)
		make_back_test()
		make_audience_by_hand("Administrator")
		store_audience(matrix.SECOND_AUDIENCE, OWN)
		cls.addClassCleanup(forget_tiers)
		make_standings()
		cls.addClassCleanup(forget_points)
		cls.addClassCleanup(forget_native_points)
		make_points()
		# moved after it was scored: its health still says what it was
		theirs = {"territory": THEIRS, "customer_group": THEIRS, COMPANY_FIELD: THEIRS}
		frappe.db.set_value("Customer", OTHER, theirs)
		frappe.db.set_value("Customer", OWN, COMPANY_FIELD, factories.default_company())
		cls.visitors = {
			(limit, roles): make_visitor(limit, roles, name) for limit, roles, name in visitors_by_limit()
		}
		frappe.db.commit()

	def each(self) -> Iterator[tuple[str, tuple[str, ...], Visitor]]:
		"""Each limited visitor, while the limit holds."""
		for (limit, roles), visitor in self.visitors.items():
			with self.subTest(limit=limit, roles=roles), limiting(limit, visitor):
				yield limit, roles, visitor

	def test_every_doctype_that_names_a_customer_is_here(self):
		"""Whatever else is of ours tells of no single customer: it is hidden from the limited, or a definition."""
		ours = frappe.get_all("DocType", {"module": ("in", MODULES), "istable": 0}, pluck="name")
		naming = {doctype for doctype in ours if names_a_customer(doctype)}
		self.assertEqual(naming, set(matrix.OF_A_CUSTOMER))
		self.assertEqual(set(ours) - naming, {*matrix.TELL_OF_EVERYBODY, *DEFINITIONS})

	def test_asking_for_many(self):
		for _limit, roles, visitor in self.each():
			for doctype in matrix.OF_A_CUSTOMER:
				for way, ask in OF_MANY.items():
					with self.subTest(doctype=doctype, way=way):
						answer = ask(visitor, doctype, "")
						if way == "export" and not may_export(doctype, roles):
							self.assert_refused(answer)
							continue
						self.assert_allowed(answer)
						self.assert_leaks_nothing(answer)
						if way in ("card", "count"):
							self.assertEqual(
								answer.json["message"], frappe.db.count(doctype, {"customer": OWN})
							)
						else:
							# a chart of version 16 shows what a customer is called
							self.assertTrue(OWN in answer.text or OWN_NAME in answer.text, answer.text)

	def test_asking_for_one(self):
		for _limit, _roles, visitor in self.each():
			for doctype in matrix.OF_A_CUSTOMER:
				own, other = (frappe.db.get_value(doctype, {"customer": one}) for one in (OWN, OTHER))
				for way, ask in OF_ONE.items():
					with self.subTest(doctype=doctype, way=way):
						answer = ask(visitor, doctype, own)
						self.assert_allowed(answer)
						self.assert_leaks_nothing(answer)
						self.assert_refused(ask(visitor, doctype, other))

	def test_what_tells_of_everybody_is_hidden(self):
		for _limit, _roles, visitor in self.each():
			for doctype in matrix.TELL_OF_EVERYBODY:
				name = frappe.get_all(doctype, pluck="name", limit=1)[0]
				with self.subTest(doctype=doctype):
					for answer in (visitor.list(doctype), visitor.get(f"/api/resource/{doctype}")):
						self.assertNotIn(name, answer.text)
					self.assert_refused(visitor.get(f"/api/resource/{doctype}/{name}"))

	def test_reports(self):
		filters = {"from_date": add_days(nowdate(), -30), "to_date": nowdate(), "include_disabled": 1}
		filters |= {"first_audience": matrix.BY_HAND, "second_audience": matrix.SECOND_AUDIENCE}
		for _limit, roles, visitor in self.each():
			for report, may in matrix.REPORTS.items():
				with self.subTest(report=report):
					arguments = {"report_name": report, "filters": json.dumps(filters)}
					answer = visitor.call("frappe.desk.query_report.run", **arguments)
					self.assert_answer(answer, bool(set(roles) & set(may)))
					self.assert_leaks_nothing(answer)

	def test_a_movement_between_audiences_is_ones_own_customers_only(self):
		filters = {"first_audience": matrix.BY_HAND, "second_audience": matrix.SECOND_AUDIENCE}
		for limit, _roles, visitor in self.each():
			answers = [
				visitor.call(
					"frappe.desk.query_report.run",
					report_name="Audience Movement",
					filters=json.dumps({**filters, **asked}),
				)
				for asked in ({}, {"is_now": "first"}, {"is_now": "both"})
			]
			for answer in answers:
				self.assert_answer(answer, limit != SHARED)
				self.assert_leaks_nothing(answer)
			if limit != SHARED:
				whole, first, both = (answer.json["message"]["result"] for answer in answers)
				self.assertEqual([whole[-1][name] for name in ("all", "first", "both")], [1, 0, 1])
				self.assertEqual((first, [row["customer"] for row in both]), ([], [OWN]))

	def test_endpoints_for_ones_own_and_for_somebody_else(self):
		for limit, roles, visitor in self.each():
			for method, endpoint in matrix.ENDPOINTS.items():
				if not endpoint.about_other:
					continue
				with self.subTest(method=method):
					other = arguments_for(endpoint.about_other, self.runs)
					self.assert_tells_nothing(visitor.call(method, endpoint.verb, **other))
					if endpoint.verb == "POST":
						continue
					# a share stands in for the right of a role to read healths, and for no other
					may = set(roles) & set(endpoint.limited) or (limit == SHARED and endpoint.by_share)
					answer = visitor.call(method, "GET", **arguments_for(endpoint.arguments, self.runs))
					self.assert_answer(answer, bool(may))
					self.assert_leaks_nothing(answer)

	def test_endpoints_that_name_no_customer(self):
		for _limit, _roles, visitor in self.each():
			for method, endpoint in matrix.ENDPOINTS.items():
				if not endpoint.about_other:
					with self.subTest(method=method):
						sent = arguments_for(endpoint.arguments, self.runs)
						self.assert_leaks_nothing(visitor.call(method, endpoint.verb, **sent))

	def assert_tells_nothing(self, answer: TestResponse) -> None:
		"""Refused, or empty: a permission query hides a customer from lists, and its form opens all the same."""
		if answer.status_code == 200:
			self.assertIsNone(answer.json.get("message"))
		else:
			self.assert_refused(answer)

	def test_sums_and_charts_count_ones_own_only(self):
		score, revenue = frappe.db.get_value(HEALTH, OWN, ["score", "revenue"])
		for _limit, _roles, visitor in self.each():
			found = {
				method: visitor.call(method, "GET") for method in matrix.ENDPOINTS if ".dashboard." in method
			}
			for method, answer in found.items():
				with self.subTest(method=method):
					self.assert_allowed(answer)
					self.assert_leaks_nothing(answer)
			figures = {method.rsplit(".", 1)[1]: answer.json["message"] for method, answer in found.items()}
			self.assertEqual(figures["average_score"]["value"], round(score, 1))
			for chart in ("score_distribution", "segment_sizes"):
				self.assertEqual(sum(figures[chart]["datasets"][0]["values"]), 1, chart)
			amounts = [sum(dataset["values"]) for dataset in figures["revenue_by_band"]["datasets"]]
			self.assertEqual(sum(amounts), round(revenue))
			last = [dataset["values"][-1] for dataset in figures["bands_over_time"]["datasets"]]
			self.assertEqual(sum(last), 1)

	def test_sizes_of_audiences_count_ones_own_only(self):
		everybody = {"looks_at": "Customer Health", "filters": '[["score", ">=", 0]]'}
		record = json.dumps({"audience_name": "PM All", "conditions": [everybody], "how": "By Filters"})
		for limit, _roles, visitor in self.each():
			sizes = visitor.call(f"{AUDIENCE_FORM}.sizes", "GET", audiences=json.dumps([matrix.BY_HAND]))
			history = visitor.call(f"{AUDIENCE_FORM}.size_over_time", "GET", audience=matrix.BY_HAND)
			preview = visitor.call(f"{AUDIENCE_FORM}.preview", audience=record)
			if limit == SHARED:
				for answer in (sizes, history, preview):
					self.assert_refused(answer)
				continue
			self.assertEqual(sizes.json["message"], {matrix.BY_HAND: 1})
			self.assertEqual(history.json["message"][-1]["members"], 1)
			found = preview.json["message"]
			self.assertEqual((found["members"], found["customers"]), (1, 1))
			self.assertEqual([row["members"] for row in found["conditions"]], [1])
			self.assertEqual([row["customer"] for row in found["examples"]], [OWN])

	def test_nobody_is_put_into_an_audience_by_whoever_may_not_see_him(self):
		before = frappe.db.count(MEMBER)
		for _limit, _roles, visitor in self.each():
			for customer in (OTHER, "No Such Customer"):
				new = {"audience": matrix.SECOND_AUDIENCE, "customer": customer}
				for path in (f"/api/resource/{MEMBER}", f"/api/v2/document/{MEMBER}"):
					answer = visitor.post(path, **new)
					with self.subTest(path=path, customer=customer):
						self.assertIn(answer.status_code, (401, 403, 404, 417), answer.text[:600])
						# the ID is what was sent
						self.assertNotIn(SECRET, answer.text)
		self.assertEqual(frappe.db.count(MEMBER), before)

	def test_a_name_that_would_end_a_text_opens_nothing(self):
		hostile = "PM \\' or 1 = 1 -- 100%"
		factories.make_customer(hostile)
		user = make_user("hostile_name", matrix.SALES_MANAGER)
		values = {"user": user, "allow": "Customer", "for_value": hostile, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		visitor = Visitor(user)
		for doctype in matrix.OF_A_CUSTOMER:
			for way, ask in OF_MANY.items():
				with self.subTest(doctype=doctype, way=way):
					answer = ask(visitor, doctype, "")
					# version 16 itself writes such a name into its count as it is, which breaks that
					if way != "count" or IS_VERSION_15:
						self.assert_allowed(answer)
					self.assertNotIn(OWN, answer.text)
					self.assert_leaks_nothing(answer)
		for method in matrix.ENDPOINTS:
			if ".dashboard." in method:
				with self.subTest(method=method):
					answer = visitor.call(method, "GET")
					self.assert_allowed(answer)
					self.assertNotIn(OWN, answer.text)
		average = visitor.call("crm_success.crm_success.dashboard.cards.average_score", "GET").json["message"]
		# the card says in words that there is nothing
		self.assertIsInstance(average, str)

	def test_a_text_without_percent_is_the_same_text(self):
		for text in ("100%", "PM \\' or 1 = 1 -- %", "%\n\"'%\\", "\\%_\x1a\x00é漢%"):
			literal = without_percent(frappe.db.escape(text, percent=False))
			with self.subTest(text=text):
				self.assertNotIn("%", literal)
				((found,),) = frappe.db.sql(f"select {literal}")
				self.assertEqual(found, text)
		self.assertEqual(without_percent("`a%` = 'b'"), "`a%` = 'b'")

	def test_no_run_is_started_by_somebody_who_sees_some_customers_only(self):
		for _limit, _roles, visitor in self.each():
			self.assert_refused(visitor.call("crm_success.scoring.api.scoring_runs.start_run"))


def names_a_customer(doctype: str) -> bool:
	return any(df.options == "Customer" for df in frappe.get_meta(doctype).get_link_fields())


def may_export(doctype: str, roles: tuple[str, ...]) -> bool:
	return any("export" in matrix.RIGHTS[doctype][role] for role in roles)
