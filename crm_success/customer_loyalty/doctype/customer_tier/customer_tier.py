"""What a customer can earn, who earns it and what it gives. What it may be is checked in customer_loyalty/tiers/tier_checks.py."""

import frappe
from frappe import _

from crm_success.customer_loyalty.tiers.benefit_rules import (
	check_rules,
	keep_in_step,
	rename_rules,
	retire_rules,
)
from crm_success.customer_loyalty.tiers.document_tiers import rename_tier_in_documents
from crm_success.customer_loyalty.tiers.tier_checks import check_not_held, check_tier, tell_who_keeps_it
from crm_success.customer_loyalty.tiers.tier_writing import forget_tier
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class CustomerTier(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		check_tier(self)
		check_rules(self)

	def on_update(self):
		keep_in_step(self)
		tell_who_keeps_it(self)

	def before_rename(self, old: str, new: str, merge: bool = False):
		if merge:
			frappe.throw(_("Tiers cannot be merged. Disable one, and let a review move its customers."))

	def after_rename(self, old: str, new: str, merge: bool = False):
		rename_rules(self, old, new)
		rename_tier_in_documents(old, new)

	def on_trash(self):
		"""Frappe would not delete a tier that was ever named."""
		check_not_held(self)
		forget_tier(self.name)

	def after_delete(self):
		retire_rules(self)
