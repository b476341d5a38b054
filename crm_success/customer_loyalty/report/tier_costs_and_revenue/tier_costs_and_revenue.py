"""What each tier costs and brings: customers, net revenue, discounts, issues and hours of support in a span of days.

Customers stand under the tier that they have today, whatever they had in these days. Net revenue is what scores count.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate
from pypika.terms import Criterion

from crm_success.customer_loyalty.report.tier_customers import (
	Filters,
	Row,
	asked_days,
	column,
	figure,
	who_counts,
)
from crm_success.customer_loyalty.tiers.standing_words import tier_name
from crm_success.customer_loyalty.tiers.tier_costs import Figures, discounts, issues, per_tier, support_hours
from crm_success.database.dialects import EVERYBODY
from crm_success.record_names import STANDING, TIER
from crm_success.scoring.reads import FrozenReads, Spans, freeze_reads, spent_by
from crm_success.visibility import conditions_on

DAYS = 364


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, a row for each tier from the highest to none, what to know, a chart and figures."""
	filters = frappe._dict(filters or {})
	days = asked_days(filters, DAYS)
	tiers = tiers_of_customers(filters)
	if not tiers:
		return columns(), [], _("No customer's tier was evaluated yet.")
	reads = freeze_reads(days[1])
	rows = figures(reads, days, tiers, filters)
	return columns(), rows, about(days, reads), chart(rows), summary(rows)


def tiers_of_customers(filters: Filters) -> dict[str, str]:
	"""The tier of each customer that counts; "" for none."""
	standing = frappe.qb.DocType(STANDING)
	conditions = [conditions_on(STANDING), *who_counts(standing.customer, filters)]
	query = frappe.qb.from_(standing).select(standing.customer, standing.tier)
	return {customer: tier or "" for customer, tier in query.where(Criterion.all(conditions)).run()}


def figures(
	reads: FrozenReads, days: tuple[date, date], tiers: Mapping[str, str], filters: Filters
) -> list[Row]:
	who = who_counts(frappe.qb.DocType(STANDING).customer, filters)
	spent = spent_by(reads, Spans((days,)), EVERYBODY, tiers)
	revenue = per_tier({customer: sum(each.revenue) for customer, each in spent.items()}, tiers)
	given = discounts(reads, days, who)
	asked, hours = issues(days, who), support_hours(days, who)
	counted = Counter(tiers.values())
	return [
		_row(tier, counted[tier], revenue, given, asked, hours, reads.money.currency)
		for tier in [*_from_the_highest(), ""]
	]


def _from_the_highest() -> list[str]:
	return frappe.get_all(TIER, order_by="tier_level desc", pluck="name")


def _row(
	tier: str, customers: int, revenue: Figures, given: Figures, asked: Figures, hours: Figures, currency: str
) -> Row:
	brought, discount = revenue.get(tier, 0.0), given.get(tier, 0.0)
	before_discount = brought + discount
	return {
		"tier": tier_name(tier),
		"tier_name": tier,
		"customers": customers,
		"revenue": brought,
		"revenue_each": brought / customers if customers else None,
		"discount": discount,
		"discount_share": 100 * discount / before_discount if before_discount > 0 else None,
		"issues": int(asked.get(tier, 0)),
		"hours": hours.get(tier),
		"currency": currency,
	}


def about(days: tuple[date, date], reads: FrozenReads) -> str:
	words = _("Customers stand under the tier that they have today. Figures are from {0} to {1}.")
	lines = [
		words.format(*(formatdate(day) for day in days)),
		*(message.reason for message in reads.messages),
	]
	return " ".join(lines)


def summary(rows: list[Row]) -> list[Row]:
	with_tier = [row for row in rows if row["tier_name"]]
	amount = {"datatype": "Currency", "currency": rows[0]["currency"]}
	everything = sum(row["revenue"] for row in rows)
	from_tiers = sum(row["revenue"] for row in with_tier)
	share = round(100 * from_tiers / everything, 1) if everything else 0
	return [
		figure(_("Customers with a Tier"), sum(row["customers"] for row in with_tier)),
		figure(_("Their Net Revenue"), from_tiers, **amount),
		figure(_("Share of All Net Revenue"), share, "Percent"),
		figure(_("Discounts to Them"), sum(row["discount"] for row in with_tier), **amount),
	]


def chart(rows: list[Row]) -> Row:
	datasets = [
		{"name": _("Net Revenue"), "values": [row["revenue"] for row in rows]},
		{"name": _("Discounts"), "values": [row["discount"] for row in rows]},
	]
	return {
		"data": {"labels": [row["tier"] for row in rows], "datasets": datasets},
		"type": "bar",
		"colors": ["#2490ef", "#e86c13"],
		"fieldtype": "Currency",
		"currency": rows[0]["currency"],
	}


def columns() -> list[Row]:
	return [
		column("tier", _("Tier"), "Data", 140),
		column("customers", _("Customers"), "Int", 110),
		column("revenue", _("Net Revenue"), "Currency", 150, options="currency"),
		column("revenue_each", _("Net Revenue per Customer"), "Currency", 190, options="currency"),
		column("discount", _("Discounts"), "Currency", 140, options="currency"),
		column("discount_share", _("Discount of List Price"), "Percent", 170),
		column("issues", _("Issues"), "Int", 100),
		column("hours", _("Support Hours"), "Float", 130, precision=1),
	]
