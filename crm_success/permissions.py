"""Bodies of hooks: who sees which records of ours. visibility.py says who may see which customer."""

import frappe
from frappe.model.document import Document
from frappe.utils import cstr

from crm_success.doc_events.guard import answers_anyway
from crm_success.visibility import (
	is_health_hidden,
	is_hidden,
	may_see_all,
	only_of_seen_healths,
	only_seen_customers,
	reads_health,
)

_OF_A_REFERRAL = ("customer", "referrer")


def conditions_for_customers(user: str, doctype: str) -> str:
	"""For lists of a DocType that is about one customer a record: the limits that the user has on customers."""
	return only_seen_customers(doctype, user)


def has_customer_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	return not doc.customer or not is_hidden(doc.customer, user or frappe.session.user)


def conditions_for_referrals(user: str, doctype: str) -> str:
	"""For lists of what is about two customers: nobody hears of one whom a limit hides by way of the other."""
	limits = (only_seen_customers(doctype, user, fieldname) for fieldname in _OF_A_REFERRAL)
	return " and ".join(limit for limit in limits if limit)


def has_referral_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	# what a request sends may be a number
	customers = {cstr(doc.get(fieldname)) for fieldname in _OF_A_REFERRAL} - {""}
	return not any(is_hidden(customer, user or frappe.session.user) for customer in customers)


def conditions_for_members(user: str, doctype: str) -> str:
	"""For lists of members of audiences and of tiers: these may be made of anything that a health says."""
	return only_of_seen_healths(doctype, user)


def has_member_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	return not doc.customer or not is_health_hidden(doc.customer, user or frappe.session.user)


def has_audience_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""Who created an audience is what is stored: to change one's own is a right of some, and Frappe would believe a
	request that says who the creator is.
	"""
	stored = frappe.db.get_value(doc.doctype, doc.name, "owner") if doc.name and ptype != "create" else None
	return not stored or stored == doc.get("owner")


def conditions_for_everybody(user: str | None = None, doctype: str | None = None) -> str:
	"""For lists of what tells of all customers at once, without a link by which Frappe could limit it: runs, their
	batches and messages name customers of everybody, cut points are made of all.

	Nothing to add for somebody who may see all customers, nothing to see for somebody who may not.
	"""
	return "" if may_see_all(user) else "1 = 0"


def has_everybody_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	return may_see_all(user)


@answers_anyway(lambda: False)
def may_open_app() -> bool:
	"""Whether the apps screen, which shows those of others too, shows this one."""
	return reads_health()
