"""One benefit of a Customer Tier. Checked with its tier, and changed with it only."""

from crm_success.customer_loyalty.tiers.tier_checks import refuse_row_alone
from crm_success.printed_texts import PrintedAsText


class CustomerTierBenefit(PrintedAsText):
	def validate(self):
		"""Called where it is saved alone, which would pass by what its tier checks."""
		refuse_row_alone()

	def on_trash(self):
		"""The same where it is deleted alone."""
		refuse_row_alone()
