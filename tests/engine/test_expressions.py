"""Formulas: what is allowed, what is refused and in which words, and what comes out."""

import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expression_values import evaluate
from crm_success.scoring.engine.expressions import (
	Names,
	check_names,
	evaluation_order,
	parse_expression,
)

NAN = float("nan")
VALUES = pd.DataFrame(
	{"a": [1.0, 4.0, NAN, -3.0], "b": [2.0, 0.0, 5.0, 6.0], "c": [10.0, 20.0, 30.0, NAN]},
	index=["ann", "bob", "cid", "dan"],
)


def result_of(text, values=VALUES):
	return evaluate(parse_expression(text), values).tolist()


def assert_numbers(actual, expected):
	assert actual == pytest.approx(expected, nan_ok=True)


def refusal_of(text):
	with pytest.raises(ExpressionError) as caught:
		parse_expression(text)
	return str(caught.value)


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("a + b", [3.0, 4.0, NAN, 3.0]),
		("a - b", [-1.0, 4.0, NAN, -9.0]),
		("a * b", [2.0, 0.0, NAN, -18.0]),
		("a / b", [0.5, NAN, NAN, -0.5]),
		("-a", [-1.0, -4.0, NAN, 3.0]),
		("+a", [1.0, 4.0, NAN, -3.0]),
		("a + b * 2", [5.0, 4.0, NAN, 9.0]),
		("(a + b) * 2", [6.0, 8.0, NAN, 6.0]),
		("min(a, b)", [1.0, 0.0, NAN, -3.0]),
		("max(a, b, 3)", [3.0, 4.0, NAN, 6.0]),
		("abs(a)", [1.0, 4.0, NAN, 3.0]),
		("round(a / 3)", [0.0, 1.0, NAN, -1.0]),
		("round(a / 3, 2)", [0.33, 1.33, NAN, -1.0]),
		("round(c * 7, -2)", [100.0, 100.0, 200.0, NAN]),
		("a > 1", [0.0, 1.0, NAN, 0.0]),
		("a >= 1", [1.0, 1.0, NAN, 0.0]),
		("a < 1", [0.0, 0.0, NAN, 1.0]),
		("a <= 1", [1.0, 0.0, NAN, 1.0]),
		("a == 4", [0.0, 1.0, NAN, 0.0]),
		("a != 4", [1.0, 0.0, NAN, 1.0]),
		("0 < a < b", [1.0, 0.0, NAN, 0.0]),
		("7", [7.0, 7.0, 7.0, 7.0]),
		("1e3 + 0.5", [1000.5, 1000.5, 1000.5, 1000.5]),
	],
)
def test_formula_is_computed_for_every_customer(text, expected):
	assert_numbers(result_of(text), expected)


def test_only_the_chosen_branch_counts():
	assert_numbers(result_of("b if b > 1 else a"), [2.0, 4.0, 5.0, 6.0])
	assert_numbers(result_of("a if b > 1 else 9"), [1.0, 9.0, NAN, -3.0])


def test_condition_without_value_gives_nothing_even_where_both_branches_have_one():
	assert_numbers(result_of("1 if a > 0 else 2"), [1.0, 1.0, NAN, 2.0])


def test_nested_condition_reads_like_a_table():
	assert_numbers(result_of("100 if b > 5 else 50 if b > 1 else 0"), [50.0, 0.0, 50.0, 100.0])


def test_division_by_zero_is_missing_not_infinite():
	assert_numbers(result_of("c / b"), [5.0, NAN, 6.0, NAN])
	assert_numbers(result_of("b / (a - a)"), [NAN, NAN, NAN, NAN])


def test_overflow_is_missing_even_when_a_later_step_would_hide_it():
	huge = pd.DataFrame({"a": [1e200, 1.0]})
	assert_numbers(result_of("a * a", huge), [NAN, 1.0])
	assert_numbers(result_of("1 / (a * a)", huge), [NAN, 1.0])
	assert_numbers(result_of("-1e308 * a", huge), [NAN, -1e308])


def test_rounding_the_largest_number_keeps_it():
	assert_numbers(result_of("round(a, 6)", pd.DataFrame({"a": [1e308]})), [1e308])


def test_infinite_operand_is_missing():
	assert_numbers(result_of("1 / a", pd.DataFrame({"a": [np.inf, -np.inf, 2.0]})), [NAN, NAN, 0.5])


