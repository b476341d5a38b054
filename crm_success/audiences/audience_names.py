"""The names of the audiences that a customer is in, as one text that lists can be filtered by. Pure."""

from collections.abc import Collection

BAR = "|"
# in a pattern these stand for other characters, and the bar divides names
REFUSED_IN_NAMES = (BAR, "%", "_", "\\", "\n")


def text_of(names: Collection[str]) -> str | None:
	"""Each name between two bars, in order, so that a pattern finds whole names only; None for none."""
	return BAR.join(["", *sorted(names), ""]) if names else None


def names_in(text: str | None) -> list[str]:
	"""The names in such a text."""
	return [name for name in (text or "").split(BAR) if name]


def pattern_for(name: str) -> str:
	"""What finds the texts with that name, for `like`."""
	return f"%{BAR}{name}{BAR}%"
