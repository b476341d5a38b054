"""Raw values from hand-made aggregates, of every type that a database driver answers with."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.definitions import Metric, Scale, ScaleBand, ScaleKind
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.measures import (
	completed,
	measured_values,
	needed_metrics,
	needs_window,
	raw_values,
	usable_expressions,
)

AS_OF = date(2024, 6, 30)
MORE_IS_BETTER = Scale()
FEWER_IS_BETTER = Scale(worst=10, best=0)


def _metric(
	key: str = "m", measure: Measure = Measure.SUM, expression: str = "", scale: Scale = MORE_IS_BETTER
) -> Metric:
	return Metric(key, key, measure, doctype="Sales Invoice", expression=expression, scale=scale)


def _read(measure: Measure, **parts: list[Any]) -> pd.DataFrame:
	"""Aggregates of m; every customer has a document, in the window too, unless told otherwise."""
	ones = [1] * len(next(iter(parts.values())))
	seen = {"seen": ones, "seen_in_window": ones} if measure.row.counts_window else {"seen": ones}
	return pd.DataFrame(
		{f"m.{name}": pd.Series(column, dtype=object) for name, column in {**seen, **parts}.items()}
	)


def _values(measure: Measure, scale: Scale = MORE_IS_BETTER, **parts: list[Any]) -> list[float | None]:
	"""The metric's value of each row."""
	aggregates = _read(measure, **parts)
	found = raw_values([_metric(measure=measure, scale=scale)], aggregates, aggregates.index, AS_OF)
	assert found["m"].dtype == "float64"
	return [None if np.isnan(value) else value for value in found["m"]]


def test_numbers_of_any_driver_become_floats() -> None:
	numbers = [Decimal("1234.567890123"), 5, 2.5, "7.25", None, float("nan"), "broken", True]
	assert _values(Measure.AVERAGE, value=numbers) == [1234.56789, 5, 2.5, 7.25, None, None, None, 1]


@pytest.mark.parametrize("measure", [Measure.COUNT, Measure.SUM, Measure.DISTINCT_COUNT])
def test_nothing_in_the_window_adds_up_to_zero_for_a_customer_who_has_documents(measure: Measure) -> None:
	assert _values(measure, value=[None, 3, None], seen=[4, 4, 0]) == [0, 3, None]


BANDS = (ScaleBand(0, 80), ScaleBand(5, 20))
RISING_BANDS = (ScaleBand(0, 50), ScaleBand(5, 80))


@pytest.mark.parametrize("measure", [Measure.COUNT, Measure.SUM, Measure.DISTINCT_COUNT])
@pytest.mark.parametrize(
	("scale", "expected"),
	[
		(Scale(worst=0, best=10), 0),
		(FEWER_IS_BETTER, None),
		# 0 is worth 50 points, 51 and 49
		(Scale(worst=-10, best=10), 0),
		(Scale(worst=-51, best=49), None),
		(Scale(worst=-49, best=51), 0),
		(Scale(ScaleKind.BANDS, bands=BANDS), None),
		(Scale(ScaleKind.BANDS, bands=RISING_BANDS), 0),
		(Scale(ScaleKind.PERCENTILE), 0),
		(Scale(ScaleKind.PERCENTILE, higher_is_better=False), None),
	],
)
def test_nothing_observed_in_the_window_counts_against_a_customer_and_never_for_it(
	measure: Measure, scale: Scale, expected: float | None
) -> None:
	assert _values(measure, scale, value=[None, 0], seen_in_window=[0, None]) == [expected, expected]
	assert needs_window(_metric(measure=measure, scale=scale)) == (expected is None)


def test_none_of_a_kind_among_the_documents_of_the_window_is_observed() -> None:
	assert _values(Measure.COUNT, FEWER_IS_BETTER, value=[0, 0], seen_in_window=[3, 0]) == [0, None]


def test_a_sum_that_comes_to_nothing_is_observed_and_so_is_what_came_back_of_an_earlier_purchase() -> None:
	assert _values(Measure.SUM, FEWER_IS_BETTER, value=[0, -40], seen_in_window=[2, 0]) == [0, -40]


def test_a_formula_sees_the_numbers_of_nothing_observed() -> None:
	aggregates = _read(Measure.SUM, value=[None, 4], seen_in_window=[0, 1])
	metrics = [_metric(scale=FEWER_IS_BETTER), *_expressions(more="m + 1")]
	found = raw_values(metrics, aggregates, aggregates.index, AS_OF)
	assert found["m"].fillna(-1).tolist() == [-1, 4]
	assert found["more"].tolist() == [1, 5]