def test_metric_without_column_is_missing_for_everybody():
	assert_numbers(result_of("a + nowhere"), [NAN] * 4)


def test_result_is_float_indexed_as_the_values_and_leaves_them_alone():
	before = VALUES.copy(deep=True)
	result = evaluate(parse_expression("a * 2 if a > 0 else -a"), VALUES)
	assert result.dtype == "float64"
	assert result.index.equals(VALUES.index)
	pd.testing.assert_frame_equal(VALUES, before)


def test_integers_objects_and_nullable_columns_are_read_as_numbers():
	frame = pd.DataFrame({"i": [1, 2], "o": pd.Series([None, 3], dtype=object)})
	frame["n"] = pd.array([4, None], dtype="Int64")
	assert_numbers(result_of("i + 1", frame), [2.0, 3.0])
	assert_numbers(result_of("o + 1", frame), [NAN, 4.0])
	assert_numbers(result_of("n + 1", frame), [5.0, NAN])


def test_no_customers_give_no_results():
	assert result_of("a if a > 1 else max(a, 2)", VALUES.iloc[:0]) == []


def test_names_come_once_in_order_of_appearance():
	assert parse_expression("late if overdue > 0 else max(late, paid) / overdue").names == (
		"late",
		"overdue",
		"paid",
	)


def test_line_breaks_are_spaces():
	assert_numbers(result_of("  a\n\t+ b  "), [3.0, 4.0, NAN, 3.0])


def test_expression_travels_between_processes_and_compares_by_its_text():
	expression = parse_expression("a + b")
	copy = pickle.loads(pickle.dumps(expression))
	assert copy == expression
	assert copy != parse_expression("a + b", Names.FIELDS)
	assert_numbers(evaluate(copy, VALUES).tolist(), [3.0, 4.0, NAN, 3.0])


@pytest.mark.parametrize(
	("text", "what", "position"),
	[
		("a ** 2", "The power '**'", 2),
		("a // 2", "The whole division '//'", 2),
		("a % 2", "The remainder '%'", 2),
		("a ^ 2", "This operator", 2),
		("~a", "This operator", 1),
		("not a", "'not'", 1),
		("a and b", "'and' or 'or'", 1),
		("a in b", "This operator", 2),
		("a is b", "This operator", 2),
		("1 + a.b", "A dot after a name", 5),
		("1 + a[0]", "A value in square brackets", 5),
		("lambda: 1", "'lambda'", 1),
		("(a := 1)", "':='", 2),
		("'text'", "Text", 1),
		("b'text'", "Text", 1),
		("f'{a}'", "Text", 1),
		("True", "The constant True", 1),
		("None", "The constant None", 1),
		("2j", "The constant 2j", 1),
		("...", "The constant Ellipsis", 1),
		("1e999", "A number this large", 1),
		("1 + 1" + "0" * 400, "A number this large", 5),
		("[a]", "A list", 1),
		("a, b", "A list of values", 1),
		("{a: b}", "This kind of formula", 1),
		("[x for x in a]", "This kind of formula", 1),
		("sum(a, b)", "The function 'sum'", 1),
		("__import__(a)", "The function '__import__'", 1),
		("(a + b)(1)", "Calling this", 1),
		("a.b(1)", "Calling this", 1),
		("max(*a, b)", "A star before an argument", 5),
		("max(a, b, key=c)", "An argument with a name in max()", 1),
		("max + 1", "'max' without brackets and arguments", 1),
		("a − b", r"The character '\u2212'", 3),
		("a # b", "The character '#'", 3),
		("a\x00", r"The character '\x00'", 2),
		("é", r"The character '\xe9'", 1),
	],
)
def test_what_is_not_allowed_is_named_with_its_position(text, what, position):
	message = refusal_of(text)
	assert message.startswith(f"{what} is not allowed (position {position}); allowed are numbers")
	assert "\n" not in message


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_empty_formula_is_refused(text):
	assert refusal_of(text).startswith("The formula is empty")


@pytest.mark.parametrize(
	("text", "position"),
	[("a +", 3), ("1 + (a", 5), ("max(a,", 4), ("a b", 3), ("1 + * 2", 5), ("a) + 1", 2)],
)
def test_what_cannot_be_read_says_where(text, position):
	message = refusal_of(text)
	assert message.startswith(f"The formula cannot be read near position {position}: check brackets")


