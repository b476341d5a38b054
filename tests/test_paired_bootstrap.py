"""The bootstrap of a gain: areas as the engine tells them, and the same bound for the same customers."""

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve
from tools.truth.paired_bootstrap import _Ranking, lower_bound

CUSTOMERS = [f"C{number}" for number in range(400)]


def drawn(seed: int) -> tuple[pd.Series, pd.Series, pd.Series]:
	"""Who lapsed, a number that tells it, and one that tells it less well, with ties in both."""
	chance = np.random.default_rng(seed)
	lapsed = pd.Series(chance.random(len(CUSTOMERS)) < 0.4, index=CUSTOMERS)
	telling = (lapsed + chance.normal(0, 0.8, len(CUSTOMERS))).round(1)
	vague = (lapsed + chance.normal(0, 3.0, len(CUSTOMERS))).round(0)
	return lapsed, telling, vague


def test_each_customer_drawn_once_gives_the_area_of_the_engine():
	lapsed, telling, _ = drawn(1)
	area = _Ranking(telling, lapsed).areas(np.ones((1, len(CUSTOMERS))))
	assert area[0] == pytest.approx(area_under_curve(telling, lapsed).value, abs=1e-12)


def test_four_customers_by_hand():
	# of the pairs (lapsed, stayed) two are right, one is tied, one is wrong: 2.5 / 4
	risk = pd.Series([3.0, 1.0, 1.0, 2.0], index=list("abcd"))
	lapsed = pd.Series([True, True, False, False], index=list("abcd"))
	assert _Ranking(risk, lapsed).areas(np.ones((1, 4)))[0] == 0.625
	# d drawn twice and a not at all: of the pairs (b, c), (b, d), (b, d) one is tied and two are wrong
	assert _Ranking(risk, lapsed).areas(np.array([[0.0, 1.0, 1.0, 2.0]]))[0] == pytest.approx(0.5 / 3)


def test_a_number_gains_nothing_over_itself():
	lapsed, telling, _ = drawn(2)
	assert lower_bound(telling, telling, lapsed, draws=200) == 0.0


def test_the_bound_is_that_of_the_engine_but_for_chance():
	lapsed, telling, vague = drawn(3)
	bound = lower_bound(telling, vague, lapsed, draws=1000)
	assert bound == pytest.approx(area_gain(telling, vague, lapsed).low, abs=0.01)
	assert bound == lower_bound(telling, vague, lapsed, draws=1000)
