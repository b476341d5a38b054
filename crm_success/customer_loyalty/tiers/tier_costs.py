"""What ERPNext keeps of what the customers of each tier cost: discounts on their invoices, issues, hours on them. Judges nobody.

A discount is what a row's price lies below its list price, and what an invoice takes off besides. Hours are those of
submitted Timesheets on Tasks that belong to an Issue. Only standings that the user may see count.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.query_builder.functions import Count, Sum
from frappe.utils import flt
from pypika import Case
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Term

from crm_success.record_names import STANDING
from crm_success.scoring.reads import FrozenReads
from crm_success.visibility import conditions_on

# by tier; "" is no tier
Figures = dict[str, float]


def discounts(reads: FrozenReads, days: tuple[date, date], who: Sequence[Criterion]) -> Figures:
	"""In the reporting currency, of submitted Sales Invoices; returns take theirs back."""
	found: Figures = defaultdict(float)
	rates = {each.company: each.rate for each in reads.money.rates}
	for query in (_of_rows(), _of_invoices()):
		invoice = frappe.qb.DocType("Sales Invoice")
		query = query.where(Criterion.all([*_counts(invoice, reads, days), *who]))
		for tier, company, amount in query.run():
			# a company whose currency nobody can convert has no amounts
			found[tier or ""] += flt(amount) * (rates.get(company, 1.0) or 0.0)
	return found


def _of_rows() -> QueryBuilder:
	standing, invoice, row = _joined()
	query = frappe.qb.from_(standing).join(invoice).on(invoice.customer == standing.customer)
	query = query.join(row).on(row.parent == invoice.name)
	return query.groupby(standing.tier, invoice.company).select(
		standing.tier, invoice.company, Sum(_below_list_price(row) * row.qty)
	)


def _of_invoices() -> QueryBuilder:
	standing, invoice, _row = _joined()
	query = frappe.qb.from_(standing).join(invoice).on(invoice.customer == standing.customer)
	return query.groupby(standing.tier, invoice.company).select(
		standing.tier, invoice.company, Sum(invoice.base_discount_amount)
	)


def _joined() -> tuple[Any, Any, Any]:
	return tuple(frappe.qb.DocType(name) for name in (STANDING, "Sales Invoice", "Sales Invoice Item"))


def _below_list_price(row: Any) -> Term:
	"""A margin raises the price from which the discount is taken."""
	price = (
		Case().when(row.base_rate_with_margin > 0, row.base_rate_with_margin).else_(row.base_price_list_rate)
	)
	return Case().when(price > row.base_rate, price - row.base_rate).else_(0)


def _counts(invoice: Any, reads: FrozenReads, days: tuple[date, date]) -> list[Criterion]:
	"""The invoices whose revenue counts."""
	found = [
		conditions_on(STANDING),
		invoice.docstatus == 1,
		invoice.posting_date.between(*days),
		(invoice.is_opening != "Yes") | invoice.is_opening.isnull(),
	]
	companies = reads.money.companies
	return [*found, invoice.company.isin(companies)] if companies else found


def issues(days: tuple[date, date], who: Sequence[Criterion]) -> Figures:
	"""How many were opened."""
	standing, issue = frappe.qb.DocType(STANDING), frappe.qb.DocType("Issue")
	query = frappe.qb.from_(standing).join(issue).on(issue.customer == standing.customer)
	query = query.where(Criterion.all([conditions_on(STANDING), *who, issue.opening_date.between(*days)]))
	return _by_tier(query.groupby(standing.tier).select(standing.tier, Count("*")))


def support_hours(days: tuple[date, date], who: Sequence[Criterion]) -> Figures:
	"""Hours that people wrote down for issues; nothing is known of the rest."""
	standing, issue, task = (frappe.qb.DocType(name) for name in (STANDING, "Issue", "Task"))
	sheet, row = frappe.qb.DocType("Timesheet"), frappe.qb.DocType("Timesheet Detail")
	query = frappe.qb.from_(standing).join(issue).on(issue.customer == standing.customer)
	query = query.join(task).on(task.issue == issue.name).join(row).on(row.task == task.name)
	query = query.join(sheet).on(sheet.name == row.parent)
	first, last = days
	within = [row.from_time >= first, row.from_time < last + timedelta(days=1), sheet.docstatus == 1]
	query = query.where(Criterion.all([conditions_on(STANDING), *who, *within]))
	return _by_tier(query.groupby(standing.tier).select(standing.tier, Sum(row.hours)))


def _by_tier(query: QueryBuilder) -> Figures:
	return {tier or "": flt(number) for tier, number in query.run()}


def per_tier(amounts: Mapping[str, float], tiers: Mapping[str, str]) -> Figures:
	"""Amounts of customers, added up by the tier of each."""
	found: Figures = defaultdict(float)
	for customer, amount in amounts.items():
		found[tiers[customer]] += amount
	return found
