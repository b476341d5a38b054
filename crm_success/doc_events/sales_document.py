"""Keeps the customer's tier on what is sold, from Quotation to POS Invoice, before ERPNext prices it."""

from frappe.model.document import Document
from frappe.utils import cint

from crm_success.customer_loyalty.tiers.document_tiers import price_chosen_item, set_tier_of_sale
from crm_success.doc_events.guard import never_stops_saving


@never_stops_saving
def keep_tier(doc: Document, method: str | None = None) -> None:
	"""before_validate: ERPNext applies Pricing Rules in validate."""
	set_tier_of_sale(doc)


@never_stops_saving
def price_item(doc: Document, method: str | None = None, item_idx: int = 0) -> None:
	"""process_item_selection: version 16 calls it on the document for who chooses an item in a form."""
	price_chosen_item(doc, cint(item_idx))
