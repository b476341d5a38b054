"""Which tier a customer has, and how that stands. Evaluations write it; a person's save stores a protection, and nothing else."""

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import STANDING
from crm_success.setup.table_columns import allow_null

NULLABLE = ("score",)
# worded when read
WORDED = ("missing_in_words",)


class CustomerTierStanding(PrintedAsText):
	def __init__(self, *arguments, **values):
		super().__init__(*arguments, **values)
		# a link to what is gone must not keep a protection from being saved
		self.flags.ignore_links = True

	@property
	def missing_in_words(self) -> str:
		"""What the next tier still takes, in the reader's language, a sentence a line."""
		return ""

	def before_insert(self):
		frappe.throw(
			_(
				"A Customer Tier Standing is made when tiers are evaluated. Start that in Customer Loyalty Settings."
			),
			title=_("Made by Evaluations"),
		)

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in WORDED:
			self.set(fieldname, getattr(self, fieldname))


def on_doctype_update() -> None:
	allow_null(STANDING, NULLABLE)
