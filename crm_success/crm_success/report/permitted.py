"""What the reports share: which rows a user may see, and how amounts are written. Runs no query itself."""

from collections.abc import Iterable

import frappe
from frappe.desk.reportview import build_match_conditions
from frappe.utils import fmt_money
from pypika.terms import Criterion, LiteralValue

HEALTH = "Customer Health"
SNAPSHOT = "Customer Health Snapshot"


def only_permitted(conditions: Iterable[Criterion], *doctypes: str) -> Criterion:
	"""The conditions, and those by which User Permissions and shares limit rows of the DocTypes.

	The tables of the DocTypes must stand in the query under their own names.
	"""
	matches = [f"({match})" for match in map(build_match_conditions, doctypes) if match]
	# one literal: PyPika cannot join two of them
	return Criterion.all([*conditions, *([LiteralValue(" AND ".join(matches))] if matches else [])])


def reporting_currency() -> str:
	"""The currency in which scoring left its amounts."""
	return (
		frappe.db.get_value(HEALTH, {"currency": ("is", "set")}, "currency", order_by=None)
		or frappe.db.get_default("currency")
		or ""
	)


def grouped(number: float, decimals: int = 0) -> str:
	"""A number as the site writes numbers, 12,345.6."""
	return fmt_money(number, precision=decimals)


def whole_amount(amount: float | None, currency: str) -> str:
	"""An amount without decimals, to be read at a glance."""
	return fmt_money(amount or 0, precision=0, currency=currency or None)
