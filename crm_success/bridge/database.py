"""Carries statements out on the site's database, tells its time and tries again after a conflict. Builds no SQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import frappe
from frappe.utils import convert_utc_to_system_timezone

from crm_success.queries.statements import Bindings, Dialect, Statement

if TYPE_CHECKING:
	import pandas as pd

T = TypeVar("T")

TRIES_AFTER_CONFLICT = 3
_SNAPSHOT_CONFLICT = 1020

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


def again_after_conflict(work: Callable[[], T]) -> T:
	"""Does a whole transaction, and once more from its beginning when another one got in its way.

	After the last try the error is raised as it is. `work` must commit itself and must be repeatable.
	"""
	for number in range(TRIES_AFTER_CONFLICT):
		try:
			return work()
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError, frappe.db.OperationalError) as error:
			frappe.db.rollback()
			if number == TRIES_AFTER_CONFLICT - 1 or not _is_conflict(error):
				raise
			time.sleep(0.2 * 3**number)
	raise AssertionError("unreachable: the last try returns or raises")


def _is_conflict(error: Exception) -> bool:
	# releases before 15.60 do not know MariaDB's 1020 (record changed since last read) as a conflict
	if isinstance(error, frappe.QueryDeadlockError | frappe.QueryTimeoutError):
		return True
	return bool(error.args) and error.args[0] == _SNAPSHOT_CONFLICT
