"""What a journal entry means for scoring: the customers among its rows have to be scored again."""

from frappe.model.document import Document

from crm_success.bridge.stale import mark_stale_after_commit


def mark_customers_stale(doc: Document, method: str | None = None) -> None:
	"""on_submit, on_update_after_submit, on_cancel and on_trash."""
	mark_stale_after_commit(
		row.party for row in doc.get("accounts", []) if row.get("party_type") == "Customer"
	)
