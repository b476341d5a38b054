"""What the form of a Customer Health asks for: its pictures, and the documents behind a value."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.scoring.api import health_form
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores, health_rows

BUYER, OTHER, SILENT = "Form Buyer", "Form Other", "Form Silent"
ODD = "<img src=x onerror=alert(1)>"
INVOICES = 25


def day(days_ago: int):
	return getdate(add_days(getdate(), -days_ago))


class TestHealthForm(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		for name in (BUYER, OTHER, SILENT):
			factories.make_customer(name)
		cls.invoices = [
			factories.make_invoice(BUYER, 100 + number, day(number)).name for number in range(1, INVOICES + 1)
		]
		cls.overdue = factories.make_invoice(OTHER, 300, day(60), due_date=day(50)).name
		cls.issue = factories.make_issue(OTHER, f"{day(5)} 10:00:00").name
		frappe.db.set_value("Issue", cls.issue, "subject", ODD)
		roles = ("Customer Success User", "Sales User", "Accounts User", "Support Team")
		cls.users = {
			role: factories.make_user(f"{frappe.scrub(role)}@form.example.com", role) for role in roles
		}
		cls.users["nobody"] = factories.make_user("nobody@form.example.com", "Stock User")

	def setUp(self):
		super().setUp()
		forget_scores()
		rescore_customers([BUYER, OTHER, SILENT])

	def act_as(self, role: str):
		frappe.set_user(self.users[role])

	def allow_only(self, role: str, doctype: str, name: str):
		values = {"user": self.users[role], "allow": doctype, "for_value": name, "apply_to_all_doctypes": 1}
		permission = frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
		self.addCleanup(self._forget, permission)

	def _forget(self, permission):
		frappe.set_user("Administrator")
		permission.delete()
		frappe.db.commit()

	def add_snapshots(self, customer: str, number: int):
		for week in range(number):
			values = {"customer": customer, "as_of": day(7 * week), "score": 50 + week, "band": "Watch"}
			frappe.get_doc({"doctype": "Customer Health Snapshot", **values}).insert(ignore_permissions=True)

	def parts(self, customer: str) -> dict[str, dict]:
		return {part["metric"]: part for part in health_form.picture(customer)["components"]}

	# ---- the picture ---------------------------------------------------------------------------------------

	def test_the_contributions_make_the_score(self):
		picture = health_form.picture(BUYER)
		total = 50 + sum(part["contribution"] for part in picture["components"])
		self.assertEqual(round(total, 6), picture["score"])
		for part in picture["components"]:
			self.assertEqual(part["contribution"], round(part["contribution"], 1))
		self.assertEqual(round(sum(part["weight"] for part in picture["components"]), 6), 100)
		self.assertEqual(picture["as_of"], getdate())

	def test_the_parts_are_those_of_the_scorecard_by_dimension_the_heaviest_first(self):
		parts = health_form.picture(BUYER)["components"]
		dimensions = list(dict.fromkeys(part["dimension"] for part in parts))
		self.assertEqual(dimensions, ["Value", "Payment", "Service", "Engagement"])
		for dimension in dimensions:
			weights = [part["weight"] for part in parts if part["dimension"] == dimension]
			self.assertEqual(weights, sorted(weights, reverse=True))
		rows = frappe.get_doc("Health Scorecard", "Standard").metrics
		self.assertEqual({part["label"] for part in parts}, {row.metric for row in rows})

	def test_a_part_has_its_value_as_it_was_scored(self):
		stored = json.loads(health_rows(BUYER)[BUYER]["components"])["invoices_365d"]
		part = self.parts(BUYER)["invoices_365d"]
		self.assertEqual((part["label"], part["unit"], part["raw"]), ("Invoices 365 Days", "Count", INVOICES))
		for name in ("points", "weight", "contribution"):
			self.assertEqual(part[name], stored[name])

	def test_a_missing_value_is_none_and_says_what_it_counted_for(self):
		self.addCleanup(self.treat_missing, "Open Issues", "Ignore")
		self.treat_missing("Open Issues", "Best")
		parts = self.parts(BUYER)
		self.assertEqual((parts["open_issues"]["raw"], parts["open_issues"]["points"]), (None, 100))
		left_out = parts["average_resolution_hours"]
		self.assertEqual((left_out["raw"], left_out["points"], left_out["weight"]), (None, None, 0))

	def treat_missing(self, metric: str, treatment: str):
		frappe.db.set_value("Health Metric", metric, "missing_treatment", treatment)
		frappe.db.commit()
		rescore_customers([BUYER])

	def test_the_coverage_is_that_of_the_score(self):
		coverage = health_rows(BUYER)[BUYER]["coverage"]
		self.assertTrue(0 < coverage < 100)
		self.assertEqual(health_form.picture(BUYER)["coverage"], coverage)
		self.assertIsNone(health_form.picture(SILENT)["coverage"])

	def test_a_metric_put_on_the_scorecard_since_is_not_scored_yet(self):
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		scorecard.append("metrics", {"metric": "Gross Revenue 365 Days", "weight": 1})
		scorecard.flags.ignore_validate = True
		scorecard.save()
		values = json.loads(frappe.db.get_value("Customer Health", BUYER, "components"))
		values.pop("gross_revenue_365d")
		frappe.db.set_value("Customer Health", BUYER, "components", json.dumps(values))
		self.assertFalse(self.parts(BUYER)["gross_revenue_365d"]["is_scored"])

	def test_a_metric_deleted_since_is_named_by_its_key(self):
		frappe.db.delete("Health Metric", {"metric_key": "invoices_365d"})
		part = self.parts(BUYER)["invoices_365d"]
		self.assertEqual((part["label"], part["is_kept"], part["raw"]), ("invoices_365d", False, INVOICES))

	def test_the_history_says_until_when_scores_are_by_earlier_rules(self):
		self.add_snapshots(SILENT, 4)
		self.assertIsNone(health_form.picture(SILENT)["earlier_rules_until"])
		snapshots = {"customer": SILENT, "as_of": ("<", day(7))}
		frappe.db.set_value("Customer Health Snapshot", snapshots, "scoring_rules", 99)
		self.assertEqual(health_form.picture(SILENT)["earlier_rules_until"], day(14))

	def test_thresholds_are_those_of_the_scorecard(self):
		frappe.db.set_value("Health Scorecard", "Standard", {"healthy_from": 81, "watch_from": 33})
		picture = health_form.picture(BUYER)
		self.assertEqual((picture["healthy_from"], picture["watch_from"]), (81, 33))

	def test_an_override_stands_beside_the_computed_score(self):
		computed = health_form.picture(BUYER)["score"]
		doc = frappe.get_doc("Customer Health", BUYER)
		until = add_days(getdate(), 3)
		doc.update({"override_score": 5, "override_reason": "They left", "override_until": until}).save()
		picture = health_form.picture(BUYER)
		self.assertEqual((picture["score"], picture["band"], picture["is_override"]), (5, "At Risk", True))
		self.assertEqual(picture["computed_score"], computed)

	def test_a_customer_with_nothing_to_measure_has_no_score_not_zero(self):
		picture = health_form.picture(SILENT)
		self.assertEqual((picture["score"], picture["computed_score"], picture["band"]), (None, None, ""))

	def test_the_newest_18_snapshots_the_oldest_first(self):
		self.add_snapshots(BUYER, 20)
		snapshots = health_form.picture(BUYER)["snapshots"]
		self.assertEqual(len(snapshots), 18)
		self.assertEqual((snapshots[0]["as_of"], snapshots[-1]["as_of"]), (day(7 * 17), day(0)))
		self.assertEqual(snapshots[-1]["score"], 50)

	# ---- documents -----------------------------------------------------------------------------------------

	def test_the_newest_20_documents_of_a_value(self):
		answer = health_form.metric_documents(BUYER, "net_revenue_365d")
		self.assertEqual([row["name"] for row in answer["documents"]], self.invoices[:20])
		first = answer["documents"][0]
		self.assertEqual((first["date"], first["value"], first["doctype"]), (day(1), 101, "Sales Invoice"))
		self.assertEqual((answer["unit"], answer["more"], answer["hidden"]), ("Currency", True, 0))

	def test_documents_are_those_as_of_the_day_of_the_score(self):
		frappe.db.set_value("Customer Health", BUYER, "as_of", day(20))
		answer = health_form.metric_documents(BUYER, "net_revenue_365d")
		self.assertEqual([row["name"] for row in answer["documents"]], self.invoices[19:])
		self.assertFalse(answer["more"])

	def test_documents_of_another_customer_are_not_among_them(self):
		answer = health_form.metric_documents(OTHER, "net_revenue_365d")
		self.assertEqual([row["name"] for row in answer["documents"]], [self.overdue])

	def test_what_a_document_is_called_comes_as_it_is(self):
		answer = health_form.metric_documents(OTHER, "open_issues")
		self.assertEqual([(row["name"], row["title"]) for row in answer["documents"]], [(self.issue, ODD)])
		(row,) = health_form.metric_documents(OTHER, "net_revenue_365d")["documents"]
		self.assertEqual(row["title"], "")

	def test_a_ledger_entry_is_told_by_its_voucher(self):
		(row,) = health_form.metric_documents(OTHER, "overdue_amount")["documents"]
		self.assertEqual(
			(row["doctype"], row["title"], row["value"]), ("Payment Ledger Entry", self.overdue, 300)
		)

	def test_a_formula_names_its_metrics_with_their_values_as_scored(self):
		frappe.db.set_value("Customer Health", BUYER, "as_of", day(20))
		metrics = {
			row["metric"]: row["raw"] for row in health_form.metric_documents(BUYER, "return_rate")["metrics"]
		}
		total = sum(100 + number for number in range(1, INVOICES + 1))
		self.assertEqual(metrics, {"returned_value_365d": 0, "gross_revenue_365d": total})

	def test_a_metric_that_can_no_longer_be_read_says_why(self):
		frappe.db.set_value("Health Metric", "Invoices 365 Days", "date_field", "no_such_day")
		with self.assertRaisesRegex(frappe.ValidationError, "no_such_day"):
			health_form.metric_documents(BUYER, "invoices_365d")
		with self.assertRaisesRegex(frappe.DoesNotExistError, "no longer exists"):
			health_form.metric_documents(BUYER, "no_such_metric")

	# ---- who may see what ----------------------------------------------------------------------------------

	def test_who_may_not_read_the_health_gets_neither_picture_nor_documents(self):
		self.act_as("nobody")
		for call in (
			health_form.picture,
			lambda customer: health_form.metric_documents(customer, "net_revenue_365d"),
		):
			with self.assertRaises(frappe.PermissionError):
				call(BUYER)

	def test_a_user_permission_hides_other_customers(self):
		self.add_snapshots(BUYER, 2)
		self.allow_only("Sales User", "Customer", BUYER)
		self.act_as("Sales User")
		self.assertEqual(len(health_form.picture(BUYER)["snapshots"]), 2)
		for call in (
			health_form.picture,
			lambda customer: health_form.metric_documents(customer, "net_revenue_365d"),
		):
			with self.assertRaises(frappe.PermissionError):
				call(OTHER)

	def test_whoever_sees_the_health_sees_what_it_rests_on(self):
		for role, metric, may_read in (
			("Accounts User", "net_revenue_365d", True),
			("Accounts User", "overdue_amount", True),
			("Support Team", "open_issues", True),
			("Support Team", "net_revenue_365d", False),
			("Sales User", "overdue_amount", False),
			("Customer Success User", "net_revenue_365d", False),
			("Customer Success User", "open_issues", False),
		):
			frappe.set_user("Administrator")
			(whole,) = health_form.metric_documents(OTHER, metric)["documents"]
			self.act_as(role)
			with self.subTest(role=role, metric=metric):
				answer = health_form.metric_documents(OTHER, metric)
				self.assertEqual(answer["may_read"], may_read)
				# without the right to read it, a document is not told by what stands in it
				self.assertEqual(answer["documents"], [whole if may_read else {**whole, "title": ""}])

	def test_texts_of_documents_are_for_those_who_may_read_them(self):
		values = {"metric_name": "Form Subjects", "metric_key": "form_subjects", "measure": "Distinct Count"}
		values |= {"source_doctype": "Issue", "customer_field": "customer", "date_field": "opening_date"}
		values |= {"value_field": "subject", "scale": "Linear", "worst": 0, "best": 10}
		frappe.get_doc({"doctype": "Health Metric", **values}).insert()
		for role, value in (("Support Team", ODD), ("Customer Success User", None)):
			self.act_as(role)
			with self.subTest(role=role):
				(row,) = health_form.metric_documents(OTHER, "form_subjects")["documents"]
				self.assertEqual((row["name"], row["value"]), (self.issue, value))

	def test_contacts_are_shown_to_whoever_sees_the_health(self):
		people = {"Ada": {"email": "ada@form.example.com"}, "Bob": {"phone": "+49 30 1234"}}
		for first_name, reached in people.items():
			contact = frappe.new_doc("Contact")
			contact.update({"first_name": first_name, "last_name": "Form", "designation": "Buyer"})
			contact.append("links", {"link_doctype": "Customer", "link_name": BUYER})
			if "email" in reached:
				contact.append("email_ids", {"email_id": reached["email"], "is_primary": 1})
			else:
				contact.append("phone_nos", {"phone": reached["phone"], "is_primary_phone": 1})
			contact.is_primary_contact = int(first_name == "Bob")
			contact.insert()
		for role in ("Customer Success User", "Sales User"):
			self.act_as(role)
			with self.subTest(role=role):
				contacts = health_form.picture(BUYER)["contacts"]
				self.assertEqual(contacts["may_open"], role == "Sales User")
				told = [(row["designation"], row["email"], row["phone"]) for row in contacts["rows"]]
				expected = [("Buyer", "", "+49 30 1234"), ("Buyer", "ada@form.example.com", "")]
				self.assertEqual(told, expected)
				self.assertEqual(health_form.picture(OTHER)["contacts"]["rows"], [])

	def test_a_document_that_the_user_may_not_read_is_left_out_and_counted(self):
		self.allow_only("Accounts User", "Sales Invoice", self.invoices[3])
		self.act_as("Accounts User")
		answer = health_form.metric_documents(BUYER, "net_revenue_365d")
		self.assertEqual([row["name"] for row in answer["documents"]], [self.invoices[3]])
		self.assertEqual((answer["hidden"], answer["more"]), (INVOICES - 1, False))
