"""What the form of a Customer Audience asks for to count its members elsewhere: a Number Card."""

import json

import frappe
from frappe import _

from crm_success.audiences.visible_members import check_readable_audience
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import AUDIENCE, MEMBER

CARD = "Number Card"


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def make_number_card(audience: str) -> dict[str, str | bool]:
	"""A native card that counts the members whom its reader may see: the user's own one where there is one already."""
	frappe.has_permission(AUDIENCE, "read", throw=True)
	_check_may_make_cards()
	audience = check_readable_audience(audience)
	filters = json.dumps(
		[[MEMBER, "audience", "=", audience, False], [MEMBER, "left_on", "is", "not set", False]]
	)
	card = {"document_type": MEMBER, "type": "Document Type", "function": "Count", "filters_json": filters}
	known = frappe.get_list(CARD, filters={**card, "owner": frappe.session.user}, pluck="name", limit=1)
	if known:
		return {"card": known[0], "is_new": False}
	made = frappe.get_doc({"doctype": CARD, "label": audience, "dynamic_filters_json": "[]", **card})
	return {"card": made.insert().name, "is_new": True}


def _check_may_make_cards() -> None:
	if not frappe.has_permission(CARD, "create"):
		message = _(
			"You are not allowed to make Number Cards. Ask a System Manager for the role Dashboard Manager."
		)
		frappe.throw(message, frappe.PermissionError, title=_("Not Allowed"))
