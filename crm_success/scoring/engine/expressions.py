"""Reads the formulas of expression metrics and computes them for all customers at once. Executes no text.

A formula becomes a syntax tree in which every node must be on a list of what is allowed, and numpy walks that
tree. Which metrics exist, and where their values come from, is the caller's business.
"""

import ast
import difflib
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.errors import ExpressionError, Phrase

Array: TypeAlias = npt.NDArray[np.float64]

MAX_CHARACTERS = 500
MAX_DEPTH = 20
MAX_NODES = 100
MAX_DECIMALS = 6
ALLOWED = Phrase(
	"numbers, keys of metrics, + - * /, comparisons ({0}), min, max, abs, round and 'x if condition else y'",
	"< <= > >= == !=",
)


@dataclass(frozen=True)
class Expression:
	"""A formula that passed all checks; `names` are the metric keys it uses, in order of appearance."""

	text: str
	names: tuple[str, ...]
	_tree: ast.expr = field(repr=False, compare=False)


def parse_expression(text: str) -> Expression:
	"""The formula in `text`; line breaks count as spaces.

	Raises ExpressionError, in one sentence with the position (counted from 1), for anything that is not a
	number, a name, + - * /, a comparison, min, max, abs, round or `x if condition else y`, and for a formula
	of more than 500 characters, 20 levels or 100 parts.
	"""
	source = _clean(text)
	tree = _parse(source)
	nodes = list(_allowed_nodes(tree, depth=1))
	if len(nodes) > MAX_NODES:
		raise ExpressionError(
			"The formula has {0} parts, but at most {1} are allowed: split it into several metrics.",
			len(nodes),
			MAX_NODES,
		)
	names = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
	return Expression(source, tuple(names), tree)


def check_names(expression: Expression, known: Collection[str]) -> None:
	"""Raises ExpressionError for the first name that is not in `known`, with the closest known key."""
	for name in expression.names:
		if name not in known:
			close = difflib.get_close_matches(name, sorted(known), n=1)
			if close:
				raise ExpressionError("No metric has the key '{0}'; did you mean '{1}'?", name, close[0])
			raise ExpressionError("No metric has the key '{0}'; use the key of an enabled metric.", name)


def evaluation_order(expressions: Mapping[str, Expression]) -> list[str]:
	"""The keys of the mapping, each after the keys its formula uses; other names are plain metrics.

	Raises ExpressionError that shows the path of a formula that depends on itself, such as "a → b → a".
	"""
	graph = {
		key: [name for name in expression.names if name in expressions]
		for key, expression in expressions.items()
	}
	try:
		return list(TopologicalSorter(graph).static_order())
	except CycleError as error:
		path = _readable_cycle(error.args[1], list(expressions))
		raise ExpressionError(
			"A formula cannot depend on itself: {0}; take one of these metrics out of another's formula.",
			path,
		) from error


def evaluate(expression: Expression, values: pd.DataFrame) -> pd.Series:
	"""The formula for each row of `values` (customers x metric keys), float64, indexed as `values`.

	Units are those of the formula; a comparison is 1 where it holds and 0 where it does not; `round` rounds
	halves to even. NaN means "cannot be computed": a used operand or a condition is missing (a key without a
	column is missing everywhere), a division by zero, or a number too large. Of `x if c else y` only the
	chosen side counts.
	"""
	with np.errstate(all="ignore"):
		result = _value(expression._tree, values)
	return pd.Series(result + 0.0, index=values.index, dtype="float64")  # + 0.0 turns -0.0 into 0.0


def _clean(text: str) -> str:
	source = text.translate({ord(space): " " for space in "\t\r\n"}).strip()
	if not source:
		raise ExpressionError("The formula is empty: write one with {0}.", ALLOWED)
	if len(source) > MAX_CHARACTERS:
		raise ExpressionError(
			"The formula has {0} characters, but at most {1} are allowed: split it into several metrics.",
			len(source),
			MAX_CHARACTERS,
		)
	for position, character in enumerate(source, start=1):
		if character == "#" or not (character.isascii() and character.isprintable()):
			_refuse(Phrase("The character {0}", ascii(character)), position)
	return source


