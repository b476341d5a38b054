"""Names of default records, found in another language."""

import frappe
from frappe.desk.search import search_link

from crm_success.scoring.api.name_search import search_names
from crm_success.tests.support import factories
from crm_success.tests.support.utils import SiteTestCase

METRIC = "Net Revenue 365 Days"


def found(doctype: str, txt: str, **more) -> list[str]:
	"""As a link field asks."""
	return [row["value"] for row in search_link(doctype, txt, **more)]


class TestNamesInChinese(SiteTestCase):
	def setUp(self):
		super().setUp()
		language = frappe.local.lang
		self.addCleanup(setattr, frappe.local, "lang", language)
		frappe.local.lang = "zh"

	def test_a_dimension_is_found_by_the_word_that_is_shown(self):
		self.assertEqual(found("Health Dimension", "价值"), ["Value"])

	def test_names_are_found_in_chinese_and_in_english(self):
		self.assertEqual(found("Health Metric", "365天净收入"), [METRIC])
		self.assertEqual(found("Health Metric", "net revenue 365"), [METRIC])
		self.assertIn("Dormant High Value", found("Customer Segment", "低频率"))

	def test_filters_of_the_form_hold(self):
		self.assertEqual(found("Health Metric", "净收入", filters={"dimension": "Service"}), [])
		self.assertEqual(found("Health Metric", "净收入", filters={"dimension": "Value"}), [METRIC])

	def test_a_disabled_metric_is_not_offered(self):
		frappe.db.set_value("Health Metric", METRIC, "enabled", 0)
		self.assertEqual(found("Health Metric", "净收入"), [])

	def test_pages_follow_each_other(self):
		def page(start):
			return search_names("Health Metric", "", "name", start, 3)

		both = [name for start in (0, 3) for [name] in page(start)]
		self.assertEqual(len(set(both)), 6)

	def test_only_who_may_read_the_records_searches_them(self):
		frappe.set_user(factories.make_user("names@example.com", "Stock User"))
		with self.assertRaises(frappe.PermissionError):
			search_names("Health Metric", "", "name", 0, 10)

	def test_other_doctypes_are_not_searched(self):
		with self.assertRaises(frappe.ValidationError) as refusal:
			search_names("User", "", "name", 0, 10)
		self.assertIn("用户", str(refusal.exception))
