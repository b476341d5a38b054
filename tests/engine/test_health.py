"""Health: weights, missing values, caps, bands and trends."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.definitions import Cap, Metric, MissingValue, Scorecard, Weight
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.health import bands, health_scores, trend
from crm_success.scoring.engine.measure_table import Measure

NAN = float("nan")


def metric(key, dimension, missing=MissingValue.IGNORE):
	return Metric(key, key.title(), Measure.SUM, dimension=dimension, missing=missing)


METRICS = (
	metric("revenue", "Value"),
	metric("invoices", "Value"),
	metric("overdue", "Payment"),
	metric("issues", "Service"),
)


def scorecard(metrics, dimensions, **more):
	return Scorecard(
		"Standard",
		dimensions=tuple(Weight(name, weight) for name, weight in dimensions.items()),
		metrics=tuple(Weight(name, weight) for name, weight in metrics.items()),
		**more,
	)


STANDARD = scorecard(
	{"revenue": 3, "invoices": 1, "overdue": 1, "issues": 5},
	{"Value": 50, "Payment": 30, "Service": 20},
)


def frame(rows, metrics=METRICS):
	index = [f"customer {number}" for number in range(len(rows))]
	return pd.DataFrame(rows, index=index, columns=[each.key for each in metrics], dtype="float64")


def score(rows, card=STANDARD, metrics=METRICS, raw=None):
	points = frame(rows, metrics)
	return health_scores(points if raw is None else frame(raw, metrics), points, metrics, card)


def assert_numbers(actual, expected):
	assert list(actual) == pytest.approx(expected, nan_ok=True)


def test_score_is_the_mean_in_each_dimension_and_then_of_the_dimensions():
	result = score([[100, 60, 40, 80]])
	# Value (3 x 100 + 1 x 60) / 4 = 90, Payment 40, Service 80: 0.5 x 90 + 0.3 x 40 + 0.2 x 80 = 73
	assert_numbers(result.score, [73.0])
	assert_numbers(result.weights.iloc[0], [37.5, 12.5, 30.0, 20.0])
	# 18.75, 1.25, -3 and 6, of which the first is rounded up so that they make 23
	assert_numbers(result.contributions.iloc[0], [18.8, 1.2, -3.0, 6.0])


def test_a_score_and_its_contributions_have_one_decimal_and_add_up():
	card = scorecard({"revenue": 1, "invoices": 2}, {"Value": 1})
	result = score([[100, 0, NAN, NAN]], card)
	assert result.score.tolist() == [33.3]
	# 16.67 and -33.33
	assert result.contributions.iloc[0].tolist() == [16.7, -33.4, 0.0, 0.0]


def test_a_score_that_is_shown_as_a_threshold_has_reached_it():
	card = replace(scorecard({"revenue": 1}, {"Value": 1}), healthy_from=70.0)
	result = score([[69.96, NAN, NAN, NAN], [69.94, NAN, NAN, NAN]], card)
	assert result.score.tolist() == [70.0, 69.9]
	assert bands(result.score, card).tolist() == ["Healthy", "Watch"]


def test_ignored_value_leaves_its_weight_to_its_dimension():
	result = score([[NAN, 60, 40, 80]])
	assert_numbers(result.score, [58.0])  # 0.5 x 60 + 0.3 x 40 + 0.2 x 80
	assert_numbers(result.weights.iloc[0], [0.0, 50.0, 30.0, 20.0])
	assert_numbers(result.contributions.iloc[0], [0.0, 5.0, -3.0, 6.0])


def test_empty_dimension_leaves_its_weight_to_the_others():
	result = score([[100, 60, NAN, 80]])
	assert_numbers(result.weights.iloc[0], [53.571429, 17.857143, 0.0, 28.571429])
	assert_numbers(result.score, [87.1])  # (50 x 90 + 20 x 80) / 70
	assert_numbers(result.points.iloc[0], [100, 60, NAN, 80])


@pytest.mark.parametrize(
	("missing", "points", "expected"),
	[(MissingValue.NEUTRAL, 50.0, 76.0), (MissingValue.WORST, 0.0, 61.0), (MissingValue.BEST, 100.0, 91.0)],
)
def test_missing_value_counts_as_its_metric_says(missing, points, expected):
	metrics = (*METRICS[:2], replace(METRICS[2], missing=missing), METRICS[3])
	result = score([[100, 60, NAN, 80]], metrics=metrics)
	assert_numbers(result.score, [expected])  # 0.5 x 90 + 0.3 x points + 0.2 x 80
	assert result.points.loc["customer 0", "overdue"] == points
	assert result.weights.loc["customer 0", "overdue"] == pytest.approx(30.0)


def test_customer_with_nothing_to_measure_has_no_score_whatever_missing_values_count_for():
	metrics = (replace(METRICS[0], missing=MissingValue.WORST), *METRICS[1:])
	result = score([[NAN] * 4, [50] * 4], metrics=metrics)
	assert_numbers(result.score, [NAN, 50.0])
	assert_numbers(result.weights.iloc[0], [0.0] * 4)
	assert_numbers(result.contributions.iloc[0], [0.0] * 4)
	assert_numbers(result.points.iloc[0], [NAN] * 4)
	assert result.cap_reason.iloc[0] == ""


def test_only_what_the_scorecard_weighs_makes_a_customer_measurable():
	card = scorecard({"revenue": 1, "overdue": 0}, {"Value": 1, "Payment": 1})
	assert_numbers(score([[NAN, 70, 70, 70]], card).score, [NAN])


def test_infinite_value_is_a_missing_one():
	card = scorecard({"revenue": 1}, {"Value": 1})
	result = score([[NAN] * 4], card, raw=[[np.inf, NAN, NAN, NAN]])
	assert_numbers(result.score, [NAN])


def test_value_without_points_is_ignored_like_a_missing_one():
	result = score([[NAN, 60, 40, 80]], raw=[[9, 9, 9, 9]])
	assert_numbers(result.score, [58.0])


@pytest.mark.parametrize(
	("metrics", "dimensions"),
	[
		({"revenue": 1, "overdue": 0, "issues": 2}, {"Value": 1, "Payment": 1}),
		({"revenue": 1, "overdue": 5}, {"Value": 1, "Payment": 0}),
		({"revenue": 1, "overdue": -5}, {"Value": 1, "Payment": 1}),
		({"revenue": 1, "overdue": 5, "gone": 5}, {"Value": 1}),
		({"revenue": 1, "overdue": NAN}, {"Value": 1, "Payment": 1}),
	],
	ids=["weight 0", "dimension weight 0", "negative weight", "dimension or metric not there", "no number"],
)
def test_what_has_no_weight_does_not_count(metrics, dimensions):
	result = score([[80, 10, 10, 10]], scorecard(metrics, dimensions))
	assert_numbers(result.score, [80.0])
	assert_numbers(result.weights.iloc[0], [100.0, 0.0, 0.0, 0.0])


def test_scorecard_that_weighs_nothing_scores_nobody():
	assert_numbers(score([[80, 10, 10, 10]], scorecard({}, {"Value": 1})).score, [NAN])


def test_size_of_weights_does_not_matter():
	small = scorecard({"revenue": 0.3, "invoices": 0.1, "overdue": 1e-9}, {"Value": 1e-8, "Payment": 3e-8})
	large = scorecard({"revenue": 3e300, "invoices": 1e300, "overdue": 7}, {"Value": 1e307, "Payment": 3e307})
	rows = [[100, 60, 40, 80]]
	assert_numbers(score(rows, small).score, [52.5])  # (1 x 90 + 3 x 40) / 4
	assert_numbers(score(rows, large).score, [52.5])


def test_metric_without_a_column_is_missing():
	columns = ["revenue", "invoices"]
	points = frame([[100, 60, 40, 80]])[columns]
	assert_numbers(health_scores(points, points, METRICS, STANDARD).score, [90.0])


def test_no_customers_and_no_metrics_are_fine():
	assert score([]).score.tolist() == []
	nobody = health_scores(frame([]), frame([]), (), STANDARD)
	assert nobody.weights.shape == (0, 0)
	assert_numbers(health_scores(frame([[1] * 4]), frame([[1] * 4]), (), STANDARD).score, [NAN])


def capped(*caps):
	return replace(STANDARD, caps=caps)


RAW = [[1000, 12, 700, 3]]


def test_cap_limits_the_score_and_gives_its_reason():
	result = score([[100, 60, 40, 80]], capped(Cap("overdue", ">", 500, 39, "Owes too much")), raw=RAW)
	assert_numbers(result.score, [39.0])
	assert result.cap_reason.tolist() == ["Owes too much"]
	assert_numbers(result.contributions.sum(axis=1) + 50, [73.0])


@pytest.mark.parametrize(
	("operator", "value", "holds"),
	[
		("<", 700, False),
		("<", 701, True),
		("<=", 700, True),
		("<=", 699, False),
		(">", 700, False),
		(">", 699, True),
		(">=", 700, True),
		(">=", 701, False),
		("=", 700, True),
		("=", 701, False),
		("!=", 700, False),
		("!=", 701, True),
	],
)
def test_cap_operators(operator, value, holds):
	result = score([[100, 60, 40, 80]], capped(Cap("overdue", operator, value, 10)), raw=RAW)
	assert_numbers(result.score, [10.0 if holds else 73.0])
	assert result.cap_reason.tolist() == [f"Overdue {operator} {value}" if holds else ""]


@pytest.mark.parametrize("operator", ["<", ">=", "!="])
def test_missing_value_holds_no_cap(operator):
	raw = [[1000, 12, NAN, 3]]
	assert_numbers(score([[100, 60, 40, 80]], capped(Cap("overdue", operator, 5, 10)), raw=raw).score, [73.0])


def test_lowest_cap_wins_and_names_its_reason():
	caps = (
		Cap("overdue", ">", 500, 60, "some"),
		Cap("issues", ">", 2, 20, "many issues"),
		Cap("overdue", ">", 600, 20, "same, but later"),
		Cap("overdue", ">", 0, 40, "more"),
	)
	result = score([[100, 60, 40, 80]], capped(*caps), raw=RAW)
	assert_numbers(result.score, [20.0])
	assert result.cap_reason.tolist() == ["many issues"]


@pytest.mark.parametrize("cap", [73.0, 90.0])
def test_cap_at_or_above_the_score_gives_no_reason(cap):
	result = score([[100, 60, 40, 80]], capped(Cap("overdue", ">", 500, cap, "Owes too much")), raw=RAW)
	assert_numbers(result.score, [73.0])
	assert result.cap_reason.tolist() == [""]


def test_cap_may_look_at_a_value_that_nobody_weighs():
	points = frame([[100, 60, 40, 80]])
	raw = frame(RAW).assign(days_silent=400.0)
	card = capped(Cap("days_silent", ">=", 365, 25))
	result = health_scores(raw, points, METRICS, card)
	assert_numbers(result.score, [25.0])
	assert result.cap_reason.tolist() == ["days_silent >= 365"]


def test_cap_on_an_unknown_value_never_holds():
	assert_numbers(score([[100, 60, 40, 80]], capped(Cap("gone", "!=", 1, 0))).score, [73.0])


def test_cap_with_unknown_operator_is_refused():
	with pytest.raises(DefinitionError, match="A cap cannot use the operator 'like': choose one of <, <=, >"):
		score([[100, 60, 40, 80]], capped(Cap("overdue", "like", 1, 0)))


def test_customer_without_score_is_not_capped():
	raw = frame([[NAN] * 4]).assign(days_silent=400.0)
	result = health_scores(raw, frame([[NAN] * 4]), METRICS, capped(Cap("days_silent", ">", 1, 10, "silent")))
	assert_numbers(result.score, [NAN])
	assert result.cap_reason.tolist() == [""]


def test_inputs_stay_as_they_were():
	raw, points = frame([[1, NAN, 3, 4]]), frame([[10, NAN, 30, 40]])
	copies = raw.copy(deep=True), points.copy(deep=True)
	metrics = tuple(replace(each, missing=MissingValue.WORST) for each in METRICS)
	health_scores(raw, points, metrics, capped(Cap("overdue", ">", 0, 1)))
	pd.testing.assert_frame_equal(raw, copies[0])
	pd.testing.assert_frame_equal(points, copies[1])


def test_bands_begin_at_their_thresholds():
	names = bands(pd.Series([100, 65, 64.99, 35, 34.99, 0, NAN]), STANDARD)
	assert names.tolist() == ["Healthy", "Healthy", "Watch", "Watch", "At Risk", "At Risk", None]
	assert names.dtype == object


def test_bands_follow_the_scorecard():
	card = replace(STANDARD, healthy_from=90.0, watch_from=80.0)
	assert bands(pd.Series([90.0, 85.0, 79.0], index=list("xyz")), card).to_dict() == {
		"x": "Healthy",
		"y": "Watch",
		"z": "At Risk",
	}


def test_trend_is_stable_up_to_five_points_either_way():
	names = trend(pd.Series([5.01, 5.0, 0.0, -5.0, -5.01, NAN]))
	assert names.tolist() == ["Up", "Stable", "Stable", "Stable", "Down", None]
	assert trend(pd.Series([1.5, -1.5]), stable=1).tolist() == ["Up", "Down"]
	assert trend(pd.Series([NAN])).tolist() == [None]


def test_coverage_is_the_share_of_the_nominal_weight_that_was_observed():
	# Value 50 % (revenue 3/4, invoices 1/4), Payment 30 %, Service 20 %
	rows = [[100, 60, 40, 80], [NAN, 60, 40, 80], [NAN, 0, NAN, NAN], [0, NAN, NAN, 0], [NAN] * 4]
	assert_numbers(score(rows).coverage, [100.0, 62.5, 12.5, 57.5, NAN])


@pytest.mark.parametrize("missing", [MissingValue.NEUTRAL, MissingValue.WORST, MissingValue.BEST])
def test_what_stands_in_for_a_missing_value_was_not_observed(missing):
	metrics = tuple(replace(each, missing=missing) for each in METRICS)
	assert_numbers(score([[100, 60, NAN, NAN]], metrics=metrics).coverage, [50.0])


def test_a_value_without_points_was_not_observed():
	metrics = tuple(replace(each, missing=MissingValue.NEUTRAL) for each in METRICS)
	result = score([[NAN, NAN, 40, NAN], [NAN] * 4], metrics=metrics, raw=[[9, 9, 9, 9]] * 2)
	assert_numbers(result.coverage, [30.0, NAN])
	assert_numbers(result.score, [47.0, NAN])


def test_what_has_no_weight_covers_nothing():
	card = scorecard({"revenue": 1, "invoices": 0, "issues": 3}, {"Value": 1, "Payment": 4, "Service": 1})
	assert_numbers(score([[10, NAN, NAN, NAN], [10, NAN, NAN, 10]], card).coverage, [50.0, 100.0])


def test_coverage_is_0_or_100_only_where_it_is():
	card = scorecard({"revenue": 1, "overdue": 1}, {"Value": 1, "Payment": 1e-7})
	result = score([[10, NAN, NAN, NAN], [NAN, NAN, 10, NAN], [10, NAN, 10, NAN]], card)
	assert result.coverage.tolist() == [99.9, 0.1, 100.0]


def test_a_cap_does_not_change_the_coverage():
	result = score([[100, NAN, 40, 80]], capped(Cap("overdue", ">", 500, 39)), raw=RAW)
	assert (result.score.tolist(), result.coverage.tolist()) == ([39.0], [87.5])


POINTS = st.one_of(st.just(NAN), st.floats(0, 100))
ROWS = st.lists(st.lists(POINTS, min_size=4, max_size=4), min_size=1, max_size=8)
WEIGHTS = st.floats(0, 100).filter(lambda weight: weight == 0 or weight > 1e-3)


@st.composite
def scoring(draw):
	metrics = tuple(replace(each, missing=draw(st.sampled_from(MissingValue))) for each in METRICS)
	weights = {each.key: draw(WEIGHTS) for each in METRICS}
	return metrics, scorecard(weights, {name: draw(WEIGHTS) for name in ("Value", "Payment", "Service")})


@settings(deadline=None)
@given(rows=ROWS, definitions=scoring())
def test_contributions_and_50_are_the_score_and_weights_are_all_of_it(rows, definitions):
	metrics, card = definitions
	result = score(rows, card, metrics)
	scored = result.score.notna()
	assert result.score[scored].between(0, 100).all()
	assert_numbers(result.weights.sum(axis=1), np.where(scored, 100.0, 0.0))
	explained = result.contributions.sum(axis=1) + 50
	assert explained[scored].round(6).tolist() == result.score[scored].tolist()
	assert (result.contributions[~scored] == 0).all(axis=None)


@settings(deadline=None)
@given(rows=ROWS, definitions=scoring())
def test_customer_has_a_score_exactly_where_something_weighed_was_measured(rows, definitions):
	metrics, card = definitions
	of_dimension = {each.name: each.weight for each in card.dimensions}
	weighed = [
		each.key
		for each, weight in zip(metrics, card.metrics, strict=True)
		if weight.weight > 0 and of_dimension[each.dimension] > 0
	]
	result = score(rows, card, metrics)
	assert result.score.notna().tolist() == frame(rows)[weighed].notna().any(axis=1).tolist()


@settings(deadline=None)
@given(rows=ROWS, definitions=scoring())
def test_coverage_is_there_with_a_score_and_whole_exactly_where_all_was_observed(rows, definitions):
	metrics, card = definitions
	result = score(rows, card, metrics)
	whole = score([[50] * 4], card, metrics).weights.iloc[0]
	observed = frame(rows).notna().loc[:, whole > 0]
	assert result.coverage.notna().tolist() == result.score.notna().tolist()
	assert ((result.coverage > 0) & (result.coverage <= 100))[result.score.notna()].all()
	scored = result.score.notna()
	assert (result.coverage == 100)[scored].tolist() == observed.all(axis=1)[scored].tolist()


@settings(deadline=None)
@given(
	row=st.lists(POINTS, min_size=4, max_size=4),
	at=st.integers(0, 3),
	better=st.floats(0, 100),
	definitions=scoring(),
)
def test_more_points_never_lower_a_score(row, at, better, definitions):
	metrics, card = definitions
	if not row[at] <= better:
		return
	improved = [*row[:at], better, *row[at + 1 :]]
	before, after = score([row, improved], card, metrics).score
	assert np.isnan(before) or after >= before


@settings(deadline=None)
@given(row=st.lists(st.floats(0, 100), min_size=4, max_size=4), definitions=scoring(), at=st.integers(0, 3))
def test_missing_value_is_worth_most_as_best_and_least_as_worst(row, definitions, at):
	metrics, card = definitions
	row = [*row[:at], NAN, *row[at + 1 :]]

	def score_with(missing):
		changed = [replace(each, missing=missing) if at == n else each for n, each in enumerate(metrics)]
		return score([row], card, changed).score.iloc[0]

	worst, neutral, best = map(score_with, (MissingValue.WORST, MissingValue.NEUTRAL, MissingValue.BEST))
	assert np.isnan(worst) or worst <= neutral <= best
	assert np.isnan(worst) or worst <= score_with(MissingValue.IGNORE) <= best


@settings(deadline=None)
@given(rows=ROWS, definitions=scoring(), data=st.data())
def test_neither_order_nor_batches_change_a_digit(rows, definitions, data):
	metrics, card = definitions
	points = frame(rows, metrics)
	order = data.draw(st.permutations(list(points.index)))
	whole = health_scores(points, points, metrics, card)
	shuffled = health_scores(points.loc[order], points.loc[order], metrics, card)
	single = health_scores(points.iloc[[0]], points.iloc[[0]], metrics, card)
	pd.testing.assert_series_equal(shuffled.score.loc[points.index], whole.score, check_exact=True)
	pd.testing.assert_series_equal(shuffled.coverage.loc[points.index], whole.coverage, check_exact=True)
	pd.testing.assert_series_equal(single.coverage, whole.coverage.iloc[[0]], check_exact=True)
	pd.testing.assert_frame_equal(
		shuffled.contributions.loc[points.index], whole.contributions, check_exact=True
	)
	pd.testing.assert_frame_equal(single.contributions, whole.contributions.iloc[[0]], check_exact=True)


@settings(deadline=None)
@given(rows=ROWS, cap=st.floats(-10, 110), value=st.floats(0, 100))
def test_cap_only_ever_lowers_and_says_so(rows, cap, value):
	free = score(rows).score
	result = score(rows, capped(Cap("overdue", ">", value, cap, "cap")))
	assert (result.score.fillna(0) <= free.fillna(0)).all()
	assert ((result.cap_reason == "cap") == (result.score.fillna(0) < free.fillna(0))).all()
