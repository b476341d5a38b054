"""Frappe's filters as SQL conditions, with the same answers as a list in the desk gives."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from math import isfinite
from typing import Any, TypeAlias

from pypika.functions import Coalesce
from pypika.terms import Criterion, Term

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import DefinitionError, shown
from crm_success.scoring.queries.tables import DATE, DATETIME, NUMERIC_KINDS, TEXT, TIME

Build: TypeAlias = Callable[[Term, Any, str, Bindings], Criterion]


def condition(filter_: Filter, column: Term, kind: str, bindings: Bindings) -> Criterion:
	"""One filter as a condition on its column; DefinitionError for an operator or a value that does not fit."""
	build = _OPERATORS.get(filter_.operator)
	if build is None:
		allowed = ", ".join(_OPERATORS)
		raise DefinitionError("Operator {0} is not one of {1}", shown(filter_.operator), allowed)
	return build(column, filter_.value, kind, bindings)


def _value(value: Any, kind: str) -> Any:
	if kind in NUMERIC_KINDS:
		return _number(value)
	if kind in (DATE, DATETIME):
		return _moment(value, kind)
	return _time(value) if kind == TIME else _text(value)


def _text(value: Any) -> str:
	return "" if value is None else str(value)


def _time(value: Any) -> str:
	for form in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f"):
		with suppress(ValueError):
			return datetime.strptime(str(value).strip(), form).time().isoformat()
	raise DefinitionError("{0} is not a time like 13:30:00", shown(value))


def _number(value: Any) -> float | int:
	try:
		number = float(value or 0)
	except (TypeError, ValueError, OverflowError) as error:
		raise DefinitionError("{0} is not a number", shown(value)) from error
	if not isfinite(number):
		raise DefinitionError("{0} is not a finite number", shown(value))
	# whole numbers beyond these have no place in a database's integers
	return int(number) if number.is_integer() and abs(number) < _LARGEST_WHOLE else number


def _moment(value: Any, kind: str) -> str:
	text = str(value).strip()
	try:
		moment = datetime.fromisoformat(text).replace(tzinfo=None)
	except ValueError as error:
		raise DefinitionError("{0} is not a date like 2026-01-31", shown(value)) from error
	only_day = kind == DATE or len(text) <= _LENGTH_OF_DAY
	return moment.date().isoformat() if only_day else moment.isoformat(" ")


def _values(value: Any, kind: str) -> list[Any]:
	items = value if isinstance(value, list | tuple) else "" if value is None else str(value).split(",")
	return [_value(item.strip() if isinstance(item, str) else item, kind) for item in items]


def _comparable(column: Term, kind: str) -> Term:
	# an empty text and none at all are the same thing to the desk, and so are zero and no number
	if kind == TEXT:
		return Coalesce(column, "")
	return Coalesce(column, 0) if kind in NUMERIC_KINDS else column


def _or_unset(criterion: Criterion, column: Term, kind: str) -> Criterion:
	# to the desk, no date is before all dates
	return criterion | column.isnull() if kind in _MOMENTS else criterion


def _equals(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	value = _value(value, kind)
	# wrapped in a function, a column loses its index: only where the empty value itself is asked for
	return (column if value else _comparable(column, kind)) == bindings.bind(value)


def _differs(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	return _or_unset(_comparable(column, kind) != bindings.bind(_value(value, kind)), column, kind)


def _compare(operator: Callable[[Term, Term], Criterion]) -> Build:
	def build(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
		return operator(_comparable(column, kind), bindings.bind(_value(value, kind)))

	return build


def _before(operator: Callable[[Term, Term], Criterion]) -> Build:
	def build(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
		return _or_unset(_compare(operator)(column, value, kind, bindings), column, kind)

	return build


def _in(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	return _comparable(column, kind).isin(bindings.bind_all(_listed(value, kind)))


def _not_in(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	return _or_unset(_comparable(column, kind).notin(bindings.bind_all(_listed(value, kind))), column, kind)


def _listed(value: Any, kind: str) -> list[Any]:
	values = _values(value, kind)
	if not values:
		raise DefinitionError("A list of values is empty: name at least one")
	return values


def _like(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	if kind != TEXT:
		raise DefinitionError("'like' and 'not like' compare texts only: use {0} or between", "=, <, >")
	text = _text(value)
	if bindings.dialect is not Dialect.SQLITE:
		# there a backslash takes the meaning of the next character away; to the desk it is a character like others
		text = text.replace("\\", "\\\\")
	column, pattern = _comparable(column, kind), bindings.bind(text)
	return column.ilike(pattern) if bindings.dialect is Dialect.POSTGRES else column.like(pattern)


def _not_like(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	return _like(column, value, kind, bindings).negate()


def _between(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	values = _values(value, kind)
	if len(values) != 2:
		raise DefinitionError("'between' needs two values")
	low, high = values
	if kind == DATETIME and len(high) <= _LENGTH_OF_DAY:
		high += _END_OF_DAY
	return (column >= bindings.bind(low)) & (column <= bindings.bind(high))


def _is(column: Term, value: Any, kind: str, bindings: Bindings) -> Criterion:
	if str(value).lower() not in ("set", "not set"):
		raise DefinitionError("'is' knows the values 'set' and 'not set'")
	is_set = (
		column.notnull() if kind in _MOMENTS else _comparable(column, kind) != ("" if kind == TEXT else 0)
	)
	return is_set if str(value).lower() == "set" else is_set.negate()


_LARGEST_WHOLE = 2**53
_MOMENTS = (DATE, DATETIME, TIME)
_LENGTH_OF_DAY = len("2026-01-31")
_END_OF_DAY = " 23:59:59.999999"

_OPERATORS: dict[str, Build] = {
	"=": _equals,
	"!=": _differs,
	"<": _before(Term.__lt__),
	"<=": _before(Term.__le__),
	">": _compare(Term.__gt__),
	">=": _compare(Term.__ge__),
	"in": _in,
	"not in": _not_in,
	"like": _like,
	"not like": _not_like,
	"between": _between,
	"is": _is,
}

OPERATORS = tuple(_OPERATORS)
