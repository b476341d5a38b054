"""Of whom reports, cards and charts speak: customers that the user may see, disabled ones only where asked for, and of an
audience only its members where one is asked for.

`filters` are those of a report, or of a chart or card that somebody made of one of ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Term

from crm_success.audiences.visible_members import check_readable_audience, in_audience
from crm_success.record_checks import asked_filters
from crm_success.record_checks.sizes import parsed
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.visibility import conditions_on, only_visible_snapshots

Filters = Mapping[str, Any] | None

# filters of the reports: off unless somebody ticks it, everybody unless one is chosen
INCLUDE_DISABLED = "include_disabled"
AUDIENCE_FILTER = "audience"


def includes_disabled(filters: Filters) -> bool:
	"""Whether these filters of a report ask for disabled customers too."""
	return bool(cint((filters or {}).get(INCLUDE_DISABLED)))


def asked_audience(filters: Filters) -> str:
	"""The name of the audience that these filters ask for; empty for everybody."""
	value = (filters or {}).get(AUDIENCE_FILTER)
	return asked_filters.text(_("Audience"), value) if value else ""


def check_asked_audience(filters: Filters) -> None:
	"""Refuse in words an audience that the user may not read, or that does not exist."""
	if audience := asked_audience(filters):
		check_readable_audience(audience)


def filters_of_figure(filters: Any) -> dict[str, Any]:
	"""What a chart or a card of ours can be limited by, of the filters that the desk keeps with it."""
	asked = parsed(filters, _("Send filters as JSON.")) if filters else {}
	audience = asked_audience(asked) if isinstance(asked, dict) else ""
	return {AUDIENCE_FILTER: audience} if audience else {}


def who_counts(filters: Filters = None) -> Criterion:
	"""For the `where` of a query whose first table is Customer Health, under its own name."""
	health = frappe.qb.DocType(HEALTH)
	enabled = [] if includes_disabled(filters) else [health.customer_disabled == 0]
	return Criterion.all([conditions_on(HEALTH), *enabled, *of_asked_audience(health.customer, filters)])


def snapshots_that_count(
	query: QueryBuilder, conditions: Iterable[Criterion] = (), filters: Filters = None
) -> QueryBuilder:
	"""The query over snapshots, under their own name, only of those who count today: a snapshot does not know."""
	customer = frappe.qb.DocType(SNAPSHOT).customer
	enabled = [] if includes_disabled(filters) else [customer.notin(disabled_customers())]
	members = of_asked_audience(customer, filters)
	return only_visible_snapshots(query, [*conditions, *enabled, *members])


def of_asked_audience(customer: Term, filters: Filters) -> list[Criterion]:
	"""Only members of the audience that is asked for; nothing where none is."""
	audience = asked_audience(filters)
	return [in_audience(customer, audience)] if audience else []


def disabled_customers() -> QueryBuilder:
	"""Their names, as a subquery."""
	# an alias: the query around it may speak of the same table
	health = frappe.qb.DocType(HEALTH).as_("disabled_health")
	return frappe.qb.from_(health).select(health.name).where(health.customer_disabled == 1)
