"""Lifecycle: activity by days of silence, and the first stage whose rule holds."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.definitions import Activity, HealthBand, LifecycleStage, Limits
from crm_success.scoring.engine.lifecycle import activity, lifecycle_stage

NAN = float("nan")
LIMITS = Limits(active_days=30, silent_days=90, new_days=60, lost_days=365)


def stage(first, last, active="Active", band="Healthy", limits=LIMITS, gap=NAN):
	days = (pd.Series([number]) for number in (first, last, gap))
	texts = (pd.Series([text], dtype=object) for text in (active, band))
	return lifecycle_stage(*days, *texts, limits).iloc[0]


def test_activity_changes_the_day_after_its_limit():
	days = pd.Series([0, 30, 31, 90, 91, 4000, NAN], index=list("abcdefg"))
	names = activity(days, LIMITS)
	assert names.tolist() == ["Active", "Active", "Silent", "Silent", "Lapsing", "Lapsing", None]
	assert names.index.tolist() == list("abcdefg")
	assert names.dtype == object


def test_activity_follows_the_limits():
	assert activity(pd.Series([5.0, 6.0, 8.0]), Limits(active_days=5, silent_days=7)).tolist() == [
		"Active",
		"Silent",
		"Lapsing",
	]


def test_nobody_ever_active_has_no_activity():
	assert activity(pd.Series([NAN, NAN]), LIMITS).tolist() == [None, None]


@pytest.mark.parametrize(
	("first", "last", "active", "band", "expected"),
	[
		(NAN, NAN, None, None, "Potential"),
		(NAN, NAN, "Active", "At Risk", "Potential"),
		(2000.0, 366.0, "Active", "Healthy", "Lost"),
		(366.0, 366.0, "Lapsing", "At Risk", "Lost"),
		(2000.0, 365.0, "Active", "Healthy", "Active"),
		(60.0, 10.0, "Active", "Healthy", "New"),
		(60.0, 60.0, "Lapsing", "At Risk", "New"),
		(61.0, 10.0, "Active", "Healthy", "Active"),
		(800.0, 10.0, "Active", "At Risk", "At Risk"),
		(800.0, 100.0, "Lapsing", "Healthy", "At Risk"),
		(800.0, 40.0, "Silent", "At Risk", "At Risk"),
		(800.0, 40.0, "Silent", "Healthy", "Silent"),
		(800.0, 10.0, "Active", "Watch", "Active"),
		(800.0, 10.0, None, None, "Active"),
	],
)
def test_first_rule_that_holds_decides(first, last, active, band, expected):
	assert stage(first, last, active, band) == expected


@pytest.mark.parametrize(
	("first", "last", "gap", "active", "expected"),
	[
		# bought once, in a company whose customers buy every 40 days
		(40.0, 40.0, 40.0, "Silent", "New"),
		(41.0, 41.0, 40.0, "Silent", "Silent"),
		# late already, though a payment came in yesterday
		(55.0, 55.0, 40.0, "Active", "Silent"),
		# the second purchase is recent, the first one too
		(55.0, 5.0, 37.0, "Active", "New"),
		# a new customer who is quiet for longer than the settings allow
		(60.0, 60.0, 10.0, "Lapsing", "At Risk"),
	],
)
def test_new_is_who_is_not_overdue_by_rhythm(first, last, gap, active, expected):
	assert stage(first, last, active, gap=gap) == expected


def test_who_is_new_by_rhythm_stays_so_whatever_the_band_says():
	assert stage(20.0, 20.0, "Active", "At Risk", gap=40.0) == "New"
	assert stage(50.0, 50.0, "Silent", "At Risk", gap=40.0) == "At Risk"


def test_days_of_the_settings_are_stretched_by_a_slow_rhythm():
	"""A subscription that is billed once a year: neither at risk after 100 days, nor lost on the day after a year."""
	yearly = {"gap": 365.0, "active": "Lapsing"}
	assert stage(800.0, 100.0, **yearly) == "Silent"
	assert stage(800.0, 365.0, **yearly) == "Silent"
	assert stage(800.0, 366.0, **yearly) == "At Risk"
	assert stage(800.0, 730.0, **yearly) == "At Risk"
	assert stage(800.0, 731.0, **yearly) == "Lost"


def test_a_fast_rhythm_never_shortens_the_days_of_the_settings():
	assert stage(800.0, 30.0, "Active", gap=2.0) == "Active"
	assert stage(800.0, 90.0, "Silent", gap=2.0) == "Silent"


def test_stages_follow_the_limits():
	assert stage(10.0, 10.0, limits=Limits(new_days=9)) == "Active"
	assert stage(800.0, 10.0, limits=Limits(lost_days=9)) == "Lost"


def test_window_for_new_that_is_longer_than_the_one_for_lost_never_hides_a_lost_customer():
	assert stage(400.0, 400.0, limits=Limits(new_days=500, lost_days=365)) == "Lost"


def test_stage_keeps_the_index_and_the_inputs():
	index = ["ann", "bob"]
	days, texts = pd.Series([NAN, 5.0], index), pd.Series([None, "Silent"], index, dtype=object)
	names = lifecycle_stage(days, days, days, texts, texts, LIMITS)
	assert names.to_dict() == {"ann": "Potential", "bob": "New"}
	assert names.dtype == object
	assert texts.tolist() == [None, "Silent"]


def test_texts_that_pandas_keeps_as_strings_are_read_as_well():
	days = pd.Series([NAN, 900.0, 900.0])
	recent = pd.Series([NAN, 5.0, 5.0])
	active = pd.Series([None, "Silent", "Lapsing"], dtype="string")
	band = pd.Series([None, None, "Healthy"], dtype="string")
	unknown = pd.Series([NAN] * 3)
	names = lifecycle_stage(days, recent, unknown, active, band, LIMITS)
	assert names.tolist() == ["Potential", "Silent", "At Risk"]


def test_no_customers_have_no_stage():
	nobody, texts = pd.Series([], dtype="float64"), pd.Series([], dtype=object)
	assert lifecycle_stage(nobody, nobody, nobody, texts, texts, LIMITS).tolist() == []
	assert activity(nobody, LIMITS).tolist() == []


DAYS = st.one_of(st.just(NAN), st.integers(0, 1000).map(float))


@settings(deadline=None)
@given(DAYS, DAYS, DAYS, st.sampled_from([None, *Activity]), st.sampled_from([None, *HealthBand]))
def test_every_customer_is_in_exactly_one_known_stage(first, last, gap, active, band):
	name = stage(first, last, active and active.value, band and band.value, gap=gap)
	assert name in {each.value for each in LifecycleStage}
	# a band At Risk is hidden only by what says more, and a stage At Risk comes of it or of long silence
	if band is HealthBand.AT_RISK:
		assert name in {"Potential", "Lost", "New", "At Risk"}
	elif name == "At Risk":
		assert active is Activity.LAPSING


RISING = ("New", "Active", "Silent", "At Risk", "Lost")


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=2, unique=True), st.integers(1, 400))
def test_who_waits_longer_is_never_nearer(days, gap):
	"""Of two customers of one rhythm who first bought together: the one who has waited longer."""
	activities = activity(pd.Series(sorted(days), dtype="float64"), LIMITS)
	names = [
		stage(1000, last, active, gap=gap) for last, active in zip(sorted(days), activities, strict=True)
	]
	assert RISING.index(names[0]) <= RISING.index(names[1])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
def test_longer_silence_is_never_more_active(days):
	rank = {"Active": 0, "Silent": 1, "Lapsing": 2}
	ranks = [rank[name] for name in activity(pd.Series(sorted(days)), LIMITS)]
	assert ranks == sorted(ranks)
