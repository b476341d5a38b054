"""Statements with bound values, the three SQL dialects and customer ranges. Knows nothing of metrics."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from pypika import Case, MySQLQuery, PostgreSQLQuery, Query, SQLLiteQuery
from pypika.enums import DatePart
from pypika.functions import Cast, Extract, Floor
from pypika.queries import QueryBuilder
from pypika.terms import AggregateFunction, Criterion, CustomFunction, LiteralValue, Parameter, Term

T = TypeVar("T")
# fewer than `eq_range_index_dive_limit` is when nobody has set it
_LOOKED_UP = 150

_QUERY_CLASS: dict[str, type[Query]] = {
	"mariadb": MySQLQuery,
	"postgres": PostgreSQLQuery,
	"sqlite": SQLLiteQuery,
}


class Dialect(str, Enum):
	"""The databases the builders write for."""

	MARIADB = "mariadb"
	POSTGRES = "postgres"
	SQLITE = "sqlite"

	@property
	def query(self) -> type[Query]:
		"""PyPika's query class of the dialect."""
		return _QUERY_CLASS[self.value]


@dataclass(frozen=True)
class Statement:
	"""SQL with named placeholders, `:p1` on SQLite and `%(p1)s` elsewhere, and the values for them."""

	sql: str
	parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class KeyRange:
	"""The customers after `after` up to and including `upto` (None: no bound), or exactly `names`."""

	after: str | None = None
	upto: str | None = None
	names: tuple[str, ...] = ()


EVERYBODY = KeyRange()


class Bindings:
	"""Collects the values of one statement; every value of every filter goes through here."""

	def __init__(self, dialect: Dialect) -> None:
		self.dialect = dialect
		self.values: dict[str, Any] = {}
		self._names: dict[tuple[type, Any], str] = {}

	def bind(self, value: Any) -> Parameter:
		"""A placeholder for the value; the same value shares one placeholder."""
		if isinstance(value, date | datetime):
			value = value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
		key = (type(value), value)
		if key not in self._names:
			self._names[key] = f"p{len(self._names) + 1}"
			self.values[self._names[key]] = value
		name = self._names[key]
		return Parameter(f":{name}" if self.dialect is Dialect.SQLITE else f"%({name})s")

	def bind_all(self, values: Iterable[Any]) -> list[Parameter]:
		"""A placeholder for each value."""
		return [self.bind(value) for value in values]

	def bind_list(self, values: Iterable[Any]) -> Parameter:
		"""One placeholder for all of the values, for `isin`: a long list costs less than a placeholder each. Not on SQLite."""
		return self.bind(tuple(values))

	def statement(self, query: QueryBuilder) -> Statement:
		"""The finished statement."""
		return Statement(query.get_sql(), dict(self.values))

	def holding(self, query: QueryBuilder) -> Statement:
		"""The finished statement, which also keeps its rows from being changed until the transaction ends.

		Others may hold the same rows. SQLite locks the whole database by itself.
		"""
		lock = {Dialect.MARIADB: " LOCK IN SHARE MODE", Dialect.POSTGRES: " FOR SHARE"}.get(self.dialect, "")
		return Statement(query.get_sql() + lock, dict(self.values))


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
	"""A list for `isin` in parts so short that MariaDB looks each value up in the index of a column that is empty in most rows.

	For a longer one (`eq_range_index_dive_limit`, 200) it asks how many rows have a value on average, and reads them all.
	"""
	return (values[start : start + _LOOKED_UP] for start in range(0, len(values), _LOOKED_UP))


def within(column: Term, keys: KeyRange, bindings: Bindings) -> list[Criterion]:
	"""The conditions that keep a query inside a customer range."""
	if keys.names:
		return [column.isin(bindings.bind_all(keys.names))]
	conditions = []
	if keys.after is not None:
		conditions.append(column > bindings.bind(keys.after))
	if keys.upto is not None:
		conditions.append(column <= bindings.bind(keys.upto))
	return conditions


def days_between(later: Term, earlier: Term, dialect: Dialect) -> Term:
	"""Whole days from one date to another."""
	if dialect is Dialect.MARIADB:
		return CustomFunction("DATEDIFF", ["later", "earlier"])(later, earlier)
	if dialect is Dialect.POSTGRES:
		as_date = CustomFunction("DATE", ["value"])
		return as_date(later) - as_date(earlier)
	julian = CustomFunction("JULIANDAY", ["value"])
	return julian(later) - julian(earlier)


def day_as_number(day: Term, dialect: Dialect) -> Term:
	"""A date as a whole number: 20261231 for the last day of 2026."""
	if dialect is Dialect.SQLITE:
		return Cast(CustomFunction("STRFTIME", ["format", "day"])("%Y%m%d", day), "INTEGER")
	year, month, number = (Extract(part, day) for part in (DatePart.year, DatePart.month, DatePart.day))
	return year * 10_000 + month * 100 + number


