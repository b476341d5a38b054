"""Nobody learns what is in documents that they may not read by asking again and again what a definition would give."""

import json
from typing import Any

import frappe
from frappe.permissions import add_permission
from frappe.utils import getdate, now_datetime

from crm_success.tests.support import factories
from crm_success.tests.support.permission_matrix import SALES_USER, SUCCESS_MANAGER, SUPPORT, SYSTEM_MANAGER
from crm_success.tests.support.permission_site import (
	OTHER,
	OWN,
	PermissionTestCase,
	Visitor,
	make_customers,
	make_user,
)
from crm_success.tests.support.scoring_site import drain, start_and_prepare

METRIC, SCORECARD = "Health Metric", "Health Scorecard"
FORM = "crm_success.scoring.api.metric_form"
PIN, TAX_ID = "7394", "DE-512345"
HIDDEN = "Sent by somebody else"


def mails(**values: Any) -> dict[str, Any]:
	"""A metric that counts e-mails of a customer."""
	record = {
		"doctype": METRIC,
		"metric_name": "PM Mails",
		"measure": "Count",
		"source_doctype": "Communication",
	}
	record |= {"customer_field": "reference_name", "date_field": "creation", "window_days": 0}
	return {**record, "scale": "Linear", "worst": 0, "best": 10, **values}


def issues(**values: Any) -> dict[str, Any]:
	return mails(metric_name="PM Issues", source_doctype="Issue", customer_field="customer", **values)


def contains(fieldname: str, text: str) -> str:
	return json.dumps([[fieldname, "like", f"%{text}%"]])


