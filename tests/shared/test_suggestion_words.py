"""What is said of suggested weights, in English."""

from dataclasses import replace
from datetime import date

import pytest

from crm_success.scoring.engine.definitions import Scorecard, Weight, from_json, to_json
from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.weight_suggestion import (
	BandLapse,
	JudgedDate,
	Leaning,
	SuggestedMetric,
	Suggestion,
)
from crm_success.scoring.shared.back_test_words import Reader
from crm_success.scoring.shared.driver_words import Language
from crm_success.scoring.shared.kept_suggestions import CardSuggestion
from crm_success.scoring.shared.suggestion_words import Names, SuggestionWords

MARCH, JUNE = date(2019, 3, 10), date(2019, 6, 10)
CARD = Scorecard("Standard", (Weight("Buying", 40.0),), (Weight("orders", 1.0),))
METRIC = SuggestedMetric(
	"orders", "Buying", 40.0, 62.5, 55.0, 70.0, Leaning.TELLING, Estimate(0.64, 0.62, 0.66), 900
)
FOUND = Suggestion(
	scorecard=replace(CARD, healthy_from=64.0, watch_from=51.0),
	keeps_weights=False,
	keeps_thresholds=False,
	metrics=(METRIC,),
	dates=(
		JudgedDate(
			JUNE,
			(MARCH,),
			500,
			200,
			Estimate(0.7, 0.65, 0.75),
			Estimate(0.731, 0.69, 0.77),
			Estimate(0.031, 0.012, 0.05),
		),
	),
	gain=Estimate(0.031, 0.012, 0.05),
	band_gain=Estimate(0.04, 0.02, 0.06),
	bands_today=(BandLapse("At Risk", 0, 0, None),),
	bands_suggested=(BandLapse("At Risk", 120, 60, Estimate(0.5, 0.41, 0.59)),),
	moved=11.6,
	left_out=(),
)
READER = Reader(
	Language(
		lambda text: text, lambda value, digits: f"{value:,.{digits}f}", lambda currency: f"{{0}} {currency}"
	),
	lambda day: day.isoformat(),
)
WORDS = SuggestionWords(READER, Names(str.title, str))


def sentences(found=FOUND, **changes):
	return list(WORDS.sentences(CardSuggestion(CARD, replace(found, **changes))))


def test_what_is_suggested_is_said_with_what_it_is_worth():
	assert sentences() == [
		"Other weights would have told better, on dates that they were not learned from: of 100 pairs of customers, one of whom "
		"left, they put 3.1 more right (1.2 to 5.0).",
		"Judged as of 2019-06-10, each time by weights learned from earlier dates. What is suggested is learned in the same way "
		"from all dates.",
		"The dates agree: where each alone teaches, 12 of 100 points of weight lie elsewhere on average.",
		"Bands: Healthy from 64 instead of 65, Watch from 51 instead of 35. The bands alone then put 4.0 more of 100 pairs right "
		"(2.0 to 6.0).",
	]


def test_a_limit_that_stays_is_not_said_to_be_another():
	kept = replace(FOUND.scorecard, watch_from=CARD.watch_from)
	assert sentences(scorecard=kept)[-1].startswith(
		"Bands: Healthy from 64 instead of 70, Watch from 40 as today. "
	)


def test_where_nothing_would_move_no_gain_is_told():
	said = sentences(keeps_weights=True, gain=Estimate(0.0, -0.0001, 0.0001))
	assert said[0] == "Keep today's weights: the past asks for no others."


def test_what_is_kept_is_said_too():
	said = sentences(keeps_weights=True, keeps_thresholds=True, gain=Estimate(-0.0001, -0.01, 0.01))
	assert said[0] == (
		"Keep today's weights: other weights told no better on dates that they were not learned from. Of 100 pairs of customers, "
		"one of whom left, they put 0.0 more right (-1.0 to 1.0)."
	)
	assert said[2:] == ["Keep the bands: Healthy from 65, Watch from 35."]


def test_dates_that_do_not_agree_are_a_warning():
	assert sentences(moved=25.0)[2].startswith(
		"The dates do not agree: where each alone teaches, 25 of 100 points"
	)


def test_dates_that_are_too_small_are_named():
	assert sentences(left_out=(MARCH, JUNE))[-1] == (
		"As of 2019-03-10, 2019-06-10 too few customers of this scorecard stayed or left to tell."
	)


def test_a_refusal_is_all_there_is():
	refused = CardSuggestion(CARD, None, Phrase("Only {0} customers.", 7))
	assert list(WORDS.sentences(refused)) == ["Only 7 customers."]


@pytest.mark.parametrize(
	("changes", "words"),
	[
		({}, "Tells: 64 in 100 (62 to 66)"),
		({"suggested": 19.0}, "Tells, but others tell it too: 64 in 100 (62 to 66)"),
		({"leaning": Leaning.NOT_TELLING}, "Does not tell: 64 in 100 (62 to 66)"),
		(
			{"leaning": Leaning.WRONG_WAY, "area": Estimate(0.4, 0.35, 0.45)},
			"Tells the wrong way: 40 in 100 (35 to 45)",
		),
		(
			{"leaning": Leaning.UNKNOWN, "area": None},
			"Hardly known: too few customers have a value, or all have the same points",
		),
	],
)
def test_why_a_metric_gets_what_it_gets(changes, words):
	assert WORDS.why(replace(METRIC, **changes)) == words


def test_cells_of_tables():
	assert WORDS.share(12.5) == "12.5 %"
	assert WORDS.spread(METRIC) == "55.0 to 70.0 %"
	assert [WORDS.band(band) for band in (*FOUND.bands_today, *FOUND.bands_suggested)] == [
		"nobody",
		"120 customers, of whom 50 % (41 to 59 %) left",
	]


def test_a_suggestion_comes_back_from_json_as_it_was():
	kept = CardSuggestion(CARD, FOUND)
	assert from_json(CardSuggestion, to_json(kept)) == kept
	refused = CardSuggestion(CARD, None, Phrase("Only {0} customers.", 7))
	assert from_json(CardSuggestion, to_json(refused)) == refused
