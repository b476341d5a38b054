"""RFM: quintile cuts, scores from 1 to 5 and the segments over the 125 cells."""

from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits, Segment
from crm_success.scoring.engine.records import segments_from_records
from crm_success.scoring.engine.rfm import (
	ABOVE_ALL,
	BELOW_ALL,
	cells,
	hidden_segments,
	quintile_cuts,
	rfm_scores,
	segments,
	uncovered_cells,
)
from crm_success.scoring.engine.value import value_class, value_cuts
from crm_success.setup.defaults import SEGMENTS as SEGMENT_DEFAULTS

NAN = float("nan")
CALIBRATION = Calibration(
	date(2025, 6, 30),
	recency=(10.0, 30.0, 60.0, 180.0),
	frequency=(1.0, 2.0, 4.0, 8.0),
	monetary=(100.0, 500.0, 1000.0, 5000.0),
)
CHAMPIONS = Segment("Champions", 1, (4, 5), (4, 5), (4, 5))
LOYAL = Segment("Loyal", 2, (3, 5), (3, 5), (1, 5))
OTHERS = Segment("Others", 9)


def scores_of(recency, frequency, monetary, calibration=CALIBRATION):
	columns = [pd.Series(values, dtype="float64") for values in (recency, frequency, monetary)]
	return rfm_scores(*columns, calibration)


def names_of(scores, definitions, growth=NAN):
	"""The segments of customers who all have that growth."""
	return segments(scores, pd.Series(growth, scores.index, dtype="float64"), definitions)


def score_frame(*rows):
	return pd.DataFrame(list(rows), columns=["recency_score", "frequency_score", "monetary_score"])


def calibrated(recency, frequency, monetary):
	"""A calibration that was taken from these customers."""
	cuts = (quintile_cuts(pd.Series(values, dtype="float64")) for values in (recency, frequency, monetary))
	return Calibration(date(2025, 6, 30), len(recency), *cuts)


def scored_among_themselves(values):
	"""The frequency scores of customers with these values, by cut points taken from them."""
	days = [1.0] * len(values)
	return scores_of(days, values, values, calibrated(days, values, values))["frequency_score"].tolist()


def test_cuts_part_the_values_into_fifths_halfway_between_neighbours():
	assert quintile_cuts(pd.Series([50.0, 10.0, 40.0, 20.0, 30.0])) == (15.0, 25.0, 35.0, 45.0)
	# the two in the middle have the middle ranks 5 / 12 and 7 / 12
	assert quintile_cuts(pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])) == (1.5, 2.5, 4.5, 5.5)


def test_cuts_leave_missing_values_out():
	assert quintile_cuts(pd.Series([NAN, 7.0, 9.0, np.inf])) == quintile_cuts(pd.Series([7.0, 9.0]))
	assert all(type(cut) is float for cut in quintile_cuts(pd.Series([1, 2, 3])))


@pytest.mark.parametrize(
	("values", "scores"),
	[
		([7], [3]),
		([7, 7, 7, 7], [3, 3, 3, 3]),
		([1, 9], [2, 4]),
		([1, 5, 9], [1, 3, 5]),
		# half have bought once, with the middle rank 0.25, the others twice, with 0.75
		([1, 1, 1, 2, 2, 2], [2, 2, 2, 4, 4, 4]),
		# middle ranks of 0.2 and 0.8 are on the border of two fifths
		([1, 1, 1, 1, 2, 3, 4, 4, 4, 4], [2, 2, 2, 2, 3, 3, 4, 4, 4, 4]),
		([1, 1, 1, 1, 1, 1, 1, 2, 3, 4], [2, 2, 2, 2, 2, 2, 2, 4, 5, 5]),
	],
)
def test_equal_customers_share_their_middle_rank(values, scores):
	assert scored_among_themselves(values) == scores


def test_a_single_customer_is_in_the_middle_and_of_no_high_value_class():
	limits, revenue = Limits(), pd.Series([1200.0])
	calibration = calibrated([14], [12], [1200])
	assert scores_of([14], [12], [1200], calibration).iloc[0].tolist() == [3, 3, 3]
	high, potential = value_cuts(revenue, limits)
	classes = Calibration(date(2025, 6, 30), value_high_revenue=high, value_potential_revenue=potential)
	assert value_class(revenue, classes, limits).tolist() == ["Potential"]


