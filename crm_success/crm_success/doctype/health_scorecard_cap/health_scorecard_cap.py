from frappe.model.document import Document


class HealthScorecardCap(Document):
	pass
