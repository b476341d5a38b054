"""Suggested weights of companies whose truth is known, and of those where there is nothing to suggest."""

from dataclasses import replace

import numpy as np
import pytest
from made_points import HORIZON, by_metric, made_dates, metrics_of, scorecard

from crm_success.scoring.engine.definitions import Cap, MissingValue
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.learned_weights import Learner
from crm_success.scoring.engine.truth.suggested_weights import suggest_weights
from crm_success.scoring.engine.truth.weighed_points import WeighedPoints
from crm_success.scoring.engine.truth.weight_search import Evidence, mean_loss
from crm_success.scoring.engine.truth.weight_suggestion import Leaning
from crm_success.scoring.engine.truth.whole_weights import shares_of

METRICS = metrics_of(("orders", "Buying"), ("noise", "Buying"), ("visits", "Care"))
CARD = scorecard({"Buying": 50, "Care": 50}, {"orders": 20, "noise": 80, "visits": 100})
TRUE = {"orders": 5.0, "noise": 0.0, "visits": 2.0}


def suggest(dates, metrics=METRICS, card=CARD):
	return suggest_weights(dates, metrics, card, HORIZON)


def test_weights_come_near_the_truth_and_noise_gets_next_to_nothing():
	found = suggest(made_dates(TRUE))
	weights = by_metric(found)
	assert not found.keeps_weights
	assert weights["noise"].suggested <= 8
	assert weights["orders"].suggested == pytest.approx(100 * 5 / 7, abs=10)
	assert weights["visits"].suggested == pytest.approx(100 * 2 / 7, abs=10)
	assert [weights[key].leaning for key in TRUE] == [Leaning.TELLING, Leaning.NOT_TELLING, Leaning.TELLING]


def test_the_gain_is_of_dates_that_the_weights_were_not_learned_from():
	dates = made_dates(TRUE, dates=3)
	found = suggest(dates)
	assert [each.as_of for each in found.dates] == [dates[1].as_of, dates[2].as_of]
	assert [each.learned_from for each in found.dates] == [
		(dates[0].as_of,),
		(dates[0].as_of, dates[1].as_of),
	]
	for each in found.dates:
		assert each.suggested.value - each.today.value == pytest.approx(each.gain.value)
	assert found.gain.low > 0.05
	assert found.gain.value == pytest.approx(np.mean([each.gain.value for each in found.dates]))


def test_outcomes_of_a_date_learned_from_are_over_before_the_judged_one():
	near = made_dates(TRUE, dates=3, apart=60)
	found = suggest(near)
	assert [each.learned_from for each in found.dates] == [(near[0].as_of,)]
	with pytest.raises(ScoringError, match="no date comes late enough after another"):
		suggest(near[:2])


def test_suggested_weights_are_whole_and_make_a_scorecard():
	card = suggest(made_dates(TRUE)).scorecard
	assert [row.name for row in card.dimensions] == ["Buying", "Care"]
	assert sum(row.weight for row in card.dimensions) == 100
	assert sum(row.weight for row in card.metrics if row.name != "visits") == 100
	assert all(row.weight == int(row.weight) for row in (*card.dimensions, *card.metrics))


def test_where_todays_weights_are_the_truth_they_are_kept():
	card = scorecard({"Buying": 5, "Care": 2}, {"orders": 10, "noise": 0, "visits": 1})
	found = suggest(made_dates(TRUE, seed=2), card=card)
	assert found.keeps_weights
	assert found.gain.low <= 0
	assert (found.scorecard.dimensions, found.scorecard.metrics) == (card.dimensions, card.metrics)


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_tells_nothing_is_suggested(seed):
	found = suggest(made_dates(dict.fromkeys(TRUE, 0.0), customers=600, seed=seed))
	assert found.keeps_weights and found.keeps_thresholds
	assert found.bands_suggested == found.bands_today
	assert found.scorecard == CARD


def test_a_metric_that_tells_the_wrong_way_gets_nothing_and_it_is_said():
	found = suggest(made_dates({"orders": 4.0, "noise": -3.0, "visits": 1.0}))
	weights = by_metric(found)
	assert (weights["noise"].suggested, weights["noise"].highest) == (0.0, 0.0)
	assert weights["noise"].leaning is Leaning.WRONG_WAY
	assert weights["noise"].area.high < 0.5


