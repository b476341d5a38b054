"""One statement that inserts rows, or updates those that are there already. Knows the dialects, not the records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import frappe
from pypika import Field
from pypika import Table as SqlTable
from pypika.terms import LiteralValue, Parameter, Term, Values

from crm_success.database import reading
from crm_success.database.dialects import Dialect

_VALUE = Parameter("%s")
# stands for the rows of a statement, which is built once for any number of them
_ROWS = Parameter("@rows@")

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
		_write(doctype, given, named, (), {}, str)


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
	given = list(rows)
	if given:
		_write(doctype, given, list(given[0]), conflict, choices, finish)


def _write(
	doctype: str,
	rows: Sequence[Mapping[str, Any]],
	names: Sequence[str],
	conflict: Sequence[str],
	choices: Mapping[str, Choice],
	finish: Callable[[str], str],
) -> None:
	# these choices make the same statement each time; others are made for one writing
	is_kept = set(choices.values()) <= {take_the_offer, keep_what_is_there}
	build: Callable[..., str] = _kept_statement if is_kept else _statement
	statement = build(reading.dialect(), doctype, tuple(names), tuple(conflict), tuple(choices.items()))
	written = {name: _written(rows, name) for name in names}
	# drivers spend more on a value than the database: what is the same in all rows is written once, and stands in the text
	bound = [name for name, value in written.items() if value is _VALUE]
	row = f"({','.join(value.get_sql() for value in written.values())})"
	for chunk in _chunks(rows, bound):
		sql = finish(statement.replace(f"({_ROWS.get_sql()})", ",".join([row] * len(chunk)), 1))
		reading.run(sql, [each[name] for each in chunk for name in bound])


def _written(rows: Sequence[Mapping[str, Any]], name: str) -> Term:
	"""A column as it stands in the text of a statement: a placeholder, unless all rows have the same value."""
	value = rows[0][name]
	if isinstance(value, Term):
		return value
	if len(rows) == 1 or type(value) not in _PLAIN or any(row[name] != value for row in rows):
		return _VALUE
	return LiteralValue("NULL" if value is None else frappe.db.escape(str(value)))


# the database reads these out of a text as the driver would have written them
_PLAIN = (str, int, date, datetime, type(None))


def _statement(
	dialect: Dialect,
	doctype: str,
	names: tuple[str, ...],
	conflict: tuple[str, ...],
	choices: tuple[tuple[str, Choice], ...],
) -> str:
	"""With `_ROWS` in the place of its rows."""
	query = dialect.query.into(SqlTable(f"tab{doctype}")).columns(*names).insert(_ROWS)
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


# built once a process
_kept_statement = lru_cache(maxsize=256)(_statement)


def _sides(doctype: str, dialect: Dialect) -> tuple[Column, Column]:
	if dialect is Dialect.POSTGRES:
		there = SqlTable(f"tab{doctype}", alias=f"tab{doctype}")
		on_offer = SqlTable("excluded", alias="excluded")
		return (lambda name: there[name]), (lambda name: on_offer[name])
	return Field, lambda name: Values(Field(name))


def _chunks(rows: Iterable[Mapping[str, Any]], bound: Sequence[str]) -> Iterator[list[Mapping[str, Any]]]:
	chunk, characters = [], 0
	for row in rows:
		length = sum([len(value) for name in bound if isinstance(value := row[name], str)])
		if chunk and (len(chunk) == MOST_ROWS or characters + length > _MOST_CHARACTERS):
			yield chunk
			chunk, characters = [], 0
		chunk.append(row)
		characters += length
	if chunk:
		yield chunk
