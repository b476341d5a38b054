"""Deletes the rows of logs of ours that are older than somebody wants to keep. Knows no DocType."""

import frappe
from frappe.utils import add_days, nowdate

_AT_ONCE = 10_000


def delete_older(doctype: str, fieldname: str, days: int) -> None:
	"""Delete the rows whose date, or moment, in this field is more than so many days ago; not those without one.

	Commits between chunks: years of history are too much for one transaction.
	"""
	rows = frappe.qb.DocType(doctype)
	is_old = rows[fieldname] < add_days(nowdate(), -days)
	while names := frappe.qb.from_(rows).select(rows.name).where(is_old).limit(_AT_ONCE).run(pluck=True):
		frappe.qb.from_(rows).delete().where(rows.name.isin(names)).run()
		# in chunks, see above
		frappe.db.commit()  # nosemgrep: frappe-manual-commit
