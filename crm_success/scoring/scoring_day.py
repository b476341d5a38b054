"""Which day can be scored: the one check of it, for the desk, the terminal and the runs. Scores nothing."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import escape_html, getdate
from frappe.utils.formatters import format_value

from crm_success.scoring.engine.day_bounds import EARLIEST


def parse_day(text: str | None) -> date:
	"""A day that can be scored, as somebody wrote it; today where nothing is written."""
	if not text:
		return getdate()
	try:
		day = date.fromisoformat(str(text))
	except ValueError:
		frappe.throw(_("{0} is not a date. Write it like {1}.").format(escape_html(text), "2026-01-31"))
	check_day(day)
	return day


def check_day(as_of: date) -> None:
	"""Refuse a day that cannot be scored: the future, and what lies before any ledger of a computer."""
	shown, title = format_value(as_of, "Date"), _("Choose Another Day")
	if as_of > getdate():
		frappe.throw(_("{0} has not come yet. Choose today or a day in the past.").format(shown), title=title)
	if as_of < EARLIEST:
		earliest = format_value(EARLIEST, "Date")
		frappe.throw(_("{0} is too long ago. Choose a day since {1}.").format(shown, earliest), title=title)
