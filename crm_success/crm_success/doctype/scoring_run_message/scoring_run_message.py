from frappe.model.document import Document


class ScoringRunMessage(Document):
	pass
