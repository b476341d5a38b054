"""Every way in which somebody may be kept from a customer, and every way in which records may be asked for.

Each limit leaves a visitor customer OWN, of two. Checks nothing.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe
from frappe.permissions import add_permission
from werkzeug.test import TestResponse

import crm_success.hooks
from crm_success.tests.support.factories import default_company
from crm_success.tests.support.permission_matrix import (
	OF_A_CUSTOMER,
	SALES_MANAGER,
	SUCCESS_MANAGER,
	SUCCESS_USER,
	SUPPORT,
)
from crm_success.tests.support.permission_site import OWN, Visitor, make_user
from crm_success.tests.support.utils import aggregate

CUSTOMER = "Customer"
# ERPNext has no company on a customer that a User Permission would look at, a site may
COMPANY_FIELD = "pm_company"
# what OWN has and OTHER has not; after the scoring MOVED has it no more
MINE, THEIRS = "PM Mine", "PM Theirs"

# by kind: roles of the visitors, each of whom may see OWN only
USER_PERMISSIONS = {
	"User Permission on Customer": (CUSTOMER, OWN),
	"User Permission on Territory": ("Territory", MINE),
	"User Permission on Customer Group": ("Customer Group", MINE),
	"User Permission on Company": ("Company", MINE),
}
ROLES_BY_LIMIT: dict[str, tuple[tuple[str, ...], ...]] = {
	# Customer Success people read no customers by themselves, sales people do
	**dict.fromkeys(USER_PERMISSIONS, ((SUCCESS_MANAGER,), (SALES_MANAGER,))),
	"only what was shared": ((),),
	"Only If Creator": ((SALES_MANAGER,), (SALES_MANAGER, SUCCESS_MANAGER), (SALES_MANAGER, SUPPORT)),
	"permission query": ((SUCCESS_MANAGER,), (SALES_MANAGER,), (SALES_MANAGER, SUCCESS_USER)),
}


def visitors_by_limit() -> Iterator[tuple[str, tuple[str, ...], str]]:
	"""Kind of limit, roles and e-mail address of each visitor."""
	for limit, several in ROLES_BY_LIMIT.items():
		for roles in several:
			yield limit, roles, frappe.scrub("_".join((limit, *roles)))


def make_visitor(limit: str, roles: tuple[str, ...], name: str) -> Visitor:
	"""Somebody with these roles and that limit. What Only If Creator and a permission query need is set by `limiting`."""
	user = make_user(name, *roles)
	if limit in USER_PERMISSIONS:
		allow, value = USER_PERMISSIONS[limit]
		values = {"user": user, "allow": allow, "for_value": value, "apply_to_all_doctypes": 1}
		if allow == "Company":
			values["for_value"] = default_company()
		frappe.get_doc({"doctype": "User Permission", **values}).insert(ignore_permissions=True)
	elif limit == "Only If Creator":
		frappe.db.set_value(CUSTOMER, OWN, "owner", user)
	elif limit == "only what was shared":
		for doctype in OF_A_CUSTOMER:
			for record in frappe.get_all(doctype, {"customer": OWN}, pluck="name"):
				frappe.share.add(doctype, record, user, read=1, notify=0)
	return Visitor(user)


@contextmanager
def limiting(limit: str, visitor: Visitor) -> Iterator[None]:
	"""While it lasts, roles read customers only if they created them, or an app of the site limits the visitor."""
	if limit == "Only If Creator":
		with _only_if_creator(visitor.user):
			yield
	elif limit == "permission query":
		with _limited_by_query(visitor.user):
			yield
	else:
		yield


@contextmanager
def _only_if_creator(user: str) -> Iterator[None]:
	frappe.db.set_value(CUSTOMER, OWN, "owner", user)
	add_permission(CUSTOMER, SALES_MANAGER, 0)
	name = frappe.db.get_value("Custom DocPerm", {"parent": CUSTOMER, "role": SALES_MANAGER, "permlevel": 0})
	frappe.db.set_value("Custom DocPerm", name, "if_owner", 1)
	frappe.clear_cache(doctype=CUSTOMER)
	frappe.db.commit()
	try:
		yield
	finally:
		frappe.db.delete("Custom DocPerm", {"parent": CUSTOMER})
		frappe.clear_cache(doctype=CUSTOMER)
		frappe.db.commit()


_limited_users: set[str] = set()


def customers_by_query(user: str, doctype: str) -> str:
	"""The permission query of an app: these users see one customer."""
	return f"`tab{CUSTOMER}`.`name` like {frappe.db.escape(OWN + '%')}" if user in _limited_users else ""


@contextmanager
def _limited_by_query(user: str) -> Iterator[None]:
	queries = crm_success.hooks.permission_query_conditions
	queries[CUSTOMER] = f"{__name__}.{customers_by_query.__name__}"
	_limited_users.add(user)
	frappe.clear_cache()
	try:
		yield
	finally:
		_limited_users.discard(user)
		del queries[CUSTOMER]
		frappe.clear_cache()


Way = Callable[[Visitor, str, str], TestResponse]


def _group_by_chart(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	chart = {"name": "PM", "chart_type": "Group By", "document_type": doctype, "filters_json": "[]"}
	chart |= {"group_by_type": "Count", "group_by_based_on": "customer"}
	method = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	return visitor.call(method, chart=json.dumps(chart), no_cache=1)


def _card(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	card = {"document_type": doctype, "function": "Count"}
	method = "frappe.desk.doctype.number_card.number_card.get_result"
	return visitor.call(method, doc=json.dumps(card), filters="[]")


def _grouped(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	fields = ["customer", aggregate("count", "name", "found")]
	return visitor.list(doctype, fields=fields, group_by="customer")


def _side_bar(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	asked = {"doctype": doctype, "current_filters": "[]", "field": "customer"}
	return visitor.call("frappe.desk.listview.get_group_by_count", "GET", **asked)


def _export(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	asked = {"doctype": doctype, "fields": ["name", "customer"], "file_format_type": "CSV"}
	return visitor.call("frappe.desk.reportview.export_query", **asked)


def _report_builder(visitor: Visitor, doctype: str, name: str) -> TestResponse:
	return visitor.call("frappe.desk.reportview.get", doctype=doctype, fields='["name", "customer"]')


# each answers with what the visitor may see of many: its customers, and nobody else's
OF_MANY: dict[str, Way] = {
	"list": lambda visitor, doctype, name: visitor.list(doctype, fields=["name", "customer"]),
	"report builder": _report_builder,
	"grouped list": _grouped,
	"side bar": _side_bar,
	"chart": _group_by_chart,
	"card": _card,
	"count": lambda visitor, doctype, name: visitor.call("frappe.desk.reportview.get_count", doctype=doctype),
	"link search": lambda visitor, doctype, name: visitor.call(
		"frappe.desk.search.search_link", "GET", doctype=doctype, txt=""
	),
	"export": _export,
	"REST v1": lambda visitor, doctype, name: visitor.get(
		f"/api/resource/{doctype}", fields=["name", "customer"], limit_page_length=100
	),
	"REST v2": lambda visitor, doctype, name: visitor.get(
		f"/api/v2/document/{doctype}", fields=["name", "customer"], limit=100
	),
	"client list": lambda visitor, doctype, name: visitor.call(
		"frappe.client.get_list", "GET", doctype=doctype, fields='["name", "customer"]', limit_page_length=100
	),
}

# each opens one record: one of OWN, and is refused for one of OTHER
OF_ONE: dict[str, Way] = {
	"REST v1": lambda visitor, doctype, name: visitor.get(f"/api/resource/{doctype}/{name}"),
	"REST v2": lambda visitor, doctype, name: visitor.get(f"/api/v2/document/{doctype}/{name}"),
	"form": lambda visitor, doctype, name: visitor.call(
		"frappe.desk.form.load.getdoc", "GET", doctype=doctype, name=name
	),
	"client": lambda visitor, doctype, name: visitor.call(
		"frappe.client.get", "GET", doctype=doctype, name=name
	),
	"print": lambda visitor, doctype, name: visitor.get("/printview", doctype=doctype, name=name),
}
