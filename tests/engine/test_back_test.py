"""The figures of a past date, worked out by hand for small groups of customers."""

from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.back_test import (
	NO_BAND,
	Grouping,
	RiskNumber,
	back_test,
	calls,
	check_sample,
	deciles,
	is_strictly_ordered,
	lapse_by_group,
)

NAN = float("nan")
BANDS = ["Healthy", "Watch", "At Risk"]


def booleans(*runs):
	"""(value, number) after (value, number)."""
	return pd.Series([value for value, number in runs for _ in range(number)], dtype=bool)


def customers(*kinds):
	"""(number, score, band, R, days, revenue) after each other; F is 3 and M is 2."""
	rows = [
		{
			**{"score": score, "band": band, "stage": "Active", "segment": None},
			**{"recency_score": recency, "frequency_score": 3, "monetary_score": 2},
			**{"days_since_last": days, "revenue": revenue, "lapse_risk": NAN},
		}
		for number, score, band, recency, days, revenue in kinds
		for _ in range(number)
	]
	return pd.DataFrame(rows, index=[f"C{number}" for number in range(len(rows))])


# 30 and 10 lapsed, 12 and 48 bought again
KINDS = (
	(30, 20.0, "At Risk", 1, 200, 100.0),
	(10, 80.0, "Healthy", 1, 10, 300.0),
	(12, 20.0, "At Risk", 1, 200, 100.0),
	(48, 80.0, "Healthy", 5, 200, 300.0),
)
LAPSED = booleans((True, 40), (False, 60))


def example(*more, lapsed=LAPSED):
	everybody = customers(*KINDS, *more)
	return everybody, lapsed.set_axis(everybody.index)


def test_areas_and_gains_are_those_worked_out_by_hand():
	test = back_test(*example())
	# 30 x 48 pairs right, 30 x 12 and 10 x 48 equal, of 40 x 60
	assert test.areas[RiskNumber.SCORE].value == pytest.approx((1440 + 180 + 240) / 2400)
	# 40 x 48 right, 40 x 12 equal
	assert test.areas[RiskNumber.RFM].value == pytest.approx((1920 + 240) / 2400)
	# 30 x 60 equal, 10 x 60 wrong
	assert test.areas[RiskNumber.RECENCY].value == pytest.approx(900 / 2400)
	assert set(test.gains) == {RiskNumber.RFM, RiskNumber.RECENCY}
	assert test.gains[RiskNumber.RFM].value == pytest.approx((1860 - 2160) / 2400)
	assert test.gains[RiskNumber.RECENCY].low > 0


def test_a_lapse_risk_has_an_area_and_is_compared_with_what_happened():
	everybody, lapsed = example()
	risk = everybody["band"].map({"At Risk": 0.7, "Healthy": 0.1})
	test = back_test(everybody.assign(lapse_risk=risk), lapsed)
	# it tells the same customers apart as the score
	assert test.areas[RiskNumber.LAPSE] == test.areas[RiskNumber.SCORE]
	# 30 of 42 lapsed where 29.4 were said, and 10 of 58 where 5.8 were
	assert test.reliability.expected_error == pytest.approx((0.6 + 4.2) / 100)


def test_a_risk_that_could_not_be_told_is_in_no_figure():
	test = back_test(*example())
	assert RiskNumber.LAPSE not in test.areas
	assert test.reliability is None


def test_groups_and_calls_are_those_worked_out_by_hand():
	test = back_test(*example())
	assert (test.customers, test.lapsed, test.share.value, test.without_score) == (100, 40, 0.4, 0)
	bands = test.groups[Grouping.BAND]
	assert bands["customers"].to_dict() == {"Healthy": 58, "Watch": 0, "At Risk": 42}
	assert bands["lapsed"].to_dict() == {"Healthy": 10, "Watch": 0, "At Risk": 30}
	assert test.bands_ordered
	assert test.calls.precision.value == pytest.approx(30 / 42)
	assert test.calls.recall.value == pytest.approx(30 / 40)
	assert (test.calls.lost_revenue_called, test.calls.lost_revenue_not_called) == (3000.0, 3000.0)
	# nobody has a segment; who has none is no group of that name
	assert test.groups[Grouping.SEGMENT].index.tolist() == [NO_BAND]
	assert test.groups[Grouping.STAGE].loc["Active", "customers"] == 100


def test_who_has_no_score_is_in_no_area_and_was_not_called():
	more = [(5, NAN, None, 5, 5, 50.0), (7, NAN, None, 1, 5, 50.0)]
	test = back_test(*example(*more, lapsed=booleans((True, 40), (False, 65), (True, 7))))
	assert (test.customers, test.without_score, test.lapsed, test.lapsed_without_score) == (112, 12, 47, 7)
	assert test.areas == back_test(*example()).areas
	assert test.calls.recall.value == pytest.approx(30 / 47)
	assert test.calls.lost_revenue_not_called == 3350.0
	assert test.groups[Grouping.BAND].loc[NO_BAND, ["customers", "lapsed"]].tolist() == [12, 7]
	assert test.groups[Grouping.DECILE].loc[NO_BAND, "customers"] == 12


