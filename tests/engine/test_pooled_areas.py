"""Areas over several dates: one date as ever, the same customers twice, and each date by its customers."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve
from crm_success.scoring.engine.truth.pooled_areas import Judged, pooled_area, pooled_gain


def judged(lapsed, others, other=None, first=0):
	names = [f"C{first + number}" for number in range(len(lapsed) + len(others))]
	outcome = pd.Series([True] * len(lapsed) + [False] * len(others), index=names)
	risk = pd.Series([*lapsed, *others], index=names, dtype="float64")
	return Judged(risk, outcome, None if other is None else pd.Series(other, index=names, dtype="float64"))


def width(estimate):
	return estimate.high - estimate.low


def bounds(estimate):
	return estimate.value, estimate.low, estimate.high


def random_date(seed, customers=300):
	chance = np.random.default_rng(seed)
	lapsed = chance.random(customers) < 0.4
	common = 0.8 * lapsed + chance.normal(size=customers)
	names = [f"C{number}" for number in range(customers)]
	risk, other = (pd.Series(common + chance.normal(size=customers), index=names) for _ in range(2))
	return Judged(risk, pd.Series(lapsed, index=names), other)


def test_one_date_has_the_figures_of_that_date():
	date = random_date(1)
	assert bounds(pooled_area([date])) == pytest.approx(bounds(area_under_curve(date.risk, date.lapsed)))
	gain = area_gain(date.risk, date.other, date.lapsed)
	assert bounds(pooled_gain([date])) == pytest.approx(bounds(gain))


def test_asking_the_same_customers_again_makes_nothing_surer():
	date = random_date(2)
	assert bounds(pooled_area([date, date, date])) == pytest.approx(bounds(pooled_area([date])))
	assert bounds(pooled_gain([date, date])) == pytest.approx(bounds(pooled_gain([date])))


def test_as_many_other_customers_make_it_surer_by_the_root_of_two():
	date = random_date(3)
	others = Judged(*(each.rename(lambda name: f"other {name}") for each in (date.risk, date.lapsed)))
	assert width(pooled_area([date, others])) == pytest.approx(width(pooled_area([date])) / sqrt(2))


def test_each_date_counts_by_its_customers():
	# 4 customers with 3 of 4 pairs right, 8 others with none of 16
	small, large = judged([3, 1], [2, 0]), judged([0, 0, 0, 0], [1, 1, 1, 1], first=10)
	assert pooled_area([small, large]).value == pytest.approx((4 * 0.75 + 8 * 0.0) / 12)


def test_a_gain_is_the_mean_of_the_gains():
	one = judged([3, 1], [2, 0], other=[3, 2, 1, 0])
	assert pooled_gain([one]).value == pytest.approx(-0.25)
	two = judged([3, 2], [1, 0], other=[3, 1, 2, 0], first=4)
	assert pooled_gain([one, two]).value == pytest.approx(0.0)


def test_the_order_of_the_customers_does_not_matter():
	date = random_date(4)
	turned = Judged(date.risk[::-1], date.lapsed, date.other)
	assert pooled_gain([date, turned]) == pooled_gain([turned, date])
	assert pooled_area([turned]) == pooled_area([date])


def test_the_interval_over_dates_is_that_of_a_bootstrap_of_customers():
	dates = [random_date(5), random_date(5 + 100)]
	# the second date repeats half of what the first one knows of a customer
	dates[1] = Judged((dates[0].risk + dates[1].risk) / 2, dates[0].lapsed)
	chance = np.random.default_rng(6)
	drawn = [chance.integers(0, 300, 300) for _ in range(400)]
	means = [
		np.mean(
			[
				area_under_curve(
					*(each.iloc[rows].reset_index(drop=True) for each in (date.risk, date.lapsed))
				).value
				for date in dates
			]
		)
		for rows in drawn
	]
	low, high = np.percentile(means, [2.5, 97.5])
	area = pooled_area(dates)
	assert (area.low, area.high) == pytest.approx((low, high), abs=0.012)


def test_a_date_without_both_outcomes_is_refused():
	with pytest.raises(ScoringError, match="at least 2 customers of either outcome"):
		pooled_area([judged([3, 1], [2, 0]), judged([1, 2, 3], [])])
