"""What an issue means for scoring: its customer, and the one it was moved away from, have to be scored again."""

from frappe.model.document import Document

from crm_success.bridge.stale import mark_stale_after_commit


def mark_customers_stale(doc: Document, method: str | None = None) -> None:
	"""after_insert, on_update and on_trash."""
	before = doc.get_doc_before_save()
	mark_stale_after_commit([doc.get("customer"), before.get("customer") if before else None])
