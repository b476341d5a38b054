"""What a document of ERPNext means for scoring: the customers that it names have to be scored again."""

from frappe.model.document import Document

from crm_success.doc_events.guard import customers_in, never_stops_saving
from crm_success.scoring.stale import mark_stale_after_commit


@never_stops_saving
def mark_customers_stale(doc: Document, method: str | None = None) -> None:
	"""Whenever such a document counts, changes or no longer counts; also for a customer that it was moved away from."""
	before = doc.get_doc_before_save()
	mark_stale_after_commit({*customers_in(doc), *(customers_in(before) if before else ())})
