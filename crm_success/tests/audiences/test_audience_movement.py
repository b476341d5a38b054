"""The report on two audiences: what it counts is set arithmetic on who was in them at two moments, and it lists just these."""

import json
from collections import Counter
from datetime import datetime, time, timedelta
from random import Random

import frappe
from frappe.desk.query_report import export_query
from frappe.utils import add_days, getdate

from crm_success.crm_success.report.audience_movement.audience_movement import PLACES
from crm_success.tests.support.audience_rows import store_audience, store_healths, store_visits
from crm_success.tests.support.desk_figures import told_by_report
from crm_success.tests.support.factories import make_customer, make_user
from crm_success.tests.support.utils import SiteTestCase

REPORT = "Audience Movement"
FIRST, SECOND = "Move First", "Move Second"
CUSTOMERS = [f"Move {letter}" for letter in "ABCDEFGHIJKL"]
OFF = CUSTOMERS[-1]
# days ago
BEGINNING, END = 40, 10


def day(days_ago: int) -> datetime:
	return datetime.combine(add_days(getdate(), -days_ago), time(12, 0, 0, 500))


class TestAudienceMovement(SiteTestCase):
	def setUp(self):
		super().setUp()
		for name in CUSTOMERS:
			make_customer(name)
		store_healths(dict.fromkeys(CUSTOMERS, 50))
		frappe.db.set_value("Customer Health", OFF, "customer_disabled", 1)
		for name in (FIRST, SECOND):
			store_audience(name)

	def ask(self, **filters) -> frappe._dict:
		days = {"from_date": str(day(BEGINNING).date()), "to_date": str(day(END).date())}
		return told_by_report(REPORT, first_audience=FIRST, second_audience=SECOND, **{**days, **filters})

	def matrix(self, **filters) -> dict[tuple[str, str], int]:
		rows = self.ask(**filters).result[: len(PLACES)]
		return {(row["was"], now): row[now] for row in rows for now in PLACES if row[now]}

	def store_random_visits(self, chance: Random) -> dict[str, list[tuple]]:
		visits = {FIRST: [], SECOND: []}
		for audience, rows in visits.items():
			for customer in CUSTOMERS:
				# in and out, in turn, at distinct days
				moments = sorted(chance.sample(range(60), chance.randint(0, 5)), reverse=True)
				for number, at in enumerate(range(0, len(moments), 2), 1):
					left = day(moments[at + 1]) if at + 1 < len(moments) else None
					rows.append((customer, number, day(moments[at]), left))
			store_visits(audience, rows)
		return visits

	def members_at(self, visits: list[tuple], moment: datetime) -> set[str]:
		inside, changes = set(), []
		for customer, _number, entered, left in visits:
			changes += [(entered, customer, True), *([(left, customer, False)] if left else [])]
		for changed_at, customer, enters in sorted(changes):
			if changed_at <= moment:
				(inside.add if enters else inside.discard)(customer)
		return inside

	def expected(self, visits: dict[str, list[tuple]], among: set[str]) -> Counter:
		beginning = datetime.combine(day(BEGINNING).date(), time.min)
		end = datetime.combine(day(END).date(), time.min) + timedelta(days=1)
		places = []
		for moment in (beginning, end):
			first, second = (self.members_at(visits[name], moment) & among for name in (FIRST, SECOND))
			parts = (among - first - second, first - second, second - first, first & second)
			places.append({customer: PLACES[at] for at, part in enumerate(parts) for customer in part})
		return Counter((places[0][customer], places[1][customer]) for customer in among)

	def test_random_histories_are_counted_as_sets(self):
		chance = Random(20260701)
		for _number in range(8):
			frappe.db.delete("Customer Audience Member")
			visits = self.store_random_visits(chance)
			with self.subTest(visits=visits):
				self.assertEqual(self.matrix(), dict(self.expected(visits, set(CUSTOMERS) - {OFF})))
				self.assertEqual(self.matrix(include_disabled=1), dict(self.expected(visits, set(CUSTOMERS))))

	def store_four(self) -> None:
		"""A stays in both, B goes from the first to the second, C comes into the first, D leaves the second."""
		a, b, c, d = CUSTOMERS[:4]
		early, between = day(50), day(20)
		store_visits(FIRST, [(a, 1, early, None), (b, 1, early, between), (c, 1, between, None)])
		store_visits(SECOND, [(a, 1, early, None), (b, 1, between, None), (d, 1, early, between)])

	def test_sizes_and_overlap_at_the_end(self):
		self.store_four()
		figures = {figure["label"]: figure["value"] for figure in self.ask().report_summary}
		expected = {FIRST: 2, SECOND: 2, "In Both": 1, f"Only in {FIRST}": 1, f"Only in {SECOND}": 1}
		self.assertEqual(figures, expected)
		chart = self.ask().chart["data"]["datasets"]
		self.assertEqual([dataset["values"] for dataset in chart], [[1, 1, 1], [1, 1, 1]])
		totals = self.ask().result[-1]
		self.assertEqual([totals[name] for name in (*PLACES, "all")], [8, 1, 1, 1, 11])

	def test_a_cell_lists_its_customers(self):
		self.store_four()
		for was, is_now, customers in (
			("first", "second", [CUSTOMERS[1]]),
			("neither", "first", [CUSTOMERS[2]]),
			("second", "", [CUSTOMERS[3]]),
			("", "both", [CUSTOMERS[0]]),
			("both", "neither", []),
		):
			with self.subTest(was=was, is_now=is_now):
				rows = self.ask(was=was, is_now=is_now).result
				self.assertEqual([row["customer"] for row in rows], customers)
		self.assertEqual(self.ask(was="first").result[0]["was"], f"Only in {FIRST}")
		self.assertEqual(self.ask(was="first").result[0]["is_now"], f"Only in {SECOND}")
		some = self.ask(was="neither", limit=2)
		self.assertEqual(len(some.result), 2)
		self.assertIn("first 2 of 8", some.message)

	def test_a_user_counts_and_lists_only_what_is_permitted(self):
		self.store_four()
		user = make_user("move-reader@example.com", "Sales User")
		for customer in CUSTOMERS[:2]:
			values = {"user": user, "allow": "Customer", "for_value": customer}
			frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 1, **values}).insert()
		frappe.set_user(user)
		self.assertEqual(self.matrix(), {("both", "both"): 1, ("first", "second"): 1})
		self.assertEqual(self.ask(is_now="first").result, [])

	def test_what_cannot_be_asked_is_refused_in_words(self):
		for filters, words in (
			({"second_audience": FIRST}, "Both audiences are"),
			({"second_audience": "No Such"}, "There is no audience"),
			({"was": "nowhere"}, "cannot be"),
			({"from_date": str(add_days(getdate(), 1))}, "after the last one"),
		):
			with self.subTest(words=words), self.assertRaises(frappe.ValidationError) as refusal:
				told = {"first_audience": FIRST, "second_audience": SECOND, **filters}
				told_by_report(REPORT, **told)
			self.assertIn(words, str(refusal.exception))
		self.assertIn("Choose two audiences", told_by_report(REPORT).message)

	def test_it_says_what_is_not_known_of_the_beginning(self):
		self.assertIn("was made on", self.ask().message)
		self.assertNotIn("not known any more", self.ask().message)
		self.assertIn("not known any more", self.ask(from_date="2015-01-01").message)

	def test_what_is_exported_is_what_is_shown(self):
		self.store_four()
		frappe.set_user(make_user("move-manager@example.com", "Customer Success Manager"))
		filters = {"first_audience": FIRST, "second_audience": SECOND, "is_now": "both", "limit": 0}
		form = {"report_name": REPORT, "file_format_type": "CSV", "filters": json.dumps(filters)}
		frappe.local.form_dict = frappe._dict(form, visible_idx=json.dumps([0, 1, 2]))
		export_query()
		written = frappe.response.filecontent.decode()
		self.assertIn(CUSTOMERS[0], written)
		self.assertNotIn(CUSTOMERS[1], written)
