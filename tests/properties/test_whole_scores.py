"""What holds for every score, whoever is judged by whatever: the whole way from aggregates to rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import AS_OF, KEYS, RISK, World, calibration_of, counting, examples, rows_of, worlds

from crm_success.scoring.engine.calibration import calibrate, calibration_values
from crm_success.scoring.engine.definitions import Definitions, HealthBand, ScaleKind, Scorecard, Weight
from crm_success.scoring.engine.drivers import Driver

SCORES = ("recency_score", "frequency_score", "monetary_score")


@examples(15)
@given(worlds())
def test_scores_lie_between_0_and_100_and_say_where_they_come_from(world: World) -> None:
	rows, judged = rows_of(world), world[2]
	cards = {card.name: card for card in judged.scorecards}
	for row in rows.itertuples():
		card, parts = cards.get(row.scorecard), row.components
		shares = sum(part["weight"] for part in parts.values())
		if np.isnan(row.score):
			assert (row.band, row.drivers, row.cap_reason) == (None, [], "")
			assert shares == 0
			assert np.isnan(row.coverage)
			continue
		assert 0 <= row.score <= 100
		assert 0 < row.coverage <= 100
		assert row.band == band_of(row.score, card)
		assert round(shares, 6) == 100
		uncapped = round(50 + sum(part["contribution"] for part in parts.values()), 6)
		assert uncapped == round(uncapped, 1)
		assert row.score <= uncapped
		assert bool(row.cap_reason) == (row.score < uncapped)
		assert_parts(parts)
		assert_drivers(row.drivers, parts)


def band_of(score: float, card: Scorecard) -> str:
	if score >= card.healthy_from:
		return HealthBand.HEALTHY.value
	return HealthBand.WATCH.value if score >= card.watch_from else HealthBand.AT_RISK.value


def assert_parts(parts: dict[str, Any]) -> None:
	for part in parts.values():
		assert 0 <= part["weight"] <= 100
		assert part["points"] is None or 0 <= part["points"] <= 100
		if part["weight"] > 0:
			expected = part["weight"] / 100 * (part["points"] - 50)
			# the weight may be off by a tenth of a percent, of 50 points at most
			assert abs(part["contribution"] - expected) < 0.1 + 0.05 + 0.01
		else:
			assert abs(part["contribution"]) <= 0.1


def assert_drivers(drivers: list[Driver], parts: dict[str, Any]) -> None:
	"""At most three that lower it, strongest first, then at most three that raise it; none left out that is stronger."""
	moved = [driver["contribution"] for driver in drivers]
	low, high = [each for each in moved if each < 0], [each for each in moved if each > 0]
	contributions = sorted(part["contribution"] for part in parts.values())
	assert moved == low + high
	assert low == [each for each in contributions if each < 0][:3]
	assert high == [each for each in contributions[::-1] if each > 0][:3]
	for driver in drivers:
		part = parts[driver["metric"]]
		facts = (driver["value"], driver["points"], driver["contribution"])
		assert facts == (part["raw"], part["points"], part["contribution"])


@examples(15)
@given(worlds(), st.randoms(use_true_random=False))
def test_neither_the_order_of_customers_nor_the_cut_of_batches_changes_a_row(
	world: World, random: Any
) -> None:
	customers, read, judged = world
	calibration = calibration_of(read, judged)
	whole = rows_of(world, calibration)
	names = list(customers.index)
	random.shuffle(names)
	shuffled = rows_of((customers.loc[names], read.sample(frac=1, random_state=1), judged), calibration)
	assert_same_rows(shuffled.loc[customers.index], whole)
	cuts = sorted(random.randrange(len(names) + 1) for _ in range(random.randrange(4)))
	batches = [names[start:end] for start, end in zip([0, *cuts], [*cuts, len(names)], strict=True)]
	parts = [rows_of((customers.loc[batch], read, judged), calibration) for batch in batches if batch]
	assert_same_rows(pd.concat(parts).loc[customers.index], whole)


@examples(15)
@given(worlds(), st.randoms(use_true_random=False))
def test_neither_the_order_of_customers_nor_the_cut_of_batches_changes_a_calibration(
	world: World, random: Any
) -> None:
	_, read, judged = world
	whole = calibration_of(read, judged)
	shuffled = read.sample(frac=1, random_state=random.randrange(99))
	cut = random.randrange(len(read) + 1)
	parts = [
		calibration_values(part, judged, AS_OF) for part in (shuffled[:cut], shuffled[cut:]) if len(part)
	]
	if parts:
		assert calibrate(pd.concat(parts), judged, AS_OF, RISK) == whole
	for cuts in (whole.recency, whole.frequency, whole.monetary, *(each.cuts for each in whole.percentiles)):
		assert list(cuts) == sorted(cuts)


def assert_same_rows(actual: pd.DataFrame, expected: pd.DataFrame) -> None:
	pd.testing.assert_frame_equal(actual, expected, check_exact=True, check_dtype=False)


@examples(15)
@given(worlds())
def test_the_judge_looks_at_one_customer_at_a_time(world: World) -> None:
	"""Whatever the others are, a customer's row stays as it is: nothing but the calibration knows them."""
	customers, read, judged = world
	calibration, name = calibration_of(read, judged), customers.index[0]
	others = read.copy()
	others.loc[others.index != name] = 3
	assert_same_rows(
		rows_of((customers, others, judged), calibration).loc[[name]], rows_of(world, calibration).loc[[name]]
	)