def test_where_all_were_equal_nobody_leaves_the_middle_before_the_next_calibration():
	calibration = calibrated([14, 14], [12, 12], [1200, 1200])
	assert scores_of([0, 15, 45], [13, 12, 11], [1300, 1200, 1100], calibration).to_numpy().tolist() == [
		[3, 3, 3],
		[3, 3, 3],
		[3, 3, 3],
	]


def test_of_a_hundred_punctual_subscribers_those_on_the_dearer_plans_are_of_high_value():
	revenue = [120.0] * 50 + [300.0] * 30 + [1200.0] * 20
	days, invoices = [14.0] * 100, [12.0] * 100
	scores = scores_of(days, invoices, revenue, calibrated(days, invoices, revenue))
	# middle ranks 25, 65 and 90 of 100
	assert scores.drop_duplicates().to_numpy().tolist() == [[3, 3, 2], [3, 3, 4], [3, 3, 5]]
	names = names_of(scores, segments_from_records(SEGMENT_DEFAULTS))
	assert names.tolist() == ["Mid Value"] * 50 + ["High Value"] * 50
	limits = Limits()
	high, potential = value_cuts(pd.Series(revenue), limits)
	classes = Calibration(date(2025, 6, 30), value_high_revenue=high, value_potential_revenue=potential)
	# counted from the top their middle ranks are 75, 35 and 10
	assert value_class(pd.Series(revenue), classes, limits).tolist() == (
		["Low"] * 50 + ["Potential"] * 30 + ["High"] * 20
	)


VALUES = st.lists(st.integers(-5, 5) | st.floats(-1e12, 1e12), min_size=1, max_size=50)


@settings(deadline=None)
@given(VALUES)
def test_a_score_is_the_fifth_of_the_middle_rank(values):
	def expected(value):
		below, equal = sum(other < value for other in values), values.count(value)
		rank = Fraction(2 * below + equal, 2 * len(values))
		low, high = (Fraction(1, 5), Fraction(2, 5)), (Fraction(3, 5), Fraction(4, 5))
		return 1 + sum(rank >= border for border in low) + sum(rank > border for border in high)

	assert scored_among_themselves(values) == [expected(value) for value in values]


@settings(deadline=None)
@given(VALUES)
def test_lowest_and_highest_are_told_apart_alike(values):
	mirrored = [6 - score for score in scored_among_themselves([-value for value in values])]
	assert mirrored == scored_among_themselves(values)
	# days are counted the other way round
	calibration = calibrated(values, values, values)
	recency = scores_of(values, values, values, calibration)["recency_score"].tolist()
	assert recency == [6 - score for score in scored_among_themselves(values)]


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_nobody_gives_no_cuts(values):
	assert quintile_cuts(pd.Series(values, dtype="float64")) == ()


@settings(deadline=None)
@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=50), st.randoms())
def test_cuts_ascend_and_do_not_depend_on_the_order(values, random):
	cuts = quintile_cuts(pd.Series(values))
	assert list(cuts) == sorted(cuts)
	random.shuffle(values)
	assert quintile_cuts(pd.Series(values)) == cuts


def test_five_is_best_and_a_value_at_a_cut_belongs_below_it():
	scores = scores_of([0, 10, 11, 60, 181], [1, 2, 3, 8, 9], [100, 100.01, 501, 5000, 5001])
	assert scores["recency_score"].tolist() == [5, 5, 4, 3, 1]
	assert scores["frequency_score"].tolist() == [1, 2, 3, 4, 5]
	assert scores["monetary_score"].tolist() == [1, 2, 3, 4, 5]


def test_scores_are_whole_numbers_and_keep_the_index():
	index = ["ann", "bob"]
	scores = rfm_scores(
		pd.Series([5, 500], index), pd.Series([9, 0], index), pd.Series([10.0, -3.0], index), CALIBRATION
	)
	assert list(scores.columns) == ["recency_score", "frequency_score", "monetary_score"]
	assert scores.dtypes.astype(str).tolist() == ["int64"] * 3
	assert scores.loc["ann"].tolist() == [5, 5, 1]
	assert scores.loc["bob"].tolist() == [1, 1, 1]


