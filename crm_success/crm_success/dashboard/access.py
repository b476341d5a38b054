"""Who sees the cards and charts, and the app on the apps screen: whoever reads Customer Health. Counts nothing."""

import frappe

from crm_success.crm_success.report.permitted import HEALTH
from crm_success.doc_events.guard import answers_anyway


def check_reader() -> None:
	"""A role without read gets a refusal, not a number."""
	frappe.has_permission(HEALTH, "read", throw=True)


@answers_anyway(lambda: False)
def may_open_app() -> bool:
	"""Whether the apps screen, which shows those of others too, shows this one."""
	return bool(frappe.has_permission(HEALTH, "read"))
