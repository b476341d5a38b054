"""A tier that a customer was given, lost or kept, or may be given or lose, and why. Evaluations and decisions write it; a
person's save stores a note, and nothing else.
"""

import frappe
from frappe import _

from crm_success.customer_loyalty.tiers.tier_checks import restore_all_but
from crm_success.customer_loyalty.tiers.tier_words import facts_in_words
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import TIER_CHANGE

ENTERED = ("note",)
# worded when read
WORDED = ("reasons",)


class CustomerTierChange(PrintedAsText):
	def __init__(self, *arguments, **values):
		super().__init__(*arguments, **values)
		# a tier of the past may be gone
		self.flags.ignore_links = True

	@property
	def reasons(self) -> str:
		"""The figures that led to it, in the reader's language, a sentence a line."""
		return facts_in_words(self.get("facts"))

	def before_insert(self):
		frappe.throw(
			_(
				"A Customer Tier Change is made when tiers are evaluated, and when somebody decides about one."
			),
			title=_("Made by Evaluations"),
		)

	def validate(self):
		restore_all_but(self, self.get_doc_before_save(), ENTERED)
		check_entered(self, ENTERED)

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in WORDED:
			self.set(fieldname, getattr(self, fieldname))


def on_doctype_update() -> None:
	# the same change is never written twice
	frappe.db.add_unique(TIER_CHANGE, ["customer", "change_number"])
	frappe.db.add_index(TIER_CHANGE, ["decision", "found_on"], "decision_found_on")
