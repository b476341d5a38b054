"""One side of the relationship with a customer, under which metrics are weighed."""

from frappe.model.document import Document


class HealthDimension(Document):
	pass
