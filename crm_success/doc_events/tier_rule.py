"""Lets people delete a Pricing Rule or Service Level Agreement that was made for a tier: the tier forgets it."""

from frappe.model.document import Document

from crm_success.customer_loyalty.tiers.benefit_rules import forget_rule
from crm_success.doc_events.guard import never_stops_saving


@never_stops_saving
def forget(doc: Document, method: str | None = None) -> None:
	"""on_trash: Frappe looks for links after it."""
	forget_rule(doc)
