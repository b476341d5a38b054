"""Who may see which customer: asked here, and nowhere else in the app.

What scoring knows of a customer is told to whoever reads Customer Health, by a role or because one was shared, and whom
no limit keeps from that customer. Limits are those of Frappe on Customer, as the customer is today, not as it was when
it was scored: User Permissions, Only If Creator, permission queries of any app. Who has no role that reads customers is
not limited by roles on them, but by all the rest.

Frappe asks for these limits by hooks (permissions.py) wherever it lists, counts, exports or opens our records; sums and
samples of ours ask by the functions below.
"""

import re
from collections.abc import Iterable
from typing import Any

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.model.db_query import DatabaseQuery
from frappe.permissions import get_role_permissions, get_user_permissions
from pypika.queries import QueryBuilder
from pypika.terms import Bracket, Criterion, EmptyCriterion, LiteralValue, Term

from crm_success.database.dialects import Dialect
from crm_success.database.reading import dialect
from crm_success.record_names import HEALTH, SNAPSHOT

CUSTOMER = "Customer"

_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_ESCAPED = re.compile(r"\\.|''", re.DOTALL)
# what is not the character after the backslash; a pattern keeps the backslash before its own signs
_UNESCAPED = {
	r"\0": "\0",
	r"\n": "\n",
	r"\r": "\r",
	r"\t": "\t",
	r"\b": "\b",
	r"\Z": "\x1a",
	r"\%": r"\%",
	r"\_": r"\_",
}


def reads_health(user: str | None = None) -> bool:
	"""Whether the user may read Customer Health at all, if only of some customers."""
	return bool(frappe.has_permission(HEALTH, "read", user=user))


def check_reads_health() -> None:
	"""PermissionError for somebody who may read no health."""
	frappe.has_permission(HEALTH, "read", throw=True)


def may_see_all(user: str | None = None) -> bool:
	"""Whether nothing, on Customer or on anything else that a health names, hides a customer from the user."""
	return reads_everything(HEALTH, user)


def reads_everything(doctype: str, user: str | None = None) -> bool:
	"""Whether a role lets the user read every document of the DocType, also those of others, and no limit hides one."""
	# without a role Frappe has no conditions either: then only what was shared is seen
	return reads_those_of_others(doctype, user) and not build_match_conditions(doctype, user=user)


def reads_those_of_others(doctype: str, user: str | None = None) -> bool:
	"""Whether a role lets the user read documents of the DocType that somebody else created, within whatever limits."""
	user = user or frappe.session.user
	return bool(_role_rights(doctype, user).get("read")) and not _reads_only_own(doctype, user)


def limits_on_customers(user: str) -> str:
	"""SQL over Customer, under its own name, that holds for those whom the user may see; "" where nobody is hidden."""
	query = DatabaseQuery(CUSTOMER, user=user)
	if _finds_by_role(CUSTOMER, user):
		limits = [query.build_match_conditions()]
		if _reads_only_own(CUSTOMER, user):
			# Frappe lists all of them to somebody who may also select them
			limits.append(_created_by_or_shared_with(user))
	else:
		query.match_conditions, query.match_filters = [], []
		query.add_user_permissions(get_user_permissions(user))
		limits = [*query.match_conditions, query.get_permission_query_conditions()]
	return without_percent(" and ".join(f"({limit})" for limit in limits if limit))


def is_hidden(customer: str, user: str) -> bool:
	"""Whether a limit on customers keeps the user from that one."""
	rights = _role_rights(CUSTOMER, user)
	right = next((right for right in ("read", "select") if rights.get(right)), None)
	# of a customer that is gone, whose health stayed, Frappe knows nothing
	knows = right and frappe.db.exists(CUSTOMER, customer)
	if knows and not frappe.has_permission(CUSTOMER, right, doc=customer, user=user):
		return True
	limits = limits_on_customers(user)
	if not limits:
		return False
	rows = frappe.qb.DocType(CUSTOMER)
	return not frappe.qb.from_(rows).select(rows.name).where((rows.name == customer) & _sql(limits)).run()


def only_seen_customers(doctype: str, user: str, fieldname: str = CUSTOMER.lower()) -> str:
	"""SQL over a DocType that has a link to Customer: only rows of customers whom no limit hides from the user."""
	# whoever reads by share only sees what was shared, whosever it is
	limits = limits_on_customers(user) if _finds_by_role(doctype, user) else ""
	return limits and f"`tab{doctype}`.`{fieldname}` in (select `name` from `tab{CUSTOMER}` where {limits})"


def only_seen(customer: Term) -> Criterion:
	"""For the `where` of a query: only rows whose customer no limit hides from the user."""
	limits = limits_on_customers(frappe.session.user)
	return (
		customer.isin(_sql(f"select `name` from `tab{CUSTOMER}` where {limits}"))
		if limits
		else EmptyCriterion()
	)


def only_of_seen_healths(doctype: str, user: str) -> str:
	"""The same, for what tells of a health without its links: nor rows of customers whose health something else hides, such
	as a User Permission on a scorecard. A customer may have no health yet.
	"""
	limits = only_seen_customers(doctype, user)
	if not _finds_by_role(doctype, user) or reads_everything(HEALTH, user):
		return limits
	of_healths = DatabaseQuery(HEALTH, user=user).build_match_conditions()
	if not of_healths:
		return limits
	rows, healths = f"`tab{doctype}`.`customer`", f"select `customer` from `tab{HEALTH}`"
	seen = without_percent(f"({rows} in ({healths} where {of_healths}) or {rows} not in ({healths}))")
	return f"{limits} and {seen}" if limits else seen


