"""A company that leaves ERPNext's own Loyalty Program for points that are kept here. What is done is in customer_loyalty/switching."""

from crm_success.customer_loyalty.switching.switch_overs import check_deletable, check_switch_over
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class LoyaltySwitchOver(PrintedAsText):
	def __init__(self, *arguments, **values):
		super().__init__(*arguments, **values)
		# a program of the past may be gone
		self.flags.ignore_links = True

	def validate(self):
		check_entered(self)
		check_switch_over(self)

	def on_trash(self):
		check_deletable(self)
