"""What no form of ours sends, over HTTP: every endpoint, report and record answers in words and soon. Judges no permission."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import frappe
from frappe.model import data_fieldtypes, table_fields
from frappe.model.document import Document
from frappe.utils import nowdate
from werkzeug.test import TestResponse

from crm_success.record_names import LOYALTY_SETTINGS
from crm_success.tests.support import permission_matrix as matrix
from crm_success.tests.support.permission_matrix import ENDPOINTS, MADE_BY_SCORING, REPORTS, RIGHTS
from crm_success.tests.support.permission_site import PermissionTestCase, Visitor, arguments_for, make_user
from crm_success.tests.support.scoring_site import drop_jobs
from crm_success.tests.support.utils import little_work

TOO_MANY = 100_000
# the first request of a process takes half as many; one for each of too many values would be far more
MOST_STATEMENTS = 4000
HISTOGRAM = "crm_success.scoring.api.metric_form.metric_distribution"
PREVIEW = "crm_success.scoring.api.metric_form.preview_metric"
WOULD_CHANGE = "crm_success.scoring.api.scorecard_form.what_would_change"
PREVIEW_AUDIENCE = "crm_success.audiences.api.audience_form.preview"
OVER_TIME = "crm_success.crm_success.dashboard.bands_over_time.bands_over_time"
RUN_REPORT = "frappe.desk.query_report.run"
METRIC, SCORECARD, HEALTH, SETTINGS, AUDIENCE = (
	*("Health Metric", "Health Scorecard", "Customer Health", "CRM Success Settings", "Customer Audience"),
)

# by what they try
HOSTILE: dict[str, Any] = {
	"nothing": "",
	"a number": 7,
	"a negative number": -1,
	"a number for no column": 3 * 10**9,
	"a huge number": 10**30,
	"no number": "NaN",
	"a list": ["a", {"b": [1]}],
	"a long list": list(range(TOO_MANY)),
	"an object": {"a": [1], "b": {"c": 2}},
	"a text in a text": '"text"',
	"a broken text": '{"a": ',
	"nested lists": "[" * 5000 + "]" * 5000,
	"a long text": "x" * TOO_MANY,
	"an unknown name": "No Such Thing",
	"markup": "<img src=x onerror=alert(1)>",
	"a quote": "' OR 1=1 -- %s {0}",
	"a character of no text": "a\x00b",
	"half a character": "a\ud800b",
	"no day": "2026-13-45",
	"a day before all": "0001-01-01",
	"a day after all": "9999-12-31",
	"a day beyond all": "99999-12-31",
}
# neither an address nor a name has bytes for it
HALF = "half a character"
# Frappe's own requests stumble over it before they ask us
READ_BY_FRAPPE = {attempt: value for attempt, value in HOSTILE.items() if attempt != HALF}
PLAIN = {
	attempt: value
	for attempt, value in READ_BY_FRAPPE.items()
	if isinstance(value, str | int) and attempt not in ("a huge number", "nested lists")
}
# of each kind one: these requests score a sample of customers
IN_ROWS = {
	attempt: HOSTILE[attempt]
	for attempt in ("a huge number", "no number", "an object", "a long text", "an unknown name", HALF)
}

WRITTEN = [doctype for doctype, roles in RIGHTS.items() if "write" in roles[matrix.SYSTEM_MANAGER]]
CREATED = [doctype for doctype in WRITTEN if doctype not in (*MADE_BY_SCORING, SETTINGS, LOYALTY_SETTINGS)]

REPORT_FILTERS = {
	"Customer Health": (
		*("band", "segment", "stage", "value_class", "account_manager", "scorecard"),
		*("territory", "customer_group", "limit", "include_disabled", "audience"),
	),
	"RFM Matrix": ("include_disabled", "audience"),
	"Score Movers": (
		*("from_date", "to_date", "how_many", "direction", "newly_at_risk"),
		*("include_disabled", "audience"),
	),
	"Metric Quality": ("include_disabled", "audience"),
	"Audience Movement": (
		*("first_audience", "second_audience", "from_date", "to_date"),
		*("was", "is_now", "limit", "include_disabled"),
	),
	"Tier Movements": (
		*("from_date", "to_date", "group_by", "kind", "move", "account_manager", "territory"),
		*("include_disabled", "audience"),
	),
	"Tier Costs and Revenue": ("from_date", "to_date", "include_disabled", "audience"),
	"Loyalty Balances Compared": ("company", "customer", "show", "include_disabled", "audience"),
}


ROLES_OF_MANAGER = (matrix.SYSTEM_MANAGER, matrix.SUPPORT, matrix.SALES_USER, "Newsletter Manager")


class HostileTestCase(PermissionTestCase):
	"""`manager` may write what is ours, and read the source that is measured."""

	manager: Visitor

	@classmethod
	def make_documents(cls):
		super().make_documents()
		cls.manager = Visitor(make_user("hostile", *ROLES_OF_MANAGER))

	def setUp(self):
		super().setUp()
		self.addCleanup(drop_jobs)

	def answered(self, send: Callable[..., TestResponse], *path: str, **arguments: Any) -> TestResponse:
		"""The answer: soon, and where it is refused, by a status of the sender's mistakes and in words."""
		with little_work(self, MOST_STATEMENTS):
			answer = send(*path, **arguments)
		self.assertLess(answer.status_code, 500, answer.text[-2000:])
		if answer.status_code >= 400:
			self.assertTrue(answer.json.get("_server_messages") or answer.json.get("exception"), answer.text)
		return answer

	def assert_refused_in_words(self, answer: TestResponse, *words: str) -> None:
		"""A preview of an audience says so in its own place."""
		told = (answer.json.get("message") or {}) if answer.status_code == 200 else {}
		if "problem" not in told:
			self.assertEqual(answer.status_code, 417, answer.text[-2000:])
		self.assertNotIn("members", told)
		for word in words:
			self.assertIn(word, told.get("problem") or answer.json["_server_messages"])

	def run_report(self, report: str, **filters: Any) -> TestResponse:
		return self.manager.call(RUN_REPORT, report_name=report, filters=json.dumps(filters))


