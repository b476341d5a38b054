"""Who referred whom. Its status is written in customer_loyalty/referrals/conversion.py alone."""

from crm_success.customer_loyalty.referrals.due_referrals import begin_to_watch, look_soon
from crm_success.customer_loyalty.referrals.referral_checks import check_referral, keep_status
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class CustomerReferral(PrintedAsText):
	def validate(self):
		check_entered(self)
		keep_status(self)
		check_referral(self)
		look_soon(self)

	def after_insert(self):
		begin_to_watch(self)
