"""Scoring a database without a bench: values worked out by hand, batches, currencies and warnings."""

import json
from datetime import date

import pandas as pd
import pytest
from small_erp import (
	AS_OF,
	CUSTOMERS,
	ENTRIES,
	INVOICES,
	ISSUES,
	alter,
	customer,
	entry,
	invoice,
	score,
	write,
)

from crm_success.scoring.engine.definitions import Money
from crm_success.standalone.csv_columns import COLUMN_NAMES
from crm_success.standalone.default_definitions import default_definitions
from crm_success.standalone.quality import DataWarning

NO_RATE_TO_EUR = DataWarning(
	"Company (1): There is no exchange rate GBP → EUR: the documents of these companies count, but not their amounts. "
	"Enter a Currency Exchange.",
	1,
	("London",),
)


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
	(rows,), outcome = score(write(tmp_path_factory.mktemp("erp") / "erp.db"))
	return rows.set_index("customer", drop=False), outcome


def components(rows, name):
	return json.loads(rows.loc[name, "components"])


def test_one_row_a_customer_in_the_documented_columns(scored):
	rows, _ = scored
	assert list(rows.columns) == list(COLUMN_NAMES)
	assert list(rows["customer"]) == ["A", "B", 'O\'Neil "Q" 🚀']


def test_facts_of_a_customer_are_those_worked_out_by_hand(scored):
	row = scored[0].loc["A"]
	assert row["revenue"] == 1100  # 600 - 100 + 200 + 400
	assert row["invoices"] == 3
	assert row["last_invoice"] == date(2026, 1, 1)
	assert row["overdue"] == 238
	assert row["open_issues"] == 1
	assert row["account_manager"] == "anna@example.com"
	assert (row["activity"], row["stage"]) == ("Active", "Active")
	assert (row["currency"], row["as_of"], row["scorecard"]) == ("EUR", AS_OF, "Standard")


@pytest.mark.parametrize(
	("metric", "value"),
	[
		("net_revenue_365d", 1100),
		("revenue_change_90d", 20),  # 600 against 500
		("return_rate", 8.333333),  # 100 of 1200
		("billed_365d", 1428),
		("overdue_amount", 238),
		("overdue_share", 16.666667),
		("average_days_late", 10),
		("open_issues", 1),
		("issues_180d", 2),
		("failed_sla_share", 50),
		("average_resolution_hours", 24),
		("high_priority_issue_share", 50),
		("invoices_365d", 3),
		("days_since_last_invoice", 30),
		("tenure_days", 108),
	],
)
def test_every_metric_is_that_worked_out_by_hand(scored, metric, value):
	assert components(scored[0], "A")[metric]["raw"] == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
	("metric", "points"),
	[
		("revenue_change_90d", 93.33),  # 20 between -50 and 25
		("overdue_share", 66.67),  # 16.67 between 50 and 0
		("average_days_late", 77.78),  # 10 between 45 and 0
		("open_issues", 80),  # 1 between 5 and 0
		("failed_sla_share", 0),
		("days_since_last_invoice", 86.71),  # 30 between 180 and 7
	],
)
def test_points_are_those_worked_out_by_hand(scored, metric, points):
	assert components(scored[0], "A")[metric]["points"] == points


def test_a_score_is_the_sum_of_its_contributions(scored):
	parts = components(scored[0], "A").values()
	assert sum(part["weight"] for part in parts) == pytest.approx(100, abs=0.01)
	assert scored[0].loc["A", "score"] == pytest.approx(
		50 + sum(part["contribution"] for part in parts), abs=0.01
	)


def test_drivers_say_metric_value_and_points(scored):
	lines = scored[0].loc["A", "drivers"].splitlines()
	assert "Lowers the score by 1.3: Failed SLA Share is 50 %" in lines
	assert lines == sorted(lines, key=lambda line: line.startswith("Raises"))


