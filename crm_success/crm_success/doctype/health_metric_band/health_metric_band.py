from frappe.model.document import Document


class HealthMetricBand(Document):
	pass
