"""Which companies count and what their currencies are worth, from the rows of a small database."""

from datetime import date

import pytest
from small_erp import AS_OF, write

from crm_success.scoring.engine.definitions import CompanyRate, Money
from crm_success.scoring.shared.exchange_rates import exchange_rate, money_on
from crm_success.scoring.shared.findings import WITHOUT_RATE, Finding
from crm_success.standalone.connections import connect

COMPANIES = {"Berlin": "EUR", "London": "GBP", "Oslo": "NOK", "Nowhere": ""}
RATES = [
	("2026-01-10", "GBP", "EUR", 1.2),
	("2026-01-20", "EUR", "GBP", 0.5),
	("2026-02-10", "USD", "EUR", 0.8),
]


@pytest.fixture
def database(tmp_path):
	rates = [
		{"name": f"{day}-{source}-{target}", "date": day, "from_currency": source, "to_currency": target}
		| {"exchange_rate": rate}
		for day, source, target, rate in RATES
	]
	path = write(tmp_path / "erp.db", companies=COMPANIES, rates=rates)
	with connect(f"sqlite:///{path}") as database:
		yield database


@pytest.mark.parametrize(
	("source", "target", "as_of", "rate"),
	[
		("EUR", "EUR", AS_OF, 1),
		# the one of the other direction is nearer
		("GBP", "EUR", AS_OF, 2),
		("GBP", "EUR", date(2026, 1, 15), 1.2),
		# one of an earlier day comes before a nearer one of a later day
		("EUR", "GBP", date(2026, 1, 19), 1 / 1.2),
		("USD", "EUR", AS_OF, 0.8),
		("EUR", "USD", AS_OF, 1.25),
		("NOK", "EUR", AS_OF, None),
		("", "EUR", AS_OF, None),
	],
)
def test_the_rate_of_a_day(database, source, target, as_of, rate):
	assert exchange_rate(database, source, target, as_of) == (rate and pytest.approx(rate))


def test_all_companies_count_where_none_is_chosen(database):
	left_out = [
		Finding(WITHOUT_RATE, "Company", 1, ("Nowhere",), about="? → EUR"),
		Finding(WITHOUT_RATE, "Company", 1, ("Oslo",), about="NOK → EUR"),
	]
	rates = {"Berlin": 1.0, "London": 2.0, "Nowhere": None, "Oslo": None}
	known = tuple(CompanyRate(*rate) for rate in rates.items())
	assert money_on(database, "EUR", (), AS_OF) == (Money("EUR", (), known), left_out)


def test_only_the_chosen_companies_count(database):
	assert money_on(database, "EUR", ("Berlin",), AS_OF) == (Money("EUR", ("Berlin",)), [])
	money, findings = money_on(database, "EUR", ("London", "Oslo"), AS_OF)
	rates = (CompanyRate("London", 2.0), CompanyRate("Oslo", None))
	assert money == Money("EUR", ("London", "Oslo"), rates)
	assert [finding.examples for finding in findings] == [("Oslo",)]


def test_where_no_rate_is_known_all_companies_count_without_amounts(database):
	money, findings = money_on(database, "ISK", (), AS_OF)
	assert money == Money("ISK", (), tuple(CompanyRate(company, None) for company in sorted(COMPANIES)))
	assert len(findings) == len(set(COMPANIES.values()))
	assert str(findings[0].words).startswith("There is no exchange rate EUR → ISK: the documents of these")


def test_the_currency_of_all_companies_comes_before_the_default(database):
	assert money_on(database, "", ("London",), AS_OF, default="EUR") == (Money("GBP", ("London",)), [])
	assert money_on(database, "", ("London", "Berlin"), AS_OF, default="NOK")[0].currency == "NOK"
	assert money_on(database, "EUR", ("London",), AS_OF, default="NOK")[0].currency == "EUR"


def test_without_a_reporting_currency_it_is_that_of_the_first_company_that_counts(database):
	assert money_on(database, "", ("London",), AS_OF)[0] == Money("GBP", ("London",))
