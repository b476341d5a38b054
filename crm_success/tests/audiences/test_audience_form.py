"""What the form of an audience asks for, by the functions that it calls: numbers by hand, only what a user may see."""

import json
from typing import Any

import frappe
from frappe.desk.form.load import getdoc
from frappe.utils import add_days, formatdate, getdate

from crm_success.audiences.api.audience_form import (
	evaluate_now,
	filter_fields,
	members_now,
	preview,
	search_tables,
	size_over_time,
	sizes,
)
from crm_success.audiences.api.audience_members import add_customers, find_customers, remove_customers
from crm_success.audiences.evaluation import evaluate_if_due, is_due
from crm_success.batches.preparing import prepare_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.record_checks.sizes import MOST_CHARACTERS, MOST_ROWS
from crm_success.record_names import AUDIENCE, METRIC
from crm_success.scoring.api.name_search import search_names
from crm_success.tests.support import factories
from crm_success.tests.support.audience_site import (
	AudienceTestCase,
	make_audience,
	on,
	start_and_prepare_pass,
)

BUYER, SMALL, NEVER, OFF = "Form Buyer", "Form Small", "Form Never", "Form Off"
OURS = ["name", "like", "Form %"]
WITH_WEBSITE = ["website", "is", "set"]
# who may define audiences and reads customers, who reads audiences only, and who sees one customer only
OWNER, READER, LIMITED = "form.owner@example.com", "form.reader@example.com", "form.limited@example.com"
STRANGER, WITHOUT_CUSTOMERS = "form.stranger@example.com", "form.success@example.com"


