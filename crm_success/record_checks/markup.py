"""What counts as markup in a text that is no HTML, and such a text without it. Knows no records, refuses nothing.

Markup is what an HTML parser takes for the beginning of a tag, a comment or a declaration: a less-than sign with a letter
or one of / ! ? right after it, whether or not a > follows, since the page around the text has one. So "<img" and "</p"
are markup; "a < b", "<= 5", "<5 employees", "->" and a filter's operator "<" are not. JSON escapes count as what they
stand for, however deep: Frappe's own cleaning leaves a text alone that parses as JSON, such as "<img src=x>" in quotes.
A formula is not judged here: `a<b` has a meaning there, and its own grammar knows no tags.
"""

import re

_TAG = re.compile(r"</?[a-zA-Z][\w:-]*|<[/!?]")
# nested JSON doubles its backslashes
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|/)")
_HARMLESS = str.maketrans("<>", "()")


def markup_in(text: str) -> str:
	"""The first piece of markup in the text, or nothing."""
	found = _TAG.search(text) or _TAG.search(_decoded(text))
	return found[0] if found else ""


def without_markup(text: str) -> str:
	"""The text as it is, or, where it has markup, in round brackets: the same on a page and in a text, also when cut."""
	return text.translate(_HARMLESS) if _TAG.search(text) else text


def _decoded(text: str) -> str:
	before = ""
	while before != text:
		# an escaped backslash makes another escape
		before, text = text, _ESCAPE.sub(_character, text)
	return text


def _character(escape: re.Match[str]) -> str:
	return chr(int(escape[1], 16)) if escape[1] else "/"
