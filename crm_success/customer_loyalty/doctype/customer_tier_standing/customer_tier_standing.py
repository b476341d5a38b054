"""Which tier a customer has, and how that stands. Evaluations write it; a person's save stores a protection, and nothing else."""

import frappe
from frappe import _

from crm_success.customer_loyalty.tiers.tier_checks import (
	ENTERED_PROTECTION,
	check_protection,
	restore_all_but,
)
from crm_success.customer_loyalty.tiers.tier_decisions import set_protection
from crm_success.customer_loyalty.tiers.tier_standings import PROTECTION
from crm_success.customer_loyalty.tiers.tier_words import missing_in_words
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
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
		return missing_in_words(self.get("missing"), self.get("currency"))

	def before_insert(self):
		frappe.throw(
			_(
				"A Customer Tier Standing is made when tiers are evaluated. Start that in Customer Loyalty Settings."
			),
			title=_("Made by Evaluations"),
		)

	def validate(self):
		before = self.get_doc_before_save()
		restore_all_but(self, before, ENTERED_PROTECTION)
		check_entered(self, ENTERED_PROTECTION)
		check_protection(self, before)

	def db_update(self):
		"""Frappe would write the whole record, as it was when it was read."""
		protection = {fieldname: self.get(fieldname) for fieldname in PROTECTION}
		standing = set_protection(self.customer, protection, frappe.session.user)
		self.tier, self.tier_since = standing.tier or None, standing.tier_since

	def before_print(self, settings=None):
		super().before_print(settings)
		# Frappe prints what a record holds: a property is not seen
		for fieldname in WORDED:
			self.set(fieldname, getattr(self, fieldname))


def on_doctype_update() -> None:
	allow_null(STANDING, NULLABLE)
