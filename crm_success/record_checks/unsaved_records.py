"""An unsaved record that a request sends, or a message that says what to send instead: of what saving would refuse, in the
same words. Checks no permission.
"""

import json
from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model import data_fieldtypes, numeric_fieldtypes, table_fields
from frappe.model.document import Document
from frappe.utils import cstr, escape_html

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


def check_as_saving_would(doc: Document) -> None:
	"""Refuse what saving would refuse, in the same words; afterwards the record is as saving would store it."""
	doc._action = "save"
	doc._set_defaults()
	doc._validate_links()
	if doc.is_new() or not doc.name:
		doc.set_new_name()
		_check_name_is_free(doc)
		doc._doc_before_save = None
	else:
		# for the checks that compare; Frappe's own way locks the record, which others may be saving
		doc._doc_before_save = frappe.get_doc(doc.doctype, doc.name)
	doc.set_parent_in_children()
	doc.run_method("validate")
	doc._validate()


def _check_name_is_free(doc: Document) -> None:
	if frappe.db.exists(doc.doctype, doc.name):
		message = _("{0} {1} already exists").format(_(doc.doctype), frappe.bold(escape_html(doc.name)))
		frappe.throw(message, frappe.DuplicateEntryError)


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
