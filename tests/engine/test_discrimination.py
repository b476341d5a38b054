"""Areas under the curve and their differences: worked out by hand, published, and what must hold for all of them."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve

Z = 1.959963984540054


def risks(lapsed, others):
	"""The risk and the outcome of customers, those who lapsed first."""
	risk = pd.Series([*lapsed, *others], dtype="float64")
	return risk, pd.Series([True] * len(lapsed) + [False] * len(others))


def ratings(*by_rating):
	return [rating for rating, number in enumerate(by_rating, 1) for _ in range(number)]


def by_pairs(risk, lapsed):
	"""The area by its definition, pair by pair."""
	pairs = [
		1.0 if one > other else 0.5 if one == other else 0.0
		for one in risk[lapsed]
		for other in risk[~lapsed]
	]
	return sum(pairs) / len(pairs)


def samples(least=2):
	"""Whole numbers with many ties, at least two of either outcome."""
	side = st.lists(st.integers(-3, 3), min_size=least, max_size=12)
	return st.tuples(side, side).map(lambda sides: risks(*sides))


def test_the_area_is_the_share_of_pairs_put_right():
	# 3 > 2, 3 > 0 and 1 > 0, but not 1 > 2
	assert area_under_curve(*risks([3, 1], [2, 0])).value == 0.75


def test_equal_risks_count_half():
	# 2 = 2 twice, 2 > 0 twice
	assert area_under_curve(*risks([2, 2], [2, 0])).value == 0.75
	everybody = area_under_curve(*risks([1, 1, 1], [1, 1]))
	assert (everybody.value, everybody.low, everybody.high) == (0.5, 0.5, 0.5)


def test_the_interval_is_that_worked_out_by_hand():
	# those who lapsed are above 1 and 1/2 of the others, the others below 1/2 and 1 of those: each variance is
	# 1/8, of a mean of two 1/16
	area = area_under_curve(*risks([3, 1], [2, 0]))
	assert area.low == pytest.approx(0.75 - Z * sqrt(1 / 16 + 1 / 16))
	assert area.high == 1.0


def test_area_and_interval_are_the_published_ones():
	"""Ratings of CT images by J. A. Hanley and B. J. McNeil, Radiology 143 (1982), 29-36, table I.

	Area, standard error and interval by DeLong: Stata's manual of roctab.
	"""
	area = area_under_curve(*risks(ratings(3, 2, 2, 11, 33), ratings(33, 6, 6, 11, 2)))
	assert round(area.value, 4) == 0.8932
	assert round((area.high - area.low) / (2 * Z), 4) == 0.0307
	assert (round(area.low, 5), round(area.high, 5)) == (0.83295, 0.95339)


def test_a_risk_without_overlap_has_an_interval_all_the_same():
	area = area_under_curve(*risks(range(20, 40), range(20)))
	assert (area.value, area.high) == (1.0, 1.0)
	# the lower bound is where the area seen lies as far away as chance goes: Newcombe's equation, 2006
	low, half = area.low, 19
	variance = low * (1 - low) / 400 * (1 + half * (1 - low) / (2 - low) + half * low / (1 + low))
	assert 0.8 < low < 0.95
	assert 1 - low == pytest.approx(Z * sqrt(variance), rel=1e-9)
	reversed_ = area_under_curve(*risks(range(20), range(20, 40)))
	assert (reversed_.value, reversed_.low) == (0.0, 0.0)
	assert reversed_.high == pytest.approx(1 - low)


def test_a_gain_is_the_difference_of_two_areas_with_the_interval_worked_out_by_hand():
	risk, lapsed = risks([3, 1], [2, 0])
	other, _ = risks([3, 2], [1, 0])
	gain = area_gain(risk, other, lapsed)
	# 3/4 less 1; the two differ by 0 and -1/2 for those who lapsed, by -1/2 and 0 for the others
	assert gain.value == -0.25
	assert (gain.low, gain.high) == pytest.approx((-0.25 - Z * sqrt(1 / 8), -0.25 + Z * sqrt(1 / 8)))


def test_the_interval_of_a_gain_is_that_of_a_paired_bootstrap():
	chance = np.random.default_rng(11)
	lapsed = pd.Series(chance.random(600) < 0.4)
	common = lapsed * 0.9 + chance.normal(size=600)
	risk, other = common + 0.5 * chance.normal(size=600), common + 0.9 * chance.normal(size=600)
	gain = area_gain(risk, other, lapsed)
	drawn = [chance.integers(0, 600, 600) for _ in range(500)]
	gains = [
		area_under_curve(risk[rows].reset_index(drop=True), lapsed[rows].reset_index(drop=True)).value
		- area_under_curve(other[rows].reset_index(drop=True), lapsed[rows].reset_index(drop=True)).value
		for rows in drawn
	]
	low, high = np.percentile(gains, [2.5, 97.5])
	assert (gain.low, gain.high) == pytest.approx((low, high), abs=0.006)
	# two intervals that know nothing of each other would be much wider
	apart = [area_under_curve(each, lapsed) for each in (risk, other)]
	assert gain.high - gain.low < 0.6 * sqrt(sum((area.high - area.low) ** 2 for area in apart))


def test_nothing_is_gained_over_the_same_order():
	risk, lapsed = risks([3, 1, 2], [2, 0])
	gain = area_gain(risk, 10 * risk - 7, lapsed)
	assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)


@given(samples())
def test_ranks_give_what_pairs_give(sample):
	area = area_under_curve(*sample)
	assert area.value == pytest.approx(by_pairs(*sample))
	assert 0 <= area.low <= area.value <= area.high <= 1


@given(samples())
def test_the_area_of_the_reversed_is_what_is_missing_to_1(sample):
	risk, lapsed = sample
	area, turned = area_under_curve(risk, lapsed), area_under_curve(-risk, lapsed)
	assert turned.value == pytest.approx(1 - area.value)
	assert (turned.low, turned.high) == pytest.approx((1 - area.high, 1 - area.low))


@given(samples())
def test_only_the_order_of_the_risks_matters(sample):
	risk, lapsed = sample
	assert area_under_curve(np.exp(risk) * 5 - 2, lapsed) == area_under_curve(risk, lapsed)


@given(samples(), samples(), st.randoms())
def test_the_order_of_the_customers_does_not_matter(sample, other_sample, random):
	(risk, lapsed), (other, _) = sample, other_sample
	other = other.reindex(risk.index).fillna(0.0)
	rows = list(risk.index)
	random.shuffle(rows)
	assert area_under_curve(risk[rows], lapsed) == area_under_curve(risk, lapsed)
	assert area_gain(risk[rows], other[rows], lapsed[rows]) == area_gain(risk, other, lapsed)


def test_customers_without_a_risk_are_refused():
	with pytest.raises(ScoringError, match=r"^1 customers have no risk to compare: leave them out\.$"):
		area_under_curve(*risks([3, float("nan")], [2, 0]))


@pytest.mark.parametrize(("lapsed", "others", "there"), [([1], [2, 3], 1), ([1, 2], [], 0)])
def test_one_customer_of_an_outcome_is_refused(lapsed, others, there):
	with pytest.raises(
		ScoringError, match=f"at least 2 customers of either outcome, but there are only {there} of one"
	):
		area_under_curve(*risks(lapsed, others))
