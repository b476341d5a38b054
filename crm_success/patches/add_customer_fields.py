"""Adds the health fields to Customer, and fills them from the scores that are there."""

import frappe

from crm_success.database.dialects import EVERYBODY
from crm_success.scoring.customer_fields import update_customers
from crm_success.setup.custom_fields import make_custom_fields


def execute() -> None:
	if not frappe.db.table_exists("Customer Health"):
		return
	make_custom_fields()
	update_customers(EVERYBODY)
