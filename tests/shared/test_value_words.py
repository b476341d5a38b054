"""Where a value comes from, in words, by hand."""

import json

import pytest

from crm_success.scoring.engine.definitions import to_json
from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.forecast.expected_spend import LearnedSpend, SpendForecast
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, RiskModel
from crm_success.scoring.engine.forecast.purchase_model import BgNbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic
from crm_success.scoring.engine.forecast.seasons import Level
from crm_success.scoring.shared.driver_words import DriverWords
from crm_success.scoring.shared.value_words import ValueWords
from crm_success.standalone.english_words import ENGLISH

WORDS = ValueWords(ENGLISH, DriverWords(ENGLISH, {}))
FADING = RiskModel(90, 31.0, None, BgNbd(1.0, 1.0, 1.0, 1.0, 0.0, 9), None)
HABITS = SpendForecast(30.0, 2.0, 30.0, Logistic(0.0, ()), Level(1.3, 1.42), None, 2400, 5)


@pytest.mark.parametrize(
	("spend", "risk", "said"),
	[
		(
			1178.4,
			38.0,
			"Expects 1,178 EUR in 90 days: buys with a chance of 62 %, then spends about 1,901 EUR",
		),
		(0.49, 38.0, "Expects nothing in 90 days"),
		(0.0, 38.0, "Expects nothing in 90 days"),
		(12.0, 100.0, "Expects 12 EUR in 90 days"),
		(12.0, None, "Expects 12 EUR in 90 days"),
	],
)
def test_expected_spend(spend, risk, said):
	assert WORDS.expected(spend, risk, 90, "EUR") == said


def test_lifetime_values():
	forecast = "Lifetime value: this and what follows for 10 years, discounted by 10 % a year"
	assert WORDS.lifetime(True, 10.0, 10.0) == forecast
	formula = "Lifetime value: yearly revenue x expected years x retention"
	assert WORDS.lifetime(False, 10.0, 10.0) == formula


def told(spend, risk=None):
	return WORDS.told_by(json.loads(to_json(spend)), json.loads(to_json(LearnedRisk(31.0, risk))))


def test_a_forecast_that_knows_habits_and_a_season():
	assert told(LearnedSpend(HABITS), FADING) == [
		"Told by what 2,400 buyers spent after earlier dates (5).",
		"In later years it fades as the model of purchases (BG/NBD) says.",
		"A year before, the coming season brought 1.4 times as much as was to be expected.",
	]


def test_a_forecast_by_the_model_of_purchases_says_why():
	model = SpendForecast(30.0, 2.0, 30.0, reason=Phrase("Too early."))
	assert told(LearnedSpend(model)) == [
		"Told by the purchases that the model of purchases expects, and what one of them brings.",
		"Too early.",
		"In later years it fades by the yearly retention.",
	]


def test_no_forecast_says_what_is_told_instead_and_why():
	simpler, why = told(LearnedSpend(None, Phrase("Nobody has spent anything.")))
	assert "yearly revenue x expected years x retention" in simpler
	assert why == "Nobody has spent anything."
	(nothing,) = told(LearnedSpend())
	assert nothing.startswith("Nothing was learned yet")
	assert WORDS.told_by(None, None) == [nothing]