def test_the_outcome_itself_takes_all_and_the_reversed_outcome_nothing():
	dates = made_dates({"orders": 0.0, "noise": 0.0, "visits": 0.0})
	for each in dates:
		each.points["orders"] = np.where(each.lapsed, 0.0, 100.0)
		each.points["visits"] = np.where(each.lapsed, 100.0, 0.0)
	found = suggest(dates)
	weights = by_metric(found)
	assert (weights["visits"].suggested, weights["visits"].leaning) == (0, Leaning.WRONG_WAY)
	assert weights["orders"].suggested > 50
	assert [each.suggested.value for each in found.dates] == [1.0, 1.0]


def test_a_metric_that_nearly_nobody_has_keeps_its_place():
	dates = made_dates(TRUE, missing={"visits": 0.995})
	found = suggest(dates)
	weights = by_metric(found)
	assert weights["visits"].leaning is Leaning.UNKNOWN and weights["visits"].area is None
	assert weights["visits"].suggested == weights["visits"].today == 50
	assert weights["orders"].suggested >= 45


def test_a_metric_without_records_keeps_its_part_of_its_dimension():
	metrics = (*METRICS, *metrics_of(("paid", "Buying")))
	card = scorecard({"Buying": 50, "Care": 50}, {"orders": 20, "noise": 60, "paid": 20, "visits": 100})
	dates = made_dates(TRUE)
	found = suggest(dates, metrics, card)
	of_metric = {row.name: row.weight for row in found.scorecard.metrics}
	assert by_metric(found)["paid"].leaning is Leaning.UNKNOWN
	assert of_metric["paid"] == 20
	assert of_metric["orders"] >= 70


def test_best_for_a_missing_value_is_seen_as_it_is_scored():
	# who has no value lapses least: counting as best tells, left out it would not
	metrics = metrics_of(("orders", "Buying"), ("noise", "Buying")) + metrics_of(
		("visits", "Care"), missing=MissingValue.BEST
	)
	dates = made_dates(TRUE, missing={"visits": 0.6})
	for each in dates:
		each.lapsed[:] = np.where(each.points["visits"].isna(), each.points["orders"] < 30, True)
	assert by_metric(suggest(dates, metrics))["visits"].leaning is Leaning.TELLING


def test_the_scale_of_todays_weights_does_not_matter():
	dates = made_dates(TRUE, customers=600)
	larger = scorecard({"Buying": 500, "Care": 500}, {"orders": 2, "noise": 8, "visits": 0.5})
	assert suggest(dates, card=larger).scorecard == suggest(dates).scorecard


def test_the_order_of_customers_and_dates_does_not_matter():
	dates = made_dates(TRUE, customers=600)
	chance = np.random.default_rng(1)
	mixed = [each.of(each.lapsed.index[chance.permutation(600)]) for each in reversed(dates)]
	assert suggest(mixed) == suggest(dates)


def test_caps_hold_for_both():
	# everybody is capped at 0, so no weights can tell more
	capped = replace(CARD, caps=(Cap("orders", ">=", 0.0, 0.0),))
	found = suggest(made_dates(TRUE), card=capped)
	assert found.keeps_weights and found.keeps_thresholds
	assert found.bands_suggested == found.bands_today
	assert [each.suggested.value for each in found.dates] == [0.5, 0.5]


def test_thresholds_part_the_customers_in_bands_that_tell():
	found = suggest(made_dates(TRUE))
	assert not found.keeps_thresholds
	shares = [each.share.value for each in found.bands_suggested]
	assert shares == sorted(shares) and len(set(shares)) == 3
	everybody = sum(each.customers for each in found.bands_suggested)
	at_risk = found.bands_suggested[-1]
	assert at_risk.band == "At Risk"
	assert 0.05 <= at_risk.customers / everybody <= 0.4 + 0.03
	assert found.band_gain.low > 0


def test_thresholds_are_suggested_for_weights_that_are_kept():
	# nobody is below 40
	card = scorecard({"Buying": 5, "Care": 2}, {"orders": 10, "noise": 0, "visits": 1})
	dates = made_dates(TRUE, seed=2)
	lifted = [replace(each, points=40 + each.points * 0.6, raw=40 + each.raw * 0.6) for each in dates]
	found = suggest(lifted, card=card)
	assert found.keeps_weights and not found.keeps_thresholds
	assert found.bands_today[-1].customers == 0 and found.bands_today[-1].share is None
	assert found.scorecard.watch_from > 40
	assert found.bands_suggested[-1].customers > 0


def test_dates_that_say_other_things_make_weights_that_move():
	still = suggest(made_dates(TRUE, dates=2)).moved
	other = made_dates({"orders": 2.0, "noise": 0.0, "visits": 5.0}, dates=2, seed=7)
	turned = suggest([made_dates(TRUE, dates=2)[0], other[1]])
	assert turned.moved > still + 5
	weights = by_metric(turned)["orders"]
	assert weights.lowest + 10 < weights.highest


