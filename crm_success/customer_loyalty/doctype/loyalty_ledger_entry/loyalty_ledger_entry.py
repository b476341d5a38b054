"""Points that a customer was given, or that were taken. The ledger writes it, past this class; nobody changes it any more."""

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText
from crm_success.record_names import LEDGER_ENTRY


class LoyaltyLedgerEntry(PrintedAsText):
	def __init__(self, *arguments, **values):
		super().__init__(*arguments, **values)
		# a document or rule of the past may be gone
		self.flags.ignore_links = True

	def before_insert(self):
		frappe.throw(
			_(
				"Points are entered by earning rules and by Loyalty Adjustments. Make a Loyalty Adjustment for this customer."
			),
			title=_("Made by the Ledger"),
		)

	def validate(self):
		refuse_change()

	def on_trash(self):
		refuse_change()

	def before_rename(self, *arguments, **values):
		refuse_change()

	def db_update(self):
		refuse_change()


def refuse_change() -> None:
	"""Whatever the role, and however it is tried."""
	frappe.throw(
		_("Entries of the points ledger are never changed or deleted. Make a Loyalty Adjustment instead."),
		title=_("Entry Cannot Be Changed"),
	)


def on_doctype_update() -> None:
	frappe.db.add_unique(LEDGER_ENTRY, ["customer", "entry_number"])
	# an event is written once, whoever writes it
	frappe.db.add_unique(LEDGER_ENTRY, ["event_key"])
	frappe.db.add_index(LEDGER_ENTRY, ["rule", "customer"], "rule_customer")
