"""What a request sends, as values or as a message that says what to send instead. Checks no permission."""

import json
from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.model import data_fieldtypes, numeric_fieldtypes, table_fields
from frappe.utils import cstr, getdate

from crm_success.scoring.runs.starting import check_day


def parse_day(text: str | None) -> date:
	"""A day that can be scored; today where none is sent."""
	if not text:
		return getdate()
	try:
		day = date.fromisoformat(str(text))
	except ValueError:
		frappe.throw(
			_("{0} is not a date. Write it like {1}.").format(frappe.utils.escape_html(text), "2026-01-31")
		)
	check_day(day)
	return day


def parse_record(doctype: str, value: Any) -> dict[str, Any]:
	"""An unsaved record as the desk sends it: text fields hold text, tables rows."""
	try:
		record = frappe.parse_json(value)
	except ValueError:
		record = None
	if not isinstance(record, dict):
		frappe.throw(_("Send the {0} as one JSON object.").format(_(doctype)))
	record = {**record, "doctype": doctype}
	for df in frappe.get_meta(doctype).fields:
		sent = record.get(df.fieldname)
		if df.fieldtype in table_fields:
			if not all(
				isinstance(row, dict) for row in (sent if isinstance(sent, list) else [sent] if sent else [])
			):
				frappe.throw(_("{0} is a table: send a list of rows.").format(_(df.label)))
		elif isinstance(sent, dict | list):
			record[df.fieldname] = json.dumps(sent)
		elif sent is not None and df.fieldtype in data_fieldtypes and df.fieldtype not in numeric_fieldtypes:
			record[df.fieldname] = cstr(sent)
	return record