class TestGuesses(PermissionTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		make_customers()
		frappe.db.set_value("Customer", OTHER, "tax_id", TAX_ID)
		cls.run_name = start_and_prepare()
		drain(cls.run_name)
		mail = {
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
		}
		mail |= {"subject": HIDDEN, "content": f"The PIN is {PIN}", "sent_or_received": "Received"}
		mail |= {"reference_doctype": "Customer", "reference_name": OWN, "creation": now_datetime()}
		cls.mail = frappe.get_doc(mail).insert(ignore_permissions=True).name
		cls.addClassCleanup(frappe.db.delete, "Communication", {"name": cls.mail})
		cls.manager = Visitor(make_user("guessing_manager", SUCCESS_MANAGER, SUPPORT))
		cls.owner = Visitor(make_user("guessing_owner", SYSTEM_MANAGER))
		frappe.db.commit()

	def measured(self, visitor: Visitor, record: dict[str, Any]) -> Any:
		"""How many customers have at least one such document, by what the form draws; the refusal where it has none."""
		answer = visitor.call(f"{FORM}.metric_distribution", metric=json.dumps(record))
		self.assert_allowed(answer)
		message = answer.json["message"]
		return message.get("problem") or sum(number for value, number in message["values"] if value)

	# ---- documents that are not the user's -----------------------------------------------------------------

	def test_a_guess_at_somebody_else_s_mail_gives_nothing(self):
		add_permission("Communication", SUCCESS_MANAGER)
		self.addCleanup(self.forget_permissions, "Communication")
		frappe.db.commit()
		for text, whose in ((PIN, mails()), (HIDDEN, mails())):
			with self.subTest(text=text):
				guess = {**whose, "filters": contains("content" if text == PIN else "subject", text)}
				self.assertEqual(self.measured(self.owner, guess), 1)
				self.assertEqual(self.measured(self.manager, guess), 0)
				answer = self.manager.call(f"{FORM}.preview_metric", metric=json.dumps(guess))
				self.assert_allowed(answer)
				self.assertNotIn(self.mail, answer.text)
				self.assertEqual({row["value"] for row in answer.json["message"]["customers"]} - {0}, set())

	def forget_permissions(self, doctype: str) -> None:
		frappe.db.rollback()
		frappe.db.delete("Custom DocPerm", {"parent": doctype})
		frappe.clear_cache(doctype=doctype)
		frappe.db.commit()

	def test_a_user_permission_on_something_that_a_document_names_counts(self):
		issue = frappe.get_all("Issue", {"customer": OWN}, pluck="name")[0]
		project = "PM Secret Project"
		frappe.db.set_value("Issue", issue, "project", project)
		guess = issues(filters=contains("subject", "Issue of"))
		self.assertEqual(self.measured(self.manager, guess), 2)
		values = {"user": self.manager.user, "allow": "Issue", "apply_to_all_doctypes": 1}
		values["for_value"] = frappe.get_all("Issue", {"customer": OTHER}, pluck="name")[0]
		permission = frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
		frappe.db.commit()
		try:
			self.assertEqual(self.measured(self.manager, guess), 1)
			answer = self.manager.post(f"/api/resource/{METRIC}", **guess)
		finally:
			permission.delete()
			frappe.db.set_value("Issue", issue, "project", None)
			frappe.db.commit()
		self.assert_refused(answer)
		self.assertIn("some of the documents", answer.text)
		self.assertFalse(frappe.db.exists(METRIC, guess["metric_name"]))

	# ---- what an existing metric measures ------------------------------------------------------------------

	def test_every_change_of_what_is_measured_needs_the_right_to_read_it(self):
		name = "Invoices 365 Days"
		before = frappe.get_doc(METRIC, name).as_dict()
		for values in (
			{"filters": contains("remarks", PIN)},
			{"filters": None},
			{"measure": "Sum", "value_field": "base_net_total"},
			{"customer_field": "customer", "date_field": "due_date"},
			{"window_days": 1},
			{"source_doctype": "Sales Invoice Item", "parent_doctype": "Sales Invoice", "filters": None},
		):
			for ask in (
				lambda: self.manager.put(f"/api/resource/{METRIC}/{name}", **values),  # noqa: B023
				lambda: self.manager.call(
					"frappe.client.set_value",
					doctype=METRIC,
					name=name,
					fieldname=values,  # noqa: B023
				),
			):
				with self.subTest(values=values):
					answer = ask()
					self.assert_refused(answer)
					self.assertIn("Sales Invoice", answer.text)
		self.assertEqual(frappe.get_doc(METRIC, name).as_dict(), before)

	def test_how_it_is_judged_may_be_changed_without(self):
		name = "Days Since Last Invoice"
		before = frappe.db.get_value(METRIC, name, "best")
		answer = self.manager.put(f"/api/resource/{METRIC}/{name}", best=before + 1)
		frappe.db.set_value(METRIC, name, "best", before)
		frappe.db.commit()
		self.assert_allowed(answer)

	# ---- which scorecard takes a customer ------------------------------------------------------------------

	def scorecard(self, fieldname: str, value: str) -> dict[str, Any]:
		record = {
			"doctype": SCORECARD,
			"scorecard_name": "PM Guess",
			"priority": 1,
			"enabled": 1,
			"__islocal": 1,
		}
		record |= {"dimensions": [{"dimension": "Value", "weight": 100}]}
		record |= {"metrics": [{"metric": "Net Revenue 365 Days", "weight": 100}]}
		return {**record, "customer_filters": contains(fieldname, value)}

	def test_a_tax_id_is_not_guessed_by_filters_on_customers(self):
		for fieldname, value in (
			("tax_id", TAX_ID[:5]),
			("customer_details", "x"),
			("owner", "Administrator"),
		):
			record = self.scorecard(fieldname, value)
			for answer in (
				self.manager.post(f"/api/resource/{SCORECARD}", **record),
				self.manager.call(
					"crm_success.scoring.api.scorecard_form.what_would_change", scorecard=json.dumps(record)
				),
				self.manager.put(
					f"/api/resource/{SCORECARD}/Standard", customer_filters=record["customer_filters"]
				),
			):
				with self.subTest(fieldname=fieldname, path=answer.request.path):
					self.assert_refused(answer)
					self.assertIn(fieldname, answer.text)
		self.assertFalse(frappe.db.exists(SCORECARD, "PM Guess"))

	def test_one_customer_that_was_shared_opens_no_field_of_the_others(self):
		share = frappe.share.add("Customer", OWN, self.manager.user, read=1, notify=0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "DocShare", {"name": share.name})
		frappe.db.commit()
		self.assertTrue(frappe.has_permission("Customer", "read", user=self.manager.user))
		record = self.scorecard("tax_id", TAX_ID[:5])
		method = "crm_success.scoring.api.scorecard_form.what_would_change"
		for answer in (
			self.manager.post(f"/api/resource/{SCORECARD}", **record),
			self.manager.call(method, scorecard=json.dumps(record)),
		):
			self.assert_refused(answer)
			self.assertIn("tax_id", answer.text)

	def test_what_a_health_tells_anyway_may_be_filtered_by(self):
		record = self.scorecard("customer_name", "Permitted")
		method = "crm_success.scoring.api.scorecard_form.what_would_change"
		self.assert_allowed(self.manager.call(method, scorecard=json.dumps(record)))
		reader = Visitor(make_user("guessing_reader", SUCCESS_MANAGER, SALES_USER))
		record = self.scorecard("tax_id", TAX_ID[:5])
		self.assert_allowed(reader.call(method, scorecard=json.dumps(record)))
