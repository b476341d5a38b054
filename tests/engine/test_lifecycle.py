"""Lifecycle: activity by days of silence, and the first stage whose rule holds."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.definitions import Activity, HealthBand, LifecycleStage, Limits
from crm_success.scoring.engine.lifecycle import activity, lifecycle_stage

NAN = float("nan")
LIMITS = Limits(active_days=30, silent_days=90, new_days=60, lost_days=365)


def stage(first, last, active="Active", band="Healthy", limits=LIMITS):
	texts = (pd.Series([text], dtype=object) for text in (active, band))
	return lifecycle_stage(pd.Series([first]), pd.Series([last]), *texts, limits).iloc[0]


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


def test_stages_follow_the_limits():
	assert stage(10.0, 10.0, limits=Limits(new_days=9)) == "Active"
	assert stage(800.0, 10.0, limits=Limits(lost_days=9)) == "Lost"


def test_window_for_new_that_is_longer_than_the_one_for_lost_never_hides_a_lost_customer():
	assert stage(400.0, 400.0, limits=Limits(new_days=500, lost_days=365)) == "Lost"


def test_stage_keeps_the_index_and_the_inputs():
	index = ["ann", "bob"]
	days, texts = pd.Series([NAN, 5.0], index), pd.Series([None, "Silent"], index, dtype=object)
	names = lifecycle_stage(days, days, texts, texts, LIMITS)
	assert names.to_dict() == {"ann": "Potential", "bob": "New"}
	assert names.dtype == object
	assert texts.tolist() == [None, "Silent"]


def test_texts_that_pandas_keeps_as_strings_are_read_as_well():
	days = pd.Series([NAN, 900.0, 900.0])
	recent = pd.Series([NAN, 5.0, 5.0])
	active = pd.Series([None, "Silent", "Lapsing"], dtype="string")
	band = pd.Series([None, None, "Healthy"], dtype="string")
	assert lifecycle_stage(days, recent, active, band, LIMITS).tolist() == ["Potential", "Silent", "At Risk"]


def test_no_customers_have_no_stage():
	nobody, texts = pd.Series([], dtype="float64"), pd.Series([], dtype=object)
	assert lifecycle_stage(nobody, nobody, texts, texts, LIMITS).tolist() == []
	assert activity(nobody, LIMITS).tolist() == []


DAYS = st.one_of(st.just(NAN), st.integers(0, 1000).map(float))


@settings(deadline=None)
@given(DAYS, DAYS, st.sampled_from([None, *Activity]), st.sampled_from([None, *HealthBand]))
def test_every_customer_is_in_exactly_one_known_stage(first, last, active, band):
	name = stage(first, last, active and active.value, band and band.value)
	assert name in {each.value for each in LifecycleStage}


@settings(deadline=None)
@given(st.lists(st.floats(0, 1000), min_size=2, max_size=20))
def test_longer_silence_is_never_more_active(days):
	rank = {"Active": 0, "Silent": 1, "Lapsing": 2}
	ranks = [rank[name] for name in activity(pd.Series(sorted(days)), LIMITS)]
	assert ranks == sorted(ranks)
