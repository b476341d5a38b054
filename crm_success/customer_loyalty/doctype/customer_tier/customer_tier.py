"""What a customer can earn, who earns it and what it gives. What it may be is checked in customer_loyalty/tier_checks.py."""

from crm_success.customer_loyalty.tier_checks import check_tier
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class CustomerTier(PrintedAsText):
	def before_insert(self):
		check_entered(self)

	def validate(self):
		check_entered(self)
		check_tier(self)
