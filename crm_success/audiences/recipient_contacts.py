"""The contacts of customers whom a letter reaches, with one address each, of those that the user may read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import frappe

CONTACT, CUSTOMER = "Contact", "Customer"
PRIMARY, ALL = "Primary Contact", "All Contacts"
CHOICES = (PRIMARY, ALL)


class Addressed(NamedTuple):
	"""A contact of a customer, and what stands in the place of its address."""

	customer: str
	contact: str
	email: str


def addressed_contacts(customers: Sequence[str], which: str) -> list[Addressed]:
	"""Contacts of these customers that have something for an address, unsubscribed or not."""
	linked = _linked(customers)
	contacts = _readable({contact for _customer, contact in linked})
	emails = _emails(contacts)
	if which == PRIMARY:
		linked = list(_primary_only(linked, contacts, _primary_of(customers)))
	return [
		Addressed(customer, contact, emails[contact]) for customer, contact in linked if contact in emails
	]


def _linked(customers: Sequence[str]) -> list[tuple[str, str]]:
	filters = {"link_doctype": CUSTOMER, "link_name": ("in", customers), "parenttype": CONTACT}
	rows = frappe.get_all("Dynamic Link", filters, ["link_name", "parent"], order_by="parent")
	return list(dict.fromkeys((row.link_name, row.parent) for row in rows))


def _readable(names: set[str]) -> dict[str, frappe._dict]:
	fields = ["name", "email_id", "is_primary_contact"]
	rows = frappe.get_list(CONTACT, filters={"name": ("in", sorted(names) or [""])}, fields=fields, limit=0)
	return {row.name: row for row in rows}


def _emails(contacts: Mapping[str, frappe._dict]) -> dict[str, str]:
	"""The primary address of each contact, or where none is primary the first one."""
	found = {name: contact.email_id.strip() for name, contact in contacts.items() if contact.email_id}
	without = [name for name in contacts if name not in found]
	filters = {"parenttype": CONTACT, "parent": ("in", without or [""])}
	fields = ["parent", "email_id"]
	for row in frappe.get_all("Contact Email", filters, fields, order_by="parent, is_primary desc, idx"):
		if row.email_id:
			found.setdefault(row.parent, row.email_id.strip())
	return found


def _primary_of(customers: Sequence[str]) -> dict[str, str]:
	filters = {"name": ("in", customers), "customer_primary_contact": ("is", "set")}
	rows = frappe.get_all(CUSTOMER, filters, ["name", "customer_primary_contact"])
	return {row.name: row.customer_primary_contact for row in rows}


def _primary_only(
	linked: Sequence[tuple[str, str]], contacts: Mapping[str, frappe._dict], primary: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
	"""The contact that the customer names as its primary one; where it names none, those that say it of themselves."""
	for customer, contact in linked:
		if customer in primary:
			if contact == primary[customer]:
				yield customer, contact
		elif contact in contacts and contacts[contact].is_primary_contact:
			yield customer, contact
