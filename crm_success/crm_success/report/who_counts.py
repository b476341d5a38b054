"""Of whom reports, cards and charts speak: customers that the user may see, and disabled ones only where asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

import frappe
from frappe.utils import cint
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.visibility import conditions_on, only_visible_snapshots

# a filter of the reports: off unless somebody ticks it
INCLUDE_DISABLED = "include_disabled"


def includes_disabled(filters: Mapping[str, Any] | None) -> bool:
	"""Whether these filters of a report ask for disabled customers too."""
	return bool(cint((filters or {}).get(INCLUDE_DISABLED)))


def who_counts(include_disabled: bool = False) -> Criterion:
	"""For the `where` of a query whose first table is Customer Health, under its own name."""
	enabled = [] if include_disabled else [frappe.qb.DocType(HEALTH).customer_disabled == 0]
	return Criterion.all([conditions_on(HEALTH), *enabled])


def snapshots_that_count(
	query: QueryBuilder, conditions: Iterable[Criterion] = (), include_disabled: bool = False
) -> QueryBuilder:
	"""The query over snapshots, under their own name, only of those who count today: a snapshot does not know."""
	customer = frappe.qb.DocType(SNAPSHOT).customer
	enabled = [] if include_disabled else [customer.notin(disabled_customers())]
	return only_visible_snapshots(query, [*conditions, *enabled])


def disabled_customers() -> QueryBuilder:
	"""Their names, as a subquery."""
	# an alias: the query around it may speak of the same table
	health = frappe.qb.DocType(HEALTH).as_("disabled_health")
	return frappe.qb.from_(health).select(health.name).where(health.customer_disabled == 1)
