"""The weighted mean as a function of shares: worked out by hand, the same as the score, and its slopes."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_points import metrics_of, past, scorecard

from crm_success.scoring.engine.health import health_scores
from crm_success.scoring.engine.truth.weighed_points import WeighedPoints, slopes_of_mean, weighted_mean
from crm_success.scoring.engine.truth.whole_weights import shares_of

NAN = float("nan")
# A and B are in one dimension, C in another
GROUPS = np.array([0, 0, 1])
SHARES = np.array([0.3, 0.3, 0.4])


def weighed(*rows, groups=GROUPS):
	points = np.array(rows, dtype="float64").T
	observed = ~np.isnan(points)
	return WeighedPoints(np.where(observed, points, 0.0), observed.astype("float64"), groups)


def test_a_customer_with_everything_has_the_mean_by_shares():
	mean, slopes = slopes_of_mean(weighed([1, 0, 0.5]), SHARES)
	assert mean == pytest.approx([0.3 * 1 + 0.4 * 0.5])
	# what a metric exceeds the mean by
	assert slopes[:, 0] == pytest.approx([1 - 0.5, 0 - 0.5, 0.5 - 0.5])


def test_a_missing_metric_leaves_its_part_to_its_dimension():
	mean = weighted_mean(weighed([NAN, 0, 0.5]), SHARES)
	assert mean == pytest.approx([0.6 * 0 + 0.4 * 0.5])


def test_a_missing_dimension_leaves_its_part_to_the_others():
	mean = weighted_mean(weighed([NAN, NAN, 0.5], [1, 0.5, NAN]), SHARES)
	assert mean == pytest.approx([0.5, 0.75])


def test_a_metric_without_a_share_does_not_make_its_dimension_count():
	mean = weighted_mean(weighed([1, NAN, 0.5]), np.array([0.0, 0.6, 0.4]))
	assert mean == pytest.approx([0.5])


def test_nothing_that_counts_gives_nothing():
	mean, slopes = slopes_of_mean(weighed([NAN, NAN, NAN]), SHARES)
	assert mean.tolist() == [0.0]
	assert not slopes.any()


def test_the_scale_of_the_shares_does_not_matter():
	rows = weighed([1, 0, 0.5], [NAN, 0.2, 0.9])
	assert weighted_mean(rows, 7 * SHARES) == pytest.approx(weighted_mean(rows, SHARES))


def random_rows(seed, customers=40):
	chance = np.random.default_rng(seed)
	points = np.where(chance.random((customers, 5)) < 0.3, np.nan, chance.random((customers, 5)))
	return points, np.array([0, 0, 1, 1, 2])


@given(st.integers(0, 2**32 - 1))
def test_slopes_are_those_of_small_steps(seed):
	points, groups = random_rows(seed)
	rows = weighed(*points, groups=groups)
	shares = np.random.default_rng(seed).uniform(0.1, 1, 5)
	_, slopes = slopes_of_mean(rows, shares)
	step = 1e-6
	for at in range(5):
		moved = np.eye(5)[at] * step
		rise = (weighted_mean(rows, shares + moved) - weighted_mean(rows, shares - moved)) / (2 * step)
		assert slopes[at] == pytest.approx(rise, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_the_mean_is_the_score(seed):
	points, groups = random_rows(seed)
	keys = "abcde"
	chance = np.random.default_rng(seed)
	metrics = metrics_of(*zip(keys, "XXYYZ", strict=True))
	card = scorecard(
		dict(zip("XYZ", chance.integers(0, 50, 3), strict=True)),
		dict(zip(keys, chance.integers(0, 50, 5), strict=True)),
	)
	made = past(dict(zip(keys, 100 * points.T, strict=True)), [False] * len(points), date(2024, 1, 1))
	score = health_scores(made.raw, made.points, metrics, card).score
	shares = np.array(list(shares_of(card, metrics).values()))
	rows = weighed(*points, groups=groups)
	mean = weighted_mean(rows, shares)
	counts = rows.counts(shares)
	assert score.notna().to_numpy().tolist() == counts.tolist()
	# the score has one decimal
	assert 100 * mean[counts] == pytest.approx(score.to_numpy()[counts], abs=0.0501)