def test_only_what_was_observed_is_ranked() -> None:
	aggregates = _read(
		Measure.SUM, value=[None, 0, -5, 7, 7], seen_in_window=[0, 1, 0, 1, 1], seen=[1, 1, 1, 1, 0]
	)
	metrics = [_metric(), *_expressions(same="m")]
	measured = measured_values(metrics, aggregates, aggregates.index, AS_OF)
	assert measured.values["m"].mask(measured.silent["m"]).fillna(99).tolist() == [99, 0, -5, 7, 99]

	# a formula is taken at its word
	same = completed(metrics, measured.values)["same"].fillna(99)
	assert same.tolist() == [0, 0, -5, 7, 99]


@pytest.mark.parametrize("measure", [Measure.AVERAGE, Measure.MINIMUM, Measure.MAXIMUM])
def test_nothing_in_the_window_has_no_average(measure: Measure) -> None:
	assert _values(measure, value=[None, 3, 3], seen=[4, 4, None]) == [None, 3, None]


@pytest.mark.parametrize("measure", [Measure.DAYS_SINCE_LAST, Measure.DAYS_SINCE_FIRST])
def test_days_from_dates_datetimes_and_texts(measure: Measure) -> None:
	days = [
		date(2024, 6, 30),
		datetime(2024, 6, 29, 23, 59, 59, 999999),
		"2024-06-20",
		"2024-06-20 12:00:00.000001",
		"2024-06-20T12:00:00",
		pd.Timestamp("2024-06-01"),
		None,
		pd.NaT,
	]
	assert _values(measure, date=days) == [0, 1, 10, 10, 10, 29, None, None]


def test_days_from_the_edges_of_the_calendar_and_from_what_is_no_date() -> None:
	days = [date(1, 1, 1), "1600-02-29", "9999-12-31", "0000-00-00", "2023-02-29", "", "soon"]
	expected = [(AS_OF - date(1, 1, 1)).days, (AS_OF - date(1600, 2, 29)).days, (AS_OF - date.max).days]
	assert _values(Measure.DAYS_SINCE_LAST, date=days) == [*expected, None, None, None, None]


def test_days_of_a_column_that_pandas_made_dates() -> None:
	moments = pd.Series(pd.to_datetime(["2024-06-01 15:00", None]))
	aggregates = pd.DataFrame({"m.seen": [1, 1], "m.date": moments})
	found = raw_values([_metric(measure=Measure.DAYS_SINCE_LAST)], aggregates, aggregates.index, AS_OF)
	assert found["m"].tolist()[0] == 29
	assert np.isnan(found["m"].tolist()[1])


def test_a_share_is_a_percentage_of_a_total_above_zero() -> None:
	matching, total = [1, None, 3, 1, 2], [4, 4, 0, -5, None]
	assert _values(Measure.SHARE, matching=matching, total=total) == [25, 0, None, None, None]


def test_a_change_is_a_percentage_of_what_was_before() -> None:
	current = [Decimal("150"), 50, None, 10, 10, 0.1 + 0.2]
	previous = [Decimal("100"), 100, 100, None, -5, 0.3]
	found = _values(Measure.CHANGE, current=current, previous=previous, ever=[9999] * 6)
	assert found == [50, -50, -100, None, None, 0]


def test_a_change_from_what_rounding_left_over_is_missing() -> None:
	assert _values(Measure.CHANGE, current=[100], previous=[0.1 + 0.2 - 0.3], ever=[100]) == [None]


def test_nothing_in_both_windows_after_something_earlier_is_a_fall_to_nothing() -> None:
	# nothing at all, goods of an earlier window that came back, and more that came back than ever went
	parts = {
		"current": [None, -20, None, None, None],
		"previous": [None, None, -20, None, -30],
		"ever": [500, 480, 480, None, -30],
	}
	assert _values(Measure.CHANGE, **parts) == [-100, -100, -100, None, None]
	# where less is better, it would be the silence that is praised
	assert _values(Measure.CHANGE, Scale(worst=50, best=-50), **parts) == [None] * 5
	assert _values(Measure.CHANGE, Scale(ScaleKind.PERCENTILE, higher_is_better=False), **parts) == [None] * 5
	assert _values(Measure.CHANGE, Scale(ScaleKind.PERCENTILE), **parts)[:3] == [-100] * 3


def test_a_fall_to_nothing_from_the_window_before_is_observed_whatever_is_better() -> None:
	parts = {"current": [None], "previous": [3], "ever": [3]}
	assert _values(Measure.CHANGE, Scale(worst=50, best=-50), **parts) == [-100]


