"""Keeps the moment at which an issue was closed, which ERPNext keeps only where a Service Level Agreement applies, and the
tier of its customer, by which one may apply.

The moment stays as it is while the issue is closed, whoever edits it then. What ERPNext writes past its documents, as the
buttons *Set as Closed* and *Set as Open* of the list do, is not seen here.
"""

from datetime import datetime

import frappe
from frappe.model.document import Document

from crm_success.customer_loyalty.tiers.document_tiers import set_tier_of_issue
from crm_success.doc_events.guard import never_stops_saving
from crm_success.scoring.queries.issue_rows import CLOSED, CLOSED_ON, ISSUE
from crm_success.setup.custom_fields import can_hold, our_fields


@never_stops_saving
def keep_tier(doc: Document, method: str | None = None) -> None:
	"""validate: ERPNext has found the customer of a mail by then, and applies agreements after the hooks of the DocType."""
	set_tier_of_issue(doc)


@never_stops_saving
def keep_closing(doc: Document, method: str | None = None) -> None:
	"""before_save: the moment is saved with the issue. What a form sends for it may be old."""
	if _keeps_closing():
		doc.set(CLOSED_ON, _closing(doc))


@never_stops_saving
def keep_closing_unsaved(doc: Document, method: str | None = None) -> None:
	"""on_change: a status may be set without saving, as by the answer of a customer that opens an issue again."""
	if not _keeps_closing() or _is_closed(doc) == bool(doc.get(CLOSED_ON)):
		return
	doc.set(CLOSED_ON, _closing(doc))
	frappe.db.set_value(ISSUE, doc.name, CLOSED_ON, doc.get(CLOSED_ON), update_modified=False)


def _keeps_closing() -> bool:
	return CLOSED_ON in our_fields(ISSUE) and can_hold(ISSUE, CLOSED_ON)


def _closing(doc: Document) -> datetime | str | None:
	"""Of an issue that was closed before anybody kept the moment, the best that is known of it now."""
	before = doc.get_doc_before_save()
	if not _is_closed(doc):
		return None
	if before is None or not _is_closed(before):
		return doc.modified
	return before.get(CLOSED_ON) or before.get("sla_resolution_date") or before.modified


def _is_closed(doc: Document) -> bool:
	return doc.status in CLOSED
