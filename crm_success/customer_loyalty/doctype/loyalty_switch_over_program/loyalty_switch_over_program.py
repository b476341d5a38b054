"""What a Loyalty Program of ERPNext said before it was ended. Written with its switch, and read when that is undone."""

import frappe
from frappe import _

from crm_success.printed_texts import PrintedAsText


class LoyaltySwitchOverProgram(PrintedAsText):
	def validate(self):
		refuse_row_alone()

	def on_trash(self):
		refuse_row_alone()


def refuse_row_alone() -> None:
	"""For rows that somebody saves or deletes without their switch."""
	frappe.throw(_("What programs said before is written with the switch. Nobody changes it."))
