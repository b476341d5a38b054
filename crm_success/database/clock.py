"""The one clock that workers on all hosts share: the database's. What is compared is compared in UTC, where no hour comes twice."""

from datetime import datetime

import frappe
from frappe.utils import convert_utc_to_system_timezone
from pypika.terms import LiteralValue, Term

from crm_success.database.dialects import Dialect
from crm_success.database.reading import dialect

_IN_STATEMENT = {
	Dialect.MARIADB: LiteralValue("UTC_TIMESTAMP(6)"),
	Dialect.POSTGRES: LiteralValue("CLOCK_TIMESTAMP() AT TIME ZONE 'UTC'"),
}


def utc_now() -> datetime:
	"""The moment in UTC, for what is compared with other moments."""
	return frappe.qb.select(utc_now_in_statement()).run()[0][0]


def utc_now_in_statement() -> Term:
	"""The same as part of a statement, which spares the question: the moment when the statement began."""
	return _IN_STATEMENT[dialect()]


def start_reading() -> datetime:
	"""The moment in UTC before which everything that is read from here on was committed. Commits, because a
	transaction goes on seeing what it saw first.
	"""
	# only a new transaction sees what others have committed
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return utc_now()


def now() -> datetime:
	"""The moment in the site's time zone, for what people read."""
	return convert_utc_to_system_timezone(utc_now()).replace(tzinfo=None)
