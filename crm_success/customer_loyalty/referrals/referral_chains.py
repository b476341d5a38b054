"""Who was referred by whom, and who by them in turn. Judges nothing.

What is read here is as it is now, not as the transaction found it first, and stays so until the transaction ends.
"""

from collections.abc import Collection

import frappe

from crm_success.record_names import REFERRAL


def hold_chains() -> None:
	"""Nobody else enters a referral until the transaction ends: two at once could close a circle."""
	rows = frappe.qb.DocType("DocType")
	frappe.qb.from_(rows).select(rows.name).where(rows.name == REFERRAL).for_update().run()


def referrals_of(customers: Collection[str]) -> list[frappe._dict]:
	"""The referrals in which one of them was referred: one for each at most."""
	rows = frappe.qb.DocType(REFERRAL)
	query = frappe.qb.from_(rows).select(
		rows.name, rows.referrer, rows.customer, rows.posting_date, rows.status
	)
	query = query.where(rows.customer.isin(sorted(customers))).orderby(rows.posting_date, rows.name)
	return query.for_update().run(as_dict=True)


def begins_with(customer: str, others: Collection[str], without: str | None = None) -> bool:
	"""Whether one of the others is the customer, or referred the customer, directly or through any number of customers;
	the referral `without` is not looked at.
	"""
	seen: set[str] = set()
	while customer and customer not in seen:
		if customer in others:
			return True
		seen.add(customer)
		above = [row.referrer for row in referrals_of([customer]) if row.name != without]
		customer = above[0] if above else ""
	return False
