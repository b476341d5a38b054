"""What an invoice means for scoring: its customer has to be scored again."""

from frappe.model.document import Document

from crm_success.bridge.stale import mark_stale_after_commit


def mark_customers_stale(doc: Document, method: str | None = None) -> None:
	"""on_submit, on_update_after_submit, on_cancel and on_trash."""
	mark_stale_after_commit([doc.customer])
