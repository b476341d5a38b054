"""Tells the health of customers that are disabled already. From now on scoring and each save of a customer tell it."""

import frappe

from crm_success.scoring.customer_changes import CUSTOMER, show_on_health


def execute() -> None:
	show_on_health(frappe.get_all(CUSTOMER, {"disabled": 1}, pluck="name", order_by="name"))
