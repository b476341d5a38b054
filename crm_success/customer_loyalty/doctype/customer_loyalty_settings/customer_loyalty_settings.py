"""The policy by which customers are given tiers. What it may be is checked in customer_loyalty/tier_checks.py."""

from crm_success.customer_loyalty.tier_checks import check_policy
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class CustomerLoyaltySettings(PrintedAsText):
	def validate(self):
		check_entered(self)
		check_policy(self)
