"""Whom to call, and why, from every part that knows a reason. Each customer stands on the list once.

A part names a function in its hooks.py:

    customer_call_list = ["my_app.my_module.reasons_to_call"]

It is called as `reasons_to_call(limit)`: its most urgent `limit` reasons, at most, for customers that the user may see
and that are not disabled, in the user's language. Reasons for disabled customers are taken off the list.
"""

from dataclasses import dataclass
from datetime import date

import frappe

from crm_success.customer_views.sources import asked

HOOK = "customer_call_list"
CUSTOMERS = 50


@dataclass(frozen=True)
class ReasonToCall:
	"""Why to call a customer: how urgent, from 0 to 100 (at once), until when, and the document to open for it."""

	customer: str
	reason: str
	urgency: float
	due: date | None = None
	reference_doctype: str = ""
	reference_name: str = ""


@dataclass(frozen=True)
class CustomerToCall:
	"""A customer with the reasons to call it, the most urgent first."""

	customer: str
	reasons: tuple[ReasonToCall, ...]


def whom_to_call(limit: int = CUSTOMERS) -> list[CustomerToCall]:
	"""The customers with the most urgent reasons; of equal ones that with the earlier due day, then by name."""
	reasons = list(asked(HOOK, ReasonToCall, limit))
	disabled = _disabled_among({reason.customer for reason in reasons})
	by_customer: dict[str, list[ReasonToCall]] = {}
	for reason in sorted(reasons, key=_place):
		if reason.customer not in disabled:
			by_customer.setdefault(reason.customer, []).append(reason)
	called = [CustomerToCall(customer, tuple(reasons)) for customer, reasons in by_customer.items()]
	return called[:limit]


def _disabled_among(customers: set[str]) -> set[str]:
	if not customers:
		return set()
	filters = {"name": ("in", sorted(customers)), "disabled": 1}
	return set(frappe.get_all("Customer", filters, pluck="name"))


def _place(reason: ReasonToCall) -> tuple[float, date, str]:
	return -reason.urgency, reason.due or date.max, reason.customer
