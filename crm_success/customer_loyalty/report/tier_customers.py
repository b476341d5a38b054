"""Of whom reports on tiers speak: customers whose standing the user may see, disabled ones only where asked for, and of an
audience only its members where one is asked for.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, cint, getdate
from pypika.terms import Criterion, Term

from crm_success.audiences.visible_members import check_readable_audience, in_audience
from crm_success.record_checks import asked_filters
from crm_success.scoring.scoring_day import check_order, parse_asked_day

Filters = Mapping[str, Any]
Row = dict[str, Any]


def asked_days(filters: Filters, days: int) -> tuple[date, date]:
	"""The span that is asked for, both days included; so many days up to today where nothing is said."""
	last = min(parse_asked_day(filters.get("to_date")) if filters.get("to_date") else getdate(), getdate())
	first = parse_asked_day(filters["from_date"]) if filters.get("from_date") else add_days(last, -days)
	check_order(first, last)
	return first, last


def who_counts(customer: Term, filters: Filters) -> list[Criterion]:
	"""For the `where` of a query that limits what the user may see itself; `customer` names one in each row."""
	found = []
	if not cint(filters.get("include_disabled")):
		# an alias: the query around it may speak of the same table
		disabled = frappe.qb.DocType("Customer").as_("disabled_customer")
		names = frappe.qb.from_(disabled).select(disabled.name).where(disabled.disabled == 1)
		found.append(customer.notin(names))
	if audience := filters.get("audience"):
		name = check_readable_audience(asked_filters.text(_("Audience"), audience))
		found.append(in_audience(customer, name))
	return found


def column(fieldname: str, label: str, fieldtype: str, width: int, **more: Any) -> Row:
	"""A column of a report."""
	return {"fieldname": fieldname, "label": label, "fieldtype": fieldtype, "width": width, **more}


def figure(label: str, value: Any, datatype: str = "Int", **more: Any) -> Row:
	"""A figure above a report."""
	return {"label": label, "datatype": datatype, "value": value, **more}
