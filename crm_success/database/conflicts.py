"""What to do about locks, conflicts, lost connections and errors of others in the middle of a transaction."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import frappe
from rq.timeouts import BaseTimeoutException

from crm_success.database.dialects import Dialect
from crm_success.database.reading import dialect

P = ParamSpec("P")
T = TypeVar("T")

TRIES_AFTER_CONFLICT = 3
_SNAPSHOT_CONFLICT = 1020
# MariaDB: no connection (2002, 2003), gone away, lost during a query, shut down while at it, killed
_LOST = {(2002,), (2003,), (2006,), (2013,), (1053,), (1927,)}


@contextmanager
def impatient() -> Iterator[None]:
	"""Statements inside wait a second at most for a lock."""
	if dialect() is not Dialect.MARIADB:
		yield
		return
	# the builder knows no settings of a connection
	frappe.db.sql("SET SESSION innodb_lock_wait_timeout = 1")  # nosemgrep: frappe-using-db-sql
	try:
		yield
	finally:
		# as above
		frappe.db.sql("SET SESSION innodb_lock_wait_timeout = DEFAULT")  # nosemgrep: frappe-using-db-sql


def impatiently(statement: str) -> str:
	"""The statement, which waits a second at most for a lock: as inside `impatient`, without asking twice more."""
	is_mariadb = dialect() is Dialect.MARIADB
	return f"SET STATEMENT innodb_lock_wait_timeout = 1 FOR {statement}" if is_mariadb else statement


def start_over() -> None:
	"""Ends the transaction without keeping anything; on a new connection where the server dropped the old one."""
	try:
		# a transaction that met a conflict is done again from its beginning
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
			if not is_passing(error):
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


def is_passing(error: Exception) -> bool:
	"""Whether the same work may well succeed in a while: another transaction was in its way, or the connection is lost."""
	return _is_conflict(error) or _is_lost(error)


def undo_or_raise(savepoint: str, error: Exception) -> None:
	"""Take back what was written since the savepoint. After a deadlock or a lost connection everything before it is
	gone too, and there is no savepoint any more: then the error itself is raised.
	"""
	try:
		# to the savepoint: what the user wrote before is kept
		frappe.db.rollback(save_point=savepoint)
	except Exception:
		raise error from None


def raise_if_out_of_time(error: Exception) -> None:
	"""The time limit of a job is an exception like any other, but nobody may swallow it."""
	if isinstance(error, BaseTimeoutException):
		raise error


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