def _parse(source: str) -> ast.expr:
	try:
		return ast.parse(source, mode="eval").body
	except SyntaxError as error:
		position = min(error.offset or len(source), len(source))  # no offset: something is missing at the end
		raise ExpressionError(
			"The formula cannot be read near position {0}: check brackets and operators there; allowed are {1}.",
			position,
			ALLOWED,
		) from error
	except (ValueError, MemoryError, RecursionError) as error:
		raise ExpressionError("The formula cannot be read: write a simpler one with {0}.", ALLOWED) from error


def _refuse(what: Phrase | str, position: int) -> NoReturn:
	raise ExpressionError("{0} is not allowed (position {1}); allowed are {2}.", what, position, ALLOWED)


def _position(node: ast.expr) -> int:
	return node.col_offset + 1


def _position_after(node: ast.expr) -> int:
	return (node.end_col_offset or node.col_offset) + 1


def _allowed_nodes(node: ast.expr, depth: int) -> Iterator[ast.expr]:
	"""All nodes in the order of the text."""
	if depth > MAX_DEPTH:
		raise ExpressionError(
			"The formula is nested more than {0} levels deep at position {1}: split it into several metrics.",
			MAX_DEPTH,
			_position(node),
		)
	parts_of = _PARTS.get(type(node))
	if parts_of is None:
		_refuse(_FORBIDDEN.get(type(node), Phrase("This kind of formula")), _position(node))
	yield node
	for part in parts_of(node):
		yield from _allowed_nodes(part, depth + 1)


def _parts_of_number(node: ast.Constant) -> list[ast.expr]:
	value = node.value
	if isinstance(value, bool) or not isinstance(value, (int, float)):
		_refuse(
			_TEXT if isinstance(value, (str, bytes)) else Phrase("The constant {0}", repr(value)),
			_position(node),
		)
	try:
		finite = bool(np.isfinite(float(value)))
	except OverflowError:
		finite = False
	if not finite:
		_refuse(Phrase("A number this large"), _position(node))
	return []


def _parts_of_name(node: ast.Name) -> list[ast.expr]:
	if node.id in _ARGUMENTS:
		_refuse(Phrase("'{0}' without brackets and arguments", node.id), _position(node))
	return []


def _parts_of_arithmetic(node: ast.BinOp) -> list[ast.expr]:
	if type(node.op) not in _ARITHMETIC:
		_refuse(_FORBIDDEN.get(type(node.op), _OPERATOR), _position_after(node.left))
	return [node.left, node.right]


def _parts_of_sign(node: ast.UnaryOp) -> list[ast.expr]:
	if type(node.op) not in _SIGNS:
		_refuse(_FORBIDDEN.get(type(node.op), _OPERATOR), _position(node))
	return [node.operand]


def _parts_of_comparison(node: ast.Compare) -> list[ast.expr]:
	operands = [node.left, *node.comparators]
	for left, comparison in zip(operands, node.ops, strict=False):
		if type(comparison) not in _COMPARISONS:
			_refuse(_FORBIDDEN.get(type(comparison), _OPERATOR), _position_after(left))
	return operands


def _parts_of_condition(node: ast.IfExp) -> list[ast.expr]:
	return [node.body, node.test, node.orelse]


def _parts_of_call(node: ast.Call) -> list[ast.expr]:
	name = node.func.id if isinstance(node.func, ast.Name) else ""
	if name not in _ARGUMENTS:
		_refuse(Phrase("The function '{0}'", name) if name else Phrase("Calling this"), _position(node))
	if node.keywords:
		_refuse(Phrase("An argument with a name in {0}()", name), _position(node))
	fewest, most, usage = _ARGUMENTS[name]
	if not fewest <= len(node.args) <= most:
		raise ExpressionError(
			"The call of {0}() at position {1} should look like {2}.", name, _position(node), usage
		)
	if name == "round" and len(node.args) == 2:
		_check_decimals(node.args[1])
	return node.args


def _check_decimals(node: ast.expr) -> None:
	if abs(_decimals(node)) > MAX_DECIMALS:
		raise ExpressionError(
			"The decimals of round() at position {0} must be a whole number from {1} to {2}.",
			_position(node),
			-MAX_DECIMALS,
			MAX_DECIMALS,
		)


def _decimals(node: ast.expr) -> int:
	"""The whole number written as an argument; one that is too large stands for anything else."""
	sign = 1
	while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
		sign, node = -sign, node.operand
	if isinstance(node, ast.Constant) and type(node.value) is int:
		return sign * node.value
	return MAX_DECIMALS + 1