def test_a_customer_with_nothing_to_measure_has_no_score(scored):
	row = scored[0].loc["B"]
	assert pd.isna(row["score"])
	assert row["band"] is None or pd.isna(row["band"])
	assert row["drivers"] == ""
	assert (row["revenue"], row["invoices"], row["stage"]) == (0, 0, "Potential")


def test_a_customer_who_paid_and_left_is_at_risk_and_who_only_returned_has_no_score(tmp_path):
	invoices = [
		invoice("L1", "Left", "2023-11-01", 900, "2023-12-01"),
		invoice("L2", "Left", "2023-11-23", 900, "2023-12-23"),
		invoice("R1", "Returns", "2026-01-20", -50, is_return=1),
	]
	entries = [
		entry("L1", "Left", "2023-11-01", "L1", 900),
		entry("L2", "Left", "2023-11-23", "L2", 900),
		entry("L3", "Left", "2023-11-20", "L1", -900, "PAY-L1"),
		entry("L4", "Left", "2023-12-20", "L2", -900, "PAY-L2"),
	]
	issues = [
		{
			"name": "IL",
			"customer": "Left",
			"status": "Closed",
			"opening_date": "2023-11-10",
			"opening_time": "09:00:00",
			"modified": "2023-11-10 10:00:00",
		}
	]
	(rows,), _ = score(
		write(
			tmp_path / "erp.db",
			[*INVOICES, *invoices],
			[*ENTRIES, *entries],
			[*ISSUES, *issues],
			[*CUSTOMERS, customer("Left"), customer("Returns")],
		)
	)
	rows = rows.set_index("customer", drop=False)
	left, parts = rows.loc["Left"], components(rows, "Left")
	raw = {key: part["raw"] for key, part in parts.items() if part["raw"] is not None}
	assert raw == {
		"net_revenue_365d": 0,
		"revenue_change_90d": -100,
		"gross_revenue_365d": 0,
		"returned_value_365d": 0,
		"billed_365d": 0,
		# all 1,800 were paid
		"overdue_amount": 0,
		"invoices_365d": 0,
		"days_since_last_invoice": 800,
		"tenure_days": 822,
	}
	# nothing bought; the only issue is of years ago, and speaks for nobody
	points = {key: part["points"] for key, part in parts.items() if part["weight"]}
	assert points == {
		"net_revenue_365d": 0,
		"revenue_change_90d": 0,
		"invoices_365d": 0,
		"days_since_last_invoice": 0,
	}
	assert left["band"] == "At Risk"
	returns = rows.loc["Returns"]
	assert pd.isna(returns["score"])
	# revenue all the same
	assert (returns["revenue"], returns["stage"]) == (-50, "Potential")


def test_a_disabled_customer_is_scored_and_left_out_of_the_figures(tmp_path):
	customers = [customer("A", disabled=1), *CUSTOMERS[1:]]
	(rows,), outcome = score(write(tmp_path / "erp.db", customers=customers))
	assert rows.set_index("customer")["customer_disabled"].to_dict() == {"A": 1, "B": 0, 'O\'Neil "Q" 🚀': 0}
	assert rows.set_index("customer").loc["A", "revenue"] == 1100
	assert (outcome.figures.totals["customers"], outcome.figures.totals["disabled"]) == (2, 1)
	assert "A" not in set(outcome.figures.calls["customer"])


def test_a_date_in_the_past_is_scored_as_it_was_then(tmp_path):
	(rows,), _ = score(write(tmp_path / "erp.db"), date(2025, 11, 20))
	row = rows.set_index("customer").loc["A"]
	assert (row["revenue"], row["invoices"], row["open_issues"]) == (500, 1, 0)
	assert row["overdue"] == 595  # invoice 1 was due on the 14th and paid on the 24th
	assert row["last_invoice"] == date(2025, 10, 15)


