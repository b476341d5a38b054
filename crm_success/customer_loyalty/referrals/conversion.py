"""Writes what has become of referrals: the only writer of their status. Looks for none, and commits nothing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import frappe
from frappe import _

from crm_success.customer_loyalty.earning import earning_rules
from crm_success.customer_loyalty.earning.earning_values import Earner
from crm_success.customer_loyalty.referrals.first_purchases import PAID_IN_FULL, first_purchases, still_first
from crm_success.customer_loyalty.referrals.referral_values import Status
from crm_success.record_checks.field_errors import bold
from crm_success.record_names import REFERRAL
from crm_success.watching.watchers import tell_of_written

# what a person never enters
WRITTEN = ("status", "converted_on", "invoice_type", "invoice")
OPEN: Mapping[str, Any] = {**dict.fromkeys(WRITTEN), "status": Status.OPEN.value}


def bring_up(referrals: Collection[str]) -> None:
	"""Bring these referrals to what is true of the invoices now. Holds them until the transaction ends."""
	# held before anything else is read: of two at once the later one sees what is newer
	held = _held(referrals)
	# what has converted one goes on doing so, also when an earlier invoice is entered later
	standing = still_first(held)
	asked = [row for row in held if row.name not in standing]
	purchases = first_purchases([row.name for row in asked]) if asked else {}
	changed = [row for row in asked if _write(row, purchases.get(row.name))]
	customers = {name for row in changed for name in (row.customer, row.referrer)}
	tell_of_written(REFERRAL, [row.name for row in changed], customers)


def _held(referrals: Collection[str]) -> Sequence[frappe._dict]:
	rows = frappe.qb.DocType(REFERRAL)
	query = frappe.qb.from_(rows).select(rows.name, rows.customer, rows.referrer, *WRITTEN)
	query = query.where(rows.name.isin(sorted(referrals))).orderby(rows.name)
	return query.for_update().run(as_dict=True)


def _write(row: frappe._dict, purchase: Earner | None) -> bool:
	"""Whether anything was to be written."""
	values = _converted_by(purchase) if purchase else OPEN
	# the day on which it was paid stays, whatever is paid or returned of it later
	if all((row[name] or None) == values[name] for name in ("status", "invoice_type", "invoice")):
		return False
	frappe.db.set_value(REFERRAL, row.name, dict(values))
	if row.status == Status.CONVERTED.value and values is OPEN:
		text = _("Open again: {0} is not paid any more, or was cancelled or returned.").format(
			bold(row.invoice)
		)
		frappe.get_doc(REFERRAL, row.name).add_comment("Info", text)
	return True


def _converted_by(purchase: Earner) -> Mapping[str, Any]:
	if not earning_rules.is_due(PAID_IN_FULL, purchase):
		return OPEN
	return {
		"status": Status.CONVERTED.value,
		"converted_on": earning_rules.earned_on(PAID_IN_FULL, purchase),
		"invoice_type": purchase.doctype,
		"invoice": purchase.name,
	}
