"""A customer whose scoring had begun was marked 2. It is simply stale now, until scores are written that were read later."""

import frappe


def execute() -> None:
	frappe.db.set_value("Customer Health", {"stale": (">", 1)}, "stale", 1, update_modified=False)
