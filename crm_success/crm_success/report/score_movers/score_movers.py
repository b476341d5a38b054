"""The largest falls and rises of the score between two snapshot days, and the metrics that moved them.

Compares computed scores: an override is a person's word, no movement of the customer. Computes no score.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from heapq import nsmallest
from typing import Any

import frappe
from frappe import _
from frappe.query_builder.functions import Count
from frappe.utils import add_days, cint, formatdate, nowdate
from pypika.queries import QueryBuilder

from crm_success.crm_success.report.amounts import grouped
from crm_success.crm_success.report.who_counts import (
	Filters,
	check_asked_audience,
	includes_disabled,
	snapshots_that_count,
)
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring.engine.definitions import HealthBand
from crm_success.scoring.engine.drivers import Component
from crm_success.scoring.reader_words import driver_words
from crm_success.scoring.scoring_day import check_order, parse_asked_day
from crm_success.scoring.shared.driver_words import DriverWords

Row = dict[str, Any]
Components = Mapping[str, Component]

ROWS = 20
MOST = 500
DAYS = 30
REASONS = 3
FALLS, RISES = "Falls", "Rises"
AT_RISK = HealthBand.AT_RISK.value


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, falls (largest first) and then rises (largest first), which days are compared, and a summary."""
	filters = frappe._dict(filters or {})
	check_asked_audience(filters)
	days = compared_days(*asked_days(filters))
	if not days:
		return columns(filters), [], _("There are no two days with snapshots yet that could be compared.")
	if rules_of(days[0]).isdisjoint(rules_of(days[1])):
		return columns(filters), [], about_rules(*days)
	changes = read_changes(*days, bool(cint(filters.newly_at_risk)), filters)
	rows = described(movers(changes, filters), days)
	return columns(filters), rows, about_days(*days), None, summary(changes)


def asked_days(filters: frappe._dict) -> tuple[date, date]:
	last = parse_asked_day(filters.to_date or nowdate())
	first = parse_asked_day(filters.from_date) if filters.from_date else add_days(last, -DAYS)
	check_order(first, last)
	return first, last


def compared_days(from_date: date, to_date: date) -> tuple[date, date] | None:
	"""The last snapshot day up to `to_date`, and of those before it the one nearest to `from_date`.

	Of two equally near, the earlier one.
	"""
	snapshot = frappe.qb.DocType(SNAPSHOT)
	query = frappe.qb.from_(snapshot).where(snapshot.as_of <= to_date).groupby(snapshot.as_of)
	days = sorted(query.select(snapshot.as_of).run(pluck=True))
	if len(days) < 2:
		return None
	return min(days[:-1], key=lambda day: (abs((day - from_date).days), day)), days[-1]


def rules_of(day: date) -> set[int]:
	"""By which rules the snapshots of a day were scored."""
	snapshot = frappe.qb.DocType(SNAPSHOT)
	query = frappe.qb.from_(snapshot).where(snapshot.as_of == day).select(snapshot.scoring_rules).distinct()
	return set(query.run(pluck=True))


def read_changes(
	earlier: date, later: date, newly_at_risk: bool = False, filters: Filters = None
) -> dict[str, float]:
	"""Change of the score by customer, of those who count and who have a score on both days.

	With `newly_at_risk`, only of those in band At Risk on the later day and in another on the earlier.
	"""
	query, snapshot, change = compared(earlier, later, newly_at_risk, filters)
	return {
		customer: round(float(points), 2)
		for customer, points in query.select(snapshot.customer, change).run()
	}


def count_newly_at_risk(earlier: date, later: date, filters: Filters = None) -> int:
	"""As many as `read_changes` finds with these filters."""
	query, _snapshot, _change = compared(earlier, later, True, filters)
	return query.select(Count("*")).run()[0][0]


def compared(
	earlier: date, later: date, newly_at_risk: bool, filters: Filters
) -> tuple[QueryBuilder, Any, Any]:
	"""The snapshots of the later day beside those of the earlier one; their table, and the change of the score."""
	snapshot, before = frappe.qb.DocType(SNAPSHOT), frappe.qb.DocType(SNAPSHOT).as_("before")
	change = snapshot.computed_score - before.computed_score
	# an update that changed the rules moved no customer
	same_rules = snapshot.scoring_rules == before.scoring_rules
	conditions = [snapshot.as_of == later, before.as_of == earlier, change.notnull(), same_rules]
	if newly_at_risk:
		conditions += [snapshot.band == AT_RISK, before.band != AT_RISK]
	query = frappe.qb.from_(snapshot).join(before).on(before.customer == snapshot.customer)
	return snapshots_that_count(query, conditions, filters), snapshot, change


def movers(changes: Mapping[str, float], filters: frappe._dict) -> list[str]:
	"""The customers that moved most; of equal movements, in the order of their names.

	Newly at risk without any movement is who was overridden: they follow at the end.
	"""
	number = min(max(cint(filters.how_many) or ROWS, 1), MOST)
	falls = [customer for customer in changes if changes[customer] < 0 and filters.direction != RISES]
	rises = [customer for customer in changes if changes[customer] > 0 and filters.direction != FALLS]
	everybody = filters.newly_at_risk and not filters.direction
	unmoved = [customer for customer in changes if everybody and not changes[customer]]
	return [
		*nsmallest(number, falls, key=lambda customer: (changes[customer], customer)),
		*nsmallest(number, rises, key=lambda customer: (-changes[customer], customer)),
		*nsmallest(number, unmoved),
	]


