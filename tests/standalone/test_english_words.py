"""The reasons of a score in English, in sentences and in short."""

import pytest

from crm_success.scoring.engine.definitions import Definitions, Metric, Money
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.shared.driver_words import DriverWords
from crm_success.standalone.english_words import driver_words, reason

UNITS = ("Currency", "Days", "Percent")


@pytest.fixture
def words() -> DriverWords:
	metrics = tuple(Metric(unit, f"Pre-paid: {unit}", Measure.SUM, unit=unit) for unit in UNITS)
	return driver_words(Definitions(metrics=metrics, money=Money("EUR")))


def driver(metric: str, contribution: float, value: float | None) -> Driver:
	return {"metric": metric, "value": value, "points": 10.0, "contribution": contribution}


def test_a_sentence_has_the_name_of_the_metric_and_the_currency_behind_the_amount(words: DriverWords) -> None:
	assert words.lines(
		[driver("Days", -7.46, 34.0), driver("Currency", 2.0, 12345.4)], "EUR"
	).splitlines() == [
		"Lowers the score by 7.5: Pre-paid: Days is 34 days",
		"Raises the score by 2: Pre-paid: Currency is 12,345 EUR",
	]


def test_a_reason_has_real_minus_signs_and_leaves_the_name_alone(words: DriverWords) -> None:
	short = reason(driver("Percent", -5.25, -73.8), words, "EUR")
	assert short == "Pre-paid: Percent: −73.8 %, −5.2 points"


def test_a_reason_has_the_words_and_digits_of_the_sentence(words: DriverWords) -> None:
	assert reason(driver("Days", 4.0, None), words, "EUR") == ("Pre-paid: Days: nothing on record, +4 points")
