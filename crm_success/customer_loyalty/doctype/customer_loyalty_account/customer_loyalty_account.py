"""What the entries of a customer's points add up to. The ledger writes it, past this class."""

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText


class CustomerLoyaltyAccount(PrintedAsText):
	def before_insert(self):
		refuse_change()

	def validate(self):
		refuse_change()

	def on_trash(self):
		refuse_change()

	def db_update(self):
		refuse_change()


def refuse_change() -> None:
	"""Whatever the role, and however it is tried."""
	frappe.throw(
		_("Balances are the sums of entries in the points ledger. Make a Loyalty Adjustment to change one."),
		title=_("Made by the Ledger"),
	)
