"""HTML and SVG elements whose text and attributes are escaped unless they are already markup. Knows no report."""

from collections.abc import Iterable
from html import escape

Content = "str | int | float | None | Iterable[Content]"

_VOID = frozenset({"br", "meta", "rect", "circle", "line", "path"})


class Markup(str):
	"""Text that is markup already: only `element` and constants of this package make it."""


def element(name: str, /, *content: Content, **attributes: object) -> Markup:
	"""An element with its content; `class_` writes class, an underscore a hyphen, None and False nothing."""
	opening = name + "".join(_attribute(key, value) for key, value in attributes.items())
	if name in _VOID and not content:
		return Markup(f"<{opening}/>")
	return Markup(f"<{opening}>{join(content)}</{name}>")


def join(content: Iterable[Content]) -> Markup:
	"""The pieces one after another, each escaped where it has to be."""
	return Markup("".join(_piece(piece) for piece in content))


def _piece(piece: Content) -> str:
	if isinstance(piece, Markup):
		return piece
	if piece is None:
		return ""
	if isinstance(piece, str):
		return escape(_printable(piece))
	if isinstance(piece, Iterable):
		return join(piece)
	return escape(str(piece))


def _attribute(key: str, value: object) -> str:
	if value is None or value is False:
		return ""
	text = "" if value is True else _printable(str(value))
	return f' {key.rstrip("_").replace("_", "-")}="{escape(text)}"'


def _printable(text: str) -> str:
	# control characters are not allowed in HTML, and lone surrogates cannot be written as UTF-8
	return "".join(
		character if character >= " " and not "\ud800" <= character <= "\udfff" else " " for character in text
	)
