"""What pure code says, in words. It knows no languages, and keeps its English apart from the values in it."""

from typing import Any, Protocol, runtime_checkable

from frappe import _


@runtime_checkable
class Phrase(Protocol):
	"""English with places for values, {0} and {1}; a value may be such a phrase too. Errors of pure code are phrases."""

	template: str
	values: tuple[Any, ...]


def in_words(phrase: Phrase) -> str:
	"""The phrase in the language of the request or the job."""
	values = [in_words(value) if isinstance(value, Phrase) else value for value in phrase.values]
	words = _(phrase.template)
	return words.format(*values) if values else words
