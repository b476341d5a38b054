"""Thresholds that tell best: worked out by hand, what they must hold to, and where there are none."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from crm_success.scoring.engine.truth.discrimination import area_under_curve
from crm_success.scoring.engine.truth.suggested_thresholds import (
	LEAST_OF_A_BAND,
	MOST_AT_RISK,
	Thresholds,
	best_thresholds,
)

TODAY = Thresholds(70.0, 40.0)


def groups(*rows):
	"""(score, lapsed, others) after each other."""
	scores = [score for score, lapsed, others in rows for _ in range(lapsed + others)]
	outcomes = [number < lapsed for _, lapsed, others in rows for number in range(lapsed + others)]
	return pd.Series(scores, dtype="float64"), pd.Series(outcomes, dtype=bool)


def test_of_thresholds_that_tell_alike_those_nearest_to_todays_are_taken():
	# any Watch from 21 to 50 and any Healthy from 51 to 80 parts the three groups
	date = groups((20, 24, 6), (50, 16, 24), (80, 3, 27))
	assert best_thresholds([date], TODAY) == TODAY
	assert best_thresholds([date], Thresholds(95.0, 60.0)) == Thresholds(80.0, 50.0)


def test_four_groups_are_parted_where_the_bands_tell_most():
	# lapsed of 25: 20, 15, 5, 4; of the three ways to join two neighbours the last joins the two most alike
	date = groups((20, 20, 5), (40, 15, 10), (60, 5, 20), (80, 4, 21))
	found = best_thresholds([date], TODAY)
	assert 20 < found.watch_from <= 40 < found.healthy_from <= 60


def test_limits_are_inclusive_as_those_of_bands():
	date = groups((40, 24, 6), (41, 16, 24), (42, 3, 27))
	assert best_thresholds([date], TODAY) == Thresholds(42.0, 41.0)


def test_at_risk_is_no_call_to_half_of_the_customers():
	# the best cut would call 50 of 100
	date = groups((20, 45, 5), (30, 3, 7), (60, 2, 18), (80, 1, 19))
	assert best_thresholds([date], TODAY) is None
	spread = groups(*[(score, 9, 1) for score in range(10, 60, 10)], (60, 3, 22), (80, 1, 24))
	found = best_thresholds([spread], TODAY)
	assert found.watch_from <= 50


def test_bands_that_lapse_the_wrong_way_are_none():
	assert best_thresholds([groups((20, 3, 27), (50, 16, 24), (80, 24, 6))], TODAY) is None


def test_everybody_alike_has_no_bands():
	assert best_thresholds([groups((50, 40, 60))], TODAY) is None


def test_customers_without_a_score_have_no_part():
	date = groups((20, 24, 6), (50, 16, 24), (80, 3, 27))
	more = groups((20, 24, 6), (50, 16, 24), (80, 3, 27), (float("nan"), 500, 1))
	assert best_thresholds([more], Thresholds(95.0, 60.0)) == best_thresholds([date], Thresholds(95.0, 60.0))


def test_every_date_keeps_to_the_limits():
	one = groups((20, 24, 6), (50, 16, 24), (80, 3, 27))
	# here who is below 30 is half of the customers
	two = groups((25, 40, 10), (35, 12, 18), (80, 2, 18))
	assert best_thresholds([one, two], TODAY) is None
	assert best_thresholds([one], TODAY) is not None


def banded(score, thresholds):
	return (score < thresholds.watch_from).astype(int) + (score < thresholds.healthy_from).astype(int)


def keeps_to_the_limits(risk, lapsed):
	shares = risk.value_counts(normalize=True)
	is_large = len(shares) == 3 and shares.min() >= LEAST_OF_A_BAND
	return is_large and shares[2] <= MOST_AT_RISK and lapsed.groupby(risk).mean().is_monotonic_increasing


def area(risk, lapsed):
	return area_under_curve(risk.astype("float64"), lapsed).value


@given(st.integers(0, 2**32 - 1))
def test_what_is_found_keeps_to_the_limits_and_tells_no_worse_than_any_other(seed):
	chance = np.random.default_rng(seed)
	score = pd.Series(np.round(np.clip(chance.normal(55, 20, 400), 0, 100), 1))
	lapsed = pd.Series(chance.random(400) < 1 / (1 + np.exp((score - 50) / 15)))
	found = best_thresholds([(score, lapsed)], TODAY)
	risk = banded(score, found)
	assert keeps_to_the_limits(risk, lapsed)
	for _ in range(20):
		watch, healthy = sorted(chance.choice(np.arange(1, 100), 2, replace=False))
		other = banded(score, Thresholds(float(healthy), float(watch)))
		if keeps_to_the_limits(other, lapsed):
			assert area(other, lapsed) <= area(risk, lapsed) + 1e-9
	assert (found.watch_from, found.healthy_from) == (int(found.watch_from), int(found.healthy_from))
