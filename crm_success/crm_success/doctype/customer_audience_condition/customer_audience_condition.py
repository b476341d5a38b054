"""One condition of a Customer Audience, and what it says in words."""

from frappe.model.document import Document

from crm_success.audiences.condition_words import condition_in_words


class CustomerAudienceCondition(Document):
	@property
	def summary(self) -> str:
		"""In the reader's language."""
		return condition_in_words(self)
