"""Reads the formulas of metrics and of earning rules, and computes them for one set of numbers. Executes no text.

A formula becomes a syntax tree in which every node must be on a list of what is allowed. Which names exist, and where
their numbers come from, is the caller's business. Works without numpy: expression_values.py computes a formula for all
customers at once.
"""

import ast
import difflib
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

from crm_success.scoring.engine.errors import ExpressionError, Phrase

# by name; None where there is none
Numbers: TypeAlias = Mapping[str, float | None]

MAX_CHARACTERS = 500
MAX_DEPTH = 20
MAX_NODES = 100
MAX_DECIMALS = 6


class Names(Enum):
	"""What the names of a formula are: as refusals call them, and what they advise where a formula is too large."""

	METRICS = Phrase("keys of metrics"), Phrase("split it into several metrics")
	FIELDS = Phrase("fields of the document"), Phrase("write a simpler one")

	def __init__(self, called: Phrase, advice: Phrase) -> None:
		self.called = called
		self.advice = advice

	@property
	def allowed(self) -> Phrase:
		"""All that a formula may be made of."""
		return Phrase(
			"numbers, {0}, + - * /, comparisons ({1}), min, max, abs, round and 'x if condition else y'",
			self.called,
			"< <= > >= == !=",
		)


@dataclass(frozen=True)
class Expression:
	"""A formula that passed all checks; `names` are those it uses, in order of appearance."""

	text: str
	names: tuple[str, ...]
	names_are: Names = field(repr=False)
	tree: ast.expr = field(repr=False, compare=False)


def parse_expression(text: str, names: Names = Names.METRICS) -> Expression:
	"""The formula in `text`; line breaks count as spaces.

	Raises ExpressionError, in one sentence with the position (counted from 1), for anything that is not a
	number, a name, + - * /, a comparison, min, max, abs, round or `x if condition else y`, and for a formula
	of more than 500 characters, 20 levels or 100 parts. The sentence calls names what `names` says they are.
	"""
	try:
		source = _clean(text, names)
		tree = _parse(source, names)
		nodes = list(_allowed_nodes(tree, names, depth=1))
	except _NotAllowed as refused:
		raise ExpressionError(
			"{0} is not allowed (position {1}); allowed are {2}.",
			refused.what,
			refused.position,
			names.allowed,
		) from None
	if len(nodes) > MAX_NODES:
		raise ExpressionError(
			"The formula has {0} parts, but at most {1} are allowed: {2}.",
			len(nodes),
			MAX_NODES,
			names.advice,
		)
	used = dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))
	return Expression(source, tuple(used), names, tree)


def check_names(expression: Expression, known: Collection[str]) -> None:
	"""Raises ExpressionError for the first name that is not in `known`, with the closest known one."""
	for name in expression.names:
		if name not in known:
			close = difflib.get_close_matches(name, sorted(known), n=1)
			raise _UNKNOWN[expression.names_are](name, *close)


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


def value_of(expression: Expression, numbers: Numbers) -> float | None:
	"""The formula for these numbers, which is what `evaluate` in expression_values.py gives for a row of them.

	Units are those of the formula; a comparison is 1 where it holds and 0 where it does not; `round` rounds
	halves to even. None means "cannot be computed": a used operand or a condition is missing (None, NaN, infinite
	or not there), a division by zero, or a number too large. Of `x if c else y` only the chosen side counts.
	"""
	try:
		return _value(expression.tree, numbers) + 0.0  # turns -0.0 into 0.0
	except (_NoValue, ZeroDivisionError):
		return None


def decimals_of(node: ast.expr) -> int:
	"""The whole number written as an argument of round(); one that is too large stands for anything else."""
	sign = 1
	while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
		sign, node = -sign, node.operand
	if isinstance(node, ast.Constant) and type(node.value) is int:
		return sign * node.value
	return MAX_DECIMALS + 1


class _NotAllowed(Exception):
	"""What a formula must not have, and where it stands: `parse_expression` says it in words."""

	def __init__(self, what: Phrase | str, position: int) -> None:
		super().__init__(what, position)
		self.what = what
		self.position = position


class _NoValue(Exception):
	"""An operand is missing, or a number is too large. So the whole formula has no value."""


