"""What a payment means for scoring: the customer it comes from, or goes back to, has to be scored again."""

from frappe.model.document import Document

from crm_success.bridge.stale import mark_stale_after_commit


def mark_customers_stale(doc: Document, method: str | None = None) -> None:
	"""on_submit, on_update_after_submit, on_cancel and on_trash."""
	if doc.get("party_type") == "Customer":
		mark_stale_after_commit([doc.party])
