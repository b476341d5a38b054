"""Who sees the cards and charts, and the app on the apps screen: whoever reads Customer Health. Counts nothing."""

import frappe

from crm_success.crm_success.report.permitted import HEALTH


def check_reader() -> None:
	"""A role without read gets a refusal, not a number."""
	frappe.has_permission(HEALTH, "read", throw=True)


def may_open_app() -> bool:
	return bool(frappe.has_permission(HEALTH, "read"))
