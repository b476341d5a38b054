"""`make truth`: real invoices become a company, and the figures that do not depend on the score are the known ones."""

import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.engine.truth.back_test import RiskNumber
from crm_success.standalone.default_definitions import default_definitions
from tools.truth import __main__ as truth
from tools.truth import retail_company
from tools.truth.judged_cut import judge
from tools.truth.made_companies import NONE, RANDOM, made_companies
from tools.truth.past_cut import cuts_of

needs_invoices = pytest.mark.skipif(
	not truth.INVOICES.is_file(), reason="needs the real invoices beside the project"
)


def test_without_the_file_it_says_so_and_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture):
	missing = tmp_path / "invoices.csv"
	assert truth.main([str(missing)]) == 0
	assert capsys.readouterr().out == (
		f"truth: skipped, there is no file {missing}. Name one: make truth INVOICES=/path/to/invoices.csv\n"
	)


def test_a_row_becomes_an_invoice_and_a_return_stays_negative(tmp_path: Path):
	text = (
		"invoice_no,customer_id,country,invoice_date,amount,lines,quantity,is_return\n"
		"536365,17850,United Kingdom,2010-12-01 08:26:00,139.12,7,40,0\n"
		"C536379,17850,United Kingdom,2010-12-03 09:41:00,-27.5,1,-1,1\n"
	)
	(tmp_path / "rows.csv.gz").write_bytes(gzip.compress(text.encode()))
	retail_company.build(tmp_path / "rows.csv.gz", tmp_path / "erp.db")
	with closing(sqlite3.connect(tmp_path / "erp.db")) as database:
		columns = "name, customer, posting_date, base_net_total, is_return, docstatus"
		rows = database.execute(f'SELECT {columns} FROM "tabSales Invoice" ORDER BY name').fetchall()
		assert rows == [
			("536365", "17850", "2010-12-01", 139.12, 0, 1),
			("C536379", "17850", "2010-12-03", -27.5, 1, 1),
		]
		assert database.execute('SELECT name, creation FROM "tabCustomer"').fetchall() == [
			("17850", "2010-12-01 09:00:00.000000")
		]


@needs_invoices
def test_recency_frequency_and_money_tell_what_they_told_before():
	june, september = truth.replay(truth.INVOICES)
	assert (june.test.customers, june.test.lapsed) == (2811, 1470)
	assert (september.test.customers, september.test.lapsed) == (3370, 1449)
	areas = [each.test.areas for each in (june, september)]
	assert [round(area[RiskNumber.RFM].value, 3) for area in areas] == [0.748, 0.739]
	assert [round(area[RiskNumber.RECENCY].value, 3) for area in areas] == [0.668, 0.683]
	assert all(area[RiskNumber.SCORE].low > 0.5 for area in areas)
	# what customers then did is the judge of the lapse risk
	assert all(area[RiskNumber.LAPSE].value > area[RiskNumber.RFM].value - 0.005 for area in areas)
	assert all(area[RiskNumber.LAPSE].low > area[RiskNumber.RECENCY].value for area in areas)


@pytest.fixture(scope="module")
def tried() -> list[truth.Trial]:
	return truth.trials(truth.INVOICES)


# what is wanted is the first of each pair, which June reaches; September comes so near
BOUNDS, RISK_AREAS, VALUE_RANKS = (-0.005, -0.0075), (0.757, 0.738), (0.535, 0.523)


@needs_invoices
def test_the_default_score_is_about_as_good_as_recency_frequency_and_money(tried: list[truth.Trial]):
	assert [trial.plain.cut.as_of for trial in tried] == list(truth.DATES)
	for trial, bound in zip(tried, BOUNDS, strict=True):
		assert trial.plain.bound >= bound
		assert trial.plain.are_bands_ordered
		assert 0.05 <= trial.plain.at_risk <= 0.40


@needs_invoices
def test_lifetime_value_ranks_customers_by_what_they_bought_next(tried: list[truth.Trial]):
	for trial, least in zip(tried, VALUE_RANKS, strict=True):
		assert trial.plain.value >= least
		# past revenue ranks about as well, but says nothing of the sum
		assert trial.plain.value >= trial.plain.revenue - 0.001


@needs_invoices
def test_records_that_say_nothing_cost_the_score_little(tried: list[truth.Trial]):
	for trial in tried:
		assert trial.cost <= 0.01
		assert trial.random.are_bands_ordered
		assert 0.05 <= trial.random.at_risk <= 0.40


@needs_invoices
def test_the_lapse_risk_tells_as_much_as_models_of_others(tried: list[truth.Trial]):
	for trial, area in zip(tried, RISK_AREAS, strict=True):
		assert trial.plain.areas[RiskNumber.LAPSE].value >= area
		assert trial.plain.error is not None
		assert trial.plain.error < 0.12


def test_what_is_asked_is_printed_beside_what_is_reached():
	few = [c for c in made_companies() if c.name == "few large buyers" and c.records in (NONE, RANDOM)]
	definitions = default_definitions(Money())
	trial = truth.Trial(*(judge(cuts_of(replace(c, dates=c.dates[:1]))[0], definitions) for c in few))
	lines = list(truth.lines_of_trials([trial]))
	assert len(lines) == 6
	assert f"{trial.plain.bound:+.3f}, at least -0.005" in lines[1]
	assert f"At Risk: {100 * trial.plain.at_risk:.0f} % of those" in lines[3]
	assert f"cost: {trial.cost:.3f} of area, at most 0.010" in lines[4]
	assert f"the year's revenue alone: {trial.plain.revenue:.3f}" in lines[5]
