"""A currency that nobody knows the worth of takes away amounts, and neither documents nor scores."""

import frappe
import pandas as pd
from frappe.utils import add_days, getdate

from crm_success.record_names import SETTINGS
from crm_success.tests.support import companies, factories, measuring
from crm_success.tests.support.scoring_site import ScoringTestCase, health_rows

HOME, BOTH, ABROAD = (f"Rates {name}" for name in ("Home", "Both", "Abroad"))
DUBLIN = "Rates Dublin"
# what a fresh site has as its currency
RUPEE = "INR"


class RatesCase(ScoringTestCase):
	@classmethod
	def setUpClass(cls):
		# taken away after the documents
		cls.addClassCleanup(companies.remove_companies, DUBLIN)
		super().setUpClass()

	def setUp(self):
		super().setUp()
		self.set_currency(RUPEE)

	def set_currency(self, currency: str) -> None:
		"""The site's, as Global Defaults has it, until the test is over."""
		self.addCleanup(_set_currency, frappe.db.get_default("currency"))
		_set_currency(currency)

	def record_rate(self, source: str, target: str, rate: float) -> None:
		values = {"from_currency": source, "to_currency": target, "exchange_rate": rate, "for_selling": 1}
		day = add_days(getdate(), -5)
		doc = frappe.get_doc({"doctype": "Currency Exchange", "date": day, **values}).insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(doc.delete)
		frappe.db.commit()

	def about_rates(self, run) -> list[tuple[str, str]]:
		"""What the run says of rates: the words up to the colon, and the companies."""
		said = [message for message in run.messages if message.reference_doctype == "Company"]
		return sorted((message.reason.split(":")[0], message.examples) for message in said)


class TestOneCurrencyEverywhere(RatesCase):
	@classmethod
	def make_documents(cls):
		_make_customers(HOME)

	def test_no_rate_is_needed_whatever_the_site_s_own_currency(self):
		run = self.score_all()
		row = health_rows(HOME)[HOME]
		self.assertEqual((row["currency"], row["revenue"], row["invoices"]), ("GBP", 300, 2))
		self.assertEqual(self.about_rates(run), [])
		self.assertEqual(run.status, "Completed")

	def test_a_currency_that_somebody_chose_needs_one(self):
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, SETTINGS, "reporting_currency", None)
		frappe.db.set_single_value(SETTINGS, "reporting_currency", RUPEE)
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		run = self.score_all()
		row = health_rows(HOME)[HOME]
		self.assertEqual((row["currency"], row["invoices"], row["value_class"]), (RUPEE, 2, None))
		self.assertIsNotNone(row["score"])
		self.assertEqual(amounts_of(HOME), {HOME: None})
		self.assertEqual(
			self.about_rates(run), [("There is no exchange rate GBP → INR", _companies_in_pounds())]
		)


class TestTwoCurrencies(RatesCase):
	@classmethod
	def make_documents(cls):
		companies.make_company(DUBLIN, "RDUB", "EUR", "Ireland")
		_make_customers(HOME, BOTH, ABROAD)
		for name in (BOTH, ABROAD):
			companies.invoice_in(DUBLIN, name, 1000, 30)

	def test_without_any_rate_documents_count_and_everybody_is_scored(self):
		run = self.score_all()
		rows = health_rows(HOME, BOTH, ABROAD)
		for name, invoices in ((HOME, 2), (BOTH, 3), (ABROAD, 1)):
			with self.subTest(name):
				row = rows[name]
				self.assertEqual((row["invoices"], row["open_issues"]), (invoices, 1))
				self.assertEqual(row["last_invoice"], add_days(getdate(), -30 if name == ABROAD else -20))
				self.assertIsNotNone(row["score"])
		self.assertEqual(amounts_of(HOME, BOTH, ABROAD), {HOME: None, BOTH: None, ABROAD: None})
		self.assertEqual(
			self.about_rates(run),
			[
				("There is no exchange rate EUR → INR", DUBLIN),
				("There is no exchange rate GBP → INR", _companies_in_pounds()),
			],
		)
		self.assertEqual(run.status, "Completed with Warnings")

	def test_one_rate_is_missing(self):
		self.record_rate("GBP", RUPEE, 100)
		run = self.score_all()
		rows = health_rows(HOME, BOTH, ABROAD)
		self.assertEqual({name: row["invoices"] for name, row in rows.items()}, {HOME: 2, BOTH: 3, ABROAD: 1})
		self.assertEqual(amounts_of(HOME, BOTH, ABROAD), {HOME: 30000, BOTH: 30000, ABROAD: None})
		self.assertEqual(self.about_rates(run), [("There is no exchange rate EUR → INR", DUBLIN)])

	def test_a_rate_the_other_way_round_serves_too(self):
		self.record_rate("GBP", RUPEE, 100)
		self.record_rate(RUPEE, "EUR", 0.0125)
		run = self.score_all()
		rows = health_rows(HOME, BOTH, ABROAD)
		found = {name: row["revenue"] for name, row in rows.items()}
		self.assertEqual(found, {HOME: 30000, BOTH: 110000, ABROAD: 80000})
		self.assertEqual(self.about_rates(run), [])


def amounts_of(*names: str) -> dict[str, float | None]:
	"""Net revenue, None where nobody knows it."""
	values = measuring.raw_values(getdate(), names)["net_revenue_365d"]
	return {name: None if pd.isna(value) else round(float(value), 2) for name, value in values.items()}


def _companies_in_pounds() -> str:
	"""The default one, and any that other tests have left on the site."""
	return "\n".join(frappe.get_all("Company", {"default_currency": "GBP"}, pluck="name", order_by="name"))


def _make_customers(*names: str) -> None:
	today = getdate()
	factories.make_fiscal_years(today.year - 1, today.year)
	for name in names:
		factories.make_customer(name)
		factories.make_issue(name, f"{add_days(today, -3)} 09:00:00")
		if name != ABROAD:
			factories.make_invoice(name, 100, add_days(today, -40))
			factories.make_invoice(name, 200, add_days(today, -20))


def _set_currency(currency: str) -> None:
	frappe.db.set_value("Currency", currency, "enabled", 1)
	defaults = frappe.get_doc("Global Defaults")
	defaults.default_currency = currency
	defaults.save()
	frappe.db.commit()