def test_small_dates_are_left_out_and_named():
	dates = made_dates(TRUE, dates=4)
	few = dates[1].of(dates[1].lapsed.index[:80])
	found = suggest([dates[0], few, *dates[2:]])
	assert found.left_out == (few.as_of,)
	assert [each.as_of for each in found.dates] == [dates[2].as_of, dates[3].as_of]


def test_one_date_is_refused():
	with pytest.raises(ScoringError, match="no date comes late enough after another"):
		suggest(made_dates(TRUE, dates=1))


def test_no_date_is_refused():
	with pytest.raises(ScoringError, match="no date comes late enough after another"):
		suggest([])


def test_where_everybody_lapsed_it_is_refused_with_the_reason():
	dates = [replace(each, lapsed=each.lapsed | True) for each in made_dates(TRUE)]
	with pytest.raises(ScoringError, match="Only 0 of 1500 customers bought again afterwards"):
		suggest(dates)


def test_without_anything_to_weigh_it_is_refused():
	with pytest.raises(ScoringError, match="Only 0 customers with a score"):
		suggest(made_dates(TRUE), card=scorecard({"Buying": 1}, {"visits": 1}))


def test_of_one_metric_only_the_thresholds_can_change():
	metrics, card = metrics_of(("orders", "Buying")), scorecard({"Buying": 30}, {"orders": 7})
	found = suggest(made_dates({"orders": 5.0}), metrics, card)
	assert found.keeps_weights
	assert (found.gain.value, found.gain.low, found.gain.high) == (0.0, 0.0, 0.0)
	assert found.scorecard.metrics == card.metrics
	assert by_metric(found)["orders"].suggested == 100


def test_a_metric_without_weight_today_can_be_suggested():
	card = scorecard({"Buying": 50, "Care": 0}, {"orders": 20, "noise": 80, "visits": 0})
	weights = by_metric(suggest(made_dates(TRUE), card=card))
	assert weights["visits"].today == 0
	assert weights["visits"].suggested == pytest.approx(100 * 2 / 7, abs=12)


@pytest.mark.parametrize("seed", range(4))
def test_weights_never_tell_worse_than_todays_where_they_were_learned(seed):
	dates = made_dates(
		{"orders": 2.0, "noise": 0.5, "visits": -1.0}, customers=400, seed=seed, missing={"orders": 0.4}
	)
	learner = Learner(METRICS, CARD)
	points = np.concatenate([each.points.to_numpy() for each in dates]).T / 100
	observed = ~np.isnan(points)
	weighed = WeighedPoints(np.where(observed, points, 0.0), observed.astype("float64"), np.array([0, 0, 1]))
	lapsed = np.concatenate([each.lapsed.to_numpy(dtype="float64") for each in dates])
	evidence = Evidence(weighed, lapsed, np.repeat([0, 1, 2], 400))
	today, *learned = (
		np.array([*shares_of(card, learner.metrics).values()])
		for card in (CARD, *learner.learn(dates, (0.05, 0.0005)))
	)
	for shares in learned:
		assert shares.min() >= 0 and shares.sum() == pytest.approx(1)
		scored = evidence.of_customers(weighed.counts(shares) & weighed.counts(today))
		assert mean_loss(scored, shares) <= mean_loss(scored, today)


def test_an_even_sample_of_many_is_the_same_in_any_order(monkeypatch):
	monkeypatch.setattr("crm_success.scoring.engine.truth.learned_weights.MOST_LEARNED", 40)
	(date,) = made_dates(TRUE, customers=100, dates=1)
	sample = date.sample()
	assert len(sample.lapsed) == 40
	assert sample.lapsed.index[:4].tolist() == ["C00000", "C00002", "C00005", "C00007"]
	assert date.of(date.lapsed.index[::-1]).sample().lapsed.equals(sample.lapsed)


def test_customers_without_a_value_of_anything_have_no_part():
	dates = made_dates(TRUE)
	names = [*dates[0].lapsed.index, *(f"Nothing {number}" for number in range(5))]
	more = [
		replace(
			each,
			raw=each.raw.reindex(names),
			points=each.points.reindex(names),
			lapsed=each.lapsed.reindex(names, fill_value=True),
		)
		for each in dates
	]
	found = suggest(more)
	assert [each.customers for each in found.dates] == [1500, 1500]
	assert found.scorecard == suggest(dates).scorecard
