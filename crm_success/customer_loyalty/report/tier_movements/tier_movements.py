"""Who moved to a higher or a lower tier in a span of days, and who kept one that was not earned: by movement, owner,
territory, or customer by customer, with what these customers spend.

Revenue is that of the last evaluation, in the period of the policy. A customer that moved twice counts once in each
row. Moves nobody.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt
from pypika import Case
from pypika.terms import Criterion, Term

from crm_success.customer_loyalty.report.tier_customers import (
	Filters,
	Row,
	asked_days,
	column,
	figure,
	who_counts,
)
from crm_success.customer_loyalty.tiers.standing_words import tier_name
from crm_success.record_checks import asked_filters
from crm_success.record_names import HEALTH, STANDING, TIER, TIER_CHANGE
from crm_success.visibility import conditions_on

DAYS = 90
MOVEMENT, MANAGER, TERRITORY, CUSTOMER = "Movement", "Account Manager", "Territory", "Customer"
GROUPS = (MOVEMENT, MANAGER, TERRITORY, CUSTOMER)
UP, DOWN, KEPT = "Up", "Down", "Kept"
KINDS = (UP, DOWN, KEPT)
BETWEEN = " > "
_NOBODY = ""


@dataclass(frozen=True)
class Asked:
	"""What the report is asked about."""

	first_day: date
	last_day: date
	group_by: str = MOVEMENT
	kind: str = ""
	move: str = ""


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, rows, no message, a chart and figures."""
	filters = frappe._dict(filters or {})
	asked = read_filters(filters)
	rows = moved(asked, filters)
	if not rows:
		return columns(asked), [], _("Nobody moved and nobody kept a tier in these days.")
	found = _LAYOUTS[asked.group_by](rows)
	return columns(asked), found, None, chart(rows), summary(rows)


def read_filters(filters: Filters) -> Asked:
	first, last = asked_days(filters, DAYS)
	group_by = asked_filters.choice(_("Group By"), filters.get("group_by") or MOVEMENT, GROUPS)
	kind = filters.get("kind")
	return Asked(
		first,
		last,
		group_by,
		asked_filters.choice(_("What Happened"), kind, KINDS) if kind else "",
		asked_filters.text(_("Movement"), filters.get("move") or ""),
	)


def moved(asked: Asked, filters: Filters) -> list[frappe._dict]:
	"""What happened to each customer in these days, the newest first: a row for each change."""
	change, customer, standing = (frappe.qb.DocType(name) for name in (TIER_CHANGE, "Customer", STANDING))
	kind, day = _kind(change), Case().when(change.decision == KEPT, change.found_on).else_(change.applied_on)
	query = (
		frappe.qb.from_(change)
		.join(customer)
		.on(customer.name == change.customer)
		.left_join(standing)
		.on(standing.customer == change.customer)
		.select(
			*(change.name, change.customer, customer.customer_name, change.from_tier, change.to_tier),
			*(change.kept_by, change.decided_by, customer.account_manager, customer.territory),
			*(standing.revenue, standing.currency, kind.as_("kind"), day.as_("day")),
		)
		.where(day.between(asked.first_day, asked.last_day))
		.where(Criterion.all([conditions_on(TIER_CHANGE), *_asked_of(asked, filters, change, customer)]))
	)
	return query.orderby(day, order=frappe.qb.desc).orderby(change.customer).run(as_dict=True)


def _kind(change: Any) -> Term:
	return Case().when(change.decision == KEPT, KEPT).else_(change.movement)


def _asked_of(asked: Asked, filters: Filters, change: Any, customer: Any) -> Iterable[Criterion]:
	yield change.decision.isin(("Applied", KEPT))
	yield from who_counts(change.customer, filters)
	if asked.kind:
		yield _kind(change) == asked.kind
	if BETWEEN in asked.move:
		for field, tier in zip((change.from_tier, change.to_tier), asked.move.split(BETWEEN), strict=False):
			yield field == tier if tier != "-" else (field.isnull() | (field == ""))
	for fieldname, label in (("account_manager", MANAGER), ("territory", TERRITORY)):
		if filters.get(fieldname):
			yield customer[fieldname] == asked_filters.text(_(label), filters.get(fieldname))


# ---- rows --------------------------------------------------------------------------------------------------


def by_movement(rows: Iterable[frappe._dict]) -> list[Row]:
	"""A row for each pair of tiers, and for each reason for which one was kept."""
	found: dict[tuple, dict[str, float]] = defaultdict(dict)
	for row in rows:
		key = (KINDS.index(row.kind), row.kept_by or "", row.from_tier or "", row.to_tier or "")
		found[key][row.customer] = flt(row.revenue)
	levels = dict(frappe.get_all(TIER, fields=["name", "tier_level"], as_list=True))
	currency = _currency(rows)
	return [
		{
			"movement": _move_in_words(kept_by, from_tier, to_tier),
			"what": _(KINDS[kind], context=TIER_CHANGE),
			"kind": KINDS[kind],
			"move": f"{from_tier or '-'}{BETWEEN}{to_tier or '-'}",
			"customers": len(customers),
			"revenue": sum(customers.values()),
			"currency": currency,
		}
		for (kind, kept_by, from_tier, to_tier), customers in sorted(
			found.items(),
			key=lambda item: (item[0][0], -levels.get(item[0][3], 0), -levels.get(item[0][2], 0), item[0]),
		)
	]