def test_declining_months_count_from_the_newest_until_one_did_not_decline() -> None:
	months = {
		"month_0": [1, 5, 0, None, 3, 1],
		"month_1": [2, 5, 0, 1, 2, 2],
		"month_2": [3, 6, 0, 2, 4, 2],
		"month_3": [4, 7, 0, 3, 5, 9],
	}
	assert _values(Measure.DECLINING_MONTHS, **months) == [3, 0, None, 3, 0, 1]


@pytest.mark.parametrize(
	("newest_first", "expected"),
	[
		# the month after the last purchase fell, and each silent one after it
		([0, 0, 0, 5, 4], 3),
		([0, 0, 0, 5, 6], 4),
		([0, 0, 0, 0, 5], 4),
		([0, 5, 0, 0, 0], 1),
		# a purchase every third month: silent between them, and up again
		([0, 0, 5, 0, 0], 2),
		([5, 0, 0, 5, 0], 0),
		# nothing from which it could have fallen: no month before the last one held anything
		([5, 0, 0, 0, 0], None),
		([0, 0, 0, 0, 0], None),
		# what came back is no purchase
		([0, -2, 5, 0, 0], 2),
		([-2, 0, 5, 0, 0], 2),
		([0, 0, -5, 0, 0], None),
		([-1, -3, -2, 0, 7], 4),
		([3, 3, 5, 0, 0], 0),
	],
)
def test_silent_months_at_the_end_go_on_declining_as_long_as_there_was_something_to_fall_from(
	newest_first: list[float], expected: float | None
) -> None:
	months = {f"month_{number}": [amount or None] for number, amount in enumerate(newest_first)}
	for scale in (MORE_IS_BETTER, FEWER_IS_BETTER):
		assert _values(Measure.DECLINING_MONTHS, scale, **months) == [expected]


def test_months_equal_but_for_rounding_do_not_decline() -> None:
	assert _values(Measure.DECLINING_MONTHS, month_0=[0.3], month_1=[0.1 + 0.2]) == [0]


def test_absurd_numbers_are_missing_or_themselves() -> None:
	huge = [Decimal("1e30"), Decimal("999999999999.123456789"), Decimal("1e400"), float("inf"), -0.0]
	found = _values(Measure.SUM, value=huge)
	assert found == [1e30, 999999999999.12, None, None, 0]
	assert str(found[4]) == "0.0"


def test_rounding_leaves_large_whole_amounts_alone() -> None:
	amounts = [576460752305.0, 123456789.123456, 9007199254740993.0, 31415926535897.93]
	assert _values(Measure.SUM, value=amounts) == amounts


def test_a_metric_that_was_not_read_is_missing_everywhere() -> None:
	aggregates = pd.DataFrame({"other.seen": [1]}, index=["A"])
	found = raw_values([_metric()], aggregates, pd.Index(["A", "B"]), AS_OF)
	assert found["m"].isna().all()
	assert found["m"].dtype == "float64"


def test_a_key_that_begins_like_another_is_another() -> None:
	read = {f"{key}.{part}": [1] for key in ("m", "m2") for part in ("seen", "seen_in_window")}
	aggregates = pd.DataFrame({**read, "m.value": [5], "m2.value": [7]}, index=["A"])
	found = raw_values([_metric("m"), _metric("m2")], aggregates, aggregates.index, AS_OF)
	assert found.loc["A"].tolist() == [5, 7]


def test_rows_follow_the_customers_and_strangers_are_left_out() -> None:
	aggregates = _read(Measure.SUM, value=[1, 2, 3]).set_axis(["C", "gone", "A"])
	customers = pd.Index(["A", 'O\'Neil "😀" %s', "C"], name="customer")
	found = raw_values([_metric()], aggregates, customers, AS_OF)
	assert found.index.equals(customers)
	assert found["m"].fillna(-1).tolist() == [3, -1, 1]


@pytest.mark.parametrize("aggregates", [pd.DataFrame(), _read(Measure.SUM, value=[])])
@pytest.mark.parametrize("customers", [[], ["A"]])
def test_nothing_read_and_nobody_to_score(aggregates: pd.DataFrame, customers: list[str]) -> None:
	metrics = [
		_metric(),
		_metric("days", Measure.DAYS_SINCE_LAST),
		_metric("twice", Measure.EXPRESSION, "m * 2"),
	]
	found = raw_values(metrics, aggregates, pd.Index(customers, dtype=object), AS_OF)
	assert found.shape == (len(customers), 3)
	assert found.isna().all(axis=None)
	assert (found.dtypes == "float64").all()