def summary(changes: Mapping[str, float]) -> list[Row]:
	points = changes.values()
	average = sum(points) / len(points) if points else 0.0
	figures = [
		(_("Customers Compared"), "Int", len(points)),
		(_("Average Change"), "Data", grouped(average, 1)),
		(_("Fell"), "Int", sum(change < 0 for change in points)),
		(_("Rose"), "Int", sum(change > 0 for change in points)),
	]
	return [{"label": label, "datatype": kind, "value": value} for label, kind, value in figures]


def described(customers: list[str], days: tuple[date, date]) -> list[Row]:
	"""One row a customer, in the order given, with the reasons in words."""
	snapshots = read_snapshots(customers, days)
	healths = read_healths(customers)
	words = driver_words()
	rows = []
	for customer in customers:
		before, after = (snapshots[customer, day] for day in days)
		health = healths.get(customer) or frappe._dict()
		components = [json.loads(side.components or "{}") for side in (before, after)]
		change = round(after.computed_score - before.computed_score, 2)
		rows.append(
			{
				**health,
				"customer": customer,
				"direction": direction(change),
				"score_before": before.computed_score,
				"score_after": after.computed_score,
				"change": change,
				"coverage": after.coverage,
				"band": _(after.band, context=HEALTH) if after.band else "",
				"stored_band": after.band,
				"revenue": after.revenue,
				"reasons": "\n".join(reasons(*components, words, health.currency)),
			}
		)
	return rows


def direction(change: float) -> str:
	if not change:
		return _("Unchanged")
	return _("Fall") if change < 0 else _("Rise")


def read_snapshots(customers: list[str], days: tuple[date, date]) -> dict[tuple[str, date], frappe._dict]:
	if not customers:
		return {}
	snapshot = frappe.qb.DocType(SNAPSHOT)
	fields = ("customer", "as_of", "computed_score", "coverage", "band", "revenue", "components")
	rows = (
		frappe.qb.from_(snapshot)
		.select(*(snapshot[name] for name in fields))
		.where(snapshot.customer.isin(customers) & snapshot.as_of.isin(days))
		.run(as_dict=True)
	)
	return {(row.customer, row.as_of): row for row in rows}


def read_healths(customers: list[str]) -> dict[str, frappe._dict]:
	fields = ["customer", "customer_name", "account_manager", "customer_disabled", "currency"]
	rows = frappe.get_all(HEALTH, filters={"name": ("in", customers)}, fields=fields)
	return {row.customer: row for row in rows}


def reasons(before: Components, after: Components, words: DriverWords, currency: str | None) -> Iterable[str]:
	"""The metrics whose contribution changed most, largest first, in words."""
	changes = {key: contribution(after, key) - contribution(before, key) for key in {**before, **after}}
	largest = sorted((key for key in changes if round(changes[key], 1)), key=lambda key: -abs(changes[key]))
	for key in largest[:REASONS]:
		values = [words.value(key, (side.get(key) or {}).get("raw"), currency) for side in (before, after)]
		signed = ("+" if changes[key] > 0 else "−") + words.points(changes[key])
		yield _("{0} {1}: from {2} to {3}").format(words.label(key), signed, *values)


def contribution(components: Components, key: str) -> float:
	return (components.get(key) or {}).get("contribution") or 0.0


def about_days(earlier: date, later: date) -> str:
	return _("Snapshots of {0} and {1} are compared.").format(formatdate(earlier), formatdate(later))


def about_rules(earlier: date, later: date) -> str:
	words = _(
		"Between {0} and {1} an update of CRM Success changed how scores are computed, so these days cannot be compared."
		" Choose two later days, or score the first one again: Run Now in the list of Work Runs."
	)
	return words.format(formatdate(earlier), formatdate(later))


def columns(filters: frappe._dict) -> list[Row]:
	def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
		return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}

	disabled = column("customer_disabled", _("Customer Disabled"), "Check", 140)
	return [
		column("direction", _("Direction"), "Data", 90),
		column("customer", _("Customer"), "Link", 140, options=HEALTH),
		column("customer_name", _("Customer Name"), "Data", 180),
		column("score_before", _("Score Before"), "Float", 125, precision=1),
		column("score_after", _("Score After"), "Float", 115, precision=1),
		column("change", _("Change"), "Float", 90, precision=1),
		column("coverage", _("Coverage"), "Percent", 100),
		column("band", _("Band", context=HEALTH), "Data", 110),
		column("reasons", _("What Moved It"), "Small Text", 640),
		column("revenue", _("Revenue"), "Currency", 120, options="currency"),
		column("account_manager", _("Account Manager"), "Data", 150),
		*([disabled] if includes_disabled(filters) else []),
	]
