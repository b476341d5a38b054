"""Hundreds of customers for tests, as rows past the documents: where their forms do not matter."""

from collections.abc import Iterable

import frappe

_COLUMNS = ("creation", "modified", "customer_type", "customer_group", "territory", "name", "customer_name")


def insert_customers(names: Iterable[str]) -> None:
	"""A customer for each name, without committing."""
	moment = frappe.utils.now()
	group, territory = (
		frappe.db.get_value(doctype, {"is_group": 0}) for doctype in ("Customer Group", "Territory")
	)
	given = (moment, moment, "Company", group, territory)
	frappe.db.bulk_insert("Customer", _COLUMNS, [(*given, name, name) for name in names], chunk_size=5000)
