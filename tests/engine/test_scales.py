"""Scales: raw values become points, and impossible scales are refused in plain words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.definitions import Scale, ScaleBand, ScaleKind
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.scales import check_scale, to_points

NAN = float("nan")
INF = float("inf")
HUNDRED_CUTS = tuple(float(cut) for cut in range(0, 1010, 10))
NUMBERS = st.floats(-1e9, 1e9)


def linear(worst, best):
	return Scale(ScaleKind.LINEAR, worst=worst, best=best)


def banded(*bands):
	return Scale(ScaleKind.BANDS, bands=tuple(ScaleBand(minimum, points) for minimum, points in bands))


def percentile(higher_is_better=True):
	return Scale(ScaleKind.PERCENTILE, higher_is_better=higher_is_better)


def points_of(scale, raw, cuts=None):
	return to_points(scale, pd.Series(raw, dtype="float64"), cuts).tolist()


def assert_points(actual, expected):
	assert actual == pytest.approx(expected, nan_ok=True)


def test_linear_scale_runs_from_worst_to_best_and_stops_there():
	assert_points(points_of(linear(0, 200), [-5, 0, 50, 150, 200, 900]), [0, 0, 25, 75, 100, 100])


def test_linear_scale_may_fall():
	assert_points(points_of(linear(60, 10), [5, 10, 35, 60, 61]), [100, 100, 50, 0, 0])


def test_linear_scale_may_cross_zero():
	assert_points(points_of(linear(-50, 50), [-50, -25, 0, 50]), [0, 25, 50, 100])


def test_missing_and_infinite_values_have_no_points():
	for scale in (linear(0, 10), banded((0, 20), (5, 60)), percentile()):
		assert_points(points_of(scale, [NAN, INF, -INF], HUNDRED_CUTS), [NAN, NAN, NAN])


def test_band_begins_at_its_minimum():
	scale = banded((0, 10), (5, 60), (20, 100))
	assert_points(points_of(scale, [0, 4.99, 5, 19.99, 20, 1000]), [10, 10, 60, 60, 100, 100])


def test_value_below_all_bands_has_the_points_of_the_lowest():
	assert_points(points_of(banded((10, 30), (20, 90)), [-1, 9.99]), [30, 30])


def test_bands_need_not_be_sorted():
	assert_points(points_of(banded((20, 0), (0, 100), (5, 40)), [0, 5, 20]), [100, 40, 0])


def test_percentile_is_the_rank_among_all_customers():
	raw = [-1, 0, 10, 15, 500, 990, 1000, 1001]
	assert_points(points_of(percentile(), raw, HUNDRED_CUTS), [0, 0, 1, 1.5, 50, 99, 100, 100])


def test_percentile_where_lower_is_better_is_turned_around():
	raw = [-1, 0, 10, 500, 1000, 2000]
	assert_points(points_of(percentile(False), raw, HUNDRED_CUTS), [100, 100, 99, 50, 0, 0])


def test_value_that_everybody_shares_is_worth_50():
	cuts = (7.0,) * 101
	assert_points(points_of(percentile(), [7, 6, 8], cuts), [50, 0, 100])
	assert_points(points_of(percentile(False), [7, 6, 8], cuts), [50, 100, 0])


def test_value_that_many_share_is_worth_the_middle_of_their_ranks():
	cuts = (0.0,) * 61 + tuple(float(cut) for cut in range(1, 41))
	assert_points(points_of(percentile(), [0, 1, 40], cuts), [30, 61, 100])


@pytest.mark.parametrize("cuts", [None, ()])
def test_percentile_without_calibration_has_no_points(cuts):
	assert_points(points_of(percentile(), [1, 2], cuts), [NAN, NAN])


def test_percentile_with_too_few_cuts_asks_for_a_calibration():
	with pytest.raises(DefinitionError, match="needs 101 cut points, but has 4: calibrate again"):
		points_of(percentile(), [1], (1.0, 2.0, 3.0, 4.0))


def test_points_keep_the_index_and_leave_the_values_alone():
	raw = pd.Series([5.0, NAN], index=["ann", "bob"])
	points = to_points(linear(0, 10), raw)
	assert points.to_dict() == pytest.approx({"ann": 50.0, "bob": NAN}, nan_ok=True)
	assert points.dtype == "float64"
	assert raw.to_dict() == pytest.approx({"ann": 5.0, "bob": NAN}, nan_ok=True)


def test_whole_and_nullable_numbers_are_read():
	assert to_points(linear(0, 10), pd.Series([5, 10])).tolist() == [50.0, 100.0]
	assert_points(to_points(linear(0, 10), pd.Series([5, None], dtype="Int64")).tolist(), [50, NAN])


def test_no_customers_have_no_points():
	assert points_of(linear(0, 10), []) == []
	assert points_of(banded((0, 1)), []) == []
	assert points_of(percentile(), [], HUNDRED_CUTS) == []


@pytest.mark.parametrize(
	("scale", "message"),
	[
		(linear(30, 30), "Worst and Best are both 30: enter two values, worth 0 and 100 points."),
		(linear(NAN, 30), "Worst and Best must be numbers: enter the values worth 0 and 100 points."),
		(linear(0, INF), "Worst and Best must be numbers: enter the values worth 0 and 100 points."),
		(banded(), "A Bands scale needs a band: add a row with a minimum and its points."),
		(banded((1, 10), (2, 20), (1, 30)), "Two bands begin at 1: keep one of them."),
		(banded((1, 101)), "The band from 1 has 101 points: enter points from 0 to 100."),
		(banded((1, -1)), "The band from 1 has -1 points: enter points from 0 to 100."),
		(banded((1, NAN)), "The band from 1 has nan points: enter points from 0 to 100."),
		(banded((INF, 10)), "The minimum of a band must be a number."),
	],
)
def test_impossible_scale_is_refused_when_saved_and_when_used(scale, message):
	with pytest.raises(DefinitionError) as saved:
		check_scale(scale)
	with pytest.raises(DefinitionError) as used:
		points_of(scale, [1.0])
	assert (str(saved.value), str(used.value)) == (message, message)


@pytest.mark.parametrize("scale", [linear(0, 1), linear(1, 0), banded((0, 0)), percentile()])
def test_possible_scales_pass(scale):
	check_scale(scale)


@settings(deadline=None)
@given(worst=NUMBERS, best=NUMBERS, raw=st.lists(NUMBERS, min_size=2, max_size=20))
def test_better_value_never_has_fewer_points_on_a_linear_scale(worst, best, raw):
	if worst == best:
		return
	points = points_of(linear(worst, best), sorted(raw, reverse=best < worst))
	assert points == sorted(points)
	assert 0 <= points[0] <= points[-1] <= 100


@settings(deadline=None)
@given(
	cuts=st.lists(NUMBERS, min_size=101, max_size=101).map(sorted),
	raw=st.lists(NUMBERS, min_size=2, max_size=20),
	higher=st.booleans(),
)
def test_better_value_never_has_fewer_points_on_a_percentile_scale(cuts, raw, higher):
	points = points_of(percentile(higher), sorted(raw, reverse=not higher), tuple(cuts))
	assert points == sorted(points)
	assert 0 <= points[0] <= points[-1] <= 100


@settings(deadline=None)
@given(
	minimums=st.lists(NUMBERS, min_size=1, max_size=8, unique=True),
	raw=st.lists(NUMBERS, min_size=2, max_size=20),
)
def test_better_value_never_has_fewer_points_where_points_rise_with_the_bands(minimums, raw):
	bands = [(minimum, rank * 10) for rank, minimum in enumerate(sorted(minimums))]
	points = points_of(banded(*bands), sorted(raw))
	assert points == sorted(points)


@settings(deadline=None)
@given(st.permutations(range(8)))
def test_order_of_customers_does_not_matter(order):
	raw = pd.Series([3.0, NAN, 500.0, 20.0, 20.0, -4.0, 1000.0, 77.7])
	for scale in (linear(0, 100), banded((0, 5), (20, 50)), percentile()):
		points = to_points(scale, raw.iloc[list(order)], HUNDRED_CUTS)
		np.testing.assert_array_equal(points.sort_index(), to_points(scale, raw, HUNDRED_CUTS))
