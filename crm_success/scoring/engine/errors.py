"""The errors of the scoring core. Only the desk's endpoints, jobs and commands turn them into words for people."""

from collections.abc import Callable, Mapping
from typing import Any

MOST_SHOWN = 100


class Phrase:
	"""English words with places for values: {0}, {1}. Kept apart, so that the desk can say them in any language.

	A value may be a phrase too: the name of a DocType, say. A phrase without values is taken as it stands. Signs
	like < and > are values, because Frappe takes a text with them for HTML and finds no translation.
	"""

	def __init__(self, template: str, *values: object) -> None:
		self.template = template
		self.values = values

	def __eq__(self, other: object) -> bool:
		said = isinstance(other, Phrase) and (other.template, other.values)
		return said == (self.template, self.values)

	def __hash__(self) -> int:
		return hash((self.template, len(self.values)))

	def __str__(self) -> str:
		return self.template.format(*self.values) if self.values else self.template


def stored_phrase(stored: Mapping[str, Any]) -> Phrase:
	"""The phrase that a record keeps as `template` and `values`."""
	values = (stored_phrase(each) if isinstance(each, Mapping) else each for each in stored["values"])
	return Phrase(stored["template"], *values)


def said(phrase: Phrase, translate: Callable[[str], str]) -> str:
	"""The phrase in a language."""
	values = [said(value, translate) if isinstance(value, Phrase) else value for value in phrase.values]
	words = translate(phrase.template)
	return words.format(*values) if values else words


def shown(value: object) -> str:
	"""A value as a message shows it: with its quotes, and only the beginning of a long one."""
	text = repr(value)
	return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


class ScoringError(Phrase, Exception):
	"""Anything the core refuses; its text says what is wrong and what would be right."""

	@property
	def phrase(self) -> Phrase:
		"""What it says, for keeping: an exception travels neither as JSON nor between processes."""
		return Phrase(self.template, *self.values)


class DefinitionError(ScoringError):
	"""A metric, scorecard or segment that cannot be used as it is."""


class ExpressionError(DefinitionError):
	"""A formula that is not allowed, does not parse or names what does not exist."""


class SourceError(ScoringError):
	"""A table or a column that the database does not have."""


class FitError(ScoringError):
	"""Data that a model cannot be fitted to; whoever asked takes something simpler and says why."""
