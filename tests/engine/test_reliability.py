"""Probabilities beside what happened."""

import pandas as pd
import pytest

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.reliability import reliability


def compared(probabilities, lapsed):
	return reliability(pd.Series(probabilities, dtype="float64"), pd.Series(lapsed, dtype=bool))


def test_bins_and_error_are_those_worked_out_by_hand():
	found = compared([0.05, 0.15, 0.15, 0.95], [False, True, False, True])
	assert found.bins.index.tolist() == [0.0, 0.1, 0.9]
	assert found.bins["customers"].tolist() == [1, 2, 1]
	assert found.bins["lapsed"].tolist() == [0, 1, 1]
	assert found.bins["probability"].tolist() == pytest.approx([0.05, 0.15, 0.95])
	assert found.bins["share"].tolist() == [0.0, 0.5, 1.0]
	# (1 x 0.05 + 2 x 0.35 + 1 x 0.05) / 4
	assert found.expected_error == pytest.approx(0.2)


def test_a_share_has_the_interval_of_wilson():
	row = compared([0.31] * 263, [True] * 81 + [False] * 182).bins.loc[0.3]
	assert (round(row["low"], 4), round(row["high"], 4)) == (0.2553, 0.3662)


def test_probabilities_that_hold_have_no_error():
	assert compared([0.25] * 4 + [0.5] * 2, [True, False, False, False, True, False]).expected_error == 0.0


def test_a_bin_begins_with_its_bound_and_the_last_one_holds_certainty():
	found = compared([0.0, 0.1, 0.3, 0.7, 1.0], [False] * 5)
	assert found.bins.index.tolist() == [0.0, 0.1, 0.3, 0.7, 0.9]


def test_the_number_of_bins_can_be_chosen():
	found = reliability(pd.Series([0.2, 0.3, 0.8]), pd.Series([False, True, True]), bins=2)
	assert found.bins["customers"].to_dict() == {0.0: 2, 0.5: 1}


def test_a_bound_that_floats_miss_begins_its_bin_all_the_same():
	assert 0.29 * 100 < 29
	found = reliability(pd.Series([0.29]), pd.Series([True]), bins=100)
	assert found.bins.index.tolist() == [0.29]


def test_the_order_of_the_customers_does_not_matter():
	chances = pd.Series([i / 997 for i in range(997)])
	lapsed = pd.Series([i % 3 == 0 for i in range(997)])
	one, other = reliability(chances, lapsed), reliability(chances.sample(frac=1, random_state=1), lapsed)
	pd.testing.assert_frame_equal(one.bins, other.bins, check_exact=True)
	assert one.expected_error == other.expected_error


@pytest.mark.parametrize("wrong", [float("nan"), -0.01, 1.01, float("inf")])
def test_what_is_no_probability_is_refused(wrong):
	with pytest.raises(
		ScoringError, match="1 probabilities are not between 0 and 1: leave these customers out"
	):
		compared([0.5, wrong], [True, False])


def test_nobody_is_refused():
	with pytest.raises(ScoringError, match="There are no probabilities to compare"):
		compared([], [])