def _clean(text: str, names: Names) -> str:
	source = text.translate({ord(space): " " for space in "\t\r\n"}).strip()
	if not source:
		raise ExpressionError("The formula is empty: write one with {0}.", names.allowed)
	if len(source) > MAX_CHARACTERS:
		raise ExpressionError(
			"The formula has {0} characters, but at most {1} are allowed: {2}.",
			len(source),
			MAX_CHARACTERS,
			names.advice,
		)
	for position, character in enumerate(source, start=1):
		if character == "#" or not (character.isascii() and character.isprintable()):
			raise _NotAllowed(Phrase("The character {0}", ascii(character)), position)
	return source


def _parse(source: str, names: Names) -> ast.expr:
	try:
		return ast.parse(source, mode="eval").body
	except SyntaxError as error:
		position = min(error.offset or len(source), len(source))  # no offset: something is missing at the end
		raise ExpressionError(
			"The formula cannot be read near position {0}: check brackets and operators there; allowed are {1}.",
			position,
			names.allowed,
		) from error
	except (ValueError, MemoryError, RecursionError) as error:
		raise ExpressionError(
			"The formula cannot be read: write a simpler one with {0}.", names.allowed
		) from error


def _position(node: ast.expr) -> int:
	return node.col_offset + 1


def _position_after(node: ast.expr) -> int:
	return (node.end_col_offset or node.col_offset) + 1


def _allowed_nodes(node: ast.expr, names: Names, depth: int) -> Iterator[ast.expr]:
	"""All nodes in the order of the text."""
	if depth > MAX_DEPTH:
		raise ExpressionError(
			"The formula is nested more than {0} levels deep at position {1}: {2}.",
			MAX_DEPTH,
			_position(node),
			names.advice,
		)
	parts_of = _PARTS.get(type(node))
	if parts_of is None:
		raise _NotAllowed(_FORBIDDEN.get(type(node), Phrase("This kind of formula")), _position(node))
	yield node
	for part in parts_of(node):
		yield from _allowed_nodes(part, names, depth + 1)


def _parts_of_number(node: ast.Constant) -> list[ast.expr]:
	value = node.value
	if isinstance(value, bool) or not isinstance(value, (int, float)):
		raise _NotAllowed(
			_TEXT if isinstance(value, (str, bytes)) else Phrase("The constant {0}", repr(value)),
			_position(node),
		)
	try:
		finite = math.isfinite(value)
	except OverflowError:
		finite = False
	if not finite:
		raise _NotAllowed(Phrase("A number this large"), _position(node))
	return []


def _parts_of_name(node: ast.Name) -> list[ast.expr]:
	if node.id in _ARGUMENTS:
		raise _NotAllowed(Phrase("'{0}' without brackets and arguments", node.id), _position(node))
	return []


def _parts_of_arithmetic(node: ast.BinOp) -> list[ast.expr]:
	if type(node.op) not in ARITHMETIC:
		raise _NotAllowed(_FORBIDDEN.get(type(node.op), _OPERATOR), _position_after(node.left))
	return [node.left, node.right]


def _parts_of_sign(node: ast.UnaryOp) -> list[ast.expr]:
	if type(node.op) not in SIGNS:
		raise _NotAllowed(_FORBIDDEN.get(type(node.op), _OPERATOR), _position(node))
	return [node.operand]


def _parts_of_comparison(node: ast.Compare) -> list[ast.expr]:
	operands = [node.left, *node.comparators]
	for left, comparison in zip(operands, node.ops, strict=False):
		if type(comparison) not in COMPARISONS:
			raise _NotAllowed(_FORBIDDEN.get(type(comparison), _OPERATOR), _position_after(left))
	return operands


def _parts_of_condition(node: ast.IfExp) -> list[ast.expr]:
	return [node.body, node.test, node.orelse]


def _parts_of_call(node: ast.Call) -> list[ast.expr]:
	name = node.func.id if isinstance(node.func, ast.Name) else ""
	if name not in _ARGUMENTS:
		raise _NotAllowed(
			Phrase("The function '{0}'", name) if name else Phrase("Calling this"), _position(node)
		)
	if node.keywords:
		raise _NotAllowed(Phrase("An argument with a name in {0}()", name), _position(node))
	fewest, most, usage = _ARGUMENTS[name]
	if not fewest <= len(node.args) <= most:
		raise ExpressionError(
			"The call of {0}() at position {1} should look like {2}.", name, _position(node), usage
		)
	if name == "round" and len(node.args) == 2:
		_check_decimals(node.args[1])
	return node.args


def _check_decimals(node: ast.expr) -> None:
	if abs(decimals_of(node)) > MAX_DECIMALS:
		raise ExpressionError(
			"The decimals of round() at position {0} must be a whole number from {1} to {2}.",
			_position(node),
			-MAX_DECIMALS,
			MAX_DECIMALS,
		)


