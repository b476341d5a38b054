"""Weights of scorecards as shares of the score, and back as whole numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_points import metrics_of, scorecard

from crm_success.scoring.engine.definitions import Weight
from crm_success.scoring.engine.truth.whole_weights import shares_of, weighed_metrics, with_shares

METRICS = metrics_of(("a", "X"), ("b", "X"), ("c", "Y"))
CARD = scorecard({"X": 60, "Y": 20}, {"a": 1, "b": 3, "c": 5})


def test_a_share_is_the_part_of_the_dimension_in_the_part_of_the_whole():
	assert shares_of(CARD, METRICS) == pytest.approx({"a": 0.75 / 4, "b": 0.75 * 3 / 4, "c": 0.25})


def test_a_dimension_without_weighed_metrics_leaves_its_share_to_the_others():
	card = scorecard({"X": 60, "Y": 20}, {"a": 0, "b": 0, "c": 5})
	assert shares_of(card, METRICS) == {"a": 0.0, "b": 0.0, "c": 1.0}
	assert set(shares_of(scorecard({"X": 0, "Y": 0}, {"a": 1, "b": 1, "c": 1}), METRICS).values()) == {0.0}


def test_metrics_are_those_listed_in_a_listed_dimension():
	more = (*METRICS, *metrics_of(("d", "X"), ("e", "Z")))
	listed = scorecard({"X": 1, "Y": 0}, {"a": 0, "c": 2, "e": 2})
	assert [metric.key for metric in weighed_metrics(more, listed)] == ["a", "c"]


def test_shares_become_whole_numbers_that_sum_to_a_hundred():
	card = with_shares(CARD, METRICS, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
	assert card.dimensions == (Weight("X", 67.0), Weight("Y", 33.0))
	assert card.metrics == (Weight("a", 50.0), Weight("b", 50.0), Weight("c", 100.0))


def test_a_dimension_that_gets_nothing_keeps_its_proportions():
	card = with_shares(CARD, METRICS, {"a": 0.0, "b": 0.0, "c": 1.0})
	assert card.dimensions == (Weight("X", 0.0), Weight("Y", 100.0))
	assert card.metrics == (Weight("a", 25.0), Weight("b", 75.0), Weight("c", 100.0))


def test_rows_of_others_bands_and_caps_stay():
	card = scorecard({"X": 60, "Y": 20, "Z": 7}, {"a": 1, "b": 3, "c": 5, "gone": 9}, healthy_from=80.0)
	suggested = with_shares(card, METRICS, {"a": 0.1, "b": 0.1, "c": 0.8})
	assert suggested.dimensions[-1] == Weight("Z", 7)
	assert suggested.metrics[-1] == Weight("gone", 9)
	assert (suggested.healthy_from, suggested.name) == (80.0, card.name)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda parts: sum(parts) > 0.01))
def test_whole_numbers_lie_next_to_the_shares(parts):
	wanted = dict(zip("abc", parts, strict=True))
	card = with_shares(CARD, METRICS, wanted)
	assert sum(row.weight for row in card.dimensions) == 100
	assert all(row.weight == int(row.weight) for row in (*card.dimensions, *card.metrics))
	found, whole = shares_of(card, METRICS), sum(parts)
	assert all(abs(found[key] - wanted[key] / whole) < 0.02 for key in wanted)