def test_batches_of_any_size_give_the_same_rows(tmp_path):
	path = write(tmp_path / "erp.db")
	(whole,), _ = score(path)
	singles, _ = score(path, batch_size=1)
	assert len(singles) == 3
	assert [batch.to_csv() for batch in singles] == [
		whole.iloc[[number]].reset_index(drop=True).to_csv() for number in range(3)
	]


def rate(day, source, target, value):
	row = {"name": f"{day}-{source}-{target}", "date": day, "from_currency": source, "to_currency": target}
	return row | {"exchange_rate": value}


def test_companies_in_other_currencies_are_converted_at_the_newest_rate_by_then(tmp_path):
	rates = [
		rate("2025-01-01", "GBP", "EUR", 1.5),
		rate("2026-01-01", "GBP", "EUR", 1.2),
		rate("2026-03-01", "GBP", "EUR", 9),
		rate("2026-01-01", "EUR", "USD", 1.25),
		# further away than the other direction
		rate("2025-06-01", "USD", "EUR", 7),
	]
	invoices = [
		invoice("1", "A", "2026-01-10", 100),
		invoice("2", "A", "2026-01-10", 100, company="London"),
		invoice("3", "A", "2026-01-10", 100, company="New York"),
	]
	companies = {"Main": "EUR", "London": "GBP", "New York": "USD"}
	path = write(tmp_path / "erp.db", invoices, companies=companies, rates=rates)
	(rows,), outcome = score(path)
	# 100 + 100 x 1.2 + 100 / 1.25, the dollars by the inverse rate
	assert rows.set_index("customer").loc["A", "revenue"] == 300
	assert not [warning for warning in outcome.warnings if "Currency Exchange" in warning.text]


def test_without_an_exchange_rate_documents_count_and_amounts_do_not(tmp_path):
	invoices = [
		invoice("1", "A", "2026-01-10", 100),
		invoice("2", "A", "2026-01-10", 100, company="London"),
		invoice("3", "B", "2026-01-10", 100, company="London"),
	]
	path = write(tmp_path / "erp.db", invoices, companies={"Main": "EUR", "London": "GBP"})
	(rows,), outcome = score(path)
	rows = rows.set_index("customer")
	assert rows.loc["A", ["revenue", "invoices"]].tolist() == [100, 2]
	assert rows.loc["B", ["revenue", "invoices"]].tolist() == [0, 1]
	# who has no amount that anybody knows has no value, which is not the lowest
	assert json.loads(rows.loc["B", "components"])["net_revenue_365d"]["points"] is None
	assert rows["score"].notna().all()
	assert outcome.warnings[0] == NO_RATE_TO_EUR


def test_where_there_is_no_earlier_rate_the_nearest_later_one_serves(tmp_path):
	rates = [rate("2026-06-01", "GBP", "EUR", 2), rate("2026-03-01", "GBP", "EUR", 3)]
	invoices = [invoice("1", "A", "2026-01-10", 100, company="London")]
	path = write(tmp_path / "erp.db", invoices, companies={"Main": "EUR", "London": "GBP"}, rates=rates)
	assert score(path)[0][0].set_index("customer").loc["A", "revenue"] == 300


def test_of_two_rates_of_a_day_one_for_buying_only_is_not_taken(tmp_path):
	rates = [rate("2026-01-01", "GBP", "EUR", value) for value in (2, 3, 4)]
	for row, purpose in zip(rates, ("Buying", "Selling", "Buying"), strict=True):
		row["name"] += f"-{purpose}"
	rates[2]["name"] = "2025-12-31-GBP-EUR-Buying"
	rates[2]["date"] = "2025-12-31"
	invoices = [invoice("1", "A", "2026-01-10", 100, company="London")]
	path = write(tmp_path / "erp.db", invoices, companies={"Main": "EUR", "London": "GBP"}, rates=rates)
	assert score(path)[0][0].set_index("customer").loc["A", "revenue"] == 300


