"""One face for the three databases of the tests: rows in by hand, answers to statements out."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import pandas as pd
import pytest
from database_servers import NotInstalled, mariadb_socket, postgres_socket_directory
from erpnext_tables import ALL_TABLES, QUOTE, create_statements

from crm_success.database.dialects import Dialect, Statement
from crm_success.database.port import Answer
from crm_success.scoring.shared.reader import as_frame

_DEFAULTS: dict[str, dict[str, Any]] = {
	"Customer": {"customer_group": "Retail", "territory": "Europe"},
	"Sales Invoice": {"company": "Main", "is_opening": "No"},
	"Sales Invoice Item": {"parenttype": "Sales Invoice"},
	"POS Invoice": {"company": "Main", "is_opening": "No"},
	"Payment Schedule": {"parenttype": "Sales Invoice"},
	"Payment Ledger Entry": {"company": "Main", "party_type": "Customer", "account_type": "Receivable"},
	"GL Entry": {"company": "Main", "party_type": "Customer", "docstatus": 1},
	"Issue": {"company": "Main", "status": "Open"},
	"Service Visit": {"party_type": "Customer"},
	"Journal Entry": {"company": "Main", "is_opening": "No"},
	"Journal Entry Account": {"parenttype": "Journal Entry", "party_type": "Customer"},
}


class Database:
	"""A connection with the tables of the schema; `executed` keeps the statements that were read with."""

	def __init__(self, dialect: Dialect, connection: Any) -> None:
		self.dialect = dialect
		self.executed: list[Statement] = []
		self._connection = connection
		self._numbers = count(1)
		for sql in create_statements(dialect):
			self._cursor().execute(sql)
		connection.commit()

	def add(self, doctype: str, **values: Any) -> str:
		"""One row, submitted where that is possible; returns its name."""
		return self.add_all(doctype, [values])[0]

	def add_all(self, doctype: str, rows: Iterable[dict[str, Any]]) -> list[str]:
		"""Many rows with the same fields; returns their names."""
		complete = [self._complete(doctype, row) for row in rows]
		quote, names = QUOTE[self.dialect], list(complete[0])
		columns = ", ".join(f"{quote}{name}{quote}" for name in names)
		places = ", ".join(["?" if self.dialect is Dialect.SQLITE else "%s"] * len(names))
		sql = f"INSERT INTO {quote}tab{doctype}{quote} ({columns}) VALUES ({places})"
		self._cursor().executemany(sql, [tuple(row.values()) for row in complete])
		return [row["name"] for row in complete]

	def execute(self, statement: Statement) -> Answer:
		"""The rows of a statement."""
		self.executed.append(statement)
		cursor = self._cursor()
		cursor.execute(statement.sql, statement.parameters)
		return Answer(tuple(column[0] for column in cursor.description), cursor.fetchall())

	def frame(self, statement: Statement) -> pd.DataFrame:
		"""The rows of a statement, one column a selected name."""
		return as_frame(self.execute(statement))

	def forget(self) -> None:
		"""Take back all rows."""
		self._connection.rollback()
		self.executed.clear()

	def close(self) -> None:
		"""End the connection."""
		self._connection.close()

	def _complete(self, doctype: str, values: dict[str, Any]) -> dict[str, Any]:
		submitted = 1 if ALL_TABLES[doctype].submittable else 0
		standard = {"name": f"ROW-{next(self._numbers):06}", "docstatus": submitted}
		moments = {"creation": "2020-01-01 00:00:00", "modified": "2020-01-01 00:00:00"}
		return standard | moments | _DEFAULTS.get(doctype, {}) | values

	def _cursor(self) -> Any:
		return self._connection.cursor()


@contextmanager
def sqlite_database(directory: Path) -> Iterator[Database]:
	"""SQLite in a file."""
	database = Database(Dialect.SQLITE, sqlite3.connect(directory / "test.db"))
	yield database
	database.close()


@contextmanager
def mariadb_database() -> Iterator[Database]:
	"""MariaDB with Frappe's character set and collation."""
	pymysql = pytest.importorskip("pymysql", reason="Reading MariaDB needs the Python package PyMySQL")
	with skipped_where_not_installed(), mariadb_socket() as socket:
		connection = pymysql.connect(
			unix_socket=socket, user="root", charset="utf8mb4", collation="utf8mb4_unicode_ci"
		)
		with connection.cursor() as cursor:
			cursor.execute("CREATE DATABASE erp CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
			cursor.execute("USE erp")
		database = Database(Dialect.MARIADB, connection)
		yield database
		database.close()


@contextmanager
def postgres_database() -> Iterator[Database]:
	"""PostgreSQL."""
	psycopg2 = pytest.importorskip(
		"psycopg2", reason="Reading PostgreSQL needs the Python package psycopg2-binary"
	)
	with skipped_where_not_installed(), postgres_socket_directory() as directory:
		connection = _connect_when_ready(psycopg2, directory)
		database = Database(Dialect.POSTGRES, connection)
		yield database
		database.close()


@contextmanager
def skipped_where_not_installed() -> Iterator[None]:
	"""A server that is not installed skips the test and says what to install."""
	try:
		yield
	except NotInstalled as error:
		pytest.skip(str(error))


def _connect_when_ready(psycopg2: Any, directory: str) -> Any:
	for _ in range(200):
		try:
			return psycopg2.connect(host=directory, user="postgres", dbname="postgres")
		except psycopg2.OperationalError:
			# the socket exists a moment before the server takes connections
			sleep(0.05)
	return psycopg2.connect(host=directory, user="postgres", dbname="postgres")
