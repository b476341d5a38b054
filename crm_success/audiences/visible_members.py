"""Members of audiences as one reader may see them: counted, or as a condition of another query. Writes nothing.

Who may not read an audience, or who is in audiences at all, finds nobody by it, as by one that does not exist.
"""

from collections.abc import Iterable, Sequence

import frappe
from frappe import _
from frappe.query_builder.functions import Count
from pypika.queries import QueryBuilder
from pypika.terms import Bracket, Criterion, LiteralValue, Term

from crm_success.record_checks.field_errors import bold
from crm_success.record_names import AUDIENCE, HEALTH, MEMBER
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.visibility import conditions_on, readable_names

# of a name that is none, as much as a message shows
_SHOWN = 140


def count_members(audiences: Sequence[str]) -> dict[str, int]:
	"""How many customers that the user may see are in each of the audiences now."""
	member = frappe.qb.DocType(MEMBER)
	query = frappe.qb.from_(member).select(member.audience, Count("*")).groupby(member.audience)
	counted = dict(query.where(visible_now(audiences)).run()) if audiences else {}
	return {audience: counted.get(audience, 0) for audience in audiences}


def visible_now(audiences: Iterable[str]) -> Criterion:
	"""For the `where` of a query over members, under their own name: open ones of these audiences that the user may see."""
	member = frappe.qb.DocType(MEMBER)
	return conditions_on(MEMBER) & member.audience.isin(list(audiences)) & member.left_on.isnull()


def in_audience(customer: Term, audience: str) -> Criterion:
	"""For the `where` of any query that limits customers itself: only those that are in the audience now."""
	name = readable_audience(audience)
	return customer.isin(_customers_in(name)) if name else LiteralValue("1") == LiteralValue("0")


def readable_audience(audience: str) -> str:
	"""The name of the audience as it is stored; "" where there is none whose members the user may know."""
	if not frappe.has_permission(MEMBER, "read"):
		return ""
	name = frappe.db.exists(AUDIENCE, {"name": audience})
	return name if name and frappe.has_permission(AUDIENCE, "read", doc=name) else ""


def check_readable_audience(audience: str) -> str:
	"""The same; refused in words where there is none."""
	name = readable_audience(audience)
	if not name:
		message = _("There is no audience {0} that you may read. Choose another one.")
		frappe.throw(message.format(bold(audience[:_SHOWN])), title=_("Choose Another Audience"))
	return name


def find_visible(audience: str, text: str, inside: bool, most: int) -> list[dict[str, str]]:
	"""Customers that the user may see and whose ID or name has the text: those in the audience, or all others."""
	customer = frappe.qb.DocType(CUSTOMER)
	pattern = f"%{text}%"
	is_in = in_audience(customer.name, audience)
	query = (
		frappe.qb.from_(customer)
		.select(customer.name.as_("customer"), customer.customer_name)
		.where(customer.name.like(pattern) | customer.customer_name.like(pattern))
		.where(is_in if inside else is_in.negate())
		.where(Criterion.all(only_visible_customers()))
	)
	return query.orderby(customer.customer_name, customer.name).limit(most).run(as_dict=True)


def only_visible_customers() -> list[Criterion]:
	"""For a query over Customer, under its own name: only those that the user may see."""
	names = readable_names(HEALTH)
	return [frappe.qb.DocType(CUSTOMER).name.isin(Bracket(LiteralValue(names)))] if names else []


def _customers_in(audience: str) -> QueryBuilder:
	# an alias: the query around it may speak of the same table
	member = frappe.qb.DocType(MEMBER).as_("member_now")
	query = frappe.qb.from_(member).select(member.customer)
	return query.where((member.audience == audience) & member.left_on.isnull())
