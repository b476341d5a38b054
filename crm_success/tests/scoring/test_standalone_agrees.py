"""The standalone command says the same as the site of the same data: every value, and every sentence about it."""

import json
from typing import Any

import frappe
import pandas as pd
from frappe.utils import add_days, getdate

from crm_success.standalone.assessment import Outcome
from crm_success.standalone.csv_columns import COLUMN_NAMES
from crm_success.tests.support import companies, factories
from crm_success.tests.support.scoring_site import ScoringTestCase, forget_scores
from crm_success.tests.support.standalone_command import score_standalone

PREFIX = "Agrees"
BERLIN, ZURICH = f"{PREFIX} Berlin", f"{PREFIX} Zurich"
# in words below, or of no meaning outside of a database
SENTENCES = ("drivers",)
BATCH_SIZE = 4


class AgreementCase(ScoringTestCase):
	"""Scores on the site and with the command, then compares all that both say."""

	batch_size = BATCH_SIZE

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.today = getdate()
		# runs after those that follow: the documents are taken back by a rollback first
		cls.addClassCleanup(frappe.db.commit)
		# the command knows the code of a currency only
		for currency, values in _symbols("GBP", "EUR", "ISK").items():
			cls.addClassCleanup(frappe.db.set_value, "Currency", currency, values)
			frappe.db.set_value("Currency", currency, {"symbol": None, "symbol_on_right": 1})
		frappe.db.commit()

	def setUp(self):
		super().setUp()
		forget_scores()
		frappe.db.commit()

	def report_in(self, currency: str):
		"""Make it the site's currency, as somebody does in Global Defaults, until the test is over."""
		self.addCleanup(_set_site_currency, frappe.db.get_default("currency"))
		_set_site_currency(currency)

	def record_rate(self, source: str, target: str, rate: float, days_ago: int = 10):
		values = {"from_currency": source, "to_currency": target, "exchange_rate": rate, "for_selling": 1}
		day = add_days(self.today, -days_ago)
		doc = frappe.get_doc({"doctype": "Currency Exchange", "date": day, **values}).insert()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(doc.delete)
		frappe.db.commit()

	def score_both(self) -> tuple[dict[str, Any], Any, pd.DataFrame, Outcome]:
		run = self.score_all(self.today)
		self.assertEqual(run.batches_failed, 0)
		names = frappe.get_all("Customer Health", pluck="name")
		site = {name: frappe.get_doc("Customer Health", name) for name in names}
		return site, run, *score_standalone(self.today, BATCH_SIZE)

	def assert_agreement(self) -> tuple[dict[str, Any], Any]:
		"""Both say the same of everybody and of the data; what the site says."""
		site, run, standalone, outcome = self.score_both()
		self.assert_same_rows(site, standalone)
		said = [(f"{m.reference_doctype} ({m.count:,}): {m.reason}", m.examples or "") for m in run.messages]
		warned = [(warning.text, "\n".join(warning.examples)) for warning in outcome.warnings]
		self.assertEqual(sorted(said), sorted(warned))
		return site, run

	def assert_same_rows(self, site: dict[str, Any], standalone: pd.DataFrame):
		self.assertEqual(sorted(site), sorted(standalone["customer"]))
		for name, health in site.items():
			theirs = standalone.loc[name]
			for column in COLUMN_NAMES:
				if column not in SENTENCES:
					with self.subTest(customer=name, column=column):
						# a property, which Frappe's get does not see
						ours = health.stage_reason if column == "stage_reason" else health.get(column)
						self.assert_same(column, ours, theirs[column])

	def assert_same(self, column: str, ours: Any, theirs: Any):
		if column == "components":
			ours, theirs = json.loads(ours or "null"), json.loads(theirs or "null")
		elif pd.isna(theirs) or theirs == "":
			ours, theirs = ours or None, None
		elif isinstance(ours, float):
			# decimals of a column against floats
			ours, theirs = round(ours, 6), round(float(theirs), 6)
		elif not isinstance(ours, int):
			ours, theirs = str(ours), str(theirs)
		self.assertEqual(ours, theirs)

	def assert_same_sentences(self) -> dict[str, str]:
		"""What drivers are said to be, by customer."""
		site, _run, standalone, _outcome = self.score_both()
		said = {name: health.drivers or "" for name, health in site.items()}
		self.assertEqual(said, dict(standalone["drivers"]))
		return said


