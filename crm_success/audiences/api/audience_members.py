"""Who is in an audience by hand: customers added and taken out from lists, and all that one customer is in."""

from typing import Any

import frappe
from frappe import _

from crm_success.audiences import hand_picked
from crm_success.audiences.visible_members import find_visible
from crm_success.record_checks.sizes import of_bounded_size, parsed
from crm_success.record_names import AUDIENCE, MEMBER
from crm_success.visibility import check_may_see, check_reads_health, visible_among, visible_rows

MOST_AT_ONCE = 5000
MOST_FOUND = 50


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def add_customers(audience: str, customers: str | list) -> dict[str, int]:
	"""Put customers that the user may see into an audience by hand; how many were not in it."""
	return {"added": hand_picked.add_members(audience, _asked_customers(audience, customers))}


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def remove_customers(audience: str, customers: str | list) -> dict[str, int]:
	"""Take customers that the user may see out of an audience by hand; how many were in it."""
	return {"removed": hand_picked.remove_members(audience, _asked_customers(audience, customers))}


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
	frappe.get_doc(AUDIENCE, audience).check_permission("write")
	check_reads_health()


def _asked_customers(audience: str, customers: str | list) -> list[str]:
	_check_may_change(audience)
	advice = _("Send the names of customers as a list.")
	asked = parsed(customers, advice)
	if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
		frappe.throw(advice)
	if len(asked) > MOST_AT_ONCE:
		message = _(
			"{0} customers are too many at once. Choose {1} at most, or import Customer Audience Members."
		)
		frappe.throw(message.format(len(asked), MOST_AT_ONCE))
	seen = visible_among(dict.fromkeys(asked))
	if len(seen) < len(set(asked)):
		frappe.throw(
			_("One of the customers cannot be seen by you, or does not exist."), frappe.PermissionError
		)
	return seen
