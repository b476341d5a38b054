"""What becomes of referrals of customers that are merged or deleted. Moves no links: Frappe does."""

from collections.abc import Iterable

import frappe
from frappe import _

from crm_success.customer_loyalty.referrals.referral_chains import begins_with, hold_chains, referrals_of
from crm_success.customer_loyalty.referrals.referral_values import Status
from crm_success.database import conflicts
from crm_success.record_checks.field_errors import bold
from crm_success.record_names import REFERRAL


def make_room(old: str, new: str) -> None:
	"""Before a merge: both are one customer, who is referred once, not by itself, and closes no circle."""
	with conflicts.impatient():
		hold_chains()
		both = {old, new}
		own = referrals_of(both)
		for referral in own:
			if referral.referrer in both:
				_drop(referral, new, _("Both are one customer now."))
		left = [referral for referral in own if referral.referrer not in both]
		for referral in sorted(left, key=_comes_first)[1:]:
			_drop(referral, new, _("The customer was referred once more, and one referral counts."))
		for referral in sorted(left, key=_comes_first)[:1]:
			if begins_with(referral.referrer, both):
				_drop(referral, new, _("It would close a circle now."))


def step_aside(old: str, new: str) -> None:
	"""The same without words: what would make Frappe's own merge collide, or leave somebody who referred themselves."""
	rows = frappe.qb.DocType(REFERRAL)
	both = (old, new)
	itself = rows.customer.isin(both) & rows.referrer.isin(both)
	frappe.qb.from_(rows).delete().where(itself).run()
	if len(referrals_of(both)) > 1:
		frappe.qb.from_(rows).delete().where(rows.customer == old).run()


def forget_customers(customers: Iterable[str]) -> None:
	"""Customers are deleted, and with them whom they referred, and who referred them: of nobody there is nothing to say."""
	names = sorted(customers)
	for fieldname in ("customer", "referrer"):
		for name in frappe.get_all(REFERRAL, {fieldname: ("in", names)}, pluck="name", order_by="name"):
			_delete(name)


def _comes_first(referral: frappe._dict) -> tuple[bool, object, str]:
	"""What is converted stays, else what came first."""
	return (referral.status != Status.CONVERTED.value, referral.posting_date, referral.name)


def _drop(referral: frappe._dict, customer: str, why: str) -> None:
	_delete(referral.name)
	text = _("The referral {0}, of {1} by {2}, was deleted when customers were merged.").format(
		bold(referral.name), bold(referral.customer), bold(referral.referrer)
	)
	frappe.get_doc("Customer", customer).add_comment("Info", f"{text} {why}")


def _delete(name: str) -> None:
	# who may merge or delete the customers deletes what goes with them; Deleted Document has it
	frappe.delete_doc(REFERRAL, name, ignore_permissions=True, force=True)
