"""Carries balances of ERPNext's own program over into the ledger, and takes them back. Commits nothing."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import frappe
from frappe import _
from frappe.utils import getdate
from pypika import Table as SqlTable
from pypika import functions as fn

from crm_success.customer_loyalty.earning.carried_over import carried_key
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.points.point_values import Kind, Source
from crm_success.customer_loyalty.switching.native_values import Compared, Document, OpenLot
from crm_success.customer_loyalty.switching.switch_overs import CORRECTED
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within
from crm_success.record_names import LEDGER_ENTRY, SWITCH_OVER

# why an entry was made, told with it
SWITCH_UNDONE = "Switch Undone"
_AT_ONCE = 1000


class Carried(NamedTuple):
	"""How many customers had points carried over, or taken back, and how many points."""

	customers: int = 0
	points: int = 0


def lots_to_carry(switch_over: frappe._dict, compared: Compared) -> list[OpenLot]:
	"""What a customer starts with. A sale of the day of the switch, or after it, of which nothing is left is there with no
	points: it has earned in ERPNext, and earns nothing here when it is looked at again.
	"""
	lots = compared.corrected_lots if switch_over.carry == CORRECTED else compared.native_lots
	there = {lot.key for lot in lots}
	since = getdate(switch_over.switch_date)
	spent = (OpenLot(key, 0, on) for key, on in compared.sales if on >= since and key not in there)
	return [*lots, *spent]


def carry_over(switch_over: frappe._dict, lots: Mapping[str, list[OpenLot]]) -> Carried:
	"""An entry for each lot that was not carried over yet."""
	ledger = Ledger([customer for customer in lots if lots[customer]], getdate())
	written = _written(_key(switch_over, lot) for customer in ledger.known for lot in lots[customer])
	given: dict[str, int] = {}
	for customer in sorted(ledger.known):
		for lot in lots[customer]:
			if _key(switch_over, lot) not in written:
				ledger.earn(customer, lot.left, _details(switch_over, lot), Kind.OPENING)
				given[customer] = given.get(customer, 0) + lot.left
	ledger.write()
	return Carried(sum(points > 0 for points in given.values()), sum(given.values()))


def take_back(switch_over: frappe._dict, customers: Iterable[str]) -> Carried:
	"""The opposite of what is left to be taken back. Points that are gone meanwhile are owed."""
	ledger = Ledger(sorted(customers), getdate())
	left = opened_by(switch_over.name, KeyRange(names=tuple(sorted(ledger.known)))) if ledger.known else {}
	for customer, points in sorted(left.items()):
		details = Details(
			posting_date=getdate(),
			company=switch_over.company,
			is_qualifying=bool(switch_over.is_qualifying),
			source=_source(switch_over),
			cause=SWITCH_UNDONE,
			event_key=key_of("switch undone", switch_over.name, customer),
		)
		ledger.take_back(customer, points, details)
	ledger.write()
	return Carried(len(left), sum(left.values()))


def opened_by(switch_over: str, keys: KeyRange) -> dict[str, int]:
	"""What customers of a range have of a switch, what was taken back deducted; those alone who have any."""
	bindings, rows = reading.bindings(), SqlTable(f"tab{LEDGER_ENTRY}")
	query = bindings.dialect.query.from_(rows).select(rows.customer, fn.Sum(rows.points))
	for condition in (
		rows.reference_name == bindings.bind(switch_over),
		rows.reference_doctype == bindings.bind(SWITCH_OVER),
		rows.kind.isin(bindings.bind_all((Kind.OPENING.value, Kind.REVERSE.value))),
		*within(rows.customer, keys, bindings),
	):
		query = query.where(condition)
	statement = bindings.statement(query.groupby(rows.customer))
	found = reading.run(statement.sql, statement.parameters)
	return {customer: int(points) for customer, points in found if points > 0}


def _key(switch_over: frappe._dict, lot: OpenLot) -> str:
	return carried_key(switch_over.name, *lot.key)


def _written(keys: Iterable[str]) -> set[str]:
	asked, found = sorted(set(keys)), set()
	for start in range(0, len(asked), _AT_ONCE):
		filters = {"event_key": ("in", asked[start : start + _AT_ONCE])}
		found.update(frappe.get_all(LEDGER_ENTRY, filters, pluck="event_key", order_by=None))
	return found


def _details(switch_over: frappe._dict, lot: OpenLot) -> Details:
	return Details(
		posting_date=getdate(switch_over.switch_date),
		company=switch_over.company,
		expires_on=lot.expires_on,
		is_qualifying=bool(switch_over.is_qualifying),
		source=_source(switch_over),
		note=_about(lot.key, lot.earned_on),
		event_key=_key(switch_over, lot),
	)


def _about(document: Document, on: date) -> str:
	words = _("From ERPNext's Loyalty Program: {0} {1} of {2}")
	return words.format(_(document.doctype), document.name, on.isoformat())


def _source(switch_over: Any) -> Source:
	return Source(SWITCH_OVER, switch_over.name)
