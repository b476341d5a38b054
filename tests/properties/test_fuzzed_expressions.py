"""Formulas of any kind, by the thousand: each is refused in words or computed, in bounded time and memory.

FUZZ_TIMES=50 makes it a million (`make soak`); without it, as many as take a few seconds.
"""

import ast
import math
import os
import resource
import time
from collections.abc import Callable
from itertools import islice
from random import Random

import numpy as np
import pandas as pd
import pytest
from deadline import TooSlow, deadline
from rough_formulas import good_formula, rough_formulas

from crm_success.scoring.engine.errors import ExpressionError
from crm_success.scoring.engine.expression_values import evaluate
from crm_success.scoring.engine.expressions import Expression, parse_expression, value_of

# Python's own, about texts such as 1if a else 2
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}Warning") for kind in ("Syntax", "Deprecation")]

FEW = 20_000
SECONDS_EACH = 2.0
MEGABYTES = 150
NAN = float("nan")
VALUES = pd.DataFrame(
	{
		"a": [1.0, -4.0, NAN, 0.0, 1e308, 5e-324, np.inf],
		"b": [2.0, 0.0, 5.0, -0.0, 1e308, 0.1, 3.0],
		"c": [10.0, 2.5, NAN, NAN, -1e308, 0.2, -np.inf],
		"revenue_365d": [1234.5, -0.5, 7.0, 0.0, 1e15, 0.3, NAN],
	}
)
ONE_ROW = [VALUES.iloc[[row]] for row in range(len(VALUES))]
ROWS = [{key: float(number) for key, number in row.items()} for row in VALUES.to_dict("records")]


def test_any_formula_is_refused_in_words_or_computed() -> None:
	number = FEW * int(os.environ.get("FUZZ_TIMES") or 1)
	random, computed, began, memory = Random(7), 0, time.process_time(), megabytes()
	for text in islice(rough_formulas(random), number):
		computed += survives(text, random)
	seconds = time.process_time() - began
	print(f"\nexpressions: {number:,} tried, {computed:,} computed, {number / seconds:,.0f} a second")
	# the soup is no proof if hardly anything of it can be eaten
	assert number / 5 < computed < number
	assert megabytes() - memory < MEGABYTES


def survives(text: str, random: Random) -> bool:
	"""Whether the formula was computed; it fails where it was neither refused nor computed as promised."""
	try:
		with deadline(SECONDS_EACH):
			expression = parse_expression(text)
	except ExpressionError as error:
		assert 10 < len(str(error)) < 1000, text
		return False
	except Exception as error:
		pytest.fail(f"{text!r} ended in {error!r}")
	assert_as_promised(expression, random.randrange(len(VALUES)))
	return True


def assert_as_promised(expression: Expression, row: int) -> None:
	"""All customers at once, one alone, one set of numbers and Python's own arithmetic say the same; nothing is infinite."""
	text = expression.text
	with deadline(SECONDS_EACH):
		together = evaluate(expression, VALUES)
		alone = evaluate(expression, ONE_ROW[row])
		single = value_of(expression, ROWS[row])
	assert together.index.equals(VALUES.index), text
	assert not np.isinf(together.to_numpy()).any(), text
	assert repr(float(together.iloc[row])) == repr(float(alone.iloc[0])), text
	assert repr(NAN if single is None else single) == repr(float(alone.iloc[0])), text
	assert repr(by_hand(ast.parse(text, mode="eval").body, ROWS[row]) + 0.0) == repr(float(alone.iloc[0])), (
		text
	)


def by_hand(node: ast.expr, row: dict[str, float]) -> float:
	"""The formula for one customer, as docs/scoring.md tells it: NaN is a value that is missing."""
	match node:
		case ast.Constant(value=number):
			return float(number)
		case ast.Name(id=key):
			return finite(row.get(key, NAN))
		case ast.UnaryOp(op=sign, operand=operand):
			return -by_hand(operand, row) if isinstance(sign, ast.USub) else by_hand(operand, row)
		case ast.BinOp(left=left, op=operator, right=right):
			return calculated(type(operator), by_hand(left, row), by_hand(right, row))
		case ast.Compare(left=left, ops=operators, comparators=others):
			numbers = [by_hand(each, row) for each in (left, *others)]
			pairs = zip(operators, numbers[:-1], numbers[1:], strict=True)
			holds = all(COMPARE[type(operator)](*pair) for operator, *pair in pairs)
			return NAN if any(map(math.isnan, numbers)) else float(holds)
		case ast.IfExp(test=test, body=body, orelse=otherwise):
			condition = by_hand(test, row)
			return NAN if math.isnan(condition) else by_hand(body if condition else otherwise, row)
		case ast.Call(func=ast.Name(id=name), args=arguments):
			return called(name, [by_hand(each, row) for each in arguments])
	raise AssertionError(ast.dump(node))


def calculated(operator: type[ast.operator], left: float, right: float) -> float:
	try:
		return finite(CALCULATE[operator](left, right))
	except ZeroDivisionError:
		return NAN


def called(name: str, numbers: list[float]) -> float:
	if any(map(math.isnan, numbers)):
		return NAN
	if name == "round":
		with np.errstate(over="ignore"):
			rounded = float(np.round(numbers[0], int(numbers[1]) if len(numbers) == 2 else 0))
		return rounded if math.isfinite(rounded) else numbers[0]
	return abs(numbers[0]) if name == "abs" else {"min": min, "max": max}[name](numbers)


def finite(number: float) -> float:
	return number if math.isfinite(number) else NAN


CALCULATE: dict[type, Callable[[float, float], float]] = {
	ast.Add: lambda left, right: left + right,
	ast.Sub: lambda left, right: left - right,
	ast.Mult: lambda left, right: left * right,
	ast.Div: lambda left, right: left / right,
}
COMPARE: dict[type, Callable[[float, float], bool]] = {
	ast.Lt: lambda left, right: left < right,
	ast.LtE: lambda left, right: left <= right,
	ast.Gt: lambda left, right: left > right,
	ast.GtE: lambda left, right: left >= right,
	ast.Eq: lambda left, right: left == right,
	ast.NotEq: lambda left, right: left != right,
}


def megabytes() -> float:
	"""The most memory that this process ever had."""
	return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_the_same_seed_gives_the_same_formulas_and_most_good_ones_are_allowed() -> None:
	again = [list(islice(rough_formulas(Random(1)), 50)) for _ in range(2)]
	assert again[0] == again[1]
	random = Random(1)
	assert sum(survives(good_formula(random, 6), random) for _ in range(200)) > 150


def test_a_formula_that_does_not_end_is_stopped() -> None:
	with pytest.raises(TooSlow, match="not finished after"), deadline(0.05):
		while True:
			pass
