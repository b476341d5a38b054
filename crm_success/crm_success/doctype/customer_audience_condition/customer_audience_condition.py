"""One condition of a Customer Audience, and what it says in words. Checked with its audience, and changed with it only."""

from typing import NoReturn

import frappe
from frappe import _

from crm_success.audiences.condition_words import condition_in_words
from crm_success.printed_texts import PrintedAsText


class CustomerAudienceCondition(PrintedAsText):
	@property
	def summary(self) -> str:
		"""In the reader's language."""
		return condition_in_words(self)

	def validate(self):
		"""Called where it is saved alone, which would pass by what its audience checks."""
		refuse_alone()

	def on_trash(self):
		"""The same where it is deleted alone."""
		refuse_alone()


def refuse_alone() -> NoReturn:
	frappe.throw(_("A condition is changed in the form of its audience, and saved with it."))
