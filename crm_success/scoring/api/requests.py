"""An unsaved record that a request sends, or a message that says what to send instead. Checks no permission."""

import json
from typing import Any

import frappe
from frappe import _
from frappe.model import data_fieldtypes, numeric_fieldtypes, table_fields
from frappe.utils import cstr


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
