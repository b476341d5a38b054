"""Names and texts with HTML in them come out of messages, records and answers harmless."""

import json
from html import escape
from typing import Any
from unittest.mock import patch

import frappe
from frappe.utils import getdate

from crm_success.batches import messages as run_messages
from crm_success.batches.messages import Message
from crm_success.record_checks import storable_values
from crm_success.record_checks.field_errors import bold, closest, one_of, refuse
from crm_success.scoring.api import metric_form, scoring_runs
from crm_success.scoring.engine.measure_table import Measure
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase
from crm_success.tests.support.utils import SiteTestCase, messages

HTML = "<img src=x onerror=alert(1)>"
TAG = "<img"

METRIC: dict[str, Any] = {
	"doctype": "Health Metric",
	"metric_name": "Escaped",
	"dimension": "Value",
	"measure": "Sum",
	"source_doctype": "Sales Invoice",
	"customer_field": "customer",
	"date_field": "posting_date",
	"value_field": "base_net_total",
	"scale": "Linear",
	"worst": 0,
	"best": 10,
}
FORMULA = {**METRIC, "measure": "Expression", "expression": "net_revenue_365d / 2"}


def filters(*rows: list[Any]) -> str:
	return json.dumps(rows)


class TestRefusals(SiteTestCase):
	def refusal_of(self, doc: Any) -> str:
		frappe.clear_messages()
		with self.assertRaises(frappe.ValidationError) as refusal:
			doc.run_method("validate")
		# what is no HTML to check_entered may be shown by the checks behind it
		past_it = patch.object(storable_values, "markup_in", return_value="")
		with past_it, self.assertRaises(frappe.ValidationError) as behind:
			doc.run_method("validate")
		return f"{refusal.exception} {behind.exception} {messages()}"

	def assert_harmless(self, text: str) -> None:
		self.assertNotIn(TAG, text)
		self.assertIn(escape(TAG), text)

	def test_of_a_long_text_a_message_shows_the_beginning(self):
		doc = frappe.get_doc({**METRIC, "metric_key": "A" * 5000})
		text = self.refusal_of(doc)
		self.assertIn("A" * 140 + " …", text)
		self.assertNotIn("A" * 141, text)

	def test_what_somebody_enters_in_a_metric(self):
		for values in (
			{"metric_key": HTML},
			{"source_doctype": HTML},
			{"source_doctype": "Sales Invoice Item", "parent_doctype": HTML},
			{"customer_field": HTML},
			{"date_field": HTML},
			{"value_field": HTML},
			{"filters": filters([HTML, "=", 1])},
			{"filters": filters([HTML, "customer", "=", 1])},
			{"filters": filters(["is_return", HTML, 1])},
			{"filters": filters(["is_return", "=", HTML])},
			{"filters": filters(["posting_date", "=", HTML])},
			{"filters": filters(["posting_date", "between", [HTML, HTML]])},
			{"filters": filters(["status", "=", HTML])},
			{"filters": filters(["customer", "is", HTML])},
			{"measure": Measure.SHARE.value, "matching": filters([HTML, "=", 1])},
		):
			with self.subTest(values=values):
				self.assert_harmless(self.refusal_of(frappe.get_doc({**METRIC, **values})))

	def test_a_formula_is_never_shown_back_as_html(self):
		for expression in (HTML, f"'{HTML}'", f"net_revenue_365d + {HTML}", "a <b> c"):
			with self.subTest(expression=expression):
				doc = frappe.get_doc({**FORMULA, "expression": expression})
				self.assertNotIn(TAG, self.refusal_of(doc))

	def test_what_somebody_enters_in_a_scorecard(self):
		card = frappe.get_doc("Health Scorecard", {"is_default": 1})
		for table, values in (
			("dimensions", [{"dimension": HTML, "weight": 1}] * 2),
			("dimensions", [{"dimension": HTML, "weight": -1}]),
			("metrics", [{"metric": HTML, "weight": 1}]),
		):
			with self.subTest(table=table, values=values):
				doc = frappe.copy_doc(card)
				doc.set(table, values)
				self.assert_harmless(self.refusal_of(doc))
		doc = frappe.copy_doc(card)
		doc.customer_filters = filters([HTML, "=", 1])
		self.assert_harmless(self.refusal_of(doc))

	def test_options_of_a_field_that_a_filter_could_have(self):
		from crm_success.scoring.checks.filter_checks import check_filters
		from crm_success.scoring.checks.source_fields import fields_of

		fields = fields_of("Sales Invoice")
		fields["status"] = frappe._dict({**vars(fields["status"]), "options": HTML})
		fields["status"].update({"is_number": False, "is_date": False})
		with self.assertRaises(Exception) as refusal:
			check_filters(filters(["status", "=", "Nowhere"]), ["Sales Invoice"], fields)
		self.assert_harmless(str(refusal.exception))

	def test_a_day_that_is_none(self):
		with self.assertRaises(frappe.ValidationError) as refusal:
			metric_form.preview_metric(json.dumps(METRIC), as_of=HTML)
		self.assert_harmless(str(refusal.exception))

	def test_the_words_of_refusals(self):
		for text in (bold(HTML), one_of([HTML, HTML]), closest(HTML[:-1], [HTML])):
			self.assert_harmless(text)
		doc = frappe.get_doc({**METRIC})
		with self.assertRaises(frappe.ValidationError) as refusal:
			refuse(doc, "metric_key", bold(HTML))
		self.assert_harmless(str(refusal.exception))

	def test_a_default_scorecard_that_another_replaces(self):
		card = frappe.get_doc("Health Scorecard", {"is_default": 1})
		frappe.db.set_value("Health Scorecard", card.name, "name", HTML)
		other = frappe.copy_doc(card)
		other.update({"scorecard_name": "Escaped Card", "is_default": 1})
		other.insert()
		self.assert_harmless(messages())


