"""Silence never speaks for a customer: for any definitions, whatever is measured."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_worlds import KEYS, World, calibration_of, counting, examples, rows_of, treating, worlds

from crm_success.scoring.engine.definitions import Definitions, MissingValue, ScaleKind

NEUTRAL = 50


def silenced(read: pd.DataFrame, name: str, key: str) -> pd.DataFrame:
	"""The same, where the customer has documents, but none in the window."""
	read = read.copy()
	read.loc[name, [f"{key}.seen", f"{key}.seen_in_window", f"{key}.value"]] = [1, 0, None]
	return read


def world_of(world: World, key: str, kind: ScaleKind) -> tuple[World, str]:
	"""The world with a metric of that scale that counts, and no substitute for a missing value; the first customer."""
	customers, read, judged = world
	judged = treating(counting(judged, key, kind), key, MissingValue.IGNORE)
	name, read = customers.index[0], read.reindex(customers.index)
	customers.loc[name, "scorecard"] = judged.scorecards[0].name
	return (customers, read, judged), name


def ranks_zero_low(judged: Definitions, read: pd.DataFrame, key: str) -> bool:
	"""Whether others have no negative amounts, among which nothing would be much."""
	cuts = {each.metric: each.cuts for each in calibration_of(read, judged).percentiles}.get(key)
	return not cuts or cuts[0] >= 0


@pytest.mark.parametrize("kind", ScaleKind)
@examples(15)
@given(world=worlds(simple=True), key=st.sampled_from(KEYS[:3]))
def test_nothing_observed_is_worth_neutral_points_at_most(world: World, key: str, kind: ScaleKind) -> None:
	(customers, read, judged), name = world_of(world, key, kind)
	assume(kind is not ScaleKind.PERCENTILE or ranks_zero_low(judged, read, key))
	row = rows_of((customers, silenced(read, name, key), judged), calibration_of(read, judged)).loc[name]
	points = row["components"][key]["points"]
	assert points is None or points <= NEUTRAL


@pytest.mark.parametrize("kind", ScaleKind)
@examples(15)
@given(world=worlds(simple=True), key=st.sampled_from(KEYS[:3]), value=st.floats(-1e6, 1e6))
def test_taking_away_what_speaks_for_a_customer_most_never_raises_the_score(
	world: World, key: str, kind: ScaleKind, value: float
) -> None:
	(customers, read, judged), name = world_of(world, key, kind)
	assume(kind is not ScaleKind.PERCENTILE or ranks_zero_low(judged, read, key))
	calibration = calibration_of(read, judged)
	read.loc[name, [f"{key}.seen", f"{key}.seen_in_window", f"{key}.value"]] = [1, 1, value]
	before = rows_of((customers, read, judged), calibration).loc[name]
	points = {each: part["points"] or 0 for each, part in before["components"].items()}
	assume(points[key] >= max(NEUTRAL, *points.values()))
	after = rows_of((customers, silenced(read, name, key), judged), calibration).loc[name]
	# what has no score any more has not risen; a tenth is rounding
	assert np.isnan(after["score"]) or after["score"] <= before["score"] + 0.101
	assert np.isnan(after["coverage"]) or after["coverage"] <= before["coverage"]
