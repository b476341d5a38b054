"""One set of numbers alone is worth what a row of them is: plain Python and numpy agree on any formula, to the bit."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expression_values import evaluate
from crm_success.scoring.engine.expressions import MAX_DECIMALS, parse_expression, value_of

NAMES = ("a", "b", "c")
# halves at every place that can be rounded to, and whatever else a float can be
HALVES = st.builds(
	lambda whole, place: (whole + 0.5) * 10.0**place, st.integers(-2000, 2000), st.integers(-7, 7)
)
NUMBERS = st.one_of(
	st.none(), st.integers(-3, 3).map(float), HALVES, st.floats(allow_nan=True, allow_infinity=True)
)
WRITTEN = st.one_of(
	st.integers(0, 3).map(str), HALVES.map(abs).map(repr), st.floats(0, allow_infinity=False).map(repr)
)


def longer(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
	comparison = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
	decimals = st.integers(-MAX_DECIMALS, MAX_DECIMALS)
	return st.one_of(
		st.builds("({} {} {})".format, parts, st.sampled_from("+-*/"), parts),
		st.builds("({} {} {})".format, parts, comparison, parts),
		st.builds("({} {} {} {} {})".format, parts, comparison, parts, comparison, parts),
		st.builds("({} if {} else {})".format, parts, parts, parts),
		st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), parts, parts),
		st.builds("round({}, {})".format, parts, decimals),
		st.builds("{}({})".format, st.sampled_from(["abs", "round", "-", "+"]), parts),
	)


FORMULAS = st.recursive(st.one_of(st.sampled_from([*NAMES, "nowhere"]), WRITTEN), longer, max_leaves=12)


@settings(max_examples=2000)
@given(text=FORMULAS, numbers=st.fixed_dictionaries({name: NUMBERS for name in NAMES}))
def test_one_document_is_worth_what_a_row_of_its_numbers_is(
	text: str, numbers: dict[str, float | None]
) -> None:
	try:
		expression = parse_expression(text)
	except ExpressionError as error:
		assert "split it into several metrics" in str(error)
		return
	row = pd.DataFrame([numbers], dtype="float64")
	assert repr(as_missing(value_of(expression, numbers))) == repr(float(evaluate(expression, row).iloc[0]))


@settings(max_examples=2000)
@given(number=NUMBERS, decimals=st.integers(-MAX_DECIMALS, MAX_DECIMALS))
def test_one_number_is_rounded_as_numpy_rounds(number: float | None, decimals: int) -> None:
	expression = parse_expression(f"round(a, {decimals})")
	row = pd.DataFrame({"a": [number]}, dtype="float64")
	assert repr(as_missing(value_of(expression, {"a": number}))) == repr(
		float(evaluate(expression, row).iloc[0])
	)


def as_missing(number: float | None) -> float:
	return math.nan if number is None else number


@pytest.mark.parametrize("number", [1.115, 2.675])
def test_the_two_would_not_agree_by_pythons_own_rounding(number: float) -> None:
	assert value_of(parse_expression("round(a, 2)"), {"a": number}) != round(number, 2)