def is_health_hidden(customer: str, user: str) -> bool:
	"""Whether a limit on customers or on healths keeps the user from what is known of that customer."""
	if _finds_by_role(HEALTH, user) and frappe.db.exists(HEALTH, customer):
		return not frappe.has_permission(HEALTH, "read", doc=customer, user=user)
	return is_hidden(customer, user)


def check_may_see_company(company: str, *doctypes: str) -> None:
	"""PermissionError where User Permissions limit the user to other companies in documents of these DocTypes. No role on
	Company itself is asked for.
	"""
	permitted = get_user_permissions(frappe.session.user).get("Company", ())
	names = {row.doc for row in permitted if not row.applicable_for or row.applicable_for in doctypes}
	if company and names and company not in names:
		frappe.throw(
			_("You may not see what belongs to {0}. Choose another company.").format(
				frappe.bold(frappe.utils.escape_html(company))
			),
			frappe.PermissionError,
		)


def check_may_see(customer: str) -> None:
	"""PermissionError where the user may not see what scoring knows of the customer, or would know of it."""
	check_reads_health()
	name = frappe.db.get_value(HEALTH, {"customer": customer})
	if name:
		frappe.has_permission(HEALTH, "read", doc=name, throw=True)
	# not scored yet: it is not among what was shared, and no limit may hide it
	elif not _finds_by_role(HEALTH, frappe.session.user) or is_hidden(customer, frappe.session.user):
		raise frappe.PermissionError


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


def readable_names(doctype: str) -> str:
	"""SELECT of the names of all documents that the user may read; "" where these are all there are."""
	if reads_everything(doctype):
		return ""
	if not frappe.has_permission(doctype, "read"):
		return f"select `name` from `tab{doctype}` where 1 = 0"
	query = frappe.get_list(doctype, fields=["name"], order_by="", limit_page_length=0, run=False)
	# version 16 gives a query, whose text would leave a \ in a name as it is
	return without_percent(query if isinstance(query, str) else frappe.db.mogrify(*query.walk()))


def conditions_on(doctype: str) -> Criterion:
	"""For the `where` of a query that counts or sums: only rows of the DocType that the user may see.

	Its table must stand in the query under its own name. Join it to others as the first one:
	`conditions_on(HEALTH) & health.score.notnull()`.
	"""
	names = readable_names(doctype)
	return frappe.qb.DocType(doctype).name.isin(_sql(names)) if names else EmptyCriterion()


def only_visible_snapshots(query: QueryBuilder, conditions: Iterable[Criterion] = ()) -> QueryBuilder:
	"""The query over snapshots, under their own name, only of customers whose health the user may see too."""
	names = readable_names(HEALTH)
	seen = frappe.qb.DocType(SNAPSHOT).customer.isin(_sql(names)) if names else EmptyCriterion()
	return query.where(Criterion.all([conditions_on(SNAPSHOT), seen, *conditions]))


def reads_by_role(doctype: str) -> bool:
	"""Whether a role lets the user read documents of the DocType, and not only what was shared."""
	return bool(_role_rights(doctype, frappe.session.user).get("read"))


def _finds_by_role(doctype: str, user: str) -> bool:
	"""The same, where to choose a document in a link field is enough."""
	rights = _role_rights(doctype, user)
	return bool(rights.get("read") or rights.get("select"))


def _role_rights(doctype: str, user: str) -> dict[str, Any]:
	return get_role_permissions(frappe.get_meta(doctype), user=user)


def _reads_only_own(doctype: str, user: str) -> bool:
	"""Whether each role that lets the user read the DocType does so for what the user created."""
	return "read" in (_role_rights(doctype, user).get("if_owner") or ())


def _created_by_or_shared_with(user: str) -> str:
	"""SQL over Customer, for those whose creator the user is, or that were shared with the user."""
	names = [user, *frappe.share.get_shared(CUSTOMER, user)]
	owner, *shared = (frappe.db.escape(name, percent=False) for name in names)
	is_shared = f" or `tab{CUSTOMER}`.`name` in ({', '.join(shared)})" if shared else ""
	return f"`tab{CUSTOMER}`.`owner` = {owner}{is_shared}"


def _sql(text: str) -> Term:
	return Bracket(LiteralValue(text))


def without_percent(sql: str) -> str:
	"""The same SQL for MariaDB, without a % in its texts: whoever carries it out takes that for the place of a value if there
	are values, and as it is if there are none; in version 16 the same condition meets both.
	"""
	return _LITERAL.sub(_as_hexadecimal, sql) if dialect() is Dialect.MARIADB else sql


def _as_hexadecimal(literal: re.Match[str]) -> str:
	if "%" not in literal[0]:
		return literal[0]
	text = _ESCAPED.sub(lambda found: _UNESCAPED.get(found[0], found[0][1:]), literal[0][1:-1])
	return f"_utf8mb4 x'{text.encode().hex()}'"
