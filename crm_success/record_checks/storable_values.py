"""What somebody entered in a record, as its columns can hold it and pages can show it: checked before anything else.

The desk's forms send nothing else; an import, a script or a request can send anything. Judges no meaning; markup.py says
what counts as markup.
"""

import json
import re
from collections.abc import Collection
from math import isfinite
from typing import Any

from frappe import _
from frappe.model import data_fieldtypes, numeric_fieldtypes
from frappe.model.document import Document
from frappe.utils import cstr, flt
from frappe.utils.html_utils import is_json

from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_checks.markup import markup_in
from crm_success.record_checks.sizes import check_rows

# Frappe's decimals have twelve digits before the point
LARGEST = 999_999_999_999
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_BYTES = {"Small Text": 65_535}
# none is ours, but an administrator may add one: Frappe cleans them, all but those that parse as JSON
MADE_FOR_MARKUP = ("Text Editor", "HTML Editor", "Markdown Editor", "Barcode")


def check_entered(doc: Document, fieldnames: Collection[str] | None = None) -> None:
	"""Tables are of bounded length, numbers are numbers that a column can hold, and texts are texts without markup, in these
	fields or all.
	"""
	check_rows(doc)
	for record in (doc, *doc.get_all_children()):
		for df in record.meta.fields:
			value = record.get(df.fieldname)
			if value is None or df.fieldtype not in data_fieldtypes:
				continue
			if fieldnames is not None and df.fieldname not in fieldnames:
				continue
			if df.fieldtype in numeric_fieldtypes:
				_check_number(record, df, value)
			else:
				record.set(df.fieldname, _as_text(record, df, value))


def _check_number(record: Document, df: Any, value: Any) -> None:
	number = flt(value)
	if isinstance(value, dict | list) or not isfinite(number) or abs(number) > LARGEST:
		message = _("{0} cannot be kept. Enter a number from {1} to {2}.")
		refuse(record, df.fieldname, message.format(bold(cstr(value)[:100]), -LARGEST, LARGEST))


def _as_text(record: Document, df: Any, value: Any) -> str:
	if isinstance(value, dict | list):
		if df.options != "JSON":
			refuse(record, df.fieldname, _("A list cannot be kept here. Enter a text."))
		return json.dumps(value)
	text = cstr(value)
	if _UNSTORABLE.search(text):
		refuse(record, df.fieldname, _("The text has a character that cannot be kept. Type it anew."))
	if len(text.encode()) > MOST_BYTES.get(df.fieldtype, len(text) * 4):
		refuse(record, df.fieldname, _("The text is too long. Shorten it."))
	_check_markup(record, df, text)
	return text


def _check_markup(record: Document, df: Any, text: str) -> None:
	if df.fieldtype == "Code" and df.options != "JSON":
		return
	if df.fieldtype in MADE_FOR_MARKUP and not is_json(text):
		return
	if markup := markup_in(text):
		message = _(
			"{0} would begin HTML, and only plain text is kept here. Leave it out, or put a space after the {1}."
		)
		refuse(record, df.fieldname, message.format(bold(markup), bold("<")))