def test_who_never_bought_has_no_scores():
	assert scores_of([NAN], [3], [200]).iloc[0].tolist() == [0, 0, 0]


def test_who_bought_before_the_window_has_the_lowest_frequency_and_revenue():
	assert scores_of([900], [NAN], [0]).iloc[0].tolist() == [1, 1, 1]
	# what nobody knows the worth of is not worth nothing
	assert scores_of([900], [3], [NAN]).iloc[0].tolist()[2] == 0


def test_score_without_cuts_is_zero():
	calibration = Calibration(date(2025, 6, 30), recency=(1.0, 2.0, 3.0, 4.0))
	assert scores_of([2], [3], [200], calibration).iloc[0].tolist() == [4, 0, 0]


def test_a_cut_that_everybody_passes_and_one_that_nobody_does():
	assert quintile_cuts(pd.Series([3.0, 3.0])) == (BELOW_ALL, BELOW_ALL, ABOVE_ALL, ABOVE_ALL)
	assert quintile_cuts(pd.Series([0.0, 10.0])) == (BELOW_ALL, 5.0, 5.0, ABOVE_ALL)


@settings(deadline=None)
@given(
	st.lists(
		st.tuples(st.integers(0, 999), st.integers(0, 30), st.floats(-1e6, 1e6)), min_size=2, max_size=30
	)
)
def test_more_recent_frequent_or_valuable_never_scores_lower(rows):
	recency, frequency, monetary = (pd.Series(column, dtype="float64") for column in zip(*rows, strict=True))
	calibration = Calibration(
		date(2025, 6, 30), len(rows), *(quintile_cuts(each) for each in (recency, frequency, monetary))
	)
	scores = rfm_scores(recency, frequency, monetary, calibration)
	assert scores.isin([1, 2, 3, 4, 5]).all(axis=None)
	for values, column in (
		(-recency, "recency_score"),
		(frequency, "frequency_score"),
		(monetary, "monetary_score"),
	):
		assert scores[column].iloc[np.argsort(values, kind="stable")].is_monotonic_increasing


def test_first_segment_by_priority_wins():
	scores = score_frame([5, 5, 5], [3, 3, 1], [1, 5, 5])
	assert names_of(scores, [OTHERS, LOYAL, CHAMPIONS]).tolist() == ["Champions", "Loyal", "Others"]


def test_equal_priority_is_decided_by_name():
	assert names_of(score_frame([1, 1, 1]), [Segment("B", 1), Segment("A", 1)]).tolist() == ["A"]


def test_ranges_are_inclusive():
	narrow = [Segment("Middle", 1, (2, 4), (2, 4), (2, 4))]
	names = names_of(score_frame([2, 2, 2], [4, 4, 4], [1, 3, 3], [3, 5, 3]), narrow)
	assert names.tolist() == ["Middle", "Middle", None, None]


RISING = Segment("Rising", 1, (4, 5), (1, 5), (1, 2), growth_from=0.0)
SOARING = Segment("Soaring", 0, (1, 5), (1, 5), (1, 5), growth_from=50.0)


def test_growth_parts_customers_of_the_same_scores():
	scores = score_frame(*[[4, 1, 2]] * 6)
	growth = pd.Series([NAN, -100.0, -0.1, 0.0, 49.9, 50.0])
	assert segments(scores, growth, [OTHERS, RISING, SOARING]).tolist() == (
		["Others"] * 3 + ["Rising"] * 2 + ["Soaring"]
	)
	# ranges count all the same
	assert names_of(score_frame([3, 1, 2], [0, 0, 0]), [OTHERS, RISING], 10.0).tolist() == ["Others", None]


def test_endless_growth_is_growth():
	assert names_of(score_frame([4, 1, 2]), [OTHERS, RISING], np.inf).tolist() == ["Rising"]


def test_what_only_growing_customers_have_is_not_covered():
	everybody = Segment("Everybody", 1, growth_from=-50.0)
	assert len(uncovered_cells([everybody])) == 125
	assert uncovered_cells([everybody, OTHERS]) == []


