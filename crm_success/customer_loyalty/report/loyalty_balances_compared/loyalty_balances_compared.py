"""The balances of ERPNext's own Loyalty Program beside corrected ones, customer by customer, and row by row why they differ.

Only customers whom the user may see. Changes nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import frappe
from frappe import _
from frappe.utils import getdate
from pypika.terms import Criterion

from crm_success.customer_loyalty.report.tier_customers import Filters, Row, column, figure, who_counts
from crm_success.customer_loyalty.switching.native_reading import compared_in
from crm_success.customer_loyalty.switching.native_values import Compared, Line
from crm_success.customer_loyalty.switching.switch_words import reason_in_words, step_in_words
from crm_success.database.dialects import KeyRange
from crm_success.record_checks import asked_filters
from crm_success.record_names import HEALTH
from crm_success.visibility import check_may_see_company, only_seen

DIFFERENCES, BALANCES, EVERYTHING = "Differences", "Balances", "All Documents"
# whose documents are shown, and summed up
ABOUT = ("Loyalty Point Entry", "Sales Invoice", "POS Invoice")
AT_ONCE = 2000
MOST_ROWS = 100_000


def execute(filters: dict[str, Any] | None = None) -> tuple:
	"""Columns, the balance of each customer with the documents that differ below it, what to know, and figures."""
	filters = frappe._dict(filters or {})
	company, show = asked_company(filters), asked_rows(filters)
	if not company:
		return columns(), [], _("Choose a company.")
	rows: list[Row] = []
	sums = {"native": 0, "corrected": 0, "customers": 0}
	for chunk in chunks(customers(filters)):
		for customer, compared in compared_in(company, KeyRange(names=tuple(chunk)), getdate()).items():
			sums["native"] += compared.native
			sums["corrected"] += compared.corrected
			sums["customers"] += 1
			rows.extend(rows_of(customer, chunk[customer], compared, show))
		if len(rows) > MOST_ROWS:
			words = _("Only the first {0} rows are shown. Choose a customer or an audience.")
			return columns(), rows[:MOST_ROWS], words.format(MOST_ROWS)
	return columns(), rows, None, None, summary(sums) if sums["customers"] else None


def asked_company(filters: Filters) -> str:
	"""The company that is asked for, or the user's own."""
	asked = asked_filters.text(_("Company"), filters.get("company"))
	company = asked or frappe.defaults.get_user_default("Company") or ""
	check_may_see_company(company, *ABOUT)
	return company


def asked_rows(filters: Filters) -> str:
	"""Which rows are asked for."""
	asked = filters.get("show") or DIFFERENCES
	return asked_filters.choice(_("Show"), asked, (DIFFERENCES, BALANCES, EVERYTHING))


def customers(filters: Filters) -> list[tuple[str, str]]:
	"""Whom the report is about, with what they are called."""
	rows = frappe.qb.DocType("Customer")
	conditions = [only_seen(rows.name), *who_counts(rows.name, filters)]
	if customer := asked_filters.text(_("Customer"), filters.get("customer")):
		conditions.append(rows.name == customer)
	query = frappe.qb.from_(rows).select(rows.name, rows.customer_name).orderby(rows.name)
	return query.where(Criterion.all(conditions)).run()


def chunks(found: list[tuple[str, str]]) -> Iterator[dict[str, str]]:
	for start in range(0, len(found), AT_ONCE):
		yield dict(found[start : start + AT_ONCE])


def rows_of(customer: str, customer_name: str, compared: Compared, show: str) -> Iterator[Row]:
	"""The balance, and below it the lines that are asked for."""
	lines = [line for line in compared.lines if show == EVERYTHING or line.differs]
	if show == DIFFERENCES and not lines:
		return
	whose = {"customer": customer, "customer_name": customer_name}
	yield {**whose, "step": _("Balance"), "document": None, **points(compared.native, compared.corrected)}
	if show != BALANCES:
		yield from ({**whose, **row_of(line)} for line in by_day(lines))


def by_day(lines: Iterable[Line]) -> list[Line]:
	return sorted(lines, key=lambda line: (line.on, line.document))


def row_of(line: Line) -> Row:
	return {
		"step": step_in_words(line.step),
		"document_type": line.document.doctype,
		"document": line.document.name,
		"on": line.on,
		**points(line.native, line.corrected),
		"reason": reason_in_words(line.reason),
	}


def points(native: int, corrected: int) -> Row:
	return {"native": native, "corrected": corrected, "difference": corrected - native}


def summary(sums: dict[str, int]) -> list[Row]:
	return [
		figure(_("Customers"), sums["customers"]),
		figure(_("Balances in ERPNext"), sums["native"]),
		figure(_("Corrected Balances"), sums["corrected"]),
	]


def columns() -> list[Row]:
	return [
		# not everybody who reads scores may read customers, and Frappe refuses the report for such a link
		column("customer", _("Customer"), "Link", 150, options=HEALTH),
		column("customer_name", _("Customer Name"), "Data", 160),
		column("step", _("What Is Compared"), "Data", 130),
		# a link would ask for the right to read DocTypes, which people do not have
		column("document_type", _("Document Type"), "Data", 130),
		column("document", _("Document"), "Dynamic Link", 170, options="document_type"),
		column("on", _("Date"), "Date", 110),
		column("native", _("Points in ERPNext"), "Int", 140),
		column("corrected", _("Corrected Points"), "Int", 140),
		column("difference", _("Difference"), "Int", 110),
		column("reason", _("Why"), "Data", 480),
	]