def _readable_cycle(cycle: list[str], keys: list[str]) -> str:
	"""From each metric to the one its formula uses, beginning with the one that was defined first."""
	path = cycle[:0:-1]  # graphlib goes from the used to the user, and names the first key again at the end
	start = min(range(len(path)), key=lambda at: keys.index(path[at]))
	return " → ".join([*path[start:], *path[:start], path[start]])


def _unknown_metric(name: str, *close: str) -> ExpressionError:
	if close:
		return ExpressionError("No metric has the key '{0}'; did you mean '{1}'?", name, close[0])
	return ExpressionError("No metric has the key '{0}'; use the key of an enabled metric.", name)


def _unknown_field(name: str, *close: str) -> ExpressionError:
	if close:
		return ExpressionError("The document has no number '{0}'; did you mean '{1}'?", name, close[0])
	return ExpressionError("The document has no number '{0}'; use the name of a field that holds one.", name)


def _value(node: ast.expr, numbers: Numbers) -> float:
	"""Raises _NoValue or ZeroDivisionError where there is none."""
	return _VALUES[type(node)](node, numbers)


def _finite(number: float) -> float:
	if not math.isfinite(number):
		raise _NoValue
	return number


def _value_of_number(node: ast.Constant, numbers: Numbers) -> float:
	return float(node.value)  # type: ignore[arg-type]  # the checks let only numbers through


def _value_of_name(node: ast.Name, numbers: Numbers) -> float:
	number = numbers.get(node.id)
	if number is None:
		raise _NoValue
	return _finite(float(number))


def _value_of_arithmetic(node: ast.BinOp, numbers: Numbers) -> float:
	return _finite(ARITHMETIC[type(node.op)](_value(node.left, numbers), _value(node.right, numbers)))


def _value_of_sign(node: ast.UnaryOp, numbers: Numbers) -> float:
	return SIGNS[type(node.op)](_value(node.operand, numbers))


def _value_of_comparison(node: ast.Compare, numbers: Numbers) -> float:
	operands = [_value(operand, numbers) for operand in (node.left, *node.comparators)]
	pairs = zip(node.ops, operands[:-1], operands[1:], strict=True)
	return float(all(COMPARISONS[type(op)](left, right) for op, left, right in pairs))


def _value_of_condition(node: ast.IfExp, numbers: Numbers) -> float:
	return _value(node.body if _value(node.test, numbers) else node.orelse, numbers)


def _value_of_call(node: ast.Call, numbers: Numbers) -> float:
	name = node.func.id if isinstance(node.func, ast.Name) else ""
	if name == "round":
		return _rounded(
			_value(node.args[0], numbers), decimals_of(node.args[1]) if len(node.args) == 2 else 0
		)
	return _FUNCTIONS[name]([_value(argument, numbers) for argument in node.args])


def _rounded(number: float, decimals: int) -> float:
	"""As numpy rounds, which moves the point first: Python's own rounding keeps 1.115 below 1.12."""
	power = 10.0 ** abs(decimals)
	moved = number * power if decimals > 0 else number / power
	if not math.isfinite(moved):
		return number
	rounded = round(moved) / power if decimals > 0 else round(moved) * power
	return rounded if math.isfinite(rounded) else number  # the largest overflow, and have no decimals


# of numbers, and of arrays of them
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
	ast.Add: operator.add,
	ast.Sub: operator.sub,
	ast.Mult: operator.mul,
	ast.Div: operator.truediv,
}
SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
	ast.Lt: operator.lt,
	ast.LtE: operator.le,
	ast.Gt: operator.gt,
	ast.GtE: operator.ge,
	ast.Eq: operator.eq,
	ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[[list[float]], float]] = {
	"min": min,
	"max": max,
	"abs": lambda arguments: abs(arguments[0]),
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
_VALUES: dict[type[ast.expr], Callable[[Any, Numbers], float]] = {
	ast.Constant: _value_of_number,
	ast.Name: _value_of_name,
	ast.BinOp: _value_of_arithmetic,
	ast.UnaryOp: _value_of_sign,
	ast.Compare: _value_of_comparison,
	ast.IfExp: _value_of_condition,
	ast.Call: _value_of_call,
}
_UNKNOWN: dict[Names, Callable[..., ExpressionError]] = {
	Names.METRICS: _unknown_metric,
	Names.FIELDS: _unknown_field,
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
