"""What becomes of the points of customers that are renamed, merged or deleted. Moves no links: Frappe does."""

from collections.abc import Collection

import frappe
from frappe.utils import getdate
from pypika import functions as fn

from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.points.lots import held_accounts, last_numbers
from crm_success.customer_loyalty.points.point_values import Kind
from crm_success.record_names import ACCOUNT, LEDGER_ENTRY

# why an entry was made, told with it
CUSTOMER_DELETED = "Customer Deleted"
_BEYOND_ALL = 10**8


def make_room(old: str, new: str) -> None:
	"""Before a merge: the entries of the old one get numbers after those of the other, and one account is left. The same
	before a rename, where a customer of the new name was deleted, whose entries are there.
	"""
	if old == new:
		return
	held = held_accounts([old, new])
	last = max(
		[*(held[name]["entries"] or 0 for name in held), *last_numbers([old, new]).values()], default=0
	)
	_shift_numbers(old, last)
	forget_account(old)


def step_aside(customer: str) -> None:
	"""The same without waiting for anybody: numbers that no customer has."""
	_shift_numbers(customer, _BEYOND_ALL)
	forget_account(customer)


def bring_together(customer: str) -> None:
	"""After a merge or a rename: the account sums up all entries, and what one of the two owed is paid by the other's points."""
	entries = frappe.qb.DocType(LEDGER_ENTRY)
	query = frappe.qb.from_(entries).select(fn.Max(entries.entry_number)).where(entries.customer == customer)
	last = query.run()[0][0]
	if not last:
		return
	ledger = Ledger([customer], getdate())
	ledger.bring_together(customer, int(last))


def close_accounts(customers: Collection[str]) -> None:
	"""Customers are deleted: their entries stay, and add up to nothing."""
	ledger = Ledger(customers, getdate())
	for customer in ledger.known:
		details = Details(getdate(), cause=CUSTOMER_DELETED)
		left = sum(lot.left for lot in ledger.lots(customer))
		if left > 0:
			ledger.take(customer, left, details)
		elif left < 0:
			ledger.earn(customer, -left, details, Kind.ADJUST)
	ledger.write()
	for customer in customers:
		forget_account(customer)


def _shift_numbers(customer: str, by: int) -> None:
	# beyond every number that there is: none meets one that is to be changed yet
	entries = frappe.qb.DocType(LEDGER_ENTRY)
	query = frappe.qb.update(entries).set(entries.entry_number, entries.entry_number + by)
	query.where(entries.customer == customer).run()


def forget_account(customer: str) -> None:
	"""Delete an account, which is made anew from its entries when somebody asks for it."""
	frappe.db.delete(ACCOUNT, {"customer": customer})
