"""The reasons of a score in words."""

import pytest

from crm_success.scoring.engine.definitions import Definitions, Metric, Money
from crm_success.scoring.engine.measure_table import Measure
from crm_success.standalone.wording import Wording

UNITS = ("Currency", "Days", "Hours", "Months", "Percent", "Count", "Ratio", "")


@pytest.fixture
def wording():
	metrics = tuple(Metric(unit, f"Pre-paid: {unit}", Measure.SUM, unit=unit) for unit in UNITS)
	return Wording(Definitions(metrics=metrics, money=Money("EUR")))


@pytest.mark.parametrize(
	("unit", "value", "words"),
	[
		("Currency", 12345.4, "12,345 EUR"),
		("Currency", 12.5, "12.5 EUR"),
		("Days", 1, "1 day"),
		("Days", 10.25, "10.2 days"),
		("Hours", 56.0, "56 hours"),
		("Months", 3, "3 months"),
		("Percent", -73.84, "-73.8 %"),
		("Count", 0, "0"),
		("Ratio", 0.25, "0.2"),
		("", -0.0, "0"),
		("Currency", 1e18, "1e+18 EUR"),
		("Days", None, "unknown"),
	],
)
def test_values_have_their_unit(wording, unit, value, words):
	assert wording.value(unit, value) == words


def test_a_sentence_says_which_way_and_how_much(wording):
	components = {"Days": {"raw": 34.0}, "Percent": {"raw": -5.5}}
	assert (
		wording.sentence(("Days", -7.46), components) == "Lowers the score by 7.5: Pre-paid: Days is 34 days"
	)
	assert (
		wording.sentence(("Percent", 2.0), components) == "Raises the score by 2: Pre-paid: Percent is -5.5 %"
	)


def test_a_reason_has_real_minus_signs_and_leaves_the_name_alone(wording):
	components = {"Percent": {"raw": -73.8}}
	assert wording.reason(("Percent", -5.25), components) == "Pre-paid: Percent: −73.8 %, −5.2 points"