@examples(15)
@given(worlds(), st.sampled_from([0.1, 7.0, 10.0, 1e6]))
def test_only_the_proportions_of_weights_count(world: World, factor: float) -> None:
	customers, read, judged = world

	def scaled(weights: tuple[Weight, ...]) -> tuple[Weight, ...]:
		return tuple(replace(each, weight=each.weight * factor) for each in weights)

	cards = tuple(
		replace(card, metrics=scaled(card.metrics), dimensions=scaled(card.dimensions))
		for card in judged.scorecards
	)
	before, after = rows_of(world), rows_of((customers, read, replace(judged, scorecards=cards)))
	np.testing.assert_allclose(after["score"], before["score"], atol=0.101)


@examples(15)
@given(worlds())
def test_a_score_has_a_segment_of_its_three_scores_and_who_never_bought_has_none(world: World) -> None:
	rows = rows_of(world)
	names = {segment.name: segment for segment in world[2].segments}
	for row in rows.itertuples():
		scores = [getattr(row, name) for name in SCORES]
		if min(scores) == 0:
			assert row.segment is None
			continue
		segment = names[row.segment]
		for score, (low, high) in zip(
			scores, (segment.recency, segment.frequency, segment.monetary), strict=True
		):
			assert low <= score <= high


@pytest.mark.parametrize("kind", ScaleKind)
@examples(10)
@given(world=worlds(simple=True), key=st.sampled_from(KEYS[:3]), data=st.data())
def test_a_better_value_never_lowers_a_score(
	world: World, key: str, data: st.DataObject, kind: ScaleKind
) -> None:
	customers, read, judged = world
	judged = counting(judged, key, kind)
	name, read = customers.index[0], read.reindex(customers.index)
	customers.loc[name, "scorecard"] = judged.scorecards[0].name
	calibration = calibration_of(read, judged)
	low, high = sorted(
		data.draw(st.lists(st.integers(-150, 150) | st.floats(-1e6, 1e6), min_size=2, max_size=2))
	)
	scores = []
	for value in (low, high):
		read.loc[name, [f"{key}.seen", f"{key}.seen_in_window", f"{key}.value"]] = [1, 1, value]
		scores.append(rows_of((customers, read, judged), calibration).loc[name, "score"])
	worse, better = scores if is_higher_better(judged, key) else scores[::-1]
	assert np.isnan(scores).all() or better >= worse


def is_higher_better(judged: Definitions, key: str) -> bool:
	scale = judged.metric(key).scale
	return {
		"Linear": scale.best > scale.worst,
		"Bands": scale.bands[-1].points >= scale.bands[0].points,
		"Percentile": scale.higher_is_better,
	}[scale.kind.value]


@examples(15)
@given(worlds(), st.data())
def test_a_cap_only_lowers_and_never_below_itself(world: World, data: st.DataObject) -> None:
	customers, read, judged = world
	free = replace(judged, scorecards=tuple(replace(card, caps=()) for card in judged.scorecards))
	calibration = calibration_of(read, judged)
	capped, uncapped = rows_of(world, calibration), rows_of((customers, read, free), calibration)
	caps = {
		card.name: [round(min(max(cap.cap, 0), 100), 1) for cap in card.caps] for card in judged.scorecards
	}
	for name in customers.index:
		score, whole = capped.loc[name, "score"], uncapped.loc[name, "score"]
		assert np.isnan(score) == np.isnan(whole)
		if not np.isnan(score):
			assert score == whole or score in caps[customers.loc[name, "scorecard"]]
			assert score <= whole
			assert (score < whole) == bool(capped.loc[name, "cap_reason"])
