"""What a missing value is worth, metric by metric, and what nobody's values are worth: for any definitions."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import KEYS, World, calibration_of, examples, rows_of, treating, worlds

from crm_success.scoring.engine.definitions import Definitions, MissingValue, Weight

POINTS = {MissingValue.NEUTRAL: 50, MissingValue.WORST: 0, MissingValue.BEST: 100}


def without(judged: Definitions, key: str) -> Definitions:
	"""The same, where no scorecard weighs the metric."""
	cards = (
		replace(card, metrics=tuple(Weight(w.name, 0.0 if w.name == key else w.weight) for w in card.metrics))
		for card in judged.scorecards
	)
	return replace(judged, scorecards=tuple(cards))


def unmeasured(read: pd.DataFrame, key: str) -> pd.DataFrame:
	return read.assign(**{f"{key}.seen": 0})


@pytest.mark.parametrize("missing", POINTS)
@examples(10)
@given(world=worlds(simple=True), key=st.sampled_from(KEYS[:3]))
def test_a_missing_value_is_worth_what_its_metric_says(world: World, key: str, missing: MissingValue) -> None:
	customers, read, judged = world
	judged, read = treating(judged, key, missing), unmeasured(read, key)
	calibration = calibration_of(read, judged)
	rows = rows_of((customers, read, judged), calibration)
	others = rows_of((customers, read, without(judged, key)), calibration)
	for name, row in rows[rows["score"].notna()].iterrows():
		part = row["components"][key]
		assert part["raw"] is None
		assert part["points"] in (POINTS[missing], None)
		if part["weight"]:
			assert part["points"] == POINTS[missing]
			moved = row["score"] - others.loc[name, "score"]
			assert missing is not MissingValue.WORST or moved <= 0.011
			assert missing is not MissingValue.BEST or moved >= -0.011


@examples(15)
@given(world=worlds(simple=True), key=st.sampled_from(KEYS[:3]))
def test_an_ignored_value_leaves_its_weight_to_the_others(world: World, key: str) -> None:
	customers, read, judged = world
	judged, read = treating(judged, key, MissingValue.IGNORE), unmeasured(read, key)
	calibration = calibration_of(read, judged)
	rows = rows_of((customers, read, judged), calibration)
	others = rows_of((customers, read, without(judged, key)), calibration)
	pd.testing.assert_series_equal(rows["score"], others["score"])
	assert all(parts[key]["weight"] == 0 for parts in rows["components"] if parts)


@examples(15)
@given(world=worlds(simple=True))
def test_of_whom_nothing_was_measured_has_no_score_whatever_a_missing_value_is_worth(world: World) -> None:
	customers, read, judged = world
	# a formula of constants would measure everybody
	judged = replace(judged, metrics=tuple(m for m in judged.metrics if m.key != "formula"))
	for key in KEYS[:3]:
		read = unmeasured(read, key)
	rows = rows_of((customers, read, judged))
	assert rows["score"].isna().all()
	assert rows["band"].isna().all()
	assert not any(parts[key]["weight"] for parts in rows["components"] for key in parts)
