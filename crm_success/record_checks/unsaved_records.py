"""An unsaved record that a request sends, or a message that says what to send instead. Checks no permission."""

import json
from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model import data_fieldtypes, numeric_fieldtypes, table_fields
from frappe.utils import cstr

from crm_success.record_checks.sizes import about_rows, check_readable, parsed

# what the desk sends beside the fields, and Frappe compares with what is stored
ABOUT_THE_RECORD = ("name", "__islocal", "creation", "owner")


def parse_record(doctype: str, value: Any) -> dict[str, Any]:
	"""An unsaved record as the desk sends it: text fields hold text, tables rows."""
	advice = _("Send the {0} as one JSON object.").format(_(doctype))
	sent = parsed(value, advice)
	if not isinstance(sent, dict):
		frappe.throw(advice)
	check_readable(sent)
	about = {name: cstr(sent[name]) for name in ABOUT_THE_RECORD if sent.get(name)}
	return {**_known_fields(doctype, sent), **about, "doctype": doctype}


def _known_fields(doctype: str, sent: Mapping[str, Any]) -> dict[str, Any]:
	fields = [df for df in frappe.get_meta(doctype).fields if df.fieldname in sent]
	return {df.fieldname: _value(df, sent[df.fieldname]) for df in fields}


def _value(df: Any, sent: Any) -> Any:
	if df.fieldtype in table_fields:
		return _rows(df, sent)
	if isinstance(sent, dict | list):
		return json.dumps(sent)
	is_text = df.fieldtype in data_fieldtypes and df.fieldtype not in numeric_fieldtypes
	return cstr(sent) if is_text and sent is not None else sent


def _rows(df: Any, sent: Any) -> list[dict[str, Any]]:
	rows = sent if isinstance(sent, list) else [sent] if sent else []
	if not all(isinstance(row, dict) for row in rows):
		frappe.throw(_("{0} is a table: send a list of rows.").format(_(df.label)))
	if message := about_rows(rows):
		frappe.throw(_("{0}: {1}").format(_(df.label), message))
	return [_known_fields(df.options, row) for row in rows]
