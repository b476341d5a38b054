"""Starts a scoring of all customers as of a day that can be scored. Scores nobody."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import getdate
from frappe.utils.formatters import format_value

from crm_success.batches.run_life import start_run

# how hooks.py registers the work
KIND = "Scoring"

EARLIEST = date(1970, 1, 1)


def start_scoring(as_of: date, triggered_by: str) -> str:
	"""Make a run, without committing or queueing; RunInProgressError where another one is not finished."""
	check_day(as_of)
	return start_run(KIND, as_of, triggered_by)


def check_day(as_of: date) -> None:
	"""Refuse a day that cannot be scored: the future, and what lies before any ledger of a computer."""
	shown, title = format_value(as_of, "Date"), _("Choose Another Day")
	if as_of > getdate():
		frappe.throw(_("{0} has not come yet. Choose today or a day in the past.").format(shown), title=title)
	if as_of < EARLIEST:
		frappe.throw(_("{0} is too long ago. Choose a day since {1}.").format(shown, EARLIEST), title=title)
