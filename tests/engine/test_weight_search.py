"""The weights that tell best: worked out by hand, drawn back to today's, and what must hold for all of them."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm_success.scoring.engine.truth.weighed_points import WeighedPoints
from crm_success.scoring.engine.truth.weight_search import Evidence, mean_loss, search_shares

STRONG, WEAK = 1000.0, 0.0


def evidence(*rows, groups=None):
	"""(points of each metric, lapsed, others) after each other; points 0 to 1, None where missing."""
	points = np.array(
		[values for values, lapsed, others in rows for _ in range(lapsed + others)], dtype="float64"
	)
	outcomes = [number < lapsed for _, lapsed, others in rows for number in range(lapsed + others)]
	return known(points, np.array(outcomes), groups)


def known(points, lapsed, groups=None):
	"""Customers x metrics, 0 to 1, NaN where missing; each metric in a dimension of its own without `groups`."""
	observed = ~np.isnan(points.T)
	places = np.array(groups or range(points.shape[1]))
	weighed = WeighedPoints(np.where(observed, points.T, 0.0), observed.astype("float64"), places)
	return Evidence(weighed, lapsed.astype("float64"), np.zeros(len(points), dtype=np.int64))


# log odds to lapse of 9, 1, 3 and 1/3 to 1: the first metric takes log 9 away, the second log 3
FACTORS = (((0, 0), 36, 4), ((1, 0), 20, 20), ((0, 1), 30, 10), ((1, 1), 10, 30))


def test_shares_are_in_proportion_to_what_each_metric_takes_away():
	(found,) = search_shares(evidence(*FACTORS), np.array([0.2, 0.8]), (WEAK,))
	assert found == pytest.approx([log(9) / log(27), log(3) / log(27)], abs=1e-4)


def test_a_strong_draw_leaves_todays():
	(found,) = search_shares(evidence(*FACTORS), np.array([0.2, 0.8]), (STRONG,))
	assert found == pytest.approx([0.2, 0.8], abs=1e-3)


def test_between_them_the_weaker_draw_moves_farther():
	found = search_shares(evidence(*FACTORS), np.array([0.2, 0.8]), (0.5, 0.05, 0.005, WEAK))
	firsts = [shares[0] for shares in found]
	assert firsts == sorted(firsts)
	assert 0.2 < firsts[0] < firsts[1] < firsts[2] < 2 / 3


def test_the_loss_is_that_of_the_best_slope():
	# 20 and 80 of 100 lapsed: nothing says more than that
	one = evidence(((1,), 20, 80), ((0,), 80, 20))
	assert mean_loss(one, np.ones(1)) == pytest.approx(-(0.2 * log(0.2) + 0.8 * log(0.8)), abs=1e-4)


def test_a_score_that_tells_the_wrong_way_is_worth_no_more_than_the_rate():
	one = evidence(((1,), 80, 20), ((0,), 20, 80))
	assert mean_loss(one, np.ones(1)) == pytest.approx(log(2), abs=1e-4)


def test_each_date_has_a_level_of_its_own():
	# 20 and 5 of 25 lapsed at one date, 5 and 1.25 times 16 at another: the metric says the same at both
	quiet, loud = (((1,), 25, 75), ((0,), 50, 50)), (((1,), 50, 50), ((0,), 75, 25))
	both = evidence(*quiet, *loud)
	dated = Evidence(both.weighed, both.lapsed, np.repeat([0, 1], 200))
	apart = (mean_loss(evidence(*quiet), np.ones(1)) + mean_loss(evidence(*loud), np.ones(1))) / 2
	assert mean_loss(dated, np.ones(1)) == pytest.approx(apart, abs=1e-6)


def test_the_reversed_gets_nothing():
	turned = [((first, 1 - second), lapsed, others) for (first, second), lapsed, others in FACTORS]
	(found,) = search_shares(evidence(*turned), np.array([0.2, 0.8]), (WEAK,))
	assert found.tolist() == [1.0, 0.0]


def test_where_nothing_tells_todays_are_left():
	alike = [((first, second), 10, 10) for first in (0, 1) for second in (0, 1)]
	turned = [((1,), 80, 20), ((0,), 20, 80)]
	assert search_shares(evidence(*turned), np.ones(1), (WEAK,))[0].tolist() == [1.0]
	(found,) = search_shares(evidence(*alike), np.array([0.3, 0.7]), (WEAK,))
	assert found.sum() == pytest.approx(1)


def test_twins_share_what_they_tell_as_they_do_today():
	rows = [((first, first, second), lapsed, others) for (first, second), lapsed, others in FACTORS]
	for strength in (0.05, 0.0005):
		(found,) = search_shares(evidence(*rows), np.array([0.25, 0.25, 0.5]), (strength,))
		assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_near_twins_do_not_swing():
	chance = np.random.default_rng(5)
	firsts = []
	for _ in range(8):
		common = chance.random(1500)
		points = np.column_stack(
			[common, np.clip(common + chance.normal(0, 0.01, 1500), 0, 1), chance.random(1500)]
		)
		lapsed = chance.random(1500) < 1 / (1 + np.exp(4 * (common - 0.5)))
		rows = known(points, lapsed)
		firsts.append(search_shares(rows, np.array([0.3, 0.3, 0.4]), (0.0015,))[0])
	assert np.ptp([shares[0] - shares[1] for shares in firsts]) < 0.05
	assert np.max([shares[2] for shares in firsts]) < 0.15


@hypothesis_settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_shares_are_none_below_nothing_and_tell_no_worse_than_todays(seed):
	chance = np.random.default_rng(seed)
	points = chance.random((200, 4))
	lapsed = chance.random(200) < 1 / (1 + np.exp((points - 0.5) @ chance.normal(0, 2, 4)))
	rows = known(points, lapsed, [0, 0, 1, 1])
	today = chance.dirichlet(np.ones(4))
	for shares in search_shares(rows, today, (0.05, 0.0005)):
		assert (shares >= 0).all()
		assert shares.sum() == pytest.approx(1)
		assert mean_loss(rows, shares) <= mean_loss(rows, today) + 1e-6
