"""Computes a formula for all customers at once, with numpy. What a formula may be, expressions.py decides."""

import ast
from collections.abc import Callable
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.expressions import ARITHMETIC, COMPARISONS, SIGNS, Expression, decimals_of

Array: TypeAlias = npt.NDArray[np.float64]


def evaluate(expression: Expression, values: pd.DataFrame) -> pd.Series:
	"""The formula for each row of `values` (customers x metric keys), float64, indexed as `values`.

	Units are those of the formula; a comparison is 1 where it holds and 0 where it does not; `round` rounds
	halves to even. NaN means "cannot be computed": a used operand or a condition is missing (a key without a
	column is missing everywhere), a division by zero, or a number too large. Of `x if c else y` only the
	chosen side counts.
	"""
	with np.errstate(all="ignore"):
		result = _value(expression.tree, values)
	return pd.Series(result + 0.0, index=values.index, dtype="float64")  # + 0.0 turns -0.0 into 0.0


def _value(node: ast.expr, values: pd.DataFrame) -> Array:
	return _VALUES[type(node)](node, values)


def _finite(numbers: Array) -> Array:
	return np.where(np.isfinite(numbers), numbers, np.nan)


def _value_of_number(node: ast.Constant, values: pd.DataFrame) -> Array:
	return np.full(len(values), float(node.value))  # type: ignore[arg-type]  # the checks let only numbers through


def _value_of_name(node: ast.Name, values: pd.DataFrame) -> Array:
	if node.id not in values.columns:
		return np.full(len(values), np.nan)
	return _finite(values[node.id].to_numpy(dtype="float64", na_value=np.nan))


def _value_of_arithmetic(node: ast.BinOp, values: pd.DataFrame) -> Array:
	return _finite(ARITHMETIC[type(node.op)](_value(node.left, values), _value(node.right, values)))


def _value_of_sign(node: ast.UnaryOp, values: pd.DataFrame) -> Array:
	return SIGNS[type(node.op)](_value(node.operand, values))


def _value_of_comparison(node: ast.Compare, values: pd.DataFrame) -> Array:
	operands = [_value(operand, values) for operand in (node.left, *node.comparators)]
	pairs = zip(node.ops, operands[:-1], operands[1:], strict=True)
	holds = reduce(np.logical_and, [COMPARISONS[type(op)](left, right) for op, left, right in pairs])
	return np.where(reduce(np.logical_or, [np.isnan(operand) for operand in operands]), np.nan, holds)


def _value_of_condition(node: ast.IfExp, values: pd.DataFrame) -> Array:
	condition = _value(node.test, values)
	chosen = np.where(condition != 0, _value(node.body, values), _value(node.orelse, values))
	return np.where(np.isnan(condition), np.nan, chosen)


def _value_of_call(node: ast.Call, values: pd.DataFrame) -> Array:
	name = node.func.id if isinstance(node.func, ast.Name) else ""
	if name == "round":
		return _rounded(_value(node.args[0], values), decimals_of(node.args[1]) if len(node.args) == 2 else 0)
	return _FUNCTIONS[name]([_value(argument, values) for argument in node.args])


def _rounded(numbers: Array, decimals: int) -> Array:
	rounded = np.round(numbers, decimals)
	return np.where(np.isfinite(rounded), rounded, numbers)  # the largest overflow, and have no decimals


_FUNCTIONS: dict[str, Callable[[list[Array]], Array]] = {
	"min": lambda arguments: reduce(np.minimum, arguments),
	"max": lambda arguments: reduce(np.maximum, arguments),
	"abs": lambda arguments: np.abs(arguments[0]),
}
_VALUES: dict[type[ast.expr], Callable[[Any, pd.DataFrame], Array]] = {
	ast.Constant: _value_of_number,
	ast.Name: _value_of_name,
	ast.BinOp: _value_of_arithmetic,
	ast.UnaryOp: _value_of_sign,
	ast.Compare: _value_of_comparison,
	ast.IfExp: _value_of_condition,
	ast.Call: _value_of_call,
}