class TestHostileArguments(HostileTestCase):
	def test_endpoints(self):
		for method, endpoint in ENDPOINTS.items():
			visitor = self.plain[endpoint.may[-1]] if endpoint.may else self.manager
			usual = arguments_for(endpoint.arguments, self.runs)
			for name in arguments_of(method):
				for attempt, value in HOSTILE.items():
					if endpoint.verb == "GET" and attempt == HALF:
						continue
					with self.subTest(method=method, argument=name, attempt=attempt):
						sent = {**usual, name: value}
						self.answered(visitor.call, method, endpoint.verb, **sent)

	def test_filters_of_reports(self):
		self.assertEqual(set(REPORT_FILTERS), set(REPORTS))
		for report, names in REPORT_FILTERS.items():
			for name in names:
				for attempt, value in READ_BY_FRAPPE.items():
					with self.subTest(report=report, filter=name, attempt=attempt):
						usual = {"from_date": "2026-01-01", "to_date": nowdate()}
						self.answered(self.run_report, report, **{**usual, name: value})

	def test_fields_of_unsaved_records(self):
		for method, argument, record in (
			(PREVIEW, "metric", metric(scale="Bands", bands=[{"minimum": 0, "points": 10}])),
			(WOULD_CHANGE, "scorecard", scorecard()),
			*((PREVIEW_AUDIENCE, "audience", audience(row)) for row in ROWS_OF_AUDIENCES),
		):
			unharmed = self.manager.call(method, **{argument: json.dumps(record, default=str)})
			self.assertEqual(unharmed.status_code, 200, unharmed.text[-2000:])
			for name, sent in hostile_records(record):
				with self.subTest(method=method, field=name):
					self.answered(self.manager.call, method, **{argument: json.dumps(sent, default=str)})

	def test_conditions_that_are_statements(self):
		everybody = self.found(["name", "!=", ""])
		for filter_ in (
			["1=1) or (1", "=", 1],
			["name`", "=", "x"],
			["name", "= '' or 1=1 -- ", ""],
			["name", "in (select name from tabUser) -- ", "x"],
			["sleep(5)", ">=", 0],
			["tabUser.name", "like", "%"],
			[["name"], "=", "x"],
			["name", "=", ["select", "sleep(5)"]],
		):
			answer = self.answered(self.manager.call, PREVIEW_AUDIENCE, audience=self.looking_at(filter_))
			with self.subTest(filter=filter_):
				self.assert_refused_in_words(answer)
		for value in ("' or '1'='1", "x') or 1=1 -- ", "\\' or 1=1 -- ", "%(p0)s", "%s", "{0}", "0x41 or 1"):
			for operator in ("=", "in", "like"):
				with self.subTest(value=value, operator=operator):
					self.assertEqual(self.found(["name", operator, value]), 0)
		self.assertGreater(everybody, 0)

	def looking_at(self, filter_: list) -> str:
		return json.dumps(audience({"looks_at": "Customer", "filters": json.dumps([filter_])}))

	def found(self, filter_: list) -> int:
		answer = self.answered(self.manager.call, PREVIEW_AUDIENCE, audience=self.looking_at(filter_))
		self.assertEqual(answer.status_code, 200, answer.text[-2000:])
		return answer.json["message"]["members"]


