"""The shares that the form of a scorecard draws are what scoring gives its metrics: both answer the same cases.

The form redraws while somebody types, so it weighs itself. Needs node for that half; skipped without it.
"""

import random
from typing import Any

import pandas as pd
import pytest
from desk_arithmetic import answer, cases, needs_node

from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.health import health_scores
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.records import scorecards_from_records

CASES = cases("scorecard_shares")
# in tenths of a percent, of each card its dimensions and its metrics
DRAWN = """(cards) => cards.map(([doc, known]) => {
	const { dimensions } = crm_success.scorecard_weights.compute(doc, known);
	const metrics = dimensions.flatMap((dimension) => dimension.metrics);
	const shares = (rows) => Object.fromEntries(rows.map(({ name, share }) => [name, share]));
	return [shares(dimensions), shares(metrics)];
})"""
DIMENSIONS = ("Value", "Payment", "Service", "Engagement")
WEIGHTS = (0, 0, 1, 1, 2, 3, 7, 12.5, 40, 100)
# a dimension is drawn in whole tenths of a percent, and its metrics in whole tenths of that
ROUNDED = 0.2


@pytest.mark.parametrize("case", CASES)
def test_scoring_weighs_as_the_case_says(case: dict[str, Any]):
	assert weighed(case) == pytest.approx(case["weights"], abs=1e-6)


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_desk_draws_the_shares_of_the_case(case: dict[str, Any]):
	((_, metrics),) = drawn([case])
	assert metrics == pytest.approx(case["shares"], abs=1e-9)


@needs_node
def test_the_drawn_shares_are_rounded_weights_that_add_up():
	dice = random.Random(7)
	cards = [random_card(dice) for _ in range(300)]
	for card, (dimensions, metrics) in zip(cards, drawn(cards), strict=True):
		weights = weighed(card)
		assert metrics == pytest.approx({key: weights[key] for key in metrics}, abs=ROUNDED)
		assert sum(metrics.values()) == pytest.approx(sum(weights.values()), abs=1e-6)
		assert sum(metrics.values()) == pytest.approx(sum(dimensions.values()), abs=1e-6)


def random_card(dice: random.Random) -> dict[str, Any]:
	listed = dice.sample(DIMENSIONS, dice.randint(1, 3))
	metrics = [
		{
			"metric": f"m{number}",
			"dimension": dice.choice(DIMENSIONS),
			"weight": dice.choice(WEIGHTS),
			"enabled": int(dice.random() < 0.8),
		}
		for number in range(dice.randint(1, 9))
	]
	return {"dimensions": {name: dice.choice(WEIGHTS) for name in listed}, "metrics": metrics}


def weighed(card: dict[str, Any]) -> dict[str, float]:
	"""Percent of the score by metric, for a customer with a value for every metric that is enabled."""
	enabled = [row for row in card["metrics"] if row.get("enabled", 1)]
	metrics = [Metric(row["metric"], row["metric"], Measure.SUM, row["dimension"]) for row in enabled]
	keys = [metric.key for metric in metrics]
	(scorecard,) = scorecards_from_records([record_of(card)], {key: key for key in keys})
	values = pd.DataFrame(1.0, index=["A"], columns=keys)
	weights = health_scores(values, values, metrics, scorecard).weights.loc["A"].to_dict()
	return {row["metric"]: weights.get(row["metric"], 0.0) for row in card["metrics"]}


def drawn(cards: list[dict[str, Any]]) -> list[list[dict[str, float]]]:
	"""The same as the form draws it, in percent: of each card its dimensions and the metrics in them."""
	asked = [(record_of(card), {row["metric"]: row for row in card["metrics"]}) for card in cards]
	answered = answer("scorecard/scorecard_weights.js", DRAWN, asked)
	return [[{name: tenths / 10 for name, tenths in rows.items()} for rows in card] for card in answered]


def record_of(card: dict[str, Any]) -> dict[str, Any]:
	dimensions = [{"dimension": name, "weight": weight} for name, weight in card["dimensions"].items()]
	return {"scorecard_name": "Card", "dimensions": dimensions, "metrics": card["metrics"]}
