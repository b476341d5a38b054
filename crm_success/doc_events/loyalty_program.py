"""Keeps a Loyalty Program of ERPNext ended while its company is switched over to points that are kept here."""

from frappe.model.document import Document

from crm_success.customer_loyalty.switching.native_programs import keep_ended as keep
from crm_success.doc_events.guard import never_stops_saving


@never_stops_saving
def keep_ended(doc: Document, method: str | None = None) -> None:
	"""before_validate: what is set here is saved with the program."""
	keep(doc)