class TestHostileRecords(HostileTestCase):
	"""Frappe's own requests for records of ours. What is no text and no number where one belongs, it takes itself."""

	def test_fields_of_records(self):
		for doctype in WRITTEN:
			name = doctype if frappe.get_meta(doctype).issingle else frappe.db.get_value(doctype, {})
			for df in frappe.get_meta(doctype).fields:
				for attempt, value in PLAIN.items() if df.fieldtype in data_fieldtypes else ():
					with self.subTest(doctype=doctype, field=df.fieldname, attempt=attempt):
						before = frappe.get_doc(doctype, name)
						try:
							path = f"/api/resource/{doctype}/{name}"
							self.answered(self.manager.put, path, **{df.fieldname: value})
						finally:
							put_back(before)

	def test_new_records(self):
		for doctype in CREATED:
			fields = [
				df.fieldname for df in frappe.get_meta(doctype).fields if df.fieldtype in data_fieldtypes
			]
			for attempt, value in PLAIN.items():
				with self.subTest(doctype=doctype, attempt=attempt):
					values = dict.fromkeys(fields, value)
					self.answered(self.manager.post, f"/api/resource/{doctype}", **values)
					frappe.db.delete(doctype, {"owner": self.manager.user})


class TestLimits(HostileTestCase):
	def test_a_filter_compares_with_a_thousand_values_and_no_more(self):
		for count, said in ((1000, ""), (1001, "1001 values"), (TOO_MANY, "characters, but at most")):
			for value in (names_of(count), ",".join(names_of(count))):
				filters = json.dumps([["name", "in", value]])
				record = json.dumps(metric(filters=filters))
				card = json.dumps(scorecard(customer_filters=filters), default=str)
				asked = json.dumps(audience({"looks_at": "Customer", "filters": filters}))
				with self.subTest(count=count, kind=type(value)):
					self.assert_limited(said, PREVIEW, metric=record)
					self.assert_limited(said, HISTOGRAM, metric=record)
					self.assert_limited(said, WOULD_CHANGE, scorecard=card)
					self.assert_limited(said, PREVIEW_AUDIENCE, audience=asked)

	def assert_limited(self, said: str, method: str, **arguments: Any) -> None:
		"""Refused in these words, which are a value of the answer where the form draws by itself; or not at all."""
		answer = self.answered(self.manager.call, method, **arguments)
		if answer.status_code == 200:
			self.assertIn(said, answer.json["message"].get("problem") or "")
		else:
			self.assertTrue(said, answer.text)
			self.assert_refused_in_words(answer, said)

	def test_neither_more_conditions_nor_a_longer_text(self):
		for filters, words in (
			([["name", "!=", str(number)] for number in range(101)], "101 conditions, but at most 100"),
			([["name", "like", "x" * 1001]], "has 1001 characters, but at most 1000"),
		):
			record = metric(filters=json.dumps(filters))
			asked = audience({"looks_at": "Customer", "filters": json.dumps(filters)})
			for answer in (
				self.answered(self.manager.call, PREVIEW_AUDIENCE, audience=json.dumps(asked)),
				self.answered(self.manager.post, f"/api/resource/{AUDIENCE}", **asked),
				self.answered(self.manager.call, PREVIEW, metric=json.dumps(record)),
				self.answered(self.manager.post, f"/api/resource/{METRIC}", **record),
			):
				self.assert_refused_in_words(answer, words)

	def test_rows_of_a_record(self):
		bands = [{"minimum": number, "points": 1} for number in range(501)]
		caps = [{"metric": "Net Revenue 365 Days", "operator": "<", "value": 1, "cap": 1}] * 501
		record = metric(scale="Bands", bands=bands)
		card = {**scorecard(), "caps": caps, "name": None}
		asked = audience(*ROWS_OF_AUDIENCES[:1] * 501)
		for answer in (
			self.manager.call(PREVIEW_AUDIENCE, audience=json.dumps(asked)),
			self.manager.post(f"/api/resource/{AUDIENCE}", **asked),
			self.manager.call(PREVIEW, metric=json.dumps(record)),
			self.manager.post(f"/api/resource/{METRIC}", **record),
			self.manager.call(WOULD_CHANGE, scorecard=json.dumps(card, default=str)),
			self.manager.put(f"/api/resource/{SCORECARD}/{scorecard()['name']}", caps=caps),
		):
			self.assert_refused_in_words(answer, "There are 501 rows, but at most 500 can be used")

	def test_a_request_of_more_than_a_million_characters(self):
		answer = self.manager.call(PREVIEW, metric=metric(description="x" * 1_000_001))
		self.assert_refused_in_words(answer, "but at most 1000000 can be used. Send fewer values.")

	def test_days_of_the_chart_and_of_the_report(self):
		span = {"timespan": "Select Date Range", "time_interval": "Daily"}
		for first, last, words in (
			("0001-01-01", nowdate(), "is too long ago. Choose a day since"),
			("2026-01-02", "2026-01-01", "Choose an earlier first day"),
			("2026-01-02", "9999-12-31", "is too far ahead. Choose a day up to"),
			("yesterday", nowdate(), "yesterday is not a date. Write it like 2026-01-31"),
		):
			with self.subTest(first=first, last=last):
				for answer in (
					self.answered(self.manager.call, OVER_TIME, "GET", from_date=first, to_date=last, **span),
					self.answered(self.run_report, "Score Movers", from_date=first, to_date=last),
				):
					self.assert_refused_in_words(answer, words)

	def test_the_chart_looks_at_no_more_days_than_it_shows(self):
		span = {"timespan": "Select Date Range", "from_date": "1970-01-01", "to_date": "2199-12-31"}
		for interval in ("Daily", "Weekly", "Monthly", "Quarterly", "Yearly"):
			answer = self.answered(self.manager.call, OVER_TIME, "GET", time_interval=interval, **span)
			self.assertEqual(answer.status_code, 200)
			self.assertTrue(0 < len(answer.json["message"]["labels"]) <= 60, answer.text)

	def test_intervals_and_timespans_are_those_of_the_menus(self):
		for asked in ({"time_interval": "Hourly"}, {"timespan": "Last Century"}):
			answer = self.manager.call(OVER_TIME, "GET", **asked)
			self.assert_refused_in_words(answer, "cannot be", "Choose", *asked.values())

	def test_filters_of_a_report_say_what_they_take(self):
		for filters, words in (
			({"band": ["Healthy", "Watch"]}, "Band</strong> takes one value, not several"),
			({"limit": 10**7}, "can be 1000000 at most. Enter a smaller number"),
		):
			answer = self.run_report("Customer Health", **filters)
			self.assert_refused_in_words(answer, words)

	def test_a_metric_from_before_the_limit_is_left_out_of_a_run_and_named(self):
		filters = json.dumps([["name", "not in", names_of(1001)]])
		before = frappe.db.get_value(METRIC, "Net Revenue 365 Days", "filters")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, METRIC, "Net Revenue 365 Days", "filters", before)
		frappe.db.set_value(METRIC, "Net Revenue 365 Days", "filters", filters)
		run = self.score_all()
		self.assertEqual((run.status, run.customers_scored), ("Completed with Warnings", 2))
		self.assert_message(run, "Net Revenue 365 Days is left out", "1001 values, but at most 1000")

	def test_a_scorecard_from_before_the_limit_is_left_out_of_a_run_and_named(self):
		card = frappe.copy_doc(frappe.get_doc(SCORECARD, {"is_default": 1}))
		card.update({"scorecard_name": "HR Card", "is_default": 0, "priority": -1}).insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(card.delete)
		card.db_set("customer_filters", json.dumps([["name", "not in", names_of(1001)]]))
		run = self.score_all()
		self.assertEqual((run.status, run.customers_scored), ("Completed with Warnings", 2))
		self.assert_message(run, "HR Card is left out", "1001 values, but at most 1000")

	def test_an_empty_name_is_no_run(self):
		for method in ("cancel_run", "retry_failed"):
			answer = self.manager.call(f"crm_success.batches.api.{method}", run="")
			self.assertEqual(answer.status_code, 404, answer.text)


