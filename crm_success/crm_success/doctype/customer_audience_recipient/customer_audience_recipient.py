"""That an audience put an address into an Email Group, for one of its customers: what it may take out again.

A table without a parent, which nobody opens. The address itself stands in the Email Group Member only.
"""

from frappe.model.document import Document


class CustomerAudienceRecipient(Document):
	pass
