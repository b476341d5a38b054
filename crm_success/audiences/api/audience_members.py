"""Who is in an audience by hand: customers added and taken out from lists, and all that one customer is in."""

from typing import Any

import frappe
from frappe import _

from crm_success.audiences import hand_picked
from crm_success.audiences.visible_members import find_visible
from crm_success.record_checks.sizes import of_bounded_size, parsed_names
from crm_success.record_names import AUDIENCE, MEMBER
from crm_success.scoring.source_tables import CUSTOMER
from crm_success.visibility import check_may_see, check_reads_health, visible_among, visible_rows

MOST_AT_ONCE = 5000
MOST_FOUND = 50


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def add_customers(audience: str, customers: str | list) -> dict[str, int]:
	"""Put customers that the user may see into an audience by hand; how many were not in it."""
	_check_may_change(audience)
	asked = _asked_customers(customers)
	hand_picked.wait_for_turn(audience)
	return {"added": hand_picked.add_members(audience, asked)}


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def remove_customers(audience: str, customers: str | list) -> dict[str, int]:
	"""Take customers that the user may see out of an audience by hand; how many were in it."""
	_check_may_change(audience)
	asked = _asked_customers(customers)
	hand_picked.wait_for_turn(audience)
	return {"removed": hand_picked.remove_members(audience, asked)}


@frappe.whitelist()
@of_bounded_size
def find_customers(audience: str, text: str = "", inside: int = 0) -> dict[str, Any]:
	"""Up to fifty customers that the user may see and whose ID or name has the text, to be put into an audience by hand, or
	taken out of it (`inside`); `more`: whether there are others.
	"""
	_check_may_change(audience)
	found = find_visible(audience, text, bool(inside), MOST_FOUND + 1)
	return {"customers": found[:MOST_FOUND], "more": len(found) > MOST_FOUND}


@frappe.whitelist()
@of_bounded_size
def audiences_of(customer: str) -> list[dict[str, Any]]:
	"""The audiences that a customer is in, the newest first, with when it entered."""
	check_may_see(customer)
	fields = ["audience", "entered_on"]
	return visible_rows(
		MEMBER,
		customer,
		filters={"left_on": ("is", "not set")},
		fields=fields,
		order_by="entered_on desc",
		limit=0,
	)


def _check_may_change(audience: str) -> None:
	frappe.has_permission(MEMBER, "create", throw=True)
	# not has_permission, which asks about all audiences where the name is empty
	frappe.get_doc(AUDIENCE, audience).check_permission("write")
	check_reads_health()


def _asked_customers(customers: str | list) -> list[str]:
	"""The customers of a request, as they are called, each of whom exists and is seen by the user."""
	asked = parsed_names(customers, _("Send the names of customers as a list."))
	if len(asked) > MOST_AT_ONCE:
		message = _(
			"{0} customers are too many at once. Choose {1} at most, or import Customer Audience Members."
		)
		frappe.throw(message.format(len(asked), MOST_AT_ONCE))
	# the database may find them in other cases, and with spaces behind
	named = {name.casefold().rstrip(): name for name in asked}
	found = frappe.get_all(CUSTOMER, {"name": ("in", asked or [""])}, pluck="name", order_by="name")
	seen = visible_among(found)
	if len(seen) < len(named):
		message = _("One of the customers cannot be seen by you, or does not exist.")
		frappe.throw(message, frappe.PermissionError)
	return seen