def test_segments_that_take_nobody_are_named():
	wide, growing = Segment("Wide", 1, (1, 4)), Segment("Growing", 3, (4, 5), growth_from=10.0)
	assert hidden_segments([wide, growing, OTHERS]) == []
	assert hidden_segments([wide, Segment("Behind", 2, (4, 4)), OTHERS]) == ["Behind"]
	# who grows by 20 % has reached 10 % too, and that segment comes first
	assert hidden_segments([Segment("Ten", 1, growth_from=10.0), Segment("Twenty", 2, growth_from=20.0)]) == [
		"Twenty"
	]
	assert (
		hidden_segments([Segment("Twenty", 1, growth_from=20.0), Segment("Ten", 2, growth_from=10.0)]) == []
	)


def test_who_never_bought_is_in_no_segment():
	names = names_of(score_frame([0, 0, 0], [5, 0, 5]), [OTHERS])
	assert names.tolist() == [None, None]
	assert names.dtype == object


def test_no_segments_hold_nobody():
	assert names_of(score_frame([5, 5, 5]), []).tolist() == [None]
	assert names_of(score_frame(), [OTHERS]).tolist() == []


def test_cells_show_the_segment_of_every_score():
	cube = cells([CHAMPIONS, LOYAL])
	assert cube.shape == (5, 5, 5)
	assert (cube[4, 4, 4], cube[2, 2, 0], cube[0, 0, 0]) == ("Champions", "Loyal", None)
	assert np.equal(cube, "Champions").sum() == 8
	assert np.equal(cube, "Loyal").sum() == 37  # 3 x 3 x 5 less 8


def test_segment_with_a_range_out_of_bounds_or_reversed_holds_only_what_exists():
	assert cells([Segment("All", 1, (0, 9), (-3, 5), (1, 5))])[0, 0, 0] == "All"
	assert len(uncovered_cells([Segment("None", 1, (5, 1))])) == 125
	assert len(uncovered_cells([Segment("None", 1, (-4, -1))])) == 125


def test_uncovered_cells_are_named():
	most = [
		Segment("Recent", 1, (2, 5)),
		Segment("Rare", 2, (1, 1), (1, 4)),
		Segment("Rich", 3, (1, 1), (5, 5), (3, 5)),
	]
	assert uncovered_cells(most) == [(1, 5, 1), (1, 5, 2)]
	assert uncovered_cells([*most, OTHERS]) == []


RANGES = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda pair: (min(pair), max(pair)))
SEGMENTS = st.lists(
	st.builds(
		Segment,
		st.sampled_from("ABCDEFG"),
		st.integers(0, 3),
		*(RANGES, RANGES, RANGES),
		st.none() | st.sampled_from([-50.0, 0.0, 25.0]),
	),
	max_size=6,
)
GROWTH = st.none() | st.sampled_from([-1e9, -50.0, -0.5, 0.0, 24.9, 25.0, 1e9])


@settings(deadline=None)
@given(SEGMENTS, GROWTH, st.randoms())
def test_cells_agree_with_trying_the_segments_one_by_one(definitions, growth, random):
	every = [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]

	def first_that_holds(cell, growth):
		for each in sorted(definitions, key=lambda each: (each.priority, each.name)):
			ranges = (each.recency, each.frequency, each.monetary)
			grows = each.growth_from is None or (growth is not None and growth >= each.growth_from)
			if grows and all(low <= score <= high for score, (low, high) in zip(cell, ranges, strict=True)):
				return each.name
		return None

	expected = [first_that_holds(cell, growth) for cell in every]
	random.shuffle(definitions)
	assert names_of(score_frame(*every), definitions, growth).tolist() == expected
	open_to_all = [first_that_holds(cell, None) for cell in every]
	assert uncovered_cells(definitions) == [
		cell for cell, name in zip(every, open_to_all, strict=True) if name is None
	]
	reached = {first_that_holds(cell, step) for cell in every for step in (None, -50.0, 0.0, 25.0)}
	assert set(hidden_segments(definitions)) == {each.name for each in definitions} - reached
