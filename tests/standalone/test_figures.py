"""The figures behind the report, on frames small enough to add up by hand."""

import math

import pytest
from scored_frames import component, customer, definitions, frame

from crm_success.standalone.report.figures import CALLS, NEVER_BOUGHT, NO_SCORE, Collector


def figures(*rows):
	collector = Collector()
	collector.add(frame(*rows))
	return collector.figures(definitions())


THREE = (
	customer(customer="A", score=20.0, band="At Risk", revenue=1000.0, overdue=50.0, open_issues=2),
	customer(customer="B", score=80.0, band="Healthy", revenue=3000.0, segment="High Value"),
	customer(
		customer="C", score=None, band=None, segment=None, revenue=0.0, recency_score=0, frequency_score=0
	),
)


def test_totals_add_up():
	totals = figures(*THREE).totals
	assert totals["customers"] == 3
	assert totals["scored"] == 2
	assert totals["average_score"] == 50
	assert totals["weighted_score"] == 65  # (20 x 1000 + 80 x 3000) / 4000
	assert totals["revenue"] == 4000
	assert totals["revenue_at_risk"] == 1000
	assert totals["money_at_risk"] == 800
	assert (totals["overdue"], totals["overdue_customers"], totals["open_issues"]) == (50, 1, 2)


def test_coverage_is_averaged_over_those_who_have_a_score():
	rows = [customer(coverage=49.9), customer(coverage=50.0), customer(score=None, band=None, coverage=None)]
	totals = figures(*rows).totals
	assert (totals["average_coverage"], totals["low_coverage"]) == (49.95, 1)


def test_what_is_expected_adds_up_where_it_can_be_told():
	rows = [customer(expected_spend=120.5), customer(expected_spend=0.0), customer(expected_spend=None)]
	assert figures(*rows).totals["expected_spend"] == 120.5
	assert math.isnan(figures(customer(expected_spend=None)).totals["expected_spend"])


def test_bands_and_segments_count_those_without_one_too():
	result = figures(*THREE)
	assert result.bands["customers"].to_dict() == {"Healthy": 1, "Watch": 0, "At Risk": 1, NO_SCORE: 1}
	assert result.segments["customers"].to_dict() == {
		"High Value": 1,
		"Frequent Low Spend": 0,
		"Dormant High Value": 0,
		"Middle": 1,
		NEVER_BOUGHT: 1,
	}


def test_heat_map_has_all_25_cells_and_only_buyers():
	heat = figures(*THREE).heat
	assert len(heat) == 25
	assert heat["customers"].sum() == 2
	assert heat.loc[(2, 3)].to_dict() == {
		"customers": 2,
		"revenue": 4000,
		"segments": ("High Value", "Middle"),
	}
	assert heat.loc[(5, 5), "segments"] == ()


def test_a_score_of_100_stands_in_the_last_column():
	histogram = figures(customer(score=100.0, band="Healthy"), customer(score=0.0)).histogram
	assert list(histogram.index) == list(range(0, 100, 10))
	assert histogram.loc[90, "Healthy"] == 1
	assert histogram.loc[0, "At Risk"] == 1


def test_calls_go_by_money_at_risk_and_leave_the_healthy_out():
	rows = [
		customer(customer="small", score=10.0, revenue=100.0),
		customer(customer="large", score=60.0, band="Watch", revenue=1000.0),
		customer(customer="healthy", score=80.0, band="Healthy", revenue=90_000.0),
		customer(customer="credit", score=10.0, revenue=-500.0),
	]
	calls = figures(*rows).calls
	assert calls[["customer", "money_at_risk"]].to_numpy().tolist() == [["large", 400.0], ["small", 90.0]]


def test_calls_are_twenty_over_all_batches_and_ties_go_by_name():
	collector = Collector()
	for start in (0, 15, 30):
		collector.add(frame(*(customer(customer=f"C{number:02d}") for number in range(start, start + 15))))
	calls = collector.figures(definitions()).calls
	assert list(calls["customer"]) == [f"C{number:02d}" for number in range(CALLS)]


def test_metrics_average_points_and_count_values_not_substitutes():
	rows = [
		customer(components={"open_issues": component(100.0, raw=None)}),
		customer(components={"open_issues": component(40.0)}),
		customer(components={"open_issues": component(None, raw=None)}),
	]
	metric = figures(*rows).metrics.loc["open_issues"]
	assert metric.to_dict() == {"customers": 1, "points": 70, "weight": 25}


def test_absurd_amounts_do_not_spoil_the_totals():
	totals = figures(customer(revenue=math.inf), customer(revenue=5.0)).totals
	assert totals["revenue"] == pytest.approx(5)


def test_disabled_customers_are_counted_and_in_no_other_figure():
	disabled = customer(customer="D", score=1.0, revenue=9000.0, overdue=7.0, customer_disabled=1)
	without, result = figures(*THREE), figures(*THREE, disabled)
	assert (without.totals["disabled"], result.totals["disabled"]) == (0, 1)
	assert result.totals == without.totals | {"disabled": 1}
	assert list(result.calls["customer"]) == ["A"]
	for table in ("bands", "segments", "stages", "activities", "classes", "heat", "histogram", "metrics"):
		assert getattr(result, table).equals(getattr(without, table)), table


def test_a_company_of_disabled_customers_has_empty_figures():
	result = figures(customer(customer_disabled=1))
	assert (result.totals["customers"], result.totals["disabled"]) == (0, 1)
	assert result.calls.empty


def test_no_customers_at_all_give_empty_figures():
	empty = Collector().figures(definitions())
	assert empty.totals["customers"] == 0
	assert empty.calls.empty
