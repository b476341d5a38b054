"""What the form of the settings asks for: newer defaults, taking over what is new of metrics, and hearing no more of it."""

from typing import Any

import frappe
from frappe import _

from crm_success.record_checks.sizes import of_bounded_size, parsed_names
from crm_success.record_names import METRIC, SETTINGS
from crm_success.scoring import newer_defaults


@frappe.whitelist()
@of_bounded_size
def get_newer_defaults() -> dict[str, Any] | None:
	"""What differs from the newest defaults; None where nothing does, or nobody wants to know."""
	frappe.has_permission(SETTINGS, "write", throw=True)
	return newer_defaults.offer()


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def take_over_metrics(keys: str | list) -> None:
	"""Give the metrics with these keys what is new of them, and make those that are missing."""
	frappe.has_permission(METRIC, "write", throw=True)
	frappe.has_permission(METRIC, "create", throw=True)
	newer_defaults.take_over(parsed_names(keys, _("Send the keys of the metrics as one JSON list.")))


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def not_now() -> None:
	"""Offer the newest defaults no more."""
	frappe.has_permission(SETTINGS, "write", throw=True)
	newer_defaults.settle()
