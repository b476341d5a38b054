"""Points that one person may adjust: on sites whose loyalty settings were saved before there was a limit."""

import frappe

from crm_success.record_names import LOYALTY_SETTINGS

LIMIT = 1000


def execute() -> None:
	# 0 is a choice: no limit
	if "adjustment_limit" not in frappe.db.get_singles_dict(LOYALTY_SETTINGS):
		frappe.db.set_single_value(LOYALTY_SETTINGS, "adjustment_limit", LIMIT)
