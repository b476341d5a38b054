"""What accounts call their customers: what these are called today. Changes no points."""

from collections.abc import Collection

import frappe

from crm_success.record_names import ACCOUNT


def take_up_names(customers: Collection[str]) -> int:
	"""Write the names of these customers on their accounts, without committing; on how many another one stood."""
	asked = sorted(customers)
	rows = frappe.get_all("Customer", {"name": ("in", asked)}, ["name", "customer_name"], order_by=None)
	names = {row.name: row.customer_name for row in rows}
	accounts = frappe.get_all(
		ACCOUNT, {"customer": ("in", asked)}, ["name", "customer", "customer_name"], order_by=None
	)
	# not compared by the database, which takes capitals and small letters for the same
	changed = {
		row.name: {"customer_name": names[row.customer]}
		for row in accounts
		if row.customer in names and names[row.customer] != row.customer_name
	}
	frappe.db.bulk_update(ACCOUNT, changed, update_modified=False)
	return len(changed)
