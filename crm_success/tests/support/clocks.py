"""Clocks that stand where a test wants them: that of the database connection, and that of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

import frappe
from freezegun import freeze_time


@contextmanager
def database_clock(utc: datetime) -> Iterator[None]:
	"""The clock of this process's database connection stands at that moment."""
	frappe.db.sql("SET SESSION timestamp = %s", utc.replace(tzinfo=timezone.utc).timestamp())
	try:
		yield
	finally:
		frappe.db.sql("SET SESSION timestamp = DEFAULT")


@contextmanager
def clock(utc: datetime) -> Iterator[None]:
	"""The clocks of this process and of its database connection stand at that moment."""
	# the engine has no clock; its dates are to stay plain dates
	frozen = freeze_time(
		utc.replace(tzinfo=timezone.utc), ignore=["crm_success.scoring.engine", "pandas", "pyarrow"]
	)
	with database_clock(utc), frozen:
		yield


def database_utc() -> datetime:
	"""What its clock says."""
	return frappe.db.sql("SELECT UTC_TIMESTAMP(6)")[0][0]
