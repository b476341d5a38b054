"""Points that a person gives to a customer, or takes. Submitting it writes the ledger, cancelling it writes the opposite."""

from crm_success.customer_loyalty.points.adjustments import (
	check_adjustment,
	check_approval,
	post_adjustment,
	take_back_adjustment,
)
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class LoyaltyAdjustment(PrintedAsText):
	def validate(self):
		check_entered(self)
		check_adjustment(self)

	def before_submit(self):
		check_approval(self)

	def on_submit(self):
		post_adjustment(self)

	def on_cancel(self):
		take_back_adjustment(self)