class TestAudienceForm(AudienceTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (BUYER, SMALL):
			factories.make_customer(name, website=f"{name[5:]}.example")
		factories.make_customer(NEVER)
		factories.make_customer(OFF, disabled=1, website="off.example")
		factories.make_invoice(BUYER, 9000, add_days(getdate(), -20))
		factories.make_invoice(SMALL, 50, add_days(getdate(), -20))
		factories.make_user(OWNER, "Customer Success User", "Sales User")
		factories.make_user(READER, "Sales User")
		factories.make_user(LIMITED, "Customer Success User", "Sales User")
		factories.make_user(STRANGER, "Projects User")
		factories.make_user(WITHOUT_CUSTOMERS, "Customer Success User")
		permission = {"user": LIMITED, "allow": "Customer", "for_value": SMALL, "apply_to_all_doctypes": 1}
		frappe.get_doc({"doctype": "User Permission", **permission}).insert(ignore_permissions=True)
		frappe.db.commit()
		cls.score_all(cls)

	def test_a_preview_counts_together_and_each_condition_and_filter_alone(self):
		found = preview(unsaved(on("Customer", OURS, WITH_WEBSITE), on_revenue(">", 1000)))
		self.assertEqual(found["members"], 1)
		self.assertEqual(found["customers"], external_customers())
		self.assertEqual([row["customer"] for row in found["examples"]], [BUYER])
		both, revenue = found["conditions"]
		self.assertEqual(both, {"members": 2, "filters": [3, with_website()]})
		self.assertEqual(revenue, {"members": 1, "filters": []})
		self.assertFalse(frappe.db.exists(AUDIENCE, "Form New"))

	def test_any_condition_is_enough_where_that_is_asked(self):
		conditions = (
			on("Customer", ["name", "=", NEVER]),
			on_revenue("<=", 50),
			on("Customer", ["name", "=", OFF]),
		)
		self.assertEqual(preview(unsaved(*conditions))["members"], 0)
		self.assertEqual(preview(unsaved(*conditions, match="Any Condition"))["members"], 2)
		both = unsaved(*conditions, match="Any Condition", include_disabled=1)
		self.assertEqual(preview(both)["members"], 3)

	def test_an_unsaved_audience_may_be_made_of_one_that_was_never_evaluated(self):
		make_audience("Form Part", on("Customer", OURS, WITH_WEBSITE), enabled=0)
		others = unsaved(on("Customer", OURS), on("Audience", audience="Form Part", is_not=True))
		found = preview(others)
		self.assertEqual([row["customer"] for row in found["examples"]], [NEVER])
		self.assertEqual([row["members"] for row in found["conditions"]], [3, external_enabled() - 2])

	def test_what_was_changed_and_not_saved_is_what_is_counted(self):
		doc = make_audience("Form Saved", on("Customer", OURS))
		changed = {
			**doc.as_dict(convert_dates_to_str=True),
			"conditions": [on("Customer", ["name", "=", NEVER])],
		}
		self.assertEqual(preview(json.dumps(changed))["members"], 1)
		self.assertEqual(preview(json.dumps(doc.as_dict(convert_dates_to_str=True)))["members"], 3)

	def test_a_circle_is_told_with_its_path_in_the_place_of_the_preview(self):
		make_audience("Form X", on("Customer", OURS))
		make_audience("Form Y", on("Audience", audience="Form X"))
		changed = unsaved(on("Audience", audience="Form Y"), audience_name="Form X", name="Form X", new=False)
		frappe.clear_messages()
		found = preview(changed)
		self.assertIn("Form X → Form Y → Form X", found["problem"])
		self.assertNotIn("members", found)
		self.assertFalse(frappe.get_message_log())

	def test_what_cannot_be_counted_yet_is_told_in_words_without_markup(self):
		cases = {
			"no_such_field": on("Customer", ["no_such_field", "=", 1]),
			"at least one filter": on("Customer Health"),
			"no enabled metric": on("Metric", metric="", operator=">", value=1),
			"is no table of a customer": on("Table of Customer", OURS, table_doctype="User"),
			"Choose a tag": on("Tag"),
		}
		for words, condition in cases.items():
			with self.subTest(words=words):
				problem = preview(unsaved(condition))["problem"]
				self.assertIn(words, problem)
				self.assertNotIn("<", problem)

	def test_conditions_in_words(self):
		make_audience("Form Part", on("Customer", OURS))
		revenue = frappe.db.get_value(METRIC, {"metric_key": "net_revenue_365d"})
		cases = [
			(on("Customer", ["territory", "=", "Rest Of The World"]), "Territory is Rest Of The World"),
			(on("Customer", ["disabled", "=", 0], WITH_WEBSITE), "Disabled is No; Website is set"),
			(
				on("Customer", ["customer_type", "in", ["Company", "Individual"]], is_not=True),
				"not: Customer Type is one of Company, Individual",
			),
			(
				on("Customer", ["creation", "between", ["2026-01-31", "x"]]),
				f"Created On is from {formatdate('2026-01-31')} to x",
			),
			(on("Customer Health", ["overdue", ">=", 1234567.5]), "Overdue Amount >= 1,234,567.50"),
			(
				on("Table of Customer", ["credit_limit", ">", 5], table_doctype="Customer Credit Limit"),
				"Customer Credit Limit: Credit Limit > 5",
			),
			(
				on("Metric", metric=revenue, operator="between", value=10, value_to=100),
				f"{revenue} is from 10 to 100",
			),
			(on("Metric", metric=revenue, operator="is not set"), f"{revenue} is not set"),
			(on("Tag", tag="VIP", is_not=True), "not: VIP"),
			(on("Audience", audience="Form Part"), "Form Part"),
			(on("Customer", ["name", "<", "inf"], ["credit", "~", 1]), "ID < inf; credit ~ 1"),
			(on("Table of Customer", OURS), ""),
			({"looks_at": "Customer", "filters": "no JSON"}, "no JSON"),
			({"looks_at": "Nothing"}, ""),
		]
		told = preview(unsaved(*(condition for condition, _words in cases)))["in_words"]
		for (_condition, words), row in zip(cases, told, strict=True):
			with self.subTest(words=words):
				self.assertEqual(row["condition"], words)
		self.assertEqual(told[1]["filters"], ["Disabled is No", "Website is set"])

	def test_saved_rows_arrive_in_the_form_with_their_words_and_these_are_neither_kept_nor_noted(self):
		doc = make_audience("Form Words", on("Customer", WITH_WEBSITE, is_not=True))
		frappe.response.docs = []
		getdoc(AUDIENCE, doc.name)
		row = frappe.response.docs[0].as_dict()["conditions"][0]
		self.assertEqual(row["summary"], "not: Website is set")
		# as the form sends it, with words that are of another condition meanwhile
		sent = {**doc.as_dict(), "description": "Changed"}
		sent["conditions"][0]["summary"] = "Something else"
		frappe.get_doc(sent).save(ignore_version=False)
		self.assertEqual(frappe.get_doc(AUDIENCE, doc.name).conditions[0].summary, "not: Website is set")
		noted = frappe.get_all("Version", {"docname": doc.name}, pluck="data")
		self.assertIn("Changed", " ".join(noted))
		self.assertNotIn("Something else", " ".join(noted))

	def test_a_limited_user_is_told_of_the_own_customers_only(self):
		frappe.set_user(LIMITED)
		found = preview(unsaved(on("Customer", OURS)))
		self.assertEqual((found["members"], found["customers"]), (1, 1))
		self.assertEqual([row["customer"] for row in found["examples"]], [SMALL])
		self.assertEqual(found["conditions"], [{"members": 1, "filters": []}])
		hand = make_audience("Form Hand", how="By Hand")
		self.assertEqual(customers_of(find_customers(hand.name, "Form")), [SMALL])
		frappe.set_user("Administrator")
		add_customers(hand.name, [BUYER, NEVER, SMALL])
		frappe.set_user(LIMITED)
		self.assertEqual(sizes([hand.name]), {hand.name: 1})
		self.assertEqual(members_now(hand.name)["members"], 1)
		self.assertEqual(size_over_time(hand.name)[-1]["members"], 1)
		self.assertEqual(customers_of(find_customers(hand.name, "", 1)), [SMALL])

	def test_who_may_not_define_audiences_is_refused(self):
		saved = make_audience("Form Others", on("Customer", OURS))
		asked = unsaved(on("Customer", OURS))
		changed = unsaved(on("Customer", OURS), name=saved.name, audience_name=saved.name, new=False)
		for user, sent in ((READER, asked), (STRANGER, asked), (READER, changed)):
			with self.subTest(user=user, sent=sent["name"]):
				frappe.set_user(user)
				self.assertRaises(frappe.PermissionError, preview, sent)
		for user in (READER, STRANGER, OWNER):
			with self.subTest(user=user):
				frappe.set_user(user)
				self.assertRaises(frappe.PermissionError, evaluate_now, saved.name)
		# who may make one asks the same as a new one: a preview saves nothing
		frappe.set_user(OWNER)
		self.assertEqual(preview(changed)["members"], preview(asked)["members"])
		frappe.set_user(STRANGER)
		for ask in (
			lambda: sizes([saved.name]),
			lambda: members_now(saved.name),
			lambda: filter_fields("Customer"),
		):
			self.assertRaises(frappe.PermissionError, ask)

	def test_more_than_anybody_needs_is_refused(self):
		with self.assertRaises(frappe.ValidationError) as rows:
			preview(unsaved(*[on("Tag", tag="x")] * (MOST_ROWS + 1)))
		self.assertIn(str(MOST_ROWS), str(rows.exception))
		with self.assertRaises(frappe.ValidationError):
			preview(unsaved(on("Tag", tag="x" * MOST_CHARACTERS)))
		with self.assertRaises(frappe.ValidationError):
			find_customers("Form", "x" * MOST_CHARACTERS)

	def test_filters_are_offered_on_fields_that_conditions_may_look_at(self):
		fields = filter_fields("Customer")
		self.assertIn("territory", fields)
		self.assertNotIn("customer_audiences", fields)
		self.assertNotIn("audiences", filter_fields("Customer Health"))
		self.assertNotIn("components", filter_fields("Customer Health"))
		self.assertIn("credit_limit", filter_fields("Table of Customer", "Customer Credit Limit"))
		for asked in (("Table of Customer", "User"), ("Table of Customer",), ("User",), ("Metric",)):
			with self.subTest(asked=asked):
				self.assertRaises(frappe.ValidationError, filter_fields, *asked)

	def test_who_reads_no_customers_is_offered_what_a_health_shows(self):
		frappe.set_user(WITHOUT_CUSTOMERS)
		fields = filter_fields("Customer")
		self.assertIn("territory", fields)
		self.assertNotIn("website", fields)
		self.assertIn("overdue", filter_fields("Customer Health"))
		self.assertRaises(frappe.PermissionError, filter_fields, "Table of Customer", "Customer Credit Limit")
		for fieldname in fields:
			found = preview(unsaved(on("Customer", [fieldname, "is", "set"])))
			self.assertIn("members", found, fieldname)
		self.assertIn("website", preview(unsaved(on("Customer", WITH_WEBSITE)))["problem"])

	def test_only_tables_of_customers_are_offered(self):
		found = [row[0] for row in search_tables("DocType", "", "name", 0, 50)]
		self.assertIn("Customer Credit Limit", found)
		self.assertNotIn("Sales Invoice Item", found)
		of_credit = search_tables("DocType", "credit LIMIT", "name", 0, 50)
		self.assertEqual([row[0] for row in of_credit], ["Customer Credit Limit"])

	def test_a_disabled_audience_is_offered_as_a_part(self):
		make_audience("Form Off", on("Customer", OURS), enabled=0)
		self.assertIn(["Form Off"], search_names(AUDIENCE, "form", "name", 0, 20))

	def test_the_form_learns_how_far_the_evaluation_is(self):
		doc = make_audience("Form Now", on("Customer", OURS))
		now = members_now(doc.name)
		self.assertEqual((now["members"], now["is_awaited"], now["evaluated_on"]), (0, True, None))
		self.evaluate()
		now = members_now(doc.name)
		self.assertEqual((now["members"], now["is_awaited"]), (3, False))
		self.assertTrue(now["evaluated_on"])
		self.assertEqual(now["last_pass"], {"status": "Completed", "percent_done": 100})
		points = size_over_time(doc.name, add_days(getdate(), -2))
		self.assertEqual([point["members"] for point in points], [0, 0, 3])

	def test_nothing_is_awaited_of_audiences_that_are_disabled_or_by_hand(self):
		for doc in (
			make_audience("Form Idle", on("Customer", OURS), enabled=0),
			make_audience("Form Hand", how="By Hand"),
		):
			now = members_now(doc.name)
			self.assertEqual((now["is_awaited"], now["last_pass"]), (False, None))

	def test_the_owner_of_an_audience_may_have_it_evaluated(self):
		frappe.set_user(OWNER)
		doc = make_audience("Form Own", on("Customer", OURS))
		run = evaluate_now(doc.name)["run"]
		self.assertEqual(frappe.db.get_value(RUN, run, ["kind", "triggered_by"]), ("Audiences", "Desk"))
		frappe.set_user("Administrator")
		frappe.db.commit()

	def test_who_asks_during_a_pass_gets_that_one_and_another_follows_it(self):
		doc = make_audience("Form Busy", on("Customer", OURS))
		frappe.db.commit()
		going_on = start_and_prepare_pass()
		self.assertEqual(evaluate_now(doc.name), {"run": going_on})
		self.assertTrue(members_now(doc.name)["is_awaited"])
		frappe.db.commit()
		drain(going_on)
		self.assertTrue(is_due())
		evaluate_if_due()
		following = frappe.db.get_value(RUN, {"active": "Audiences"})
		self.assertNotIn(following, (None, going_on))
		prepare_run(following)
		drain(following)
		self.assertFalse(members_now(doc.name)["is_awaited"] or is_due())

	def test_customers_are_found_to_be_added_and_to_be_taken_out(self):
		hand = make_audience("Form Hand", how="By Hand").name
		self.assertEqual(customers_of(find_customers(hand, "form")), [BUYER, NEVER, OFF, SMALL])
		self.assertEqual(add_customers(hand, [BUYER, SMALL]), {"added": 2})
		self.assertEqual(customers_of(find_customers(hand, "form")), [NEVER, OFF])
		self.assertEqual(customers_of(find_customers(hand, "", 1)), [BUYER, SMALL])
		self.assertEqual(customers_of(find_customers(hand, "small", 1)), [SMALL])
		self.assertEqual(remove_customers(hand, [BUYER]), {"removed": 1})
		self.assertEqual(customers_of(find_customers(hand, "", 1)), [SMALL])


def unsaved(*conditions: dict[str, Any], new: bool = True, **values: Any) -> dict[str, Any]:
	"""As the form sends it."""
	record = {"doctype": AUDIENCE, "name": "new-customer-audience-1", "how": "By Filters", "enabled": 1}
	record.update(
		{"audience_name": "Form New", "match": "All Conditions", **({"__islocal": 1} if new else {})}
	)
	return {**record, "conditions": list(conditions), **values}


def on_revenue(operator: str, value: float) -> dict[str, Any]:
	metric = frappe.db.get_value(METRIC, {"metric_key": "net_revenue_365d"})
	return on("Metric", metric=metric, operator=operator, value=value)


def customers_of(found: dict[str, Any]) -> list[str]:
	return [row["customer"] for row in found["customers"]]


def external_customers() -> int:
	return frappe.db.count("Customer", {"is_internal_customer": 0})


def external_enabled() -> int:
	return frappe.db.count("Customer", {"is_internal_customer": 0, "disabled": 0})


def with_website() -> int:
	return frappe.db.count("Customer", {"disabled": 0, "website": ("is", "set")})
