from frappe.model.document import Document


class CRMSuccessCompany(Document):
	pass