class TestOneCompany(AgreementCase):
	"""A company that uses no issues: the metrics of service have nothing on record."""

	@classmethod
	def make_documents(cls):
		_make_customers()
		_make_bad_data()

	def test_in_its_own_currency(self):
		site, run = self.assert_agreement()
		self.assertGreater(site[f"{PREFIX} Buys"].revenue, 0)
		self.assertEqual(site[f"{PREFIX} Buys"].currency, "GBP")
		self.assertEqual(site[f"{PREFIX} Nothing"].customer_disabled, 1)
		self.assert_message(run, "No document gives", reference_doctype="Issue", count=5, severity="Info")
		self.assert_message(run, "name no customer", reference_doctype="Sales Invoice", count=1)
		self.assert_message(run, "of a later day", reference_doctype="Sales Invoice", count=1)
		self.assert_message(run, "does not exist", reference_doctype="Sales Invoice", examples="Gone")
		self.assert_message(run, "Internal customers", count=1, examples=f"{PREFIX} Sister")

	def test_drivers_in_words(self):
		said = self.assert_same_sentences()
		# nothing is on record for issues, so nothing is said of them
		self.assertNotIn("Issue", said[f"{PREFIX} Buys"])
		self.assertIn(" GBP", "\n".join(said.values()))

	def test_one_currency_everywhere_needs_no_rate_whatever_the_default(self):
		self.report_in("ISK")
		site, run = self.assert_agreement()
		self.assertGreater(site[f"{PREFIX} Buys"].revenue, 0)
		self.assertEqual(site[f"{PREFIX} Buys"].currency, "GBP")
		self.assertNotIn("exchange rate", " ".join(message.reason for message in run.messages))


class TestSeveralCompanies(AgreementCase):
	"""Companies in three currencies, one of them without a rate, and issues with and without an agreement."""

	@classmethod
	def setUpClass(cls):
		# taken away after the documents
		cls.addClassCleanup(companies.remove_companies, BERLIN, ZURICH)
		super().setUpClass()

	@classmethod
	def make_documents(cls):
		_make_companies()
		_make_customers()
		_make_issues()
		for number, company in enumerate((BERLIN, ZURICH)):
			for name in ("Buys", "Abroad"):
				companies.invoice_in(company, f"{PREFIX} {name}", 1000 + number, 30)

	def test_rates_in_both_directions_and_none(self):
		self.record_rate("GBP", "EUR", 1.25)
		site, run = self.assert_agreement()
		self.assertEqual(site[f"{PREFIX} Abroad"].revenue, 800)
		self.assert_message(run, "no exchange rate CHF → GBP", count=1, examples=ZURICH)
		self.assert_message(run, "without a resolution date", reference_doctype="Issue", count=1)
		self.assertGreater(site[f"{PREFIX} Issues"].open_issues, 0)

	def test_drivers_in_words(self):
		said = self.assert_same_sentences()
		self.assertIn("Failed SLA Share is", said[f"{PREFIX} Issues"])

	def test_no_rate_for_either(self):
		site, run = self.assert_agreement()
		self.assertEqual(site[f"{PREFIX} Abroad"].revenue, 0)
		self.assertEqual(site[f"{PREFIX} Abroad"].invoices, 2)
		self.assert_message(run, "no exchange rate EUR → GBP", count=1, examples=BERLIN)
		self.assert_message(run, "no exchange rate CHF → GBP", count=1, examples=ZURICH)

	def test_at_a_rate_to_another_currency(self):
		site, _run = self.assert_agreement()
		pounds = site[f"{PREFIX} Buys"].revenue
		forget_scores()
		self.report_in("ISK")
		self.record_rate("GBP", "ISK", 170)
		site, _run = self.assert_agreement()
		self.assertEqual(site[f"{PREFIX} Buys"].currency, "ISK")
		self.assertEqual(site[f"{PREFIX} Buys"].revenue, 170 * pounds)


