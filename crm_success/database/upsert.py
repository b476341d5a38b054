"""One statement that inserts rows, or updates those that are there already. Knows the dialects, not the records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pypika import Field
from pypika import Table as SqlTable
from pypika.terms import Parameter, Term, Values

from crm_success.database import reading
from crm_success.database.dialects import Dialect

_VALUE = Parameter("%s")

# a statement for each of these numbers of rows is built once, and others are put together from them
_SIZES = (100, 50, 25, 10, 5, 4, 3, 2, 1)

# a statement stays far below MariaDB's default max_allowed_packet of 16 MB, even if every character takes four bytes
MOST_ROWS = 250
_MOST_CHARACTERS = 500_000

# from (the value that is there, the value on offer) to the value to keep, each as a function of a column's name
Column = Callable[[str], Term]
Choice = Callable[[Column, Column, str], Term]


def take_the_offer(current: Column, offered: Column, name: str) -> Term:
	"""The usual choice: the new value."""
	return offered(name)


def keep_what_is_there(current: Column, offered: Column, name: str) -> Term:
	"""The old value: a row that is there stays as it is."""
	return current(name)


def insert(doctype: str, rows: Iterable[Mapping[str, Any]]) -> None:
	"""Insert rows that all have the same keys, in few statements; one that is there already is an error.

	Columns in which no row has a value are left to the database.
	"""
	given = list(rows)
	if given:
		named = [name for name in given[0] if any(row[name] is not None for row in given)]
		upsert(doctype, [{name: row[name] for name in named} for row in given], (), {})


def upsert(
	doctype: str,
	rows: Iterable[Mapping[str, Any]],
	conflict: Sequence[str],
	choices: Mapping[str, Choice],
	finish: Callable[[str], str] = str,
) -> None:
	"""Insert rows that all have the same keys; where `conflict` exists, set the columns of `choices`, in order.

	A term as value, the same in all rows, is worked out by the database. MariaDB takes any unique key for a conflict,
	PostgreSQL the columns named. `finish` has the last word on a statement.
	"""
	# these choices make the same statement each time; others are made for one writing
	is_kept = set(choices.values()) <= {take_the_offer, keep_what_is_there}
	build: Callable[..., str] = _kept_statement if is_kept else _statement
	statements: dict[int, str] = {}
	for chunk in _of_known_sizes(_chunks(rows)) if is_kept else _chunks(rows):
		values = {name: value if isinstance(value, Term) else _VALUE for name, value in chunk[0].items()}
		if len(chunk) not in statements:
			columns, chosen = tuple(values.items()), tuple(choices.items())
			statement = build(reading.dialect(), doctype, columns, len(chunk), tuple(conflict), chosen)
			statements[len(chunk)] = finish(statement)
		named = [name for name, value in values.items() if value is _VALUE]
		reading.run(statements[len(chunk)], [row[name] for row in chunk for name in named])


def _statement(
	dialect: Dialect,
	doctype: str,
	columns: tuple[tuple[str, Term], ...],
	rows: int,
	conflict: tuple[str, ...],
	choices: tuple[tuple[str, Choice], ...],
) -> str:
	names, values = zip(*columns, strict=True)
	query = dialect.query.into(SqlTable(f"tab{doctype}")).columns(*names).insert(*[values] * rows)
	current, offered = _sides(doctype, dialect)
	if dialect is Dialect.POSTGRES and conflict:
		query = query.on_conflict(*conflict)
	for name, choice in choices:
		value = choice(current, offered, name)
		if dialect is Dialect.POSTGRES:
			query = query.do_update(name, value)
		else:
			query = query.on_duplicate_key_update(Field(name), value)
	return query.get_sql()


# built once a process: a text of many rows takes longer to build than to run. Terms are told apart by their text
_kept_statement = lru_cache(maxsize=256)(_statement)


def _sides(doctype: str, dialect: Dialect) -> tuple[Column, Column]:
	if dialect is Dialect.POSTGRES:
		there = SqlTable(f"tab{doctype}", alias=f"tab{doctype}")
		on_offer = SqlTable("excluded", alias="excluded")
		return (lambda name: there[name]), (lambda name: on_offer[name])
	return Field, lambda name: Values(Field(name))


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
	chunk, characters = [], 0
	for row in rows:
		length = sum(len(value) for value in row.values() if isinstance(value, str))
		if chunk and (len(chunk) == MOST_ROWS or characters + length > _MOST_CHARACTERS):
			yield chunk
			chunk, characters = [], 0
		chunk.append(row)
		characters += length
	if chunk:
		yield chunk


def _of_known_sizes(chunks: Iterable[list[Mapping[str, Any]]]) -> Iterator[list[Mapping[str, Any]]]:
	for chunk in chunks:
		start = 0
		while rest := len(chunk) - start:
			size = rest if rest == MOST_ROWS else next(size for size in _SIZES if size <= rest)
			yield chunk[start : start + size]
			start += size
