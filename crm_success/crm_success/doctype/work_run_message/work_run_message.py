from frappe.model.document import Document


class WorkRunMessage(Document):
	pass
