from frappe.model.document import Document


class HealthScorecardMetric(Document):
	pass
