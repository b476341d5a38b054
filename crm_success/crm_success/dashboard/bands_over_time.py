"""How many customers were in each band, week by week or month by month, from the snapshots. Computes no band.

Who is disabled today counts on no day: a snapshot does not know who was disabled when it was written. Where the chart is
limited to an audience, those who are in it today count on every day.

Not everybody has a snapshot on every snapshot day: a batch fails, a customer is new, one is scored again on a day of
its own. On each day of the chart a customer counts with its last snapshot up to that day.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Max, Min
from frappe.utils import formatdate
from pypika.terms import Criterion

from crm_success.crm_success.dashboard.asked_days import asked_days
from crm_success.crm_success.report.who_counts import (
	Filters,
	disabled_customers,
	filters_of_figure,
	of_asked_audience,
)
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.bands import BANDS
from crm_success.visibility import check_reads_health, only_visible_snapshots

Chart = dict[str, Any]
Counts = Counter[str]

# a customer left out on more snapshot days in a row is not counted until its next one
LONGEST_GAP = 8


@frappe.whitelist()
@of_bounded_size
def bands_over_time(
	timespan: str | None = None,
	time_interval: str | None = None,
	from_date: str | None = None,
	to_date: str | None = None,
	chart_name: str | None = None,
	filters: str | dict | list | None = None,
	**asked: Any,
) -> Chart:
	"""Customers by band on the days that the chart's own menus ask for."""
	check_reads_health()
	days = asked_days(chart_name, timespan, time_interval, from_date, to_date)
	counted = count_bands(days, filters_of_figure(filters))
	shown = [day for day in days if any(counted.get(day, {}).get(band) for band in BANDS)]
	if not shown:
		return {}
	return {
		"labels": [formatdate(day) for day in shown],
		"datasets": [
			{"name": _(band, context=HEALTH), "values": [counted[day][band] for day in shown]}
			for band in BANDS
		],
	}


def count_bands(days: Iterable[date], filters: Filters = None) -> dict[date, Counts]:
	"""Customers by band on each of these days; nothing for a day before the first snapshot.

	The disabled are counted apart and taken off. The index that counts everybody does not know the customers.
	"""
	days, snapshot_days = list(days), read_snapshot_days()
	customer = frappe.qb.DocType(SNAPSHOT).customer
	members = of_asked_audience(customer, filters)
	everybody = count_among(days, snapshot_days, members)
	disabled = count_among(days, snapshot_days, [*members, customer.isin(disabled_customers())])
	return {day: counts - disabled[day] for day, counts in everybody.items()}


def count_among(
	days: Iterable[date], snapshot_days: list[date], among: Sequence[Criterion] = ()
) -> dict[date, Counts]:
	"""The same of the customers whose snapshots fulfil these conditions.

	As a rule everybody has a snapshot on every snapshot day, until there are no more of them: an index counts these.
	Only for a day on which somebody was left out, snapshots before it are looked through for who is missing.
	"""
	latest = {day: snapshot_days[place - 1] for day in days if (place := bisect_right(snapshot_days, day))}
	points = sorted(set(latest.values()))
	if not points:
		return {}
	spans, on_days = read_spans(among), count_on_days(points, among)
	ended = count_ended(points[-1], among) if any(last < points[-1] for _first, last in spans) else {}
	counted = {}
	for day in points:
		missing = sum(number for (first, last), number in spans.items() if first <= day <= last)
		missing -= on_days[day].total()
		earlier = snapshot_days[: snapshot_days.index(day)]
		carried = count_carried(missing, day, earlier[-LONGEST_GAP:], ended, among)
		gone = (ended[last] for last in ended if last < day)
		counted[day] = sum(gone, on_days[day] + carried)
	return {day: counted[snapshot_day] for day, snapshot_day in latest.items()}


def count_carried(
	missing: int, day: date, earlier: list[date], ended: Mapping[date, Counts], among: Sequence[Criterion]
) -> Counts:
	"""As many as are missing on that day, by the band of their last snapshot on one of the earlier days."""
	carried: Counts = Counter()
	for last_day in reversed(earlier):
		if carried.total() >= missing:
			break
		carried += count_last_on(last_day, day, among) - ended.get(last_day, Counter())
	return carried


def read_snapshot_days() -> list[date]:
	snapshot = frappe.qb.DocType(SNAPSHOT)
	return sorted(frappe.qb.from_(snapshot).select(snapshot.as_of).groupby(snapshot.as_of).run(pluck=True))


def read_spans(among: Sequence[Criterion]) -> dict[tuple[date, date], int]:
	"""Customers by the days of their first and their last snapshot."""
	snapshot = frappe.qb.DocType(SNAPSHOT)
	first, last = Min(snapshot.as_of).as_("first_day"), Max(snapshot.as_of).as_("last_day")
	query = frappe.qb.from_(snapshot).select(first, last).groupby(snapshot.customer)
	each = only_visible_snapshots(query, among)
	query = frappe.qb.from_(each).select(each.first_day, each.last_day, Count("*"))
	rows = query.groupby(each.first_day, each.last_day).run()
	return {(first_day, last_day): customers for first_day, last_day, customers in rows}


def count_on_days(days: Iterable[date], among: Sequence[Criterion]) -> dict[date, Counts]:
	"""The snapshots of each day by band, also those without a band."""
	counted = {day: Counter() for day in days}
	if not counted:
		return counted
	snapshot = frappe.qb.DocType(SNAPSHOT)
	query = frappe.qb.from_(snapshot).select(snapshot.as_of, snapshot.band, Count("*"))
	query = only_visible_snapshots(query, [snapshot.as_of.isin(list(counted)), *among])
	for day, band, customers in query.groupby(snapshot.as_of, snapshot.band).run():
		counted[day][band or ""] += customers
	return counted


def count_last_on(last_day: date, day: date, among: Sequence[Criterion]) -> Counts:
	"""Customers by band who have a snapshot on the one day, and none after it up to the other."""
	snapshot, later = frappe.qb.DocType(SNAPSHOT), frappe.qb.DocType(SNAPSHOT).as_("later")
	is_later = (later.customer == snapshot.customer) & (later.as_of > last_day) & (later.as_of <= day)
	query = frappe.qb.from_(snapshot).left_join(later).on(is_later).select(snapshot.band, Count("*"))
	query = only_visible_snapshots(query, [snapshot.as_of == last_day, later.name.isnull(), *among])
	return Counter({band or "": number for band, number in query.groupby(snapshot.band).run()})


def count_ended(day: date, among: Sequence[Criterion]) -> dict[date, Counts]:
	"""Customers whose snapshots end before that day, by the day of their last one and its band."""
	snapshot, last = frappe.qb.DocType(SNAPSHOT), frappe.qb.DocType(SNAPSHOT).as_("last_one")
	query = frappe.qb.from_(snapshot).select(snapshot.customer, Max(snapshot.as_of).as_("last_day"))
	query = query.groupby(snapshot.customer).having(Max(snapshot.as_of) < day)
	lasts = only_visible_snapshots(query, among)
	query = frappe.qb.from_(last).join(lasts)
	query = query.on((last.customer == lasts.customer) & (last.as_of == lasts.last_day))
	counted: dict[date, Counts] = defaultdict(Counter)
	rows = query.select(last.as_of, last.band, Count("*")).groupby(last.as_of, last.band).run()
	for last_day, band, customers in rows:
		counted[last_day][band or ""] += customers
	return counted
