"""What each metric alone says of who lapsed."""

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.truth.metric_leanings import leaning_of
from crm_success.scoring.engine.truth.weight_suggestion import Leaning

NAN = float("nan")


def date(*rows):
	"""(points, lapsed, others) after each other."""
	points = [value for value, lapsed, others in rows for _ in range(lapsed + others)]
	outcomes = [number < lapsed for _, lapsed, others in rows for number in range(lapsed + others)]
	return pd.Series(points, dtype="float64"), pd.Series(outcomes, dtype=bool)


def test_fewer_points_of_those_who_lapsed_tell():
	found = leaning_of("a", [date((0, 30, 10), (100, 10, 30))])
	assert (found.metric, found.leaning, found.known) == ("a", Leaning.TELLING, 80)
	# 30 x 30 pairs right, 30 x 10 and 10 x 30 equal, of 40 x 40
	assert found.area.value == pytest.approx((900 + 150 + 150) / 1600)


def test_more_points_of_those_who_lapsed_tell_the_wrong_way():
	assert leaning_of("a", [date((0, 10, 30), (100, 30, 10))]).leaning is Leaning.WRONG_WAY


def test_an_interval_on_both_sides_of_one_half_tells_nothing():
	assert leaning_of("a", [date((0, 21, 19), (100, 19, 21))]).leaning is Leaning.NOT_TELLING


def test_dates_are_taken_together():
	sure = date((0, 16, 12), (100, 12, 16))
	assert leaning_of("a", [sure]).leaning is Leaning.NOT_TELLING
	names = [f"C{number}" for number in range(56)]
	others = [
		tuple(each.set_axis([f"{number} {name}" for name in names]) for each in sure) for number in range(9)
	]
	assert leaning_of("a", others).leaning is Leaning.TELLING
	assert leaning_of("a", others).known == 9 * 56


@pytest.mark.parametrize(
	"rows",
	[
		[(NAN, 50, 50)],
		[(0, 19, 10), (100, 0, 60), (NAN, 40, 0)],
		[(50, 50, 50)],
		[(0, 30, 0), (100, 30, 0)],
	],
	ids=["no value", "19 who lapsed", "all alike", "all lapsed"],
)
def test_a_metric_that_is_hardly_known_has_no_area(rows):
	found = leaning_of("a", [date(*rows)])
	assert (found.leaning, found.area) == (Leaning.UNKNOWN, None)


def test_noise_is_said_to_tell_nothing_nineteen_times_in_twenty():
	chance = np.random.default_rng(3)
	dates = [
		(pd.Series(chance.uniform(0, 100, 200)), pd.Series(chance.random(200) < 0.4)) for _ in range(200)
	]
	quiet = [leaning_of("a", [each]).leaning is Leaning.NOT_TELLING for each in dates]
	assert sum(quiet) >= 180
