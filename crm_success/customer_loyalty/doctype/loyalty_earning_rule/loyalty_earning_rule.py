"""A rule by which documents earn points. What it may be is checked in customer_loyalty/earning/rule_checks.py."""

import frappe
from frappe import _

from crm_success.customer_loyalty.earning.rule_checks import check_not_used, check_rule
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.storable_values import check_entered
from crm_success.watching.watched_doctypes import ask_again


class LoyaltyEarningRule(PrintedAsText):
	def validate(self):
		check_entered(self)
		check_rule(self)

	def on_update(self):
		ask_again()

	def after_rename(self, old, new, merge=False):
		ask_again()

	def before_rename(self, old, new, merge=False):
		if merge:
			frappe.throw(
				_(
					"Points that were earned by {0} would be those of another rule. Disable it instead."
				).format(frappe.bold(old))
			)

	def on_trash(self):
		check_not_used(self)
		ask_again()
