"""The days that a chart over time shows, by its menus or its own settings. Counts nothing."""

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, getdate, nowdate
from frappe.utils.dateutils import get_dates_from_timegrain, get_from_date_from_timespan

from crm_success.record_checks.asked_filters import choice, text
from crm_success.scoring.scoring_day import check_order, parse_asked_day

# as many days as the chart has room for, and as can be counted while somebody waits
MOST_DAYS = 60
# by time interval, the days of the longest one
DAYS_IN = {"Daily": 1, "Weekly": 7, "Monthly": 31, "Quarterly": 92, "Yearly": 366}
# a timespan whose first and last day are given beside it
CHOSEN_SPAN = "Select Date Range"


def asked_days(
	chart: Any, timespan: str | None, interval: str | None, from_date: Any, to_date: Any
) -> list[date]:
	"""The ends of the weeks or months in the span, the latest last and never later than today. What is not asked for is
	as the chart of that name has it.
	"""
	own = frappe.db.get_value(
		"Dashboard Chart", {"name": text(_("Chart"), chart)}, ["timespan", "time_interval"]
	)
	own = own or (None, None)
	timespan = choice(_("Timespan"), timespan or own[0] or "Last Quarter", timespans())
	interval = choice(_("Time Interval"), interval or own[1] or "Weekly", DAYS_IN)
	today = getdate(nowdate())
	last = parse_asked_day(to_date) if to_date else today
	first = parse_asked_day(from_date) if from_date and timespan == CHOSEN_SPAN else None
	check_order(first or last, last)
	last = min(last, today)
	first = min(first, last) if first else beginning_of(timespan, last)
	# no more steps than the chart shows, however early the first day
	first = max(first, add_days(last, -MOST_DAYS * DAYS_IN[interval]))
	days = {min(getdate(day), last) for day in get_dates_from_timegrain(first, last, interval)}
	return sorted(days)[-MOST_DAYS:]


def timespans() -> list[str]:
	return frappe.get_meta("Dashboard Chart").get_field("timespan").options.split("\n")


def beginning_of(timespan: str, last: date) -> date:
	return last if timespan == CHOSEN_SPAN else getdate(get_from_date_from_timespan(last, timespan))
