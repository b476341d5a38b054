"""Bodies of hooks: who sees the app, and runs, their batches and messages. visibility.py says who sees which customer.

A run names customers of everybody in its messages and ranges, without a link by which Frappe could limit them.
"""

from frappe.model.document import Document

from crm_success.doc_events.guard import answers_anyway
from crm_success.visibility import may_see_all, reads_health


def conditions_for_runs(user: str | None = None, doctype: str | None = None) -> str:
	"""Nothing to add for somebody who may see all customers, nothing to see for somebody who may not."""
	return "" if may_see_all(user) else "1 = 0"


def has_run_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool:
	"""The same for one record."""
	return may_see_all(user)


@answers_anyway(lambda: False)
def may_open_app() -> bool:
	"""Whether the apps screen, which shows those of others too, shows this one."""
	return reads_health()
