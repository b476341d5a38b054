"""How an audience grew and shrank, and who was in it: on past days, from the moments when customers entered and left."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import frappe
from frappe.query_builder.functions import Count
from frappe.utils import add_days, getdate
from pypika import Case, Table
from pypika.terms import Criterion, Term

from crm_success.record_names import MEMBER
from crm_success.scoring.scoring_day import check_order, parse_asked_day
from crm_success.setup.log_days import MEMBER_DAYS
from crm_success.visibility import conditions_on

DAYS = 90
MOST_POINTS = 60


def check_days(from_date: Any, to_date: Any) -> list[date]:
	"""Evenly spread days from the first to the last, which is today at the latest; refused in words if they are wrong."""
	today = getdate()
	last = min(parse_asked_day(to_date), today) if to_date else today
	first = parse_asked_day(from_date) if from_date else add_days(last, -DAYS)
	check_order(first, last)
	span = (last - first).days
	steps = min(span, MOST_POINTS - 1) or 1
	return sorted({add_days(last, -(span * step // steps)) for step in range(steps + 1)})


def size_on_days(audience: str, days: Sequence[date]) -> list[dict[str, Any]]:
	"""How many customers that the user may see were in the audience at the end of each day.

	Whoever left longer ago than Log Settings keeps is not counted any more.
	"""
	member = frappe.qb.DocType(MEMBER)
	ends = [datetime.combine(day, time.max) for day in days]
	inside = [Count(Case().when(_is_in(member, end), member.customer)) for end in ends]
	query = frappe.qb.from_(member).select(*inside)
	row = query.where(conditions_on(MEMBER) & (member.audience == audience)).run()[0]
	return [{"day": day, "members": number} for day, number in zip(days, row, strict=True)]


def was_in(customer: Term, audience: str, moment: datetime) -> Criterion:
	"""For any query that limits customers itself: whether the customer was in the audience at that moment."""
	# an alias: the query around it may speak of the same table
	member = frappe.qb.DocType(MEMBER).as_("member_then")
	query = frappe.qb.from_(member).select(member.customer)
	return customer.isin(query.where((member.audience == audience) & _is_in(member, moment)))


def kept_since() -> date:
	"""The day before which those who have left since are not known any more."""
	days = frappe.db.get_value("Logs To Clear", {"ref_doctype": MEMBER}, "days")
	return add_days(getdate(), -(days or MEMBER_DAYS))


def _is_in(member: Table, moment: datetime) -> Criterion:
	return (member.entered_on <= moment) & (member.left_on.isnull() | (member.left_on > moment))
