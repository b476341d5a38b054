"""The ridge logistic regression against values worked out by hand, and what must hold for any data."""

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.forecast.ridge_logistic import (
	FitError,
	Logistic,
	Term,
	effects,
	fit_line,
	fit_logistic,
	log_odds,
	odds_of,
	probability,
)

ALMOST_NO_RIDGE = 1e-9


def test_two_groups_have_the_odds_of_their_shares():
	"""1 of 4 and 3 of 4: log odds of -ln 3 and ln 3."""
	values = pd.DataFrame({"group": [0.0] * 4 + [1.0] * 4})
	outcome = pd.Series([True, False, False, False, True, True, True, False])
	model = fit_logistic(values, outcome, ALMOST_NO_RIDGE)
	told = probability(log_odds(model, pd.DataFrame({"group": [0.0, 1.0]})))
	assert told.tolist() == pytest.approx([0.25, 0.75], abs=1e-6)
	assert model.terms[0].weight == pytest.approx(np.log(3), abs=1e-6)


def test_a_penalty_draws_the_weight_to_the_value_that_solves_its_equation():
	"""With values of -1 and 1 and shares of 1/4 and 3/4, the slope of the likelihood is 8 (3/4 - p) and that of the penalty
	`ridge` x weight, where p = 1 / (1 + exp(-weight)): for ridge 2 and weight w, 8 (0.75 - p) = 2 w holds at w = 0.5052.
	"""
	values = pd.DataFrame({"sign": [-1.0] * 4 + [1.0] * 4})
	outcome = pd.Series([True, False, False, False, True, True, True, False])
	weight = fit_logistic(values, outcome, 2.0).terms[0].weight
	assert 8 * (0.75 - 1 / (1 + np.exp(-weight))) == pytest.approx(2 * weight, abs=1e-9)
	assert weight == pytest.approx(0.5052, abs=1e-4)


def test_what_separates_completely_stays_finite():
	values = pd.DataFrame({"days": np.arange(40.0)})
	model = fit_logistic(values, values["days"] > 19, 1.0)
	assert np.isfinite(model.terms[0].weight)
	assert probability(log_odds(model, values)).between(0, 1).all()


def test_a_column_that_never_varies_has_no_weight():
	values = pd.DataFrame({"same": [3.0] * 6, "other": [0.0, 1, 2, 3, 4, 5]})
	model = fit_logistic(values, pd.Series([False, True, False, True, True, True]), 1.0)
	assert model.terms[0].weight == 0
	assert effects(model, values)["same"].tolist() == [0.0] * 6


def test_units_do_not_matter():
	random = np.random.default_rng(5)
	values = pd.DataFrame({"a": random.normal(size=300), "b": random.normal(size=300)})
	outcome = pd.Series(values["a"] + random.normal(size=300) > 0)
	scaled = values.assign(a=values["a"] * 1000 + 7)
	plain, other = fit_logistic(values, outcome, 3.0), fit_logistic(scaled, outcome, 3.0)
	np.testing.assert_allclose(log_odds(plain, values), log_odds(other, scaled), atol=1e-9)


def test_effects_and_level_add_up_and_an_average_row_has_the_level_alone():
	model = Logistic(-1.0, (Term("a", 2.0, 4.0, 0.5), Term("b", 0.0, 1.0, -1.0)))
	values = pd.DataFrame({"a": [2.0, 10.0], "b": [0.0, 3.0]})
	assert effects(model, values).to_numpy().tolist() == [[0.0, 0.0], [1.0, -3.0]]
	assert log_odds(model, values).tolist() == [-1.0, -3.0]


def test_odds_and_probabilities_are_each_other_s_reverse_and_certainty_is_finite():
	likely = pd.Series([0.0, 0.1, 0.5, 0.99, 1.0])
	odds = odds_of(likely)
	assert np.isfinite(odds).all()
	np.testing.assert_allclose(probability(odds), likely, atol=1e-9)
	assert probability(pd.Series([-1e6, 1e6])).tolist() == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("outcome", [[True] * 4, [False] * 4])
def test_an_outcome_that_is_the_same_everywhere_is_refused(outcome: list[bool]):
	with pytest.raises(FitError, match="nothing to tell apart"):
		fit_logistic(pd.DataFrame({"a": [1.0, 2, 3, 4]}), pd.Series(outcome), 1.0)


def test_a_line_comes_back_as_it_is():
	values = pd.DataFrame({"a": [0.0, 1, 2, 3], "b": [1.0, -1, -1, 1]})
	line = fit_line(values, 0.5 + 2 * values["a"] - 3 * values["b"], ALMOST_NO_RIDGE)
	assert log_odds(line, values).tolist() == pytest.approx([-2.5, 5.5, 7.5, 3.5], abs=1e-6)
	assert effects(line, values)["a"].tolist() == pytest.approx([-3, -1, 1, 3], abs=1e-6)


def test_what_is_no_line_is_told_as_nearly_as_can_be():
	"""Squares of -1, 0 and 1 have no slope: their mean is told of all."""
	values = pd.DataFrame({"a": [-1.0, 0, 1]})
	assert log_odds(fit_line(values, values["a"] ** 2, 1.0), values).tolist() == pytest.approx([2 / 3] * 3)


def test_a_penalty_draws_a_line_to_its_level():
	"""Of standardised values -1 and 1, four rows: the weight is the slope x 4 / (4 + ridge)."""
	values = pd.DataFrame({"sign": [-1.0, -1, 1, 1]})
	line = fit_line(values, 3 * values["sign"] + 1, 4.0)
	assert (line.level, line.terms[0].weight) == (pytest.approx(1), pytest.approx(1.5))


def test_the_last_digit_does_not_depend_on_how_many_rows_there_are():
	random = np.random.default_rng(2)
	values = pd.DataFrame(random.normal(size=(400, 11)) * 100, columns=list("abcdefghijk"))
	model = Logistic(0.3, tuple(Term(name, 1.1, 3.3, 0.7) for name in values))
	alone = pd.concat([log_odds(model, values.iloc[[row]]) for row in range(len(values))])
	assert alone.tolist() == log_odds(model, values).tolist()
