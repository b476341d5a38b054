"""A tier that a customer was given, lost or kept, or may be given or lose, and why. Only evaluations and decisions write it."""

from typing import NoReturn

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import TIER_CHANGE

# worded when read
WORDED = ("reasons",)


class CustomerTierChange(PrintedAsText):
	@property
	def reasons(self) -> str:
		"""The figures that led to it, in the reader's language, a sentence a line."""
		return ""

	def validate(self):
		"""Nothing of ours saves it."""
		refuse_by_hand()

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in WORDED:
			self.set(fieldname, getattr(self, fieldname))


def refuse_by_hand() -> NoReturn:
	frappe.throw(
		_("A change of a tier is history. Approve or reject it with the buttons of its form or of the list."),
		title=_("Made by Evaluations"),
	)


def on_doctype_update() -> None:
	# the same change is never written twice
	frappe.db.add_unique(TIER_CHANGE, ["customer", "change_number"])
	frappe.db.add_index(TIER_CHANGE, ["decision", "found_on"], "decision_found_on")