def test_assignment_is_not_a_formula():
	assert refusal_of("a = b").startswith("The formula cannot be read near position ")


@pytest.mark.parametrize(
	("text", "usage"),
	[
		("min(a)", "The call of min() at position 1 should look like min(a, b)."),
		("1 + abs(a, b)", "The call of abs() at position 5 should look like abs(a)."),
		("round()", "The call of round() at position 1 should look like round(a) or round(a, 2)."),
	],
)
def test_wrong_number_of_arguments_shows_the_right_one(text, usage):
	assert refusal_of(text) == usage


@pytest.mark.parametrize("decimals", ["7", "-7", "b", "1.0", "1 + 1", "True"])
def test_decimals_of_round_must_be_written_as_a_small_whole_number(decimals):
	assert "must be a whole number from -6 to 6" in refusal_of(f"round(a, {decimals})")


def test_longest_formula_is_500_characters():
	assert parse_expression("a" * 500).names == ("a" * 500,)
	assert refusal_of("a" * 501).startswith("The formula has 501 characters, but at most 500 are allowed")


def test_deepest_formula_has_20_levels():
	parse_expression("-" * 19 + "a")
	assert refusal_of("-" * 20 + "a").startswith(
		"The formula is nested more than 20 levels deep at position 21"
	)
	assert refusal_of("(" * 249 + "a" + ")" * 249 + "**2")


def test_largest_formula_has_100_parts():
	parse_expression("max(" + ",".join("a" * 99) + ")")
	message = refusal_of("max(" + ",".join("a" * 100) + ")")
	assert message.startswith("The formula has 101 parts, but at most 100 are allowed")


def test_refusal_holds_with_warnings_as_errors():
	with warnings.catch_warnings():
		warnings.simplefilter("error")
		assert refusal_of("1is 1")
		assert refusal_of("'\\d'")


def test_unknown_name_is_answered_with_the_closest_key():
	with pytest.raises(ExpressionError) as caught:
		check_names(parse_expression("revenu + paid"), ["revenue", "paid"])
	assert str(caught.value) == "No metric has the key 'revenu'; did you mean 'revenue'?"


def test_unknown_name_without_relatives_says_what_to_use():
	with pytest.raises(
		ExpressionError, match=r"No metric has the key 'xyz'; use the key of an enabled metric\."
	):
		check_names(parse_expression("xyz"), {"revenue"})


def test_formula_of_a_document_is_refused_in_words_about_its_fields():
	with pytest.raises(ExpressionError) as caught:
		parse_expression("grand_total ** 2", Names.FIELDS)
	assert str(caught.value) == (
		"The power '**' is not allowed (position 12); allowed are numbers, fields of the document, + - * /, "
		"comparisons (< <= > >= == !=), min, max, abs, round and 'x if condition else y'."
	)


@pytest.mark.parametrize("text", ["", "a +", "a\x00", "sum(a)"])
def test_what_is_allowed_is_told_in_words_about_the_same_names(text):
	for names in Names:
		with pytest.raises(ExpressionError) as caught:
			parse_expression(text, names)
		assert f"numbers, {names.called}, + - * /" in str(caught.value)


@pytest.mark.parametrize("text", ["a" * 501, "-" * 20 + "a", "max(" + ",".join("a" * 100) + ")"])
def test_formula_that_is_too_large_is_answered_with_what_can_be_done(text):
	assert refusal_of(text).endswith(": split it into several metrics.")
	with pytest.raises(ExpressionError, match=r": write a simpler one\.$"):
		parse_expression(text, Names.FIELDS)


def test_unknown_field_is_answered_with_the_closest_one():
	with pytest.raises(ExpressionError) as caught:
		check_names(parse_expression("gran_total / 10", Names.FIELDS), ["grand_total", "total_qty"])
	assert str(caught.value) == "The document has no number 'gran_total'; did you mean 'grand_total'?"
	with pytest.raises(ExpressionError) as caught:
		check_names(parse_expression("xyz", Names.FIELDS), ["grand_total"])
	assert str(caught.value) == "The document has no number 'xyz'; use the name of a field that holds one."


