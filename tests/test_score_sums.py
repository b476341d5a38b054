"""50 and the contributions that somebody sees make the score that they see, capped and set by hand: both halves answer
the same cases.

The engine rounds, the desk writes and adds up. Needs node for that half; skipped without it.
"""

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from desk_arithmetic import answer, cases, needs_node

from crm_success.scoring.engine.definitions import Cap, Metric, Scorecard, Weight
from crm_success.scoring.engine.health import HealthResult, health_scores
from crm_success.scoring.engine.measure_table import Measure

SCRIPTS = ("shared/health_values.js", "health/health_parts.js")
CASES = cases("score_sums")
DRAWN = """(pictures) => pictures.map((picture) => ({
	contributions: picture.components.map(({ contribution }) =>
		crm_success.customer_health.signed_text(contribution)),
	sums: crm_success.customer_health.parts.sums(picture),
}))"""


@pytest.mark.parametrize("case", CASES)
def test_scoring_answers_the_case(case: dict[str, Any]):
	result = scored(case)
	signs = {key: f"{value:+.1f}" for key, value in result.contributions.loc["A"].items()}
	expected = {key: text.replace("−", "-") for key, text in case["contributions"].items()}
	assert {key: "0.0" if float(text) == 0 else text for key, text in signs.items()} == expected
	assert result.score.fillna(-1).tolist() == [-1 if case["score"] is None else case["score"]]


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_desk_answers_the_case(case: dict[str, Any]):
	(drawn,) = answer(SCRIPTS, DRAWN, [picture_of(case)])
	assert dict(zip(case["points"], drawn["contributions"], strict=True)) == case["contributions"]
	assert drawn["sums"] == case["sums"]


@needs_node
def test_what_the_desk_writes_adds_up_whatever_the_score():
	dice = random.Random(7)
	asked = [random_case(dice) for _ in range(500)]
	for case, drawn in zip(asked, answer(SCRIPTS, DRAWN, [picture_of(case) for case in asked]), strict=True):
		written = [float(text.replace("−", "-").replace("+", "")) for text in drawn["contributions"]]
		total = float(drawn["sums"][0].removesuffix(".").rsplit(" ", 1)[1])
		assert round(50 + sum(written), 6) == total
		shown = scored(case).score.loc["A"]
		less = float(drawn["sums"][1].split()[-5]) if len(drawn["sums"]) > 1 else 0
		assert round(total - less, 6) == shown


def random_case(dice: random.Random) -> dict[str, Any]:
	keys = [f"m{number}" for number in range(dice.randint(1, 15))]
	points = {key: dice.choice([0, 50, 100, dice.uniform(0, 100)]) for key in keys}
	weights = {key: dice.choice([1, 2, 3, 7, 12.5, dice.uniform(0.001, 100)]) for key in keys}
	return {"weights": weights, "points": points, "cap": dice.choice([None, 60, dice.uniform(0, 100)])}


def scored(case: dict[str, Any]) -> HealthResult:
	metrics = [Metric(key, key, Measure.SUM, "Value") for key in case["points"]]
	weights = tuple(Weight(key, weight) for key, weight in case["weights"].items())
	first, cap = next(iter(case["points"])), case.get("cap")
	caps = () if cap is None else (Cap(first, ">=", 0, cap, "Owes too much"),)
	values = pd.DataFrame({key: [value] for key, value in case["points"].items()}, ["A"], dtype="float64")
	card = Scorecard("Card", (Weight("Value", 1),), weights, caps=caps)
	return health_scores(values, values, metrics, card)


def picture_of(case: dict[str, Any]) -> dict[str, Any]:
	"""What `api/health_picture.py` answers of it."""
	result, override = scored(case), case.get("override")
	computed = result.score.loc["A"]
	score = None if np.isnan(computed) else computed
	return {
		"components": [{"contribution": value} for value in result.contributions.loc["A"]],
		"computed_score": score,
		"score": score if override is None else override,
		"is_override": override is not None,
		"cap_reason": result.cap_reason.loc["A"],
	}
