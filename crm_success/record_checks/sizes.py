"""How much one request or one record of ours may hold, and that its texts can be read. Judges no meaning.

Each limit is far above what a form of ours sends, and low enough that nobody waits for what is refused later.
"""

import json
import re
from collections.abc import Callable, Sized
from functools import wraps
from typing import Any, TypeVar

import frappe
from frappe import _
from frappe.model.document import Document

from crm_success.record_checks.field_errors import refuse

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

MOST_CHARACTERS = 1_000_000
MOST_ROWS = 500
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


def of_bounded_size(endpoint: Endpoint) -> Endpoint:
	"""The whitelisted function, which refuses arguments that are too large or cannot be read."""

	@wraps(endpoint)
	def checked(*arguments: Any, **named: Any) -> Any:
		check_readable([*arguments, named])
		return endpoint(*arguments, **named)

	return checked


def check_readable(value: Any) -> None:
	"""Refuse more than a request of ours needs, and the half of a character, which no database takes."""
	text = json.dumps(value, default=str, ensure_ascii=False)
	if len(text) > MOST_CHARACTERS:
		message = _("The request has {0} characters, but at most {1} can be used. Send fewer values.")
		frappe.throw(message.format(len(text), MOST_CHARACTERS), title=_("Request Too Large"))
	if _HALF_A_CHARACTER.search(text):
		frappe.throw(_("The text has a character that cannot be kept. Type it anew."))


def parsed(value: Any, advice: str) -> Any:
	"""What a request sends as JSON, or as it is; `advice` says what to send instead of what is no JSON."""
	try:
		return frappe.parse_json(value)
	except (ValueError, RecursionError):
		frappe.throw(advice)


def parsed_names(value: Any, advice: str) -> list[str]:
	"""A list of names that a request sends, each once; `advice` says what to send instead of anything else."""
	names = parsed(value, advice)
	if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
		frappe.throw(advice)
	check_readable(names)
	return list(dict.fromkeys(names))


def check_rows(doc: Document) -> None:
	"""Refuse a table of the record with more rows than anybody needs."""
	for df in doc.meta.get_table_fields():
		if message := about_rows(doc.get(df.fieldname) or ()):
			refuse(doc, df.fieldname, message)


def about_rows(rows: Sized) -> str:
	"""What is wrong with so many rows; empty where nothing is."""
	if len(rows) <= MOST_ROWS:
		return ""
	message = _("There are {0} rows, but at most {1} can be used. Remove some.")
	return message.format(len(rows), MOST_ROWS)