def test_no_metrics_at_all() -> None:
	found = raw_values([], pd.DataFrame({"m.seen": [1]}, index=["A"]), pd.Index(["A"]), AS_OF)
	assert found.shape == (1, 0)


def test_inputs_stay_as_they_are() -> None:
	aggregates = _read(Measure.SUM, value=[Decimal("1.5"), None], seen=[1, 0]).set_axis(["A", "B"])
	before = aggregates.copy(deep=True)
	raw_values([_metric()], aggregates, pd.Index(["B"]), AS_OF)
	pd.testing.assert_frame_equal(aggregates, before)


def _expressions(**formulas: str) -> list[Metric]:
	return [_metric(key, Measure.EXPRESSION, formula) for key, formula in formulas.items()]


def test_expressions_follow_what_they_use_in_any_order() -> None:
	aggregates = _read(Measure.SUM, value=[10, 10], seen=[1, 0]).set_axis(["A", "B"])
	metrics = [*_expressions(quarter="half / 2", half="m / 2"), _metric()]
	found = raw_values(metrics, aggregates, aggregates.index, AS_OF)
	assert list(found) == ["quarter", "half", "m"]
	assert found.loc["A"].tolist() == [2.5, 5, 10]
	assert found.loc["B"].isna().all()


def test_a_broken_expression_says_why_and_leaves_the_others_alone() -> None:
	metrics = [_metric(), *_expressions(wrong="m +", unknown="mm / 2", good="m * 2", after="wrong + 1")]
	usable, broken = usable_expressions(metrics)
	assert list(usable) == ["good", "after"]
	assert "cannot be read" in str(broken["wrong"])
	assert str(broken["unknown"]) == "No metric has the key 'mm'; did you mean 'm'?"
	aggregates = _read(Measure.SUM, value=[3]).set_axis(["A"])
	found = raw_values(metrics, aggregates, aggregates.index, AS_OF).loc["A"]
	assert found["good"] == 6
	assert found[["wrong", "unknown", "after"]].isna().all()


def test_a_cycle_breaks_the_expression_that_closes_it() -> None:
	metrics = _expressions(a="b + 1", b="c + 1", c="a + 1")
	usable, broken = usable_expressions(metrics)
	assert list(usable) == ["a", "b"]
	assert "a → b → c → a" in str(broken["c"])
	assert raw_values(metrics, pd.DataFrame(), pd.Index(["A"]), AS_OF).isna().all(axis=None)


def test_an_expression_of_itself_is_a_cycle() -> None:
	assert "a → a" in str(usable_expressions(_expressions(a="a + 1"))[1]["a"])


def test_needed_metrics_reach_as_deep_as_expressions_do() -> None:
	metrics = [_metric("m"), _metric("n"), _metric("o"), *_expressions(half="m / 2", sum="half + n")]
	assert [metric.key for metric in needed_metrics(metrics, ["sum"])] == ["m", "n", "half", "sum"]
	assert [metric.key for metric in needed_metrics(metrics, ["o"])] == ["o"]
	assert needed_metrics(metrics, []) == ()


def test_needed_metrics_of_a_cycle_come_to_an_end() -> None:
	metrics = _expressions(a="b + 1", b="a + 1")
	assert {metric.key for metric in needed_metrics(metrics, ["a"])} == {"a", "b"}


def test_a_forecast_is_the_value_and_formulas_may_use_it() -> None:
	metrics = [
		_metric("risk", measure=Measure.LAPSE_RISK),
		_metric("safe", measure=Measure.EXPRESSION, expression="100 - risk"),
		_metric("number"),
	]
	aggregates = pd.DataFrame(
		{"number.seen": [1, 1], "number.seen_in_window": [1, 1], "number.value": [3, 4]}, index=["A", "B"]
	)
	told = pd.DataFrame({"lapse_risk": [37.5, np.nan], "usual_gap": [20.0, 10.0]}, index=["A", "C"])
	found = raw_values(metrics, aggregates, aggregates.index, AS_OF, told)
	assert found.columns.tolist() == ["risk", "safe", "number"]
	assert found.loc["A"].tolist() == [37.5, 62.5, 3]
	assert found.loc["B", ["risk", "safe"]].isna().all()


def test_without_forecasts_a_risk_is_missing() -> None:
	found = raw_values([_metric("risk", measure=Measure.LAPSE_RISK)], pd.DataFrame(), pd.Index(["A"]), AS_OF)
	assert found["risk"].isna().all()
