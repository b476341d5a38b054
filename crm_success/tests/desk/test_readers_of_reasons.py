"""What moves a score is stored as facts: two people read the same row, each in their own language, wherever it shows."""

import csv
import json
from contextlib import contextmanager
from io import StringIO
from typing import Any

import frappe
from frappe.desk import reportview
from frappe.desk.form.load import getdoc
from frappe.desk.query_report import export_query
from frappe.utils import add_days, getdate

from crm_success.crm_success.report.customer_health import customer_health
from crm_success.scoring.api.customer_panel import get_health
from crm_success.scoring.engine.drivers import drivers_of
from crm_success.scoring.reader_words import driver_words, stored_drivers
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import (
	ScoringTestCase,
	components,
	forget_scores,
	health_rows,
	snapshot_rows,
)

HEALTH, SNAPSHOT, METRIC = "Customer Health", "Customer Health Snapshot", "Health Metric"
LATE, SILENT = "Words Late", "Words Silent"
EN, ZH = "words-en@example.com", "words-zh@example.com"
# 4,000 of 5,500 are overdue: 0 of 100 points, for a ninth of the score
OVERDUE = {
	# a day earlier the contribution is rounded down
	EN: r"Lowers the score by 5\.[56]: Overdue Share of Billed is 72\.7 %",
	ZH: r"扣5\.[56]分.逾期占开票比例为72\.7 %",
}
YESTERDAY = getdate(add_days(getdate(), -1))


def texts_of_report(rows: list[dict[str, Any]]) -> dict[str, str]:
	return {row["customer"]: row["drivers"] for row in rows}