def whole_part(number: Term, dialect: Dialect) -> Term:
	"""The number without its fraction, if it is not negative; SQLite divides whole numbers so by itself."""
	return number if dialect is Dialect.SQLITE else Floor(number)


def larger(one: Term, other: Term, dialect: Dialect) -> Term:
	"""The larger of two values, neither of them NULL."""
	return CustomFunction("MAX" if dialect is Dialect.SQLITE else "GREATEST", ["one", "other"])(one, other)


def not_below_zero(number: Term, dialect: Dialect) -> Term:
	"""The number, or 0 where it is less; NULL stays NULL."""
	if dialect is Dialect.POSTGRES:
		# whose GREATEST takes no notice of NULL
		return Case().when(number < 0, 0).else_(number)
	return larger(number, LiteralValue("0"), dialect)


def short_key(parts: Sequence[Term], dialect: Dialect) -> list[Term]:
	"""What to group by instead of several texts: MariaDB sorts by all bytes that they could have."""
	if dialect is not Dialect.MARIADB:
		return list(parts)
	joined = CustomFunction("CONCAT_WS", ["between", *(f"part_{at}" for at in range(len(parts)))])
	lower, digest, unhex = (CustomFunction(name, ["value"]) for name in ("LOWER", "MD5", "UNHEX"))
	return [unhex(digest(lower(joined("|", *parts))))]


def midnight_of(day: Term, dialect: Dialect) -> Term:
	"""A bound day as a datetime: beside a column of such, MariaDB makes text of both."""
	return CustomFunction("TIMESTAMP", ["day"])(day) if dialect is Dialect.MARIADB else day


def moment_of(day: Term, time: Term, dialect: Dialect) -> Term:
	"""A date and a time of day (NULL: midnight) as a datetime, on SQLite as its Julian day."""
	time = CustomFunction("COALESCE", ["value", "otherwise"])(time, "00:00:00")
	if dialect is Dialect.MARIADB:
		return CustomFunction("TIMESTAMP", ["day", "time"])(day, time)
	if dialect is Dialect.POSTGRES:
		return day + time
	julian = CustomFunction("JULIANDAY", ["value"])
	return julian(day) + julian(time) - julian("00:00:00")


def hours_between(later: Term, earlier: Term, dialect: Dialect) -> Term:
	"""Hours from one datetime to another, as a fraction."""
	if dialect is Dialect.MARIADB:
		# TIMEDIFF stops at 838 hours, TIMESTAMPDIFF does not; a whole number divided by a whole one keeps four decimals
		span = CustomFunction("TIMESTAMPDIFF", ["unit", "earlier", "later"])
		return span(LiteralValue("MICROSECOND"), earlier, later) / LiteralValue("3600e6")
	if dialect is Dialect.POSTGRES:
		return CustomFunction("DATE_PART", ["unit", "span"])("epoch", later - earlier) / 3600
	julian = CustomFunction("JULIANDAY", ["value"])
	return (julian(later) - julian(earlier)) * 24


class _GroupConcat(AggregateFunction):
	def __init__(self, column: Term, between: str) -> None:
		super().__init__("GROUP_CONCAT", column)
		self.between = between

	def get_special_params_sql(self, **_options: Any) -> str:
		return f"SEPARATOR '{self.between}'"


def joined(column: Term, between: str, dialect: Dialect) -> Term:
	"""The texts of a group as one, in any order, with `between`, which none of them has. Run it `uncut`."""
	if dialect is Dialect.MARIADB:
		return _GroupConcat(column, between)
	function = "STRING_AGG" if dialect is Dialect.POSTGRES else "GROUP_CONCAT"
	return AggregateFunction(function, column, LiteralValue(f"'{between}'"))


def uncut(sql: str, dialect: Dialect) -> str:
	"""The statement with all of its joined texts: MariaDB cuts long ones off without an error, as its settings say."""
	return f"SET STATEMENT group_concat_max_len = 100000000 FOR {sql}" if dialect is Dialect.MARIADB else sql


def json_number(column: Term, path: Sequence[str], bindings: Bindings) -> Term:
	"""The number at that path of names inside a JSON text; NULL where there is none, or no JSON."""
	if bindings.dialect is Dialect.POSTGRES:
		inside = CustomFunction(
			"JSONB_EXTRACT_PATH_TEXT", ["document", *(f"name_{at}" for at in range(len(path)))]
		)
		document = Cast(Case().when(column != "", column), "jsonb")
		return Cast(inside(document, *bindings.bind_all(path)), "double precision")
	function = "JSON_VALUE" if bindings.dialect is Dialect.MARIADB else "JSON_EXTRACT"
	# SQLite stops at what is no JSON
	is_json = CustomFunction("JSON_VALID", ["document"])(column)
	document = Case().when(is_json == 1, column) if bindings.dialect is Dialect.SQLITE else column
	found = CustomFunction(function, ["document", "path"])(document, bindings.bind(".".join(("$", *path))))
	# MariaDB finds a text
	return found + LiteralValue("0e0")
