"""What past forecasts have to be multiplied with, by hand."""

from math import log

import pandas as pd
import pytest

from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.forecast.past_windows import PastWindow
from crm_success.scoring.engine.forecast.seasons import Forecast, Level, level_of


def forecast(days_ago, buyers, spent, told_buyers, expected, customers=1000):
	"""Of a thousand customers, in sums."""
	each = pd.Series(1 / customers, index=range(customers))
	lapsed = pd.Series(True, index=range(customers))
	lapsed.iloc[:buyers] = False
	window = PastWindow(pd.DataFrame(index=lapsed.index), lapsed, spent * each, days_ago)
	return Forecast(window, told_buyers * each, expected * each)


def test_recent_forecasts_come_true_in_sum():
	level = level_of([forecast(90, 400, 9_000, 400, 10_000), forecast(120, 400, 15_000, 400, 10_000)])
	assert level.recent == pytest.approx(1.2)
	assert level.season == 1
	assert level.both == pytest.approx(1.2)


def test_a_season_that_shows_in_who_buys_counts_nearly_whole():
	"""800 instead of 400 buyers and four times the money: log 2 is 13.9 standard errors of sqrt(1/800 + 1/400 )."""
	level = level_of([forecast(90, 400, 10_000, 400, 10_000), forecast(365, 800, 40_000, 400, 10_000)])
	weight = 1 - 4 * (1 / 800 + 1 / 400) / log(2) ** 2
	assert weight > 0.95
	assert level.season == pytest.approx(4**weight)


def test_chance_is_no_season():
	"""420 for 400 buyers is less than one standard error, whatever they spent."""
	level = level_of([forecast(90, 400, 10_000, 400, 10_000), forecast(365, 420, 30_000, 400, 10_000)])
	assert level == Level(1.0, 1.0)


def test_a_horizon_as_long_as_a_year_has_no_season():
	assert level_of([forecast(365, 400, 12_000, 400, 10_000)]).season == 1


@pytest.mark.parametrize("spent", [0, -500])
def test_nothing_spent_in_sum_is_refused(spent):
	with pytest.raises(FitError, match="returned as much as they bought"):
		level_of([forecast(90, 400, spent, 400, 10_000)])


def test_no_season_is_seen_where_all_was_returned_a_year_before():
	level = level_of([forecast(90, 400, 10_000, 400, 10_000), forecast(365, 800, -10, 400, 10_000)])
	assert level == Level(1.0, 1.0)
