"""Which dates are replayed: counted by hand."""

from datetime import date, timedelta

import pytest

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.shared.past_dates import History, dates_to_replay

TODAY = date(2026, 1, 31)


def days(first, last, horizon=90, wanted=()):
	return [
		day.isoformat()
		for day in dates_to_replay(
			wanted, History(date.fromisoformat(first), date.fromisoformat(last)), horizon, TODAY
		)
	]


def test_at_most_four_dates_are_replayed_90_days_apart():
	assert days("2020-01-01", "2026-01-31") == ["2025-02-05", "2025-05-06", "2025-08-04", "2025-11-02"]


def test_a_longer_horizon_begins_earlier_and_dates_stay_90_days_apart():
	assert days("2020-01-01", "2026-01-31", horizon=180)[-2:] == ["2025-05-06", "2025-08-04"]


def test_each_date_has_60_days_of_history_before_it():
	# 60 + 90 days are just enough
	assert days("2025-09-03", "2026-01-31") == ["2025-11-02"]
	with pytest.raises(ScoringError, match="Take a horizon of at most 89 days"):
		days("2025-09-04", "2026-01-31")
	assert days("2025-06-05", "2026-01-31") == ["2025-08-04", "2025-11-02"]
	assert days("2025-06-06", "2026-01-31") == ["2025-11-02"]


def test_wanted_dates_take_the_place_of_all_others():
	wanted = [date(2025, 10, 1), date(2025, 3, 2), date(2025, 10, 1)]
	assert days("2020-01-01", "2026-01-31", wanted=wanted) == ["2025-03-02", "2025-10-01"]


def test_the_first_and_the_last_day_that_can_be_replayed():
	ends = [date(2020, 3, 1), date(2025, 11, 2)]
	assert days("2020-01-01", "2026-01-31", wanted=ends) == ["2020-03-01", "2025-11-02"]


def test_one_wanted_date_that_cannot_be_replayed_is_refused_with_all():
	with pytest.raises(ScoringError, match="The 90 days after 2025-11-03 are not over"):
		days("2020-01-01", "2026-01-31", wanted=[date(2025, 10, 1), date(2025, 11, 3)])
	with pytest.raises(ScoringError, match="is in the future"):
		days("2020-01-01", "2026-01-31", wanted=[TODAY + timedelta(1)])


def test_without_a_purchase_there_is_nothing_to_compare_with():
	with pytest.raises(ScoringError, match="Nobody has bought anything yet"):
		dates_to_replay([], None, 90, TODAY)
