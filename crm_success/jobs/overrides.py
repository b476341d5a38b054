"""Ends overrides whose last day is over. The record keeps a comment on what it was; scores come from elsewhere."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import flt
from frappe.utils.formatters import format_value

from crm_success.bridge.definitions import read_definitions
from crm_success.bridge.writers import HEALTH, Writing, end_override, overrides_that_ended


def end_overrides(today: date) -> int:
	"""Give every score whose override has ended its computed value back; how many. Commits one by one."""
	ended = overrides_that_ended(today)
	if not ended:
		return 0
	definitions, _messages = read_definitions(today)
	scorecards = {scorecard.name: scorecard for scorecard in definitions.scorecards}
	writing = Writing(today, None, snapshot=False, scorecards=scorecards)
	for row in ended:
		end_override(row, writing)
		_comment(row)
		frappe.db.commit()
	return len(ended)


def _comment(row: frappe._dict) -> None:
	text = _("The override {0} by {1} ended on {2}: {3}").format(
		f"{flt(row.override_score):g}",
		row.override_by or _("somebody"),
		format_value(row.override_until, "Date"),
		frappe.utils.escape_html(row.override_reason or ""),
	)
	frappe.get_doc(HEALTH, row.name).add_comment("Info", text)
