"""Filters of a report, or what a chart is asked, as values that can be used, or a refusal in words. Reads nothing."""

from collections.abc import Collection
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, cstr

from crm_success.record_checks.field_errors import bold, one_of
from crm_success.record_checks.sizes import check_readable


def text(label: str, value: Any) -> str:
	"""One value that somebody chose; empty where nothing is chosen."""
	if isinstance(value, dict | list | tuple):
		frappe.throw(_("{0} takes one value, not several. Choose one.").format(bold(label)))
	check_readable(value)
	return cstr(value)


def choice(label: str, value: Any, allowed: Collection[str]) -> str:
	"""One of these."""
	chosen = text(label, value)
	if chosen not in allowed:
		message = _("{0} cannot be {1}. Choose {2}.")
		shown = bold(chosen[:50])
		frappe.throw(message.format(bold(label), shown, one_of([_(each) for each in allowed])))
	return chosen


def number(label: str, value: Any, most: int) -> int:
	"""A number from 0 to `most`; what is no number counts as 0, as everywhere in the desk."""
	if cint(value) > most:
		frappe.throw(_("{0} can be {1} at most. Enter a smaller number.").format(bold(label), most))
	return max(cint(value), 0)