def test_known_names_pass():
	check_names(parse_expression("revenue / invoices"), {"revenue": 1, "invoices": 2})


def order_of(**formulas):
	return evaluation_order({key: parse_expression(text) for key, text in formulas.items()})


def test_formula_comes_after_the_formulas_it_uses():
	order = order_of(ratio="total / plain", total="left + right", left="plain * 2", right="plain * 3")
	assert sorted(order) == ["left", "ratio", "right", "total"]
	assert order.index("left") < order.index("total") < order.index("ratio")
	assert order.index("right") < order.index("total")


def test_no_formulas_have_no_order():
	assert order_of() == []


@pytest.mark.parametrize(
	("formulas", "path"),
	[
		({"a": "a + 1"}, "a → a"),
		({"a": "b + 1", "b": "a + 1"}, "a → b → a"),
		({"a": "b", "b": "c", "c": "a"}, "a → b → c → a"),
		({"z": "a", "a": "b", "b": "a"}, "a → b → a"),
	],
)
def test_formula_that_depends_on_itself_shows_the_path(formulas, path):
	with pytest.raises(ExpressionError) as caught:
		order_of(**formulas)
	assert f"cannot depend on itself: {path};" in str(caught.value)


PIECES = st.sampled_from(
	[
		"a",
		"b",
		"c",
		"nowhere",
		"0",
		"1",
		"-2.5",
		"1e308",
		"999999999999999999",
		"True",
		"'x'",
		"None",
		"lambda",
		"for",
		"+",
		"-",
		"*",
		"/",
		"//",
		"**",
		"%",
		"<",
		"<=",
		"==",
		"!=",
		"=",
		":=",
		"and",
		"not",
		"in",
		"is",
		"(",
		")",
		",",
		"[",
		"]",
		".",
		":",
		"if",
		"else",
		"min(",
		"max(",
		"abs(",
		"round(",
		"sum(",
		"#",
		"\\",
	]
)
ROUGH_TEXT = st.one_of(
	st.text(max_size=60),
	st.text(alphabet="ab01.+-*/<>=!(),'\"\\ \n{}[]@~^&|;:_", max_size=60),
	st.lists(PIECES, max_size=25).map(" ".join),
	st.lists(PIECES, max_size=120).map("".join),
)


@settings(max_examples=2000, deadline=None)
@given(ROUGH_TEXT)
def test_any_text_is_either_refused_or_computed(text):
	try:
		expression = parse_expression(text)
	except ExpressionError:
		return
	result = evaluate(expression, VALUES)
	assert result.index.equals(VALUES.index)
	assert not np.isinf(result).any()


NUMBERS = st.integers(-50, 50).map(lambda number: f"{number / 4}")


def _longer(parts):
	return st.one_of(
		st.builds("({} {} {})".format, parts, st.sampled_from(["+", "-", "*", "/"]), parts),
		st.builds("({} {} {})".format, parts, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), parts),
		st.builds("({} if {} else {})".format, parts, parts, parts),
		st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), parts, parts),
		st.builds("abs({})".format, parts),
		st.builds("(-{})".format, parts),
	)


@settings(max_examples=300, deadline=None)
@given(
	text=st.recursive(st.one_of(NUMBERS, st.sampled_from("abc")), _longer, max_leaves=12),
	row=st.fixed_dictionaries({name: st.integers(-20, 20).map(float) for name in "abc"}),
)
def test_numbers_agree_with_pythons_own_wherever_nothing_is_missing(text, row):
	try:
		expected = float(eval(text, {"__builtins__": {"min": min, "max": max, "abs": abs}}, row))
	except ZeroDivisionError:
		return
	try:
		expression = parse_expression(text)
	except ExpressionError as error:
		assert "split it into several metrics" in str(error)
		return
	actual = evaluate(expression, pd.DataFrame([row])).iloc[0]
	assert math.isnan(actual) or actual == pytest.approx(expected)


@settings(deadline=None)
@given(st.permutations(list(VALUES.index)))
def test_order_of_customers_does_not_matter(order):
	expression = parse_expression("round(a / b, 3) if c > 15 else max(a, b)")
	shuffled = evaluate(expression, VALUES.loc[order])
	pd.testing.assert_series_equal(shuffled.loc[VALUES.index], evaluate(expression, VALUES))