class TestReaders(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		today = getdate()
		factories.make_fiscal_years(today.year - 1, today.year)
		for name in (LATE, SILENT):
			factories.make_customer(name)
		factories.make_invoice(LATE, 4000, getdate(add_days(today, -200)))
		factories.make_invoice(LATE, 1500, getdate(add_days(today, -20)))
		for user, language in ((EN, "en"), (ZH, "zh")):
			factories.make_user(user, "Customer Success Manager", "Sales User")
			frappe.db.set_value("User", user, "language", language)

	def setUp(self):
		super().setUp()
		forget_scores()
		# the site speaks English when it scores; nobody is scored again for a reader
		with self.reading_as("Administrator", "en"):
			rescore_customers([LATE, SILENT])

	def tearDown(self):
		frappe.local.lang = "en"
		super().tearDown()

	@contextmanager
	def reading_as(self, user: str, language: str | None = None):
		"""Who asks, in the language that Frappe gives their requests."""
		frappe.set_user(user)
		if language:
			frappe.local.lang = language
		else:
			frappe.set_user_lang(user)
		try:
			yield
		finally:
			frappe.set_user("Administrator")
			frappe.local.lang = "en"

	def assert_read(self, read: Any) -> None:
		"""`read` gives the words to whoever reads; each of the two finds theirs, and nobody finds facts."""
		for user in (EN, ZH):
			with self.subTest(user=user):
				with self.reading_as(user):
					text = read()
				self.assertRegex(text, OVERDUE[user])
				self.assertNotIn("overdue_share", text)
				self.assertNotIn("contribution", text)

	# ---- where people read ----------------------------------------------------------------------------------

	def test_the_form(self):
		def read() -> str:
			frappe.response.docs = []
			getdoc(HEALTH, LATE)
			return frappe.response.docs[0].as_dict()["drivers"]

		self.assert_read(read)

	def test_the_panel_on_the_customer(self):
		self.assert_read(lambda: get_health(LATE)["drivers"])
		self.assertNotIn("driver_facts", get_health(LATE))

	def test_the_report(self):
		self.assert_read(lambda: texts_of_report(customer_health.execute({})[1])[LATE])

	def test_the_export_of_the_report(self):
		def read() -> str:
			form = {"report_name": HEALTH, "file_format_type": "CSV", "filters": json.dumps({"limit": 0})}
			frappe.local.form_dict = frappe._dict(form, visible_idx=json.dumps(list(range(50))))
			export_query()
			rows = csv.reader(StringIO(frappe.response.filecontent.decode()))
			return "\n".join(next(row for row in rows if row and row[0] == LATE))

		self.assert_read(read)

	def test_print(self):
		self.assert_read(lambda: frappe.get_print(HEALTH, LATE))

	def test_a_notification_or_print_format_that_names_the_field(self):
		template = "{{ doc.drivers }}"
		self.assert_read(lambda: frappe.render_template(template, {"doc": frappe.get_doc(HEALTH, LATE)}))

	def test_a_request_for_the_record(self):
		self.assert_read(lambda: frappe.get_doc(HEALTH, LATE).as_dict()["drivers"])

	def test_a_snapshot(self):
		rescore_customers([LATE], YESTERDAY)
		name = frappe.db.get_value(SNAPSHOT, {"customer": LATE, "as_of": YESTERDAY})
		self.assert_read(lambda: frappe.get_doc(SNAPSHOT, name).as_dict()["drivers"])
		self.assert_read(lambda: frappe.get_print(SNAPSHOT, name))

	def test_an_english_site_that_is_translated_later_needs_no_scoring(self):
		before = health_rows()
		self.addCleanup(frappe.db.set_single_value, "System Settings", "language", "en")
		frappe.db.set_single_value("System Settings", "language", "zh")
		with self.reading_as("Administrator", "zh"):
			self.assertRegex(frappe.get_doc(HEALTH, LATE).drivers, OVERDUE[ZH])
		self.assertEqual(health_rows(), before)

	# ---- what is stored -------------------------------------------------------------------------------------

	def test_what_is_stored_is_what_is_documented(self):
		row = health_rows(LATE)[LATE]
		drivers = json.loads(row["driver_facts"])
		self.assertNotIn("drivers", row)
		self.assertEqual(drivers, drivers_of(components(row)))
		self.assertTrue(0 < len(drivers) <= 6)
		self.assertEqual(list(drivers[0]), ["metric", "value", "points", "contribution"])
		signs = [driver["contribution"] > 0 for driver in drivers]
		self.assertEqual(signs, sorted(signs), "those that lower it come first")

	def test_who_has_no_score_has_no_facts_and_no_words(self):
		row = health_rows(SILENT)[SILENT]
		self.assertIsNone(row["driver_facts"])
		self.assertEqual(frappe.get_doc(HEALTH, SILENT).drivers, "")
		self.assertEqual(get_health(SILENT)["drivers"], "")
		self.assertEqual(texts_of_report(customer_health.execute({})[1])[SILENT], "")
		self.assertEqual(get_health(factories.make_customer("Words New"))["drivers"], "")

	def test_a_snapshot_keeps_nothing_twice(self):
		rescore_customers([LATE], YESTERDAY)
		self.assertFalse({"drivers", "driver_facts"} & set(snapshot_rows(YESTERDAY)[LATE]))

	def test_forms_lists_prints_and_the_report_view_show_no_facts(self):
		facts = frappe.get_meta(HEALTH).get_field("driver_facts")
		self.assertTrue(facts.hidden and facts.report_hide and facts.print_hide)
		for doctype in (HEALTH, SNAPSHOT):
			words = frappe.get_meta(doctype).get_field("drivers")
			self.assertTrue(words.is_virtual and words.report_hide)

	def test_a_list_that_asks_for_the_words_goes_on_without_them(self):
		fields = ["`tabCustomer Health`.`name`", "`tabCustomer Health`.`drivers`"]
		frappe.local.form_dict = frappe._dict(doctype=HEALTH, fields=json.dumps(fields), filters="[]")
		self.assertEqual(reportview.get()["keys"], ["name"])

	# ---- metrics that changed since -------------------------------------------------------------------------

	def test_a_metric_that_was_renamed_has_its_new_name(self):
		frappe.rename_doc(METRIC, "Overdue Share of Billed", "Words Renamed", show_alert=False)
		for text in (
			frappe.get_doc(HEALTH, LATE).drivers,
			get_health(LATE)["drivers"],
			texts_of_report(customer_health.execute({})[1])[LATE],
		):
			self.assertIn("Words Renamed is", text)
			self.assertNotIn("Overdue Share", text)

	def test_a_metric_that_was_deleted_has_its_key(self):
		frappe.db.delete(METRIC, {"name": "Overdue Share of Billed"})
		for text in (
			frappe.get_doc(HEALTH, LATE).drivers,
			get_health(LATE)["drivers"],
			texts_of_report(customer_health.execute({})[1])[LATE],
		):
			self.assertIn("overdue_share is 72.7\n", text)

	def test_amounts_are_in_the_currency_of_the_row(self):
		billed = {"metric": "net_revenue_365d", "value": 5500.0, "points": 90.0, "contribution": 4.0}
		frappe.db.set_value(HEALTH, LATE, {"driver_facts": json.dumps([billed]), "currency": "EUR"})
		self.assertIn("€ 5,500", frappe.get_doc(HEALTH, LATE).drivers)
		self.assertIn("€ 5,500", get_health(LATE)["drivers"])
		frappe.db.set_value(HEALTH, LATE, "currency", None)
		self.assertIn("is 5,500", frappe.get_doc(HEALTH, LATE).drivers)

	def test_a_site_that_hides_currency_symbols_has_none_in_the_reasons(self):
		billed = {"metric": "net_revenue_365d", "value": 5500.0, "points": 90.0, "contribution": 4.0}
		frappe.db.set_value(HEALTH, LATE, {"driver_facts": json.dumps([billed]), "currency": "EUR"})
		self.addCleanup(
			frappe.db.set_default, "hide_currency_symbol", frappe.db.get_default("hide_currency_symbol")
		)
		frappe.db.set_default("hide_currency_symbol", "Yes")
		self.assertIn("is 5,500", frappe.get_doc(HEALTH, LATE).drivers)
		frappe.db.set_default("hide_currency_symbol", "No")
		self.assertIn("is € 5,500", frappe.get_doc(HEALTH, LATE).drivers)

	# ---- nothing else ---------------------------------------------------------------------------------------

	def test_names_and_formats_are_read_once_for_all_rows(self):
		facts = stored_drivers(health_rows(LATE)[LATE]["driver_facts"])
		words = driver_words()
		words.lines(facts, "EUR")
		with self.assertQueryCount(0):
			for _row in range(100):
				words.lines(facts, "EUR")

	def test_a_form_that_sends_the_words_back_changes_nothing(self):
		"""As a form saves: the whole record comes back, with an override in it."""
		with self.reading_as(ZH):
			sent = frappe.get_doc(HEALTH, LATE).as_dict()
			until = {"override_until": getdate(), "override_reason": "They told us", "override_score": 80}
			frappe.get_doc({**sent, **until}).save()
		after = frappe.get_doc(HEALTH, LATE)
		self.assertEqual((after.score, after.driver_facts), (80, sent["driver_facts"]))
		self.assertRegex(after.drivers, OVERDUE[EN])