def names_of(number: int) -> list[str]:
	return [f"{name:08}" for name in range(number)]


def metric(**values: Any) -> dict[str, Any]:
	"""An unsaved metric that could be saved."""
	usual = {"metric_name": "HR Issues", "metric_key": "hr_issues", "measure": "Count"}
	source = {"source_doctype": "Issue", "customer_field": "customer", "date_field": "opening_date"}
	scale = {"scale": "Linear", "worst": 0, "best": 10, "enabled": 1, "dimension": "Service"}
	return {"doctype": METRIC, **usual, **source, **scale, **values}


ROWS_OF_AUDIENCES: tuple[dict[str, Any], ...] = (
	{"looks_at": "Customer", "filters": '[["customer_group", "=", "x"]]'},
	{
		"looks_at": "Table of Customer",
		"table_doctype": "Customer Credit Limit",
		"filters": '[["credit_limit", ">", 1]]',
	},
	{
		"looks_at": "Metric",
		"metric": "Net Revenue 365 Days",
		"operator": "between",
		"value": 1,
		"value_to": 2,
	},
	{"looks_at": "Audience", "audience": matrix.BY_HAND},
)


def audience(*rows: dict[str, Any]) -> dict[str, Any]:
	"""An unsaved audience that could be saved."""
	usual = {"audience_name": "HR Audience", "how": "By Filters", "match": "All Conditions", "enabled": 1}
	return {"doctype": AUDIENCE, **usual, "conditions": list(rows)}