def _symbols(*currencies: str) -> dict[str, dict[str, Any]]:
	fields = ["name", "symbol", "symbol_on_right"]
	rows = frappe.get_all("Currency", {"name": ("in", currencies)}, fields)
	return {row.pop("name"): dict(row) for row in rows}


def _set_site_currency(currency: str) -> None:
	defaults = frappe.get_doc("Global Defaults")
	defaults.default_currency = currency
	defaults.save()
	frappe.db.commit()


def _make_customers() -> None:
	"""Customers who buy, return, pay late, owe, or have nothing at all."""
	today = getdate()
	factories.make_fiscal_years(today.year - 1, today.year)
	buys, late, returns, owes = (
		factories.make_customer(f"{PREFIX} {name}") for name in ("Buys", "Pays Late", "Returns", "Owes")
	)
	factories.make_customer(f"{PREFIX} Nothing", account_manager="Administrator", disabled=1)
	for name in (f"{PREFIX} Abroad", f'{PREFIX} "O\'Neil" & 客户 🚀'):
		factories.make_customer(name, account_manager="Administrator")
	for days_ago, amount in ((300, 900), (200, 700), (120, 1200.5), (60, 800), (5, 333.33)):
		invoice = factories.make_invoice(buys, amount, add_days(today, -days_ago))
		factories.make_payment(invoice, add_days(today, -days_ago + 3))
	for days_ago in (150, 90):
		invoice = factories.make_invoice(late, 500, add_days(today, -days_ago), due_in_days=10)
		factories.make_payment(invoice, add_days(today, -days_ago + 45), amount=400)
	sold = factories.make_invoice(returns, 400, add_days(today, -40))
	factories.make_return(sold, 150, add_days(today, -20))
	factories.make_invoice(owes, 2500, add_days(today, -100), due_in_days=14)


def _make_bad_data() -> None:
	"""What cannot count: of nobody, of somebody who is gone, of a sister company, and of next year."""
	today = getdate()
	factories.make_customer(f"{PREFIX} Sister")
	frappe.db.set_value("Customer", f"{PREFIX} Sister", "is_internal_customer", 1)
	spoiled = (
		{"customer": ""},
		{"customer": "Gone"},
		{"posting_date": add_days(today, 400)},
	)
	for values in spoiled:
		invoice = factories.make_invoice(f"{PREFIX} Buys", 10, add_days(today, -1))
		frappe.db.set_value("Sales Invoice", invoice.name, values)


def _make_issues() -> None:
	today = getdate()
	customer = factories.make_customer(f"{PREFIX} Issues")
	opened = [f"{add_days(today, -days_ago)} 09:00:00" for days_ago in (100, 60, 30, 3)]
	without = factories.resolve_issue(factories.make_issue(customer, opened[0]), after_hours=5)
	unknown = dict.fromkeys(("sla_resolution_date", "health_closed_on"))
	frappe.db.set_value("Issue", without.name, unknown)
	factories.make_service_level_agreement()
	factories.resolve_issue(factories.make_issue(customer, opened[1], priority="High"), after_hours=60)
	factories.resolve_issue(factories.make_issue(f"{PREFIX} Buys", opened[2]), after_hours=2.5)
	factories.make_issue(customer, opened[3])


def _make_companies() -> None:
	companies.make_company(BERLIN, "AGIN", "EUR", "Germany")
	companies.make_company(ZURICH, "AGCH", "CHF", "Switzerland")