def _move_in_words(kept_by: str, from_tier: str, to_tier: str) -> str:
	if kept_by:
		words = _("{0} kept: {1}")
		return words.format(tier_name(from_tier), _(kept_by, context=TIER_CHANGE))
	return f"{tier_name(from_tier)} → {tier_name(to_tier)}"


def _by(fieldname: str) -> Callable[[list[frappe._dict]], list[Row]]:
	def grouped(rows: list[frappe._dict]) -> list[Row]:
		"""A row for each owner or territory, that with the largest revenue first."""
		found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
		for row in rows:
			found[row[fieldname] or _NOBODY][row.kind][row.customer] = flt(row.revenue)
		names = sorted(found, key=lambda name: (-_sum(found[name]), name))
		return [
			{
				"group": name or _("None"),
				"filter": name,
				**_counted(found[name]),
				"currency": _currency(rows),
			}
			for name in names
		]

	return grouped


def _counted(kinds: Mapping[str, Mapping[str, float]]) -> Row:
	found: Row = {}
	for kind in KINDS:
		customers = kinds.get(kind, {})
		found[kind.lower()] = len(customers)
		found[f"{kind.lower()}_revenue"] = sum(customers.values())
	return found


def _sum(kinds: Mapping[str, Mapping[str, float]]) -> float:
	return sum(sum(customers.values()) for customers in kinds.values())


def by_customer(rows: Iterable[frappe._dict]) -> list[Row]:
	"""A row for each change."""
	return [
		{
			**row,
			"change": row.name,
			"movement": _move_in_words(row.kept_by or "", row.from_tier or "", row.to_tier or ""),
			"what": _(row.kind, context=TIER_CHANGE),
			"revenue": flt(row.revenue),
		}
		for row in rows
	]


_LAYOUTS: Mapping[str, Callable[[list[frappe._dict]], list[Row]]] = {
	MOVEMENT: by_movement,
	MANAGER: _by("account_manager"),
	TERRITORY: _by("territory"),
	CUSTOMER: by_customer,
}


def _currency(rows: Iterable[frappe._dict]) -> str | None:
	return next((row.currency for row in rows if row.currency), None)


# ---- figures -----------------------------------------------------------------------------------------------


def _of_kind(rows: Iterable[frappe._dict], kind: str) -> dict[str, float]:
	return {row.customer: flt(row.revenue) for row in rows if row.kind == kind}


def summary(rows: list[frappe._dict]) -> list[Row]:
	currency = _currency(rows)
	up, down, kept = (_of_kind(rows, kind) for kind in KINDS)
	amount = {"datatype": "Currency", "currency": currency}
	return [
		figure(_("Customers Up"), len(up)),
		figure(_("Revenue of Those Up"), sum(up.values()), **amount),
		figure(_("Customers Down"), len(down)),
		figure(_("Revenue of Those Down"), sum(down.values()), **amount),
		figure(_("Kept Though Not Earned"), len(kept)),
	]


def chart(rows: list[frappe._dict]) -> Row:
	months = sorted({row.day.strftime("%Y-%m") for row in rows})
	datasets = [
		{
			"name": _(kind, context=TIER_CHANGE),
			"values": [
				sum(row.kind == kind and row.day.strftime("%Y-%m") == month for row in rows)
				for month in months
			],
		}
		for kind in KINDS
	]
	return {
		"data": {"labels": months, "datasets": datasets},
		"type": "bar",
		"colors": ["#29cd42", "#e03636", "#2490ef"],
		"fieldtype": "Int",
	}


def columns(asked: Asked) -> list[Row]:
	return _COLUMNS[asked.group_by]()


def _columns_of_movement() -> list[Row]:
	return [
		column("what", _("What Happened"), "Data", 140),
		column("movement", _("Movement"), "Data", 280),
		column("customers", _("Customers"), "Int", 120),
		column("revenue", _("Net Revenue"), "Currency", 160, options="currency"),
	]


def _columns_of_group(label: str) -> list[Row]:
	figures = []
	for kind, count, revenue in (
		(UP, _("Customers Up"), _("Revenue of Those Up")),
		(DOWN, _("Customers Down"), _("Revenue of Those Down")),
		(KEPT, _("Kept Though Not Earned"), _("Revenue of Those Kept")),
	):
		figures.append(column(kind.lower(), count, "Int", 190))
		figures.append(column(f"{kind.lower()}_revenue", revenue, "Currency", 210, options="currency"))
	return [column("group", label, "Data", 200), *figures]


def _columns_of_customers() -> list[Row]:
	return [
		# not everybody who reads scores may read customers, and Frappe refuses the report for such a link
		column("customer", _("Customer"), "Link", 150, options=HEALTH),
		column("customer_name", _("Customer Name"), "Data", 200),
		column("what", _("What Happened"), "Data", 130),
		column("movement", _("Movement"), "Data", 220),
		column("day", _("Day"), "Date", 110),
		column("revenue", _("Net Revenue"), "Currency", 140, options="currency"),
		column("account_manager", _("Account Manager"), "Data", 160),
		column("territory", _("Territory"), "Data", 140),
		column("change", _("Customer Tier Change"), "Link", 160, options=TIER_CHANGE),
	]


_COLUMNS: Mapping[str, Callable[[], list[Row]]] = {
	MOVEMENT: _columns_of_movement,
	MANAGER: lambda: _columns_of_group(_("Account Manager")),
	TERRITORY: lambda: _columns_of_group(_("Territory")),
	CUSTOMER: _columns_of_customers,
}
