"""From Loyalty Earning Rules to the rules of earning. Judges no document."""

from collections.abc import Mapping
from typing import Any

import frappe
from frappe.utils import cint, cstr, flt, getdate

from crm_success.customer_loyalty.earning.earning_values import Basis, EarningRule, Event, Lapse, Span
from crm_success.record_names import EARNING_RULE

_FIELDS = (
	*("name", "enabled", "priority", "stops", "event", "document_type", "customer_field", "date_field"),
	*("filters", "basis", "points", "each_amount", "formula", "amount_field", "minimum_amount", "with_tier"),
	*("cap", "cap_period", "is_qualifying", "wait_days", "lapse", "lapse_number", "for_company", "audience"),
	*("valid_from", "valid_upto", "creation"),
)


def rules_of_now(with_disabled: bool = False) -> list[EarningRule]:
	"""The enabled rules, in their order; with the disabled ones, whose points may still have to be taken back."""
	filters = {} if with_disabled else {"enabled": 1}
	rows = frappe.get_all(EARNING_RULE, filters, list(_FIELDS), order_by="priority, name")
	return [rule_of(row) for row in rows]


def rule_of(record: Mapping[str, Any]) -> EarningRule:
	"""The values of a record, by its field names."""
	return EarningRule(
		name=record["name"],
		event=Event(record["event"]),
		doctype=record.get("document_type") or "",
		basis=Basis(record["basis"]),
		points=cint(record.get("points")),
		each=flt(record.get("each_amount")),
		formula=record.get("formula") or "",
		priority=cint(record.get("priority")),
		stops=bool(cint(record.get("stops"))),
		with_tier=bool(cint(record.get("with_tier"))),
		minimum=flt(record.get("minimum_amount")),
		cap=cint(record.get("cap")),
		cap_span=Span(record.get("cap_period") or Span.EVER.value),
		wait_days=cint(record.get("wait_days")),
		lapse=Lapse(record.get("lapse") or Lapse.NEVER.value),
		lapse_number=cint(record.get("lapse_number")),
		valid_from=_day(record.get("valid_from")),
		valid_upto=_day(record.get("valid_upto")),
		# a field of the name of the usual one would be filled with the user's own company
		company=record.get("for_company") or "",
		audience=record.get("audience") or "",
		is_qualifying=bool(cint(record.get("is_qualifying"))),
		enabled=bool(cint(record.get("enabled"))),
		customer_field=record.get("customer_field") or "customer",
		date_field=record.get("date_field") or "",
		amount_field=record.get("amount_field") or "",
		filters=record.get("filters") or "",
		created=cstr(record.get("creation")),
	)


def _day(value: Any) -> Any:
	return getdate(value) if value else None
