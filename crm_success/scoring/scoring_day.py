"""Which day can be scored, or asked about: the one check of it, for the desk, the terminal and the runs. Scores nothing."""

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import cstr, escape_html, getdate
from frappe.utils.formatters import format_value

from crm_success.record_checks.sizes import check_readable
from crm_success.scoring.engine.day_bounds import EARLIEST, LATEST

# of what is no day, as much as a message shows
_SHOWN = 30


def parse_day(text: str | None) -> date:
	"""A day that can be scored, as somebody wrote it; today where nothing is written."""
	if not text:
		return getdate()
	day = _written(text)
	check_day(day)
	return day


def parse_asked_day(value: Any) -> date:
	"""A day that a report or a chart is asked about, which may lie ahead; a time behind it does not count."""
	day = getdate(value) if isinstance(value, date) else _written(cstr(value).split(" ")[0])
	_check_not_too_early(day)
	if day > LATEST:
		message = _("{0} is too far ahead. Choose a day up to {1}.")
		frappe.throw(message.format(_shown(day), _shown(LATEST)), title=_("Choose Another Day"))
	return day


def check_order(first: date, last: date) -> None:
	"""Refuse a span of days that ends before it begins."""
	if first > last:
		message = _("The first day, {0}, is after the last one, {1}. Choose an earlier first day.")
		frappe.throw(message.format(_shown(first), _shown(last)), title=_("Choose Another Day"))


def check_day(as_of: date) -> None:
	"""Refuse a day that cannot be scored: the future, and what lies before any ledger of a computer."""
	if as_of > getdate():
		message = _("{0} has not come yet. Choose today or a day in the past.")
		frappe.throw(message.format(_shown(as_of)), title=_("Choose Another Day"))
	_check_not_too_early(as_of)


def _check_not_too_early(day: date) -> None:
	if day < EARLIEST:
		message = _("{0} is too long ago. Choose a day since {1}.")
		frappe.throw(message.format(_shown(day), _shown(EARLIEST)), title=_("Choose Another Day"))


def _written(text: str) -> date:
	check_readable(text)
	try:
		return date.fromisoformat(text)
	except ValueError:
		example = "2026-01-31"
		frappe.throw(_("{0} is not a date. Write it like {1}.").format(escape_html(text[:_SHOWN]), example))


def _shown(day: date) -> str:
	return format_value(day, "Date")
