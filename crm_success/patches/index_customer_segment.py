"""Indexes the segment of Customer on sites that have the field without an index."""

import frappe

from crm_success.setup.custom_fields import our_fields


def execute() -> None:
	if "customer_segment" not in our_fields("Customer"):
		return
	frappe.db.set_value("Custom Field", "Customer-customer_segment", "search_index", 1, update_modified=False)
	frappe.clear_cache(doctype="Customer")
	frappe.db.updatedb("Customer")
