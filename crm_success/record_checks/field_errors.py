"""How our DocTypes say no: which field is wrong, and what would be right. Decides nothing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from html import escape
from typing import Any, NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, escape_html

from crm_success.record_checks.phrases import Phrase, in_words

# a name of Frappe is no longer
MOST_SHOWN = 140


class Refusal(Exception):
	"""A refusal whose text is HTML already, with everything that somebody entered escaped."""


def refuse(
	doc: Document, fieldname: str, message: str, exception: type[Exception] = frappe.ValidationError
) -> NoReturn:
	"""Stop saving with a message on that field; `message` is HTML."""
	frappe.throw(
		_("{0}: {1}").format(frappe.bold(_(doc.meta.get_label(fieldname))), message),
		exception,
		title=_("Please Check {0}").format(_(doc.doctype)),
	)


@contextmanager
def refusing(doc: Document, fieldname: str) -> Iterator[None]:
	"""Turn what pure code refuses, or a Refusal, into a message on that field."""
	try:
		yield
	except Refusal as error:
		refuse(doc, fieldname, str(error))
	except Exception as error:
		if not isinstance(error, Phrase):
			raise
		refuse(doc, fieldname, escape(in_words(error), quote=False))


def bold(text: Any) -> str:
	"""What somebody entered, to stand in a message: of a long text its beginning."""
	words = cstr(text)
	shown = words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]} …"
	return frappe.bold(escape_html(shown))


def one_of(names: Collection[str], most: int = 8) -> str:
	"""A few names, bold, as a choice."""
	shown = [bold(name) for name in list(names)[:most]]
	if len(names) > most:
		return _("{0} or another").format(", ".join(shown))
	return _("{0} or {1}").format(", ".join(shown[:-1]), shown[-1]) if len(shown) > 1 else "".join(shown)


def closest(word: Any, words: Collection[str]) -> str:
	"""' Did you mean X?', or nothing where no word is close."""
	found = get_close_matches(cstr(word), sorted(words), n=1)
	return " " + _("Did you mean {0}?").format(bold(found[0])) if found else ""
