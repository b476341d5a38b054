"""Carries statements out on the site's database, tells its time and tries again after a conflict. Builds no SQL."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import frappe
from frappe.utils import convert_utc_to_system_timezone
from pypika import Table as SqlTable

from crm_success.queries.statements import Bindings, Dialect, Statement

if TYPE_CHECKING:
	import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")

TRIES_AFTER_CONFLICT = 3
_SNAPSHOT_CONFLICT = 1020
# MariaDB: no connection (2002, 2003), gone away, lost during a query, shut down while at it, killed
_LOST = {(2002,), (2003,), (2006,), (2013,), (1053,), (1927,)}

_CLOCK = {
	Dialect.MARIADB: Statement("SELECT UTC_TIMESTAMP(6)"),
	Dialect.POSTGRES: Statement("SELECT CLOCK_TIMESTAMP() AT TIME ZONE 'UTC'"),
}


def dialect() -> Dialect:
	"""The dialect of the site's database."""
	return Dialect(frappe.db.db_type)


def bindings() -> Bindings:
	"""Empty bindings for a statement on the site's database."""
	return Bindings(dialect())


def read_frame(statement: Statement) -> "pd.DataFrame":
	"""The statement's rows as a frame with one column a selected name."""
	import pandas as pd

	rows = frappe.db.sql(statement.sql, statement.parameters)
	columns = [column[0] for column in frappe.db.get_description()]
	return pd.DataFrame.from_records(rows, columns=columns)


def read_rows(statement: Statement) -> list[dict[str, Any]]:
	"""The statement's rows as dicts, for the few places that need no frame."""
	return frappe.db.sql(statement.sql, statement.parameters, as_dict=True)


def hold(doctype: str, names: Iterable[str]) -> list[str]:
	"""Those of the records that exist; nobody changes, renames or deletes them until the transaction ends.

	Others may hold them at the same time: workers do not wait for each other.
	"""
	names = sorted(names)
	if not names:
		return []
	held, table = bindings(), SqlTable(f"tab{doctype}")
	query = held.dialect.query.from_(table).select(table.name).where(table.name.isin(held.bind_all(names)))
	return [row["name"] for row in read_rows(held.holding(query))]


def now() -> datetime:
	"""The database's clock in the site's time zone: the one clock that workers on all hosts share."""
	moment = frappe.db.sql(_CLOCK[dialect()].sql)[0][0]
	return convert_utc_to_system_timezone(moment).replace(tzinfo=None)


@contextmanager
def impatient() -> Iterator[None]:
	"""Statements inside wait a second at most for a lock."""
	if dialect() is not Dialect.MARIADB:
		yield
		return
	frappe.db.sql("SET SESSION innodb_lock_wait_timeout = 1")
	try:
		yield
	finally:
		frappe.db.sql("SET SESSION innodb_lock_wait_timeout = DEFAULT")


def start_over() -> None:
	"""Ends the transaction without keeping anything; on a new connection where the server dropped the old one."""
	try:
		frappe.db.rollback()
	except Exception as error:
		if not _is_lost(error):
			raise
		frappe.db.connect()


def again_after_conflict(work: Callable[[], T]) -> T:
	"""Does a whole transaction, and once more from its beginning when another one got in its way or the connection
	was lost.

	After the last try the error is raised as it is. `work` must commit itself and must be repeatable, also when it
	was committed and only the answer was lost.
	"""
	for number in range(TRIES_AFTER_CONFLICT):
		try:
			return work()
		except Exception as error:
			if not (_is_conflict(error) or _is_lost(error)):
				raise
			start_over()
			if number == TRIES_AFTER_CONFLICT - 1:
				raise
			time.sleep(0.2 * 3**number)
	raise AssertionError("unreachable: the last try returns or raises")


def own_transaction(work: Callable[P, T]) -> Callable[P, T]:
	"""For functions that are a whole transaction, commit included: they are done again after a conflict."""

	@wraps(work)
	def call(*arguments: P.args, **named: P.kwargs) -> T:
		return again_after_conflict(lambda: work(*arguments, **named))

	return call


def _is_conflict(error: Exception) -> bool:
	# releases before 15.60 do not know MariaDB's 1020 (record changed since last read) as a conflict
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
		return True
	return isinstance(error, frappe.db.OperationalError) and error.args[:1] == (_SNAPSHOT_CONFLICT,)


def _is_lost(error: Exception) -> bool:
	"""Whether the server, or the way to it, is gone: restarted, failed over, or the connection was ended there."""
	if isinstance(error, frappe.db.OperationalError):
		# PostgreSQL's driver gives no numbers, but says so on the connection
		return error.args[:1] in _LOST or bool(getattr(frappe.db._conn, "closed", 0))
	return frappe.db.is_interface_error(error)
