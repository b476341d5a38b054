"""The first purchase of a referred customer, as the points of invoices see it. Writes nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import frappe

from crm_success.customer_loyalty.earning.earning_documents import INVOICES, counted, read_earners
from crm_success.customer_loyalty.earning.earning_rules import is_due
from crm_success.customer_loyalty.earning.earning_values import Earner, EarningRule, Event
from crm_success.record_names import REFERRAL

# an invoice is paid in full as this rule judges it
PAID_IN_FULL = EarningRule("", Event.PAID, "")
# so many purchases of each customer are read at once: the first one, unless it was returned
_AT_ONCE = 5


def first_purchases(referrals: Collection[str]) -> dict[str, Earner]:
	"""By referral, the first invoice since its day that counts and was not returned in full; from a till or not."""
	waiting, found = _purchases(referrals), {}
	while waiting:
		earners = _earners(key for keys in waiting.values() for key in keys[:_AT_ONCE])
		for referral, keys in list(waiting.items()):
			kept = (earners[key] for key in keys[:_AT_ONCE] if key in earners)
			first = next((earner for earner in kept if earner.counts and earner.kept > 0), None)
			if first:
				found[referral] = first
			if first or len(keys) <= _AT_ONCE:
				del waiting[referral]
			else:
				waiting[referral] = keys[_AT_ONCE:]
	return found


def still_first(referrals: Collection[Any]) -> set[str]:
	"""Of these referrals, by `name`, those whose own `invoice` of their customer counts, is kept, and is paid."""
	own = {(row.invoice_type, row.invoice): row for row in referrals if row.invoice}
	return {
		own[key].name
		for key, earner in _earners(iter(own)).items()
		if earner.customer == own[key].customer
		and earner.counts
		and earner.kept > 0
		and is_due(PAID_IN_FULL, earner)
	}


def had_bought(customer: str, before: date) -> bool:
	"""Whether the customer bought anything before that day, at a till or elsewhere."""
	return any(_has_bought(doctype, customer, before) for doctype in INVOICES)


def _has_bought(doctype: str, customer: str, before: date) -> bool:
	rows = frappe.qb.DocType(doctype)
	query = frappe.qb.from_(rows).select(rows.name).limit(1)
	query = query.where((rows.customer == customer) & (rows.posting_date < before) & counted(doctype))
	return bool(query.run())


def _purchases(referrals: Collection[str]) -> dict[str, list[tuple[str, str]]]:
	"""By referral, the DocType and the name of invoices that count, the first one first."""
	found: dict[str, list[tuple[Any, ...]]] = {}
	for doctype in INVOICES:
		rows, of = frappe.qb.DocType(doctype), frappe.qb.DocType(REFERRAL)
		query = frappe.qb.from_(of).join(rows)
		query = query.on((rows.customer == of.customer) & (rows.posting_date >= of.posting_date))
		query = query.select(of.name, rows.posting_date, rows.creation, rows.name)
		query = query.where(of.name.isin(sorted(referrals)) & counted(doctype))
		for referral, day, moment, name in query.run():
			found.setdefault(referral, []).append((day, moment, doctype, name))
	return {referral: [row[2:] for row in sorted(rows)] for referral, rows in found.items()}


def _earners(keys: Iterator[tuple[str, str]]) -> Mapping[tuple[str, str], Earner]:
	names: dict[str, list[str]] = {}
	for doctype, name in keys:
		names.setdefault(doctype, []).append(name)
	return {
		(doctype, name): earner
		for doctype, some in names.items()
		for name, earner in _read(doctype, some).items()
	}


def _read(doctype: str, names: Sequence[str]) -> dict[str, Earner]:
	return read_earners(doctype, names, [PAID_IN_FULL])
