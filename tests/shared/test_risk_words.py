"""A lapse risk in words: the same sentences for whoever reads them."""

import json

import pytest
from test_driver_words import ENGLISH, Asked

from crm_success.scoring.engine.definitions import to_json
from crm_success.scoring.engine.errors import FitError, Phrase
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, RiskModel
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic
from crm_success.scoring.shared.driver_words import DriverWords, Language
from crm_success.scoring.shared.risk_words import RiskWords

HABITS = Logistic(0.0, ())
LEAVING, STAYING = BgNbd(1, 1, 1, 1, 0, 0), Nbd(1, 1, 0, 0, Phrase("Nobody leaves."))


def words(language: Language = ENGLISH) -> RiskWords:
	return RiskWords(language, DriverWords(language, {}))


def fact(name: str, *values: float, contribution: float = 3.0) -> str:
	return words().fact({"fact": name, "values": list(values), "contribution": contribution}, "EUR")


def test_a_sentence_says_which_way_and_how_much() -> None:
	facts = [
		{"fact": "silence", "values": [81.0, 33.6, 5.0], "contribution": 21.34},
		{"fact": "purchases", "values": [45.0], "contribution": -4.0},
	]
	assert words().lines(facts, "EUR").split("\n") == [
		"Raises the risk by 21.3 points: 81 days without a purchase, and usually buys every 34 days",
		"Lowers the risk by 4 points: bought on 45 days",
	]


@pytest.mark.parametrize(
	("said", "told"),
	[
		("1 day without a purchase, and usually buys every 34 days", ("silence", 1, 34.0, 5)),
		("bought today, and usually buys every 34 days", ("silence", 0, 34.0, 5)),
		(
			"81 days without a second purchase, where customers usually buy every 40 days",
			("silence", 81, 40.4, 1),
		),
		("bought for the first time today", ("silence", 0, 40.4, 1)),
		("bought on 2 days only", ("purchases", 2)),
		("bought on 1 day only", ("purchases", 1)),
		("bought on 4 days", ("purchases", 4)),
		("5 purchases in the last 90 days, 2 in the 90 days before", ("trend", 5, 2, 90)),
		("1 purchase in the last 90 days, 0 in the 90 days before", ("trend", 1, 0, 90)),
		("first bought 1,200 days ago", ("tenure", 1200)),
		("first bought today", ("tenure", 0)),
		("bought for 12,346 EUR so far", ("value", 12345.6)),
		("returned nothing", ("returns", 0)),
		("returned goods once", ("returns", 1)),
		("returned goods 3 times", ("returns", 3)),
	],
)
def test_facts_as_a_person_would_say_them(said: str, told: tuple) -> None:
	assert fact(*told) == said


def test_few_days_lower_a_risk_without_an_only() -> None:
	assert fact("purchases", 2, contribution=-1.0) == "bought on 2 days"


@pytest.mark.parametrize(
	("said", "gap", "days"),
	[
		("Buys every 34 days, last 81 days ago", 33.6, 81),
		("Buys every 1 day, last 1 day ago", 1.2, 1),
		("Buys every 34 days, last today", 33.6, 0),
		("Bought once, 81 days ago", None, 81),
		("Bought once, today", None, 0),
		("Never bought", None, None),
	],
)
def test_a_rhythm(said: str, gap: float | None, days: int | None) -> None:
	assert words().rhythm(gap, days) == said


def stored(learned: LearnedRisk) -> dict:
	return json.loads(to_json(learned))


@pytest.mark.parametrize(
	("habits", "purchases", "said"),
	[
		(HABITS, LEAVING, "Told by habits on earlier dates, blended with a model of purchases (BG/NBD)."),
		(
			HABITS,
			STAYING,
			"Told by habits on earlier dates, blended with a model of purchases in which nobody leaves (NBD).",
		),
		(HABITS, None, "Told by habits on earlier dates alone."),
		(None, LEAVING, "Told by a model of purchases alone (BG/NBD)."),
		(None, STAYING, "Told by a model of purchases alone, in which nobody leaves (NBD)."),
	],
)
def test_how_the_risk_is_told(habits: Logistic | None, purchases: BgNbd | Nbd | None, said: str) -> None:
	model = RiskModel(90, 30.0, habits, purchases, None, (Phrase("Only {0}.", 7),), None, 1200, 4000, 2500)
	lines = words().told_by(stored(LearnedRisk(30.0, model)))
	assert lines[0] == said
	learned = {
		"Learned from 4,000 outcomes: within 90 days nothing was bought in 2,500 of them.": habits,
		"Learned from the purchases of 1,200 customers.": purchases,
	}
	assert lines[1:-1] == [line for line, model_of_it in learned.items() if model_of_it]
	assert lines[-1] == "Only 7."


def test_why_no_risk_is_told() -> None:
	reason = FitError("{0} {1}", FitError("Nobody bought twice."), FitError("Customers: {0}.", 12))
	learned = LearnedRisk(None, None, Phrase(reason.template, *reason.values))
	assert words().told_by(stored(learned)) == [
		"The risk cannot be told.",
		"Nobody bought twice. Customers: 12.",
	]


def test_nothing_was_learned_yet() -> None:
	for learned in (None, {}, stored(LearnedRisk())):
		(said,) = words().told_by(learned)
		assert said.startswith("Nothing was learned yet")


def test_another_language_is_asked_for_every_text_and_number() -> None:
	asked = Asked()
	told = words(asked.language)
	reason = FitError("{0} {1}", FitError("Nobody."), FitError("Few: {0}.", 12))
	assert told.told_by(stored(LearnedRisk(None, None, Phrase(reason.template, *reason.values)))) == [
		"<The risk cannot be told.>",
		"<<Nobody.> <Few: 12.>>",
	]
	assert told.rhythm(33.6, 81) == "<Buys every <34.0 days>, last <81.0 days> ago>"
	assert (34, 0) in asked.numbers
