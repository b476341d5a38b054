"""Who may fill an Email Group from an audience: whoever could do it by hand, one address after the other. Fills nothing."""

from typing import NoReturn

import frappe
from frappe import _

from crm_success.audiences.recipient_consent import MEMBER_OF_GROUP
from crm_success.audiences.visible_members import check_readable_audience
from crm_success.record_checks.field_errors import bold
from crm_success.visibility import reads_those_of_others

GROUP, CONTACT = "Email Group", "Contact"

# of a name that is none, as much as a message shows
_SHOWN = 140


def check_may_fill(audience: str, group: str = "") -> str:
	"""The name of the group as it is stored; "" without one, where the user may make a new one. Refused in words, with
	whom to ask.
	"""
	check_readable_audience(audience)
	# everybody may read the contacts that they created themselves
	if not reads_those_of_others(CONTACT):
		_refuse(
			_(
				"You are not allowed to read contacts. Ask a System Manager for a role that reads Contact, such as Sales User."
			)
		)
	right = "write" if group else "create"
	if not (_may(GROUP, right) and _may(MEMBER_OF_GROUP, "create") and _may(MEMBER_OF_GROUP, "delete")):
		_refuse_group()
	return _check_group(group) if group else ""


def _check_group(group: str) -> str:
	name = frappe.db.exists(GROUP, {"name": group})
	if not name:
		frappe.throw(_("There is no Email Group {0}. Choose another one.").format(bold(group[:_SHOWN])))
	if not frappe.has_permission(GROUP, "write", doc=name):
		_refuse_group()
	return name


def _may(doctype: str, right: str) -> bool:
	return bool(frappe.has_permission(doctype, right))


def _refuse_group() -> NoReturn:
	_refuse(
		_(
			"You are not allowed to change who is in an Email Group. Ask a System Manager for the role Newsletter Manager."
		)
	)


def _refuse(message: str) -> NoReturn:
	frappe.throw(message, frappe.PermissionError, title=_("Not Allowed"))