def scorecard(**values: Any) -> dict[str, Any]:
	return {**frappe.get_doc(SCORECARD, {"is_default": 1}).as_dict(), **values}


def arguments_of(method: str) -> list[str]:
	"""Those of a whitelisted function, and one that it does not know where it takes any."""
	parameters = inspect.signature(inspect.unwrap(frappe.get_attr(method))).parameters
	return [name if one.kind is not one.VAR_KEYWORD else "filters" for name, one in parameters.items()]


def hostile_records(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
	"""The record with one hostile value in one field, or in the only row of a table, after what was done."""
	for df in frappe.get_meta(record["doctype"]).fields:
		if df.fieldtype in (*data_fieldtypes, *table_fields):
			for attempt, value in HOSTILE.items():
				yield f"{df.fieldname}, {attempt}", {**record, df.fieldname: value}
		for child in frappe.get_meta(df.options).fields if df.fieldtype in table_fields else ():
			for attempt, value in IN_ROWS.items():
				row = {**(record.get(df.fieldname) or [{}])[0], child.fieldname: value}
				yield f"{df.fieldname}, {child.fieldname}, {attempt}", {**record, df.fieldname: [row]}


def put_back(doc: Document) -> None:
	"""Store a record and its rows as they were."""
	if not doc.meta.issingle:
		frappe.db.delete(doc.doctype, {"name": doc.name})
	for df in doc.meta.get_table_fields():
		frappe.db.delete(
			df.options, {"parenttype": doc.doctype, "parent": doc.name, "parentfield": df.fieldname}
		)
	doc.update_single(doc.get_valid_dict()) if doc.meta.issingle else doc.db_insert()
	for row in doc.get_all_children():
		row.db_insert()
	frappe.clear_document_cache(doc.doctype, doc.name)
	frappe.db.commit()
