"""Connections that only read: one consistent snapshot of SQLite, MariaDB or PostgreSQL. Builds no query of its own."""

import shlex
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from crm_success.database.dialects import Dialect, Statement
from crm_success.database.port import Answer
from crm_success.standalone.address import Address, parse_address
from crm_success.standalone.command_errors import CommandError, one_line
from crm_success.standalone.tls_options import mariadb_context

_CONNECT_SECONDS = 10
_DRIVERS = {Dialect.MARIADB: ("MariaDB", "PyMySQL"), Dialect.POSTGRES: ("PostgreSQL", "psycopg2-binary")}


class Database:
	"""An open database. Closes at the end of its `with`; nothing is ever written."""

	def __init__(self, address: Address, connection: Any, refusals: tuple[type[Exception], ...]) -> None:
		self.dialect = address.dialect
		self.label = address.label
		self._address = address
		self._connection = connection
		self._refusals = refusals

	def execute(self, statement: Statement) -> Answer:
		"""The rows of a statement; CommandError where the database refuses."""
		cursor = self._connection.cursor()
		try:
			cursor.execute(statement.sql, statement.parameters)
			return Answer(tuple(column[0] for column in cursor.description), cursor.fetchall())
		except self._refusals as error:
			reason = self._address.without_password(one_line(error))
			raise CommandError(
				f"The {self.label} refused to answer: {reason}. Check that the user may read all tables and that the "
				"database is a complete ERPNext 15 or 16."
			) from error
		finally:
			cursor.close()

	def __enter__(self) -> "Database":
		return self

	def __exit__(
		self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
	) -> None:
		self._connection.close()


def connect(url: str) -> Database:
	"""Open the database of a URL for reading only. Raises CommandError where that is not possible."""
	address = parse_address(url)
	return _OPENERS[address.dialect](address)


def _sqlite(address: Address) -> Database:
	path = Path(address.database)
	if not path.is_file():
		raise CommandError(
			f"There is no file {address.database}. Check the path; an absolute one needs four slashes: sqlite:////tmp/erp.db."
		)
	try:
		connection = sqlite3.connect(
			f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30
		)
		# broken text in one row must not stop the whole run
		connection.text_factory = _text
		connection.execute("PRAGMA query_only = 1")
		connection.execute("BEGIN")
		connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
	except sqlite3.Error as error:
		raise CommandError(
			f"The file {address.database} cannot be read as SQLite: {one_line(error)}. Give the path of an SQLite database."
		) from error
	return Database(address, connection, (sqlite3.Error,))


def _text(value: bytes) -> str:
	return value.decode("utf-8", errors="replace")


def _mariadb(address: Address) -> Database:
	try:
		import pymysql
	except ImportError as error:
		raise _missing_driver(address) from error
	context = mariadb_context(address.options)
	try:
		connection = pymysql.connect(
			host=address.host,
			port=address.port,
			user=address.user,
			password=address.password,
			database=address.database,
			charset="utf8mb4",
			connect_timeout=_CONNECT_SECONDS,
			autocommit=False,
			ssl=context,
		)
		with connection.cursor() as cursor:
			if context:
				_check_encrypted(cursor, address)
			cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
			cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
	# a host or password that cannot be encoded is refused before the network is asked
	except (pymysql.MySQLError, OSError, RuntimeError, UnicodeError) as error:
		reason = error.args[-1] if error.args else error
		raise _no_connection(address, reason) from error
	return Database(address, connection, (pymysql.MySQLError, OSError))


def _check_encrypted(cursor: Any, address: Address) -> None:
	"""PyMySQL before 1.2 goes on without TLS where a server offers none."""
	cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
	row = cursor.fetchone()
	if not row or not row[1]:
		raise _no_connection(address, "it offers no TLS, which the options of the URL ask for")


def _postgres(address: Address) -> Database:
	try:
		import psycopg2
	except ImportError as error:
		raise _missing_driver(address) from error
	try:
		connection = psycopg2.connect(
			host=address.host,
			port=address.port,
			user=address.user,
			password=address.password,
			dbname=address.database,
			connect_timeout=_CONNECT_SECONDS,
			**address.options,
		)
		connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
	except (psycopg2.Error, UnicodeError) as error:
		raise _no_connection(address, error) from error
	return Database(address, connection, (psycopg2.Error,))


def _missing_driver(address: Address) -> CommandError:
	kind, package = _DRIVERS[address.dialect]
	# another Python's pip would install it where this command does not look
	python = shlex.quote(sys.executable or "python")
	return CommandError(
		f"Reading {kind} needs the Python package {package}. Install it: {python} -m pip install {package}."
	)


def _no_connection(address: Address, reason: object) -> CommandError:
	said = address.without_password(one_line(reason))
	tls = f" Check {', '.join(address.options)} too." if address.options else ""
	return CommandError(
		f"Cannot connect to the {address.label}: {said}. Check host, port, user, password and the name of the "
		f"database.{tls}"
	)


_OPENERS: dict[Dialect, Callable[[Address], Database]] = {
	Dialect.SQLITE: _sqlite,
	Dialect.MARIADB: _mariadb,
	Dialect.POSTGRES: _postgres,
}
