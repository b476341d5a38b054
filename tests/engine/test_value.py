"""Value: cuts by rank, classes, retention and lifetime value."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.value import (
	customer_lifetime_value,
	effective_retention,
	retention_rate,
	value_class,
	value_cuts,
)

NAN = float("nan")
LIMITS = Limits()
TEN = pd.Series([100.0, 900.0, 300.0, 700.0, 500.0, 600.0, 400.0, 800.0, 200.0, 1000.0])


def calibrated(high=None, potential=None, retention=None):
	return Calibration(
		date(2025, 6, 30), value_high_revenue=high, value_potential_revenue=potential, retention=retention
	)


def lifetime_value(revenue, retention, **limits):
	return customer_lifetime_value(pd.Series(revenue), retention, Limits(**limits)).tolist()


def test_cuts_are_the_revenue_at_the_rank():
	assert value_cuts(TEN, LIMITS) == (900.0, 600.0)  # ranks 2 and 5 of 10


def test_who_is_half_inside_is_in():
	assert value_cuts(TEN, Limits(value_high_percent=15, value_potential_percent=14.9)) == (900.0, 1000.0)
	assert value_cuts(TEN, Limits(value_high_percent=4.9, value_potential_percent=5)) == (None, 1000.0)


def test_a_percent_that_floats_cannot_hold_exactly_lets_in_whom_it_should():
	revenue = pd.Series([float(number) for number in range(1, 1001)])
	limits = Limits(value_high_percent=16.15, value_potential_percent=55.5)
	assert 1000 * 16.15 / 100 < 161.5
	assert value_cuts(revenue, limits) == (839.0, 446.0)  # ranks 162 and 555


def test_cut_at_all_customers_is_the_lowest_revenue():
	limits = Limits(value_high_percent=100, value_potential_percent=250)
	assert value_cuts(TEN, limits) == (100.0, 100.0)


def test_percent_of_zero_has_no_cut():
	assert value_cuts(TEN, Limits(value_high_percent=0, value_potential_percent=-1)) == (None, None)


@pytest.mark.parametrize("revenue", [[], [NAN]])
def test_nobody_gives_no_cuts(revenue):
	assert value_cuts(pd.Series(revenue, dtype="float64"), LIMITS) == (None, None)


def test_customers_of_equal_revenue_are_all_in_or_all_out_by_their_middle_rank():
	revenue = pd.Series([50.0, 100.0, 100.0, 100.0, 10.0])
	high, potential = value_cuts(revenue, LIMITS)
	# half of three is more than a fifth of five customers, and less than half of them
	assert (high, potential) == (None, 100.0)
	names = value_class(revenue, calibrated(high, potential), LIMITS)
	assert names.tolist() == ["Low", "Potential", "Potential", "Potential", "Low"]


def test_a_single_customer_is_no_high_value_unless_an_amount_says_so():
	revenue = pd.Series([1200.0])
	calibration = calibrated(*value_cuts(revenue, LIMITS))
	assert value_class(revenue, calibration, LIMITS).tolist() == ["Potential"]
	assert value_class(revenue, calibration, Limits(value_high_amount=1000.0)).tolist() == ["High"]


def test_class_begins_at_its_cut():
	revenue = pd.Series([1000.0, 900.0, 899.99, 600.0, 599.99, 0.0, -50.0, NAN], index=list("abcdefgh"))
	names = value_class(revenue, calibrated(900.0, 600.0), LIMITS)
	assert names.tolist() == ["High", "High", "Potential", "Potential", "Low", "Low", "Low", None]
	assert names.index.tolist() == list("abcdefgh")
	assert names.dtype == object


def test_set_amount_admits_besides_the_rank():
	limits = Limits(value_high_amount=700.0, value_potential_amount=50.0)
	revenue = pd.Series([700.0, 699.0, 50.0, 49.0])
	assert value_class(revenue, calibrated(900.0, 600.0), limits).tolist() == [
		"High",
		"Potential",
		"Potential",
		"Low",
	]


def test_set_amount_above_the_rank_keeps_nobody_out():
	limits = Limits(value_high_amount=5000.0, value_potential_amount=5000.0)
	assert value_class(pd.Series([900.0, 600.0]), calibrated(900.0, 600.0), limits).tolist() == [
		"High",
		"Potential",
	]


def test_set_amount_works_without_a_calibration():
	limits = Limits(value_high_amount=700.0)
	assert value_class(pd.Series([700.0, 10.0]), calibrated(), limits).tolist() == ["High", "Low"]
	assert value_class(pd.Series([700.0, NAN]), calibrated(), LIMITS).tolist() == ["Low", None]


def test_no_revenue_is_low_even_where_the_cut_is_below_zero():
	assert value_class(pd.Series([0.0, -1.0, 1.0]), calibrated(-5.0, -9.0), LIMITS).tolist() == [
		"Low",
		"Low",
		"High",
	]


def test_retention_is_the_share_who_bought_again():
	previous = pd.Series([1.0] * 16 + [3.0] * 4 + [0.0] * 5 + [NAN])
	current = pd.Series([2.0] * 15 + [0.0] * 4 + [NAN] + [9.0] * 6)
	assert retention_rate(current, previous) == 0.75  # 15 of 20; the new customers do not count


def test_too_few_customers_tell_nothing_about_retention():
	counts = pd.Series([1.0] * 19 + [0.0] * 100)
	assert retention_rate(counts, counts) is None
	assert retention_rate(pd.Series([1.0] * 20), pd.Series([1.0] * 20)) == 1.0
	assert retention_rate(pd.Series([], dtype="float64"), pd.Series([], dtype="float64")) is None


def test_set_retention_goes_before_the_measured_and_the_measured_before_the_fallback():
	assert effective_retention(calibrated(retention=0.6), Limits(retention_percent=80)) == 0.8
	assert effective_retention(calibrated(retention=0.6), LIMITS) == 0.6
	assert effective_retention(calibrated(retention=0.0), LIMITS) == 0.0
	assert effective_retention(calibrated(), LIMITS) == 0.75


def test_retention_stays_within_0_and_99_percent():
	assert effective_retention(calibrated(retention=1.0), LIMITS) == 0.99
	assert effective_retention(calibrated(), Limits(retention_percent=120)) == 0.99
	assert effective_retention(calibrated(), Limits(fallback_retention_percent=-5)) == 0.0


def test_lifetime_value_is_yearly_revenue_by_lifetime_by_retention():
	assert lifetime_value([1000.0], 0.75) == [3000.0]  # 4 years x 0.75
	assert lifetime_value([1000.0], 0.5) == [1000.0]  # 2 years x 0.5
	assert lifetime_value([1000.0], 0.0) == [0.0]


def test_lifetime_value_is_the_margin_multiple_of_its_source_without_discount():
	for retention in (0.1, 0.6, 0.9):
		assert lifetime_value([100.0], retention)[0] == pytest.approx(
			100 * retention / (1 - retention), abs=0.005
		)


def test_lifetime_is_capped():
	assert lifetime_value([1000.0], 0.95) == [9500.0]  # 10 years, not 20
	assert lifetime_value([1000.0], 0.95, lifetime_years_cap=3) == [2850.0]
	assert lifetime_value([1000.0], 0.95, lifetime_years_cap=0) == [19000.0]
	assert lifetime_value([1000.0], 1.0) == [10000.0]


def test_revenue_of_another_window_is_brought_to_a_year():
	assert lifetime_value([500.0], 0.5, window_days=73) == [2500.0]
	assert lifetime_value([2000.0], 0.5, window_days=730) == [1000.0]


def test_negative_revenue_is_worth_nothing_and_missing_revenue_stays_missing():
	assert lifetime_value([-100.0, 0.0, NAN], 0.5) == pytest.approx([0.0, 0.0, NAN], nan_ok=True)


def test_lifetime_value_has_two_decimals_and_keeps_the_index_and_the_input():
	revenue = pd.Series([10, -10], index=["ann", "bob"])
	values = customer_lifetime_value(revenue, 0.4, LIMITS)
	assert values.to_dict() == {"ann": 6.67, "bob": 0.0}
	assert revenue.to_dict() == {"ann": 10, "bob": -10}


def test_window_of_no_days_is_refused():
	with pytest.raises(DefinitionError, match="needs a window of at least one day: set it in the settings"):
		lifetime_value([1.0], 0.5, window_days=0)


REVENUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
PERCENTS = st.floats(0, 100)


@settings(deadline=None)
@given(REVENUES, PERCENTS, PERCENTS)
def test_more_revenue_is_never_a_lower_class(revenues, high_percent, potential_percent):
	limits = Limits(value_high_percent=high_percent, value_potential_percent=potential_percent)
	revenue = pd.Series(sorted(revenues))
	names = value_class(revenue, calibrated(*value_cuts(revenue, limits)), limits)
	ranks = [["Low", "Potential", "High"].index(name) for name in names]
	assert ranks == sorted(ranks)


@settings(deadline=None)
@given(REVENUES, st.integers(1, 100))
def test_those_in_are_within_the_percent_by_their_middle_rank_and_no_others(revenues, percent):
	revenue = pd.Series(revenues)
	cut, _ = value_cuts(revenue, Limits(value_high_percent=percent))
	for each in revenues:
		rank = (revenue > each).sum() + (revenue == each).sum() / 2
		assert (cut is not None and each >= cut) == (rank * 100 <= len(revenues) * percent)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1))
def test_lifetime_value_grows_with_retention(revenue, one, other):
	lower, higher = sorted((one, other))
	assert lifetime_value([revenue], lower)[0] <= lifetime_value([revenue], higher)[0]
