"""Which addresses must not be put into an Email Group: whoever unsubscribed, in each way that Frappe knows. Writes nothing.

Read without regard to what the user may read: that somebody does not want letters holds whoever sends them.
"""

from collections.abc import Iterator

import frappe

MEMBER_OF_GROUP = "Email Group Member"
CONTACT = "Contact"
UNSUBSCRIBE = "Email Unsubscribe"
NEWSLETTER = "Newsletter"


def key_of(address: str | None) -> str:
	"""By which addresses are compared: whoever writes in capitals is the same."""
	return (address or "").strip().casefold()


def refused_addresses(group: str) -> set[str]:
	"""The keys of the addresses that unsubscribed from everything, from this group or from a newsletter to it."""
	found = (*_members(group), *_contacts(), *_from_everything(), *_from_documents(group))
	return {key_of(address) for address in found if address}


def _members(group: str) -> list[str]:
	return frappe.get_all(MEMBER_OF_GROUP, {"email_group": group, "unsubscribed": 1}, pluck="email")


def _contacts() -> Iterator[str]:
	"""Every address of contacts that unsubscribed: another contact may have the same one."""
	contact, email = frappe.qb.DocType(CONTACT), frappe.qb.DocType("Contact Email")
	yield from frappe.get_all(CONTACT, {"unsubscribed": 1}, pluck="email_id")
	query = frappe.qb.from_(email).join(contact).on(email.parent == contact.name).select(email.email_id)
	yield from query.where((email.parenttype == CONTACT) & (contact.unsubscribed == 1)).run(pluck=True)


def _from_everything() -> list[str]:
	return frappe.get_all(UNSUBSCRIBE, {"global_unsubscribe": 1}, pluck="email")


def _from_documents(group: str) -> Iterator[str]:
	for doctype, names in (("Email Group", [group]), (NEWSLETTER, _newsletters_to(group))):
		filters = {"reference_doctype": doctype, "reference_name": ("in", names or [""])}
		yield from frappe.get_all(UNSUBSCRIBE, filters, pluck="email")


def _newsletters_to(group: str) -> list[str]:
	# version 16 has no newsletters without an app of its own
	if not frappe.db.exists("DocType", NEWSLETTER):
		return []
	filters = {"email_group": group, "parenttype": NEWSLETTER}
	return frappe.get_all("Newsletter Email Group", filters, pluck="parent")
