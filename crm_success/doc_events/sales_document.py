"""Keeps the customer's tier on what is sold, from Quotation to POS Invoice, before ERPNext prices it. Prices nothing."""

from frappe.model.document import Document

from crm_success.customer_loyalty.document_tiers import set_tier_of_sale
from crm_success.doc_events.guard import never_stops_saving


@never_stops_saving
def keep_tier(doc: Document, method: str | None = None) -> None:
	"""before_validate: ERPNext applies Pricing Rules in validate."""
	set_tier_of_sale(doc)
