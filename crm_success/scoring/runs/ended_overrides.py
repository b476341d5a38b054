"""Ends overrides whose last day is over. The record keeps a comment on what it was; scores come from elsewhere."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import flt
from frappe.utils.formatters import format_value

from crm_success.database import conflicts
from crm_success.record_names import HEALTH
from crm_success.scoring.writers import end_override, overridden_until_before


def end_overrides(today: date) -> int:
	"""Give every score whose override has ended its computed value back; how many. Commits one by one."""
	return sum(_end(customer, today) for customer in overridden_until_before(today))


@conflicts.own_transaction
def _end(customer: str, today: date) -> bool:
	# ends the read view: what is seen from here on is what is there now
	frappe.db.rollback()
	ended = end_override(customer, today)
	if ended:
		_comment(customer, ended)
	frappe.db.commit()
	return bool(ended)


def _comment(customer: str, row: frappe._dict) -> None:
	text = _("The override {0} by {1} ended on {2}: {3}").format(
		f"{flt(row.override_score):g}",
		row.override_by or _("somebody"),
		format_value(row.override_until, "Date"),
		frappe.utils.escape_html(row.override_reason or ""),
	)
	frappe.get_doc(HEALTH, customer).add_comment("Info", text)
