"""Old documents that are to earn by a rule. Its two buttons start the work; what was found is written by that alone."""

from crm_success.customer_loyalty.earning.backfill_records import (
	check_backfill,
	check_is_finished,
	forget_what_was_found,
	has_current_dry_run,
	keep_what_was_found,
)
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered


class LoyaltyBackfill(PrintedAsText):
	def onload(self):
		self.set_onload("may_give", has_current_dry_run(self))

	def before_insert(self):
		forget_what_was_found(self)

	def validate(self):
		check_entered(self)
		check_backfill(self)
		if before := self.get_doc_before_save():
			keep_what_was_found(self, before)

	def on_trash(self):
		check_is_finished(self)