def test_the_order_of_the_customers_does_not_matter():
	chance = np.random.default_rng(3)
	everybody = customers(
		*(
			(1, score, BANDS[int(score) % 3], 1 + int(score) % 5, days, score / 3)
			for score, days in zip(
				chance.uniform(0, 100, 150).round(1), chance.integers(0, 300, 150), strict=True
			)
		)
	)
	lapsed = pd.Series(chance.random(150) < 0.5, index=everybody.index)
	one, other = back_test(everybody, lapsed), back_test(everybody.sample(frac=1, random_state=5), lapsed)
	assert (one.areas, one.gains, one.calls, one.share) == (
		other.areas,
		other.gains,
		other.calls,
		other.share,
	)
	for grouping, groups in one.groups.items():
		pd.testing.assert_frame_equal(groups, other.groups[grouping], check_exact=True)


def test_where_nobody_was_called_there_is_no_precision():
	lapsed = booleans((True, 1), (False, 1))
	found = calls(booleans((False, 2)), lapsed, pd.Series([70.0, 5.0]))
	assert (found.customers, found.precision, found.recall.value) == (0, None, 0.0)
	assert (found.lost_revenue_called, found.lost_revenue_not_called) == (0.0, 70.0)


def test_who_returned_more_than_they_bought_is_no_negative_loss():
	both = booleans((True, 2))
	assert calls(both, both, pd.Series([-40.0, 100.0])).lost_revenue_called == 100.0


def test_a_group_has_its_share_with_the_interval_of_wilson():
	names = pd.Series(["b"] * 263 + ["a"] * 20)
	table = lapse_by_group(names, booleans((True, 81), (False, 202)))
	assert table.index.tolist() == ["a", "b"]
	assert table.loc["b", "share"] == 81 / 263
	assert table.loc["b", ["low", "high"]].astype(float).round(4).tolist() == [0.2553, 0.3662]
	assert table.loc["a", ["customers", "lapsed", "share", "low"]].tolist() == [20, 0, 0, 0]


def test_named_groups_come_first_and_those_in_none_last():
	names = pd.Series([None, "z", "Watch", "a"])
	table = lapse_by_group(names, booleans((True, 4)), BANDS)
	assert table.index.tolist() == [*BANDS, "a", "z", NO_BAND]
	assert table["customers"].tolist() == [0, 1, 0, 1, 1, 1]
	assert isnan(table.loc["Healthy", "share"])


@pytest.mark.parametrize(
	("shares", "ordered"),
	[
		((0.1, 0.2, 0.3), True),
		((0.1, 0.3, 0.2), False),
		((0.1, 0.1, 0.3), False),
		((0.2, NAN, 0.1), False),
		((0.1, 0.2, NAN), True),
		((NAN, NAN, 0.1), True),
	],
)
def test_bands_are_ordered_where_each_worse_one_lapsed_more(shares, ordered):
	table = pd.DataFrame({"share": shares}, index=BANDS)
	assert is_strictly_ordered(table.iloc[::-1], BANDS) is ordered


def test_deciles_count_from_the_lowest_score():
	scores = pd.Series([float(number) for number in range(100)])
	assert deciles(scores).value_counts().to_dict() == {number: 10 for number in range(1, 11)}
	assert deciles(scores)[[0, 9, 10, 99]].tolist() == [1, 1, 2, 10]


def test_equal_scores_share_the_middle_decile_and_none_has_none():
	found = deciles(pd.Series([50.0, 50.0, NAN, 50.0, 50.0, 90.0]))
	# the middle of places 1 to 4 of 5 is 2.5, less a half 2 of 5 below
	assert found.dropna().tolist() == [5, 5, 5, 5, 10]
	assert found.isna().tolist() == [False, False, True, False, False, False]


@given(st.lists(st.integers(0, 1000).map(lambda number: number / 10), min_size=1, max_size=40))
def test_a_higher_score_is_never_in_a_lower_decile(scores):
	found = deciles(pd.Series(scores))
	by_score = pd.DataFrame({"score": scores, "decile": found}).sort_values("score")
	assert by_score["decile"].is_monotonic_increasing
	assert by_score["decile"].between(1, 10).all()


@pytest.mark.parametrize(
	("lapsed", "others", "text"),
	[
		(49, 50, "Only 99 customers with a score had bought by then, and at least 100 are needed"),
		(19, 200, "Only 19 of 219 customers bought nothing afterwards, and at least 20 are needed"),
		(200, 19, "Only 19 of 219 customers bought again afterwards, and at least 20 are needed"),
	],
)
def test_a_small_sample_is_refused_in_words(lapsed, others, text):
	with pytest.raises(ScoringError, match=text):
		check_sample(booleans((True, lapsed), (False, others)))


@pytest.mark.parametrize(("lapsed", "others"), [(50, 50), (20, 200), (200, 20)])
def test_the_smallest_samples_that_can_tell(lapsed, others):
	check_sample(booleans((True, lapsed), (False, others)))


def test_customers_without_a_score_do_not_make_a_sample_large_enough():
	everybody, lapsed = example((50, NAN, None, 1, 1, 1.0), lapsed=booleans((True, 40), (False, 110)))
	with pytest.raises(ScoringError, match="Only 99 customers with a score"):
		back_test(everybody.iloc[1:], lapsed)
