"""Cut points taken from all customers on one day. Written by scoring runs only."""

from frappe.model.document import Document


class ScoreCalibration(Document):
	pass
