"""Expected spend and lifetime value on a site with enough customers to learn from: stored, worded, as the command's."""

import json

import frappe
from frappe.utils import add_days, getdate

from crm_success.patches import choose_lifetime_way
from crm_success.record_names import CALIBRATION, HEALTH, SETTINGS
from crm_success.scoring.runs.rescoring import rescore_customers
from crm_success.tests.scoring.test_told_risks import NEVER, RiskCase
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.standalone_command import score_standalone

FORMULA = "Yearly Spend x Lifetime x Retention"


def set_way(case: ScoringTestCase, **values: object) -> None:
	before = {name: frappe.db.get_single_value(SETTINGS, name) for name in values}
	case.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)
	case.addCleanup(frappe.db.commit)
	case.addCleanup(frappe.db.set_single_value, SETTINGS, before)
	frappe.db.set_single_value(SETTINGS, values)
	frappe.db.commit()
	frappe.clear_document_cache(SETTINGS, SETTINGS)


class TestToldValues(RiskCase):
	def setUp(self):
		super().setUp()
		self.one = max(self.buyers.values(), key=lambda row: row.expected_spend).name

	def test_every_buyer_has_a_value_and_who_never_bought_has_none(self):
		for row in self.buyers.values():
			self.assertGreaterEqual(row.clv, row.expected_spend, row.name)
			self.assertGreaterEqual(row.expected_spend, 0)
		self.assertGreater(self.told[self.one].clv, self.told[self.one].expected_spend)
		never = frappe.db.get_value(HEALTH, NEVER, ["expected_spend", "clv"])
		self.assertEqual(never, (0, 0))
		self.assertEqual(frappe.get_doc(HEALTH, NEVER).value_told_by, "")

	def test_the_command_tells_the_same(self):
		standalone, _outcome = score_standalone(getdate(), 41)
		for name, row in self.told.items():
			for column in ("expected_spend", "clv"):
				theirs = standalone.loc[name][column]
				self.assertAlmostEqual(row[column], theirs, 6, (name, column))

	def test_the_form_says_where_a_value_comes_from(self):
		row, words = self.told[self.one], frappe.get_doc(HEALTH, self.one).value_told_by.splitlines()
		buys = round(100 - row.lapse_risk)
		self.assertRegex(
			words[0],
			f"^Expects £ [0-9,]+ in 90 days: buys with a chance of {buys} %, then spends about £ [0-9,]+$",
		)
		self.assertEqual(
			words[1], "Lifetime value: this and what follows for 10 years, discounted by 10 % a year"
		)

	def test_words_are_those_of_the_reader(self):
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "zh"
		for doctype, name in ((HEALTH, self.one), (CALIBRATION, self.run.calibration)):
			text = frappe.get_doc(doctype, name).value_told_by
			self.assertTrue(text)
			self.assertNotRegex(text.replace("BG/NBD", ""), "[A-Za-z]{3}")

	def test_the_calibration_says_how_it_is_told(self):
		doc = frappe.get_doc(CALIBRATION, self.run.calibration)
		self.assertRegex(
			doc.value_told_by, r"^Told by what [0-9,]+ buyers spent after earlier dates \(5\)\.\n"
		)
		self.assertIn("In later years it fades ", doc.value_told_by)

	def test_rescoring_one_customer_tells_the_same(self):
		rescore_customers([self.one])
		again = self.health()[self.one]
		for fieldname in ("expected_spend", "clv"):
			self.assertEqual(again[fieldname], self.told[self.one][fieldname])

	def test_the_formula_can_be_chosen_and_says_so(self):
		set_way(self, lifetime_way=FORMULA, retention_percent=75)
		rescore_customers([self.one])
		row = self.health()[self.one]
		self.assertAlmostEqual(row.clv, 3 * row.revenue, 1)
		self.assertEqual(row.expected_spend, self.told[self.one].expected_spend)
		self.assertIn("yearly revenue x expected years", frappe.get_doc(HEALTH, self.one).value_told_by)

	def test_a_higher_discount_makes_lifetimes_worth_less(self):
		set_way(self, discount_percent=30)
		rescore_customers([self.one])
		row = self.health()[self.one]
		self.assertLess(row.clv, self.told[self.one].clv)
		self.assertEqual(row.expected_spend, self.told[self.one].expected_spend)

	def test_a_calibration_from_before_uses_the_formula(self):
		for part in ("spend", "risk"):
			kept = json.loads(frappe.db.get_value(CALIBRATION, self.run.calibration, "calibration"))
			kept.pop(part, None)
			frappe.db.set_value(CALIBRATION, self.run.calibration, "calibration", json.dumps(kept))
			frappe.db.commit()
			rescore_customers([self.one])
			row = self.health()[self.one]
			self.assertIsNone(row.expected_spend)
			self.assertGreater(row.clv, 0)
			self.assertIn("Nothing was learned yet", frappe.get_doc(HEALTH, self.one).value_told_by)
			if part == "spend":
				self.assertIsNotNone(row.lapse_risk)


class TestTooLittleForAForecast(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		factories.make_fiscal_years(getdate().year - 1, getdate().year)
		factories.make_customer("Value Few")
		for days in (40, 10):
			factories.make_invoice("Value Few", 100, add_days(getdate(), -days))

	def test_the_formula_is_used_and_the_form_says_why(self):
		forget_scores()
		self.score_all()
		doc = frappe.get_doc(HEALTH, "Value Few")
		self.assertIsNone(doc.expected_spend)
		self.assertEqual(doc.clv, 600)  # 200 a year, 4 years, 75 %
		self.assertIn("Spend cannot be told", doc.value_told_by)


class TestOlderSites(ScoringTestCase):
	def execute(self, **values: object) -> tuple[str, float]:
		fields = ("lifetime_way", "discount_percent")
		frappe.db.delete("Singles", {"doctype": SETTINGS, "field": ("in", fields)})
		frappe.db.set_single_value(SETTINGS, values)
		choose_lifetime_way.execute()
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		frappe.get_doc(SETTINGS).save()
		settings = frappe.get_doc(SETTINGS)
		return settings.lifetime_way, settings.discount_percent

	def test_who_set_a_retention_keeps_going_by_it(self):
		self.assertEqual(self.execute(retention_percent=0), ("Forecast", 10))
		self.assertEqual(self.execute(retention_percent=80), (FORMULA, 10))

	def test_the_patch_changes_no_choice(self):
		frappe.db.set_single_value(
			SETTINGS, {"lifetime_way": "Forecast", "discount_percent": 0, "retention_percent": 80}
		)
		choose_lifetime_way.execute()
		settings = frappe.db.get_singles_dict(SETTINGS)
		self.assertEqual((settings["lifetime_way"], float(settings["discount_percent"])), ("Forecast", 0.0))

	def test_the_settings_refuse_a_discount_that_is_none(self):
		settings = frappe.get_doc(SETTINGS)
		settings.discount_percent = 101
		self.assert_refused(settings, "Discount")