def _readable_cycle(cycle: list[str], keys: list[str]) -> str:
	"""From each metric to the one its formula uses, beginning with the one that was defined first."""
	path = cycle[:0:-1]  # graphlib goes from the used to the user, and names the first key again at the end
	start = min(range(len(path)), key=lambda at: keys.index(path[at]))
	return " → ".join([*path[start:], *path[:start], path[start]])


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
	return _finite(_ARITHMETIC[type(node.op)](_value(node.left, values), _value(node.right, values)))


def _value_of_sign(node: ast.UnaryOp, values: pd.DataFrame) -> Array:
	return _SIGNS[type(node.op)](_value(node.operand, values))


def _value_of_comparison(node: ast.Compare, values: pd.DataFrame) -> Array:
	operands = [_value(operand, values) for operand in (node.left, *node.comparators)]
	pairs = zip(node.ops, operands[:-1], operands[1:], strict=True)
	holds = reduce(np.logical_and, [_COMPARISONS[type(op)](left, right) for op, left, right in pairs])
	return np.where(reduce(np.logical_or, [np.isnan(operand) for operand in operands]), np.nan, holds)


def _value_of_condition(node: ast.IfExp, values: pd.DataFrame) -> Array:
	condition = _value(node.test, values)
	chosen = np.where(condition != 0, _value(node.body, values), _value(node.orelse, values))
	return np.where(np.isnan(condition), np.nan, chosen)


def _value_of_call(node: ast.Call, values: pd.DataFrame) -> Array:
	name = node.func.id if isinstance(node.func, ast.Name) else ""
	if name == "round":
		return _rounded(_value(node.args[0], values), _decimals(node.args[1]) if len(node.args) == 2 else 0)
	return _FUNCTIONS[name]([_value(argument, values) for argument in node.args])


def _rounded(numbers: Array, decimals: int) -> Array:
	rounded = np.round(numbers, decimals)
	return np.where(np.isfinite(rounded), rounded, numbers)  # the largest overflow, and have no decimals


_ARITHMETIC: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
	ast.Add: operator.add,
	ast.Sub: operator.sub,
	ast.Mult: operator.mul,
	ast.Div: operator.truediv,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Array], Array]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Array, Array], npt.NDArray[np.bool_]]] = {
	ast.Lt: np.less,
	ast.LtE: np.less_equal,
	ast.Gt: np.greater,
	ast.GtE: np.greater_equal,
	ast.Eq: np.equal,
	ast.NotEq: np.not_equal,
}
_FUNCTIONS: dict[str, Callable[[list[Array]], Array]] = {
	"min": lambda arguments: reduce(np.minimum, arguments),
	"max": lambda arguments: reduce(np.maximum, arguments),
	"abs": lambda arguments: np.abs(arguments[0]),
}
_ARGUMENTS: dict[str, tuple[int, int, str | Phrase]] = {
	"min": (2, MAX_NODES, "min(a, b)"),
	"max": (2, MAX_NODES, "max(a, b)"),
	"abs": (1, 1, "abs(a)"),
	"round": (1, 2, Phrase("round(a) or round(a, 2)")),
}
_PARTS: dict[type[ast.expr], Callable[[Any], list[ast.expr]]] = {
	ast.Constant: _parts_of_number,
	ast.Name: _parts_of_name,
	ast.BinOp: _parts_of_arithmetic,
	ast.UnaryOp: _parts_of_sign,
	ast.Compare: _parts_of_comparison,
	ast.IfExp: _parts_of_condition,
	ast.Call: _parts_of_call,
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
_OPERATOR = Phrase("This operator")
_TEXT = Phrase("Text")
_FORBIDDEN: dict[type[ast.AST], Phrase | str] = {
	ast.Pow: Phrase("The power '**'"),
	ast.FloorDiv: Phrase("The whole division '//'"),
	ast.Mod: Phrase("The remainder '%'"),
	ast.Not: "'not'",
	ast.BoolOp: Phrase("'and' or 'or'"),
	ast.Attribute: Phrase("A dot after a name"),
	ast.Subscript: Phrase("A value in square brackets"),
	ast.Lambda: "'lambda'",
	ast.NamedExpr: "':='",
	ast.JoinedStr: _TEXT,
	ast.Starred: Phrase("A star before an argument"),
	ast.List: Phrase("A list"),
	ast.Tuple: Phrase("A list of values"),
}
