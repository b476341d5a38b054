"""Frappe finds our translations, and what Traditional Chinese lacks in Simplified Chinese."""

import frappe
from frappe import _
from frappe.translate import get_all_translations, get_translation_dict_from_file

from crm_success.tests.support.utils import SiteTestCase


class TestChinese(SiteTestCase):
	def test_each_language_has_words_of_its_own(self):
		self.assertEqual(_("Customer Health", lang="zh"), "客户健康度")
		self.assertEqual(_("Customer Health", lang="zh-TW"), "客戶健康度")

	def test_a_context_keeps_words_of_erpnext_apart(self):
		for lang, stage in (("zh", "新客户"), ("zh-TW", "新客戶")):
			self.assertEqual(_("New", lang=lang, context="Customer"), stage)
			self.assertNotEqual(_("New", lang=lang), stage)

	def test_traditional_chinese_falls_back_on_simplified(self):
		simplified, traditional = get_all_translations("zh"), get_all_translations("zh-TW")
		self.assertLessEqual(set(simplified), set(traditional))

	def test_every_row_can_be_read_by_frappe(self):
		for lang in ("zh", "zh-TW"):
			path = frappe.get_app_path("crm_success", "translations", f"{lang}.csv")
			rows = get_translation_dict_from_file(path, lang, "crm_success", throw=True)
			shown = get_all_translations(lang)
			self.assertEqual({key: shown.get(key) for key in rows}, rows)
