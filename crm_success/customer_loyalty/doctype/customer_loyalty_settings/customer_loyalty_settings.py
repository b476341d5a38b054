"""The policy by which customers are given tiers. What it may be is checked in customer_loyalty/tiers/tier_checks.py."""

from crm_success.customer_loyalty.tiers.tier_checks import check_policy
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered

NOTED_BY_EVALUATIONS = ("evaluated_on", "reviewed_on")


class CustomerLoyaltySettings(PrintedAsText):
	def validate(self):
		check_entered(self)
		check_policy(self)
		self.keep_what_was_noted()

	def keep_what_was_noted(self):
		"""A form may hold what it was an hour ago."""
		before = self.get_doc_before_save()
		for fieldname in NOTED_BY_EVALUATIONS:
			self.set(fieldname, before.get(fieldname) if before else None)
