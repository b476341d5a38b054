"""The desk writes a metric's value in the words of the reasons, reports and files: both answer the same cases.

The form has values without words, so it writes them itself. Needs node for that half; skipped without it.
"""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from desk_arithmetic import answer, cases, needs_node

from crm_success.scoring.shared.driver_words import DriverWords, MetricName
from crm_success.standalone.english_words import ENGLISH

FORM = Path(__file__).parents[1] / "crm_success/crm_success/doctype/health_metric/health_metric.json"
FIELDS = {field["fieldname"]: field for field in json.loads(FORM.read_text())["fields"]}
UNITS = FIELDS["unit"]["options"].split("\n")
WORDS = DriverWords(ENGLISH, {unit: MetricName(unit, unit) for unit in UNITS})

SCRIPT = "shared/health_values.js"
CASES = cases("values_in_words")
DRAWN = """(asked) => asked.map(({ value, unit, currency }) =>
	crm_success.customer_health.value_text(value, unit, currency))"""
SIGNED = "(contributions) => contributions.map(crm_success.customer_health.signed_text)"


@pytest.mark.parametrize("case", CASES)
def test_reasons_and_reports_have_the_words_of_the_case(case: dict[str, Any]):
	assert written(case) == case["words"]


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_desk_has_the_words_of_the_case(case: dict[str, Any]):
	assert drawn([case]) == [case["words"]]


def test_every_unit_of_a_metric_has_a_case():
	assert {case.values[0]["unit"] for case in CASES} == set(UNITS)


@needs_node
def test_the_desk_has_the_words_of_the_reasons_for_any_value():
	dice = random.Random(7)
	asked = [{"value": random_value(dice), "unit": unit, "currency": "EUR"} for unit in UNITS * 500]
	assert drawn(asked) == [written(case) for case in asked]


@needs_node
def test_the_desk_has_the_digits_of_the_reasons_for_a_contribution():
	dice = random.Random(7)
	asked = [-7.45, 7.45, 0.25, -0.25, 0.35, -0.04, *(random_value(dice) for _ in range(500))]
	read = [text.replace("−", "").replace("+", "") for text in answer(SCRIPT, SIGNED, asked)]
	assert read == [f"{round(abs(contribution), 1):,.1f}" for contribution in asked]


def random_value(dice: random.Random) -> float:
	"""Of any size below what is too long to read, whole, with exact halves, or with many digits."""
	size = 10.0 ** dice.randint(0, 13)
	return dice.choice([-1, 1]) * dice.choice(
		[dice.randint(0, 200) / 4, dice.randint(0, 1000) / 20, dice.random() * size]
	)


def written(case: dict[str, Any]) -> str:
	return WORDS.value(case["unit"], case["value"], case["currency"])


def drawn(asked: list[dict[str, Any]]) -> list[str]:
	return answer(SCRIPT, DRAWN, asked)
