"""A document that changed, and may earn points or lose them. A job works through them; people read why one failed."""

import frappe

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import DUE_DOCUMENT


class LoyaltyDueDocument(PrintedAsText):
	pass


def on_doctype_update() -> None:
	frappe.db.add_unique(DUE_DOCUMENT, ["reference_doctype", "reference_name"])
