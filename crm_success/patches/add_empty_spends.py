"""Makes the column of expected spend empty: a sync would fill it with zeros, a spend that nobody expected."""

import frappe

from crm_success.record_names import HEALTH
from crm_success.setup.table_columns import add_empty_number


def execute() -> None:
	if frappe.db.table_exists(HEALTH):
		add_empty_number(HEALTH, "expected_spend")
