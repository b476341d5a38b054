"""Who may see which customer: asked here, and nowhere else in the app.

Whoever may read a Customer Health may see what scoring knows of that customer. Frappe limits these records by itself,
through their links; what is told of customers in other records, sums or samples is limited by the functions below.
"""

from collections.abc import Iterable
from typing import Any

import frappe
from frappe.desk.reportview import build_match_conditions
from pypika.queries import QueryBuilder
from pypika.terms import Bracket, Criterion, EmptyCriterion, LiteralValue

from crm_success.record_names import HEALTH, SNAPSHOT


def reads_health(user: str | None = None) -> bool:
	"""Whether a role of the user may read Customer Health at all, if only of some customers."""
	return bool(frappe.has_permission(HEALTH, "read", user=user))


def check_reads_health() -> None:
	"""PermissionError for somebody whose roles may read no health."""
	frappe.has_permission(HEALTH, "read", throw=True)


def may_see_all(user: str | None = None) -> bool:
	"""Whether nothing, on Customer or on anything else that a health names, hides a customer from the user."""
	user = user or frappe.session.user
	return reads_health(user) and not build_match_conditions(HEALTH, user=user)


def check_may_see(customer: str) -> None:
	"""PermissionError where the user may not see what scoring knows of the customer, or would know of it."""
	check_reads_health()
	name = frappe.db.get_value(HEALTH, {"customer": customer})
	if name:
		frappe.has_permission(HEALTH, "read", doc=name, throw=True)
	else:
		# not scored yet: whoever may see the customer may see its health
		frappe.has_permission("Customer", "read", doc=customer, throw=True)


def visible_among(customers: Iterable[str]) -> list[str]:
	"""Those of the customers that the user may see, in the same order."""
	if may_see_all():
		return list(customers)
	seen = set(frappe.get_list(HEALTH, pluck="customer", limit=0))
	return [customer for customer in customers if customer in seen]


def visible_rows(doctype: str, customer: str, **asked: Any) -> list[frappe._dict]:
	"""What the user may see of the customer in that DocType, asked as of `frappe.get_list`; nothing without a role."""
	if not frappe.has_permission(doctype, "read"):
		return []
	filters = {**asked.pop("filters", {}), "customer": customer}
	return frappe.get_list(doctype, filters=filters, **asked)


def conditions_on(*doctypes: str) -> Criterion:
	"""For the `where` of a query that counts or sums: only rows of the DocTypes that the user may see.

	The tables of the DocTypes must stand in the query under their own names. Join it to others as the first one:
	`conditions_on(HEALTH) & health.score.notnull()`.
	"""
	matches = [f"({match})" for match in map(build_match_conditions, doctypes) if match]
	return Bracket(LiteralValue(" AND ".join(matches))) if matches else EmptyCriterion()


def only_visible_snapshots(query: QueryBuilder, conditions: Iterable[Criterion] = ()) -> QueryBuilder:
	"""The query over snapshots, under their own name, only of customers whom the user may see."""
	limited = [SNAPSHOT]
	if not may_see_all():
		# a health names more that permissions may speak of than a snapshot does, such as the territory
		health, snapshot = frappe.qb.DocType(HEALTH), frappe.qb.DocType(SNAPSHOT)
		query = query.join(health).on(health.name == snapshot.customer)
		limited.append(HEALTH)
	return query.where(Criterion.all([conditions_on(*limited), *conditions]))
