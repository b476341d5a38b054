"""The one clock that workers on all hosts share: the database's."""

from datetime import datetime

import frappe
from frappe.utils import convert_utc_to_system_timezone

from crm_success.database.reading import dialect
from crm_success.scoring.queries.statements import Dialect, Statement

_CLOCK = {
	Dialect.MARIADB: Statement("SELECT UTC_TIMESTAMP(6)"),
	Dialect.POSTGRES: Statement("SELECT CLOCK_TIMESTAMP() AT TIME ZONE 'UTC'"),
}


def now() -> datetime:
	"""The database's clock in the site's time zone: the one clock that workers on all hosts share."""
	moment = frappe.db.sql(_CLOCK[dialect()].sql)[0][0]
	return convert_utc_to_system_timezone(moment).replace(tzinfo=None)
