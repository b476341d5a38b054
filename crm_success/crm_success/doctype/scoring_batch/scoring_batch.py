"""A range of customers that one job scores under a lease. Written by scoring runs only."""

import frappe
from frappe.model.document import Document


class ScoringBatch(Document):
	pass


def on_doctype_update() -> None:
	frappe.db.add_unique("Scoring Batch", ["scoring_run", "batch_no"])