class TestWhatScoringWrites(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year)
		factories.make_customer("Escape Internal")
		factories.make_invoice(factories.make_customer("Escape Good"), 100, str(today))
		# past the checks of names, as a migration from another system might have written it
		frappe.db.set_value("Customer", "Escape Internal", {"name": HTML, "is_internal_customer": 1})
		frappe.get_doc(METRIC).insert()
		# past the checks of a metric, as a restored table might hold it
		unusable = filters(["posting_date", ">", f"2026-01-01{HTML}"])
		frappe.db.set_value("Health Metric", METRIC["metric_name"], "filters", unusable)

	@classmethod
	def _take_back(cls):
		super()._take_back()
		frappe.delete_doc("Health Metric", METRIC["metric_name"], force=True, delete_permanently=True)
		frappe.db.commit()

	def test_a_run_says_nothing_as_html(self):
		run = self.score_all()
		told = json.dumps([message.as_dict() for message in run.messages], default=str)
		self.assertNotIn(TAG, told)
		self.assertIn("&lt;img", told)
		stored = frappe.get_all("Work Batch", {"work_run": run.name}, pluck="messages")
		self.assertNotIn(TAG, "".join(text or "" for text in stored))

	def test_messages_of_a_batch_stay_what_they_are(self):
		found = [Message("Warning", HTML, "Customer", 2, (HTML, "A & B"))]
		stored = run_messages.as_text(found)
		self.assertNotIn("<", stored)
		self.assertEqual(list(run_messages.from_text(stored)), found)

	def test_a_message_in_a_run_is_html_that_reads_as_it_was_written(self):
		row = run_messages.as_row(Message("Warning", "1 < 2", "Customer", 2, (HTML, "A & B")))
		self.assertEqual(row["reason"], "1 &lt; 2")
		self.assertEqual(row["examples"], f"{HTML.replace('<', '&lt;')}\nA & B")

	def test_rescoring_an_internal_customer(self):
		self.score_all()
		with self.assertRaises(frappe.ValidationError) as refusal:
			scoring_runs.rescore_customer(HTML)
		self.assertNotIn(TAG, str(refusal.exception) + messages())
		self.assertIn("internal customers", str(refusal.exception))