def test_one_currency_everywhere_needs_no_rate_whatever_the_default(tmp_path):
	path = write(tmp_path / "erp.db", companies={"Main": "GBP", "London": "GBP"})
	(rows,), outcome = score(path)
	assert set(rows["currency"]) == {"GBP"}
	assert rows["revenue"].sum() == 1150
	assert NO_RATE_TO_EUR.text not in [warning.text for warning in outcome.warnings]


def test_without_a_default_currency_amounts_are_in_that_of_the_first_company(tmp_path):
	path = write(tmp_path / "erp.db", companies={"Main": "GBP"})
	alter(path, "DELETE FROM tabSingles")
	(rows,), outcome = score(path)
	assert set(rows["currency"]) == {"GBP"}
	assert rows["revenue"].sum() == 1150
	assert outcome.definitions.money == Money("GBP")


def test_documents_that_cannot_count_are_counted_and_named(tmp_path):
	bad = [
		invoice("N1", None, "2026-01-10", 10),
		invoice("N2", "", "2026-01-10", 10),
		invoice("G1", "Gone", "2026-01-10", 10),
		invoice("G2", "Gone", "2026-01-11", 10),
	]
	(_,), outcome = score(write(tmp_path / "erp.db", [*INVOICES, *bad]))
	found = {warning.text: (warning.count, warning.examples) for warning in outcome.warnings}
	assert found["Customer (1): Internal customers are not scored."] == (1, ("Sister",))
	nobody = "Sales Invoice (2): Documents that name no customer count for nobody. Enter the customer."
	assert found[nobody] == (2, ("N1",))
	gone = (
		"Sales Invoice (2): Documents that name a customer that does not exist (any more) count for nobody."
	)
	assert found[gone] == (1, ("Gone",))
	later = "Sales Invoice (1): Documents of a later day do not count yet. Check their dates."
	assert found[later] == (1, ("tomorrow",))


def test_documents_of_nobody_move_no_cut_point(tmp_path):
	path = write(tmp_path / "erp.db")
	strangers = [invoice(f"G{number}", f"Gone {number}", "2026-01-10", 10_000) for number in range(20)]
	other = write(tmp_path / "other.db", [*INVOICES, *strangers])
	assert score(path)[0][0].to_csv() == score(other)[0][0].to_csv()


def test_metrics_that_nobody_has_and_guessed_resolution_dates_are_reported(tmp_path):
	issue = {"name": "I", "customer": "A", "status": "Resolved", "opening_date": "2026-01-05"}
	issue |= {"opening_time": "10:00:00", "modified": "2026-01-06 10:00:00"}
	_, outcome = score(write(tmp_path / "erp.db", issues=[issue]))
	assert [warning for warning in outcome.warnings if warning.text.startswith("Issue")] == [
		DataWarning(
			"Issue (1): Issues are resolved without a resolution date: the day of their last change counts. "
			"ERPNext keeps the date under a Service Level Agreement, CRM Success that of issues closed since it was "
			"installed on the site.",
			1,
			("I",),
		),
		DataWarning(
			"Issue (1): No document gives any customer a value for these metrics of the scorecards: they count as "
			"missing. Keep such documents in ERPNext, or take the metrics out.",
			1,
			("Failed SLA Share",),
		),
	]


def test_names_of_140_characters_and_broken_text_are_no_obstacle(tmp_path):
	long = "Ж" * 140
	path = write(tmp_path / "erp.db", customers=[*CUSTOMERS, customer(long)])
	alter(path, "UPDATE tabCustomer SET territory = CAST(x'636166e9' AS TEXT)")
	(rows,), _ = score(path)
	assert rows.set_index("customer").loc[long, "territory"] == "caf�"


def test_the_default_records_make_definitions():
	definitions = default_definitions(Money(currency="EUR"))
	assert len(definitions.metrics) >= 14
	assert sum(card.is_default for card in definitions.scorecards) == 1
	assert {weight.name for card in definitions.scorecards for weight in card.metrics} <= set(
		definitions.keys
	)
