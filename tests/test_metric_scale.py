"""The scale that the desk draws over a histogram gives the points that scoring gives: both answer the same cases.

The form redraws while somebody types, so it computes points itself. Needs node for that half; skipped without it.
"""

import random
from typing import Any

import pandas as pd
import pytest
from desk_arithmetic import answer, cases, needs_node

from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.records import scale_from_record
from crm_success.scoring.engine.scales import PERCENTILES, silence_would_count_for, to_points

CASES = cases("scale_points")
DRAWN = """(record, values, asked) => {
	const { points, problem } = crm_success.metric_scale.of(record, values);
	return problem ? "refused" : asked.map(points);
}"""


@pytest.mark.parametrize("case", CASES)
def test_scoring_gives_the_points_of_the_case(case: dict[str, Any]):
	raw = pd.Series([float(value) for value, customers in case["values"] for _ in range(customers)])
	assert scored(case["record"], raw, asked_in(case)) == expected_in(case)


@needs_node
@pytest.mark.parametrize("case", CASES)
def test_the_desk_draws_the_points_of_the_case(case: dict[str, Any]):
	assert drawn(case["record"], case["values"], asked_in(case)) == expected_in(case)


@needs_node
@pytest.mark.parametrize("customers", [1, 2, 7, 400])
@pytest.mark.parametrize("case", [param for param in CASES if "points" in param.values[0]])
def test_the_drawn_points_are_the_points_that_are_scored(case: dict[str, Any], customers: int):
	dice = random.Random(customers)
	raw = pd.Series([float(dice.randint(-60, 60)) for _ in range(customers)])
	asked = sorted({*raw, -1000.0, -5.0, 0.0, 9.5, 10.0, 1000.0})
	values = [[value, int(count)] for value, count in raw.value_counts().sort_index().items()]
	points = pytest.approx(scored(case["record"], raw, asked), abs=1e-9)
	assert drawn(case["record"], values, asked) == points


JUDGED = """(record, data) => {
	const { judged, of } = crm_success.metric_scale;
	const { values, missing, ranked } = judged(record, data, of(record, data.values));
	return { values, missing, ranked };
}"""


@needs_node
@pytest.mark.parametrize(
	"record",
	[
		{"scale": "Linear", "worst": 10, "best": 0},
		{"scale": "Linear", "worst": 0, "best": 10},
		{"scale": "Linear", "worst": -10, "best": 10},
		{"scale": "Bands", "bands": [{"minimum": 0, "points": 51}]},
		{"scale": "Bands", "bands": [{"minimum": 0, "points": 50}]},
		{"scale": "Percentile", "better": "Higher"},
		{"scale": "Percentile", "better": "Lower"},
	],
)
def test_the_desk_shows_the_value_of_nothing_observed_where_it_counts(record: dict[str, Any]):
	data = {"values": [[0, 1], [4, 2]], "silent": [[0, 3]], "missing": 5}
	found = answer("metric/metric_scale.js", JUDGED, record, data)
	is_none = silence_would_count_for(scale_from_record(record), pd.Series([0.0])).iloc[0]
	counted = (1, 5 + 3) if is_none else (1 + 3, 5)
	assert found == {"values": [[0, counted[0]], [4, 2]], "missing": counted[1], "ranked": data["values"]}


def asked_in(case: dict[str, Any]) -> list[float]:
	return [float(value) for value in case.get("points", {"0": 0})]


def expected_in(case: dict[str, Any]) -> Any:
	return "refused" if case.get("refused") else pytest.approx(list(case["points"].values()), abs=1e-9)


def scored(record: dict[str, Any], raw: pd.Series, asked: list[float]) -> Any:
	cuts = tuple(raw.quantile([at / 100 for at in range(PERCENTILES)]))
	try:
		return to_points(scale_from_record(record), pd.Series(asked), cuts).tolist()
	except DefinitionError:
		return "refused"


def drawn(record: dict[str, Any], values: list[list[float]], asked: list[float]) -> Any:
	return answer("metric/metric_scale.js", DRAWN, record, values, asked)
