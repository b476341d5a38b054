from frappe.model.document import Document


class HealthScorecardDimension(Document):
	pass
