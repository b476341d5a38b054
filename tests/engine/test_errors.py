"""Errors of the core: an English sentence, or the parts of it for the desk to translate."""

import copy
import pickle

import pytest

from crm_success.scoring.engine.errors import (
	DefinitionError,
	ExpressionError,
	Phrase,
	ScoringError,
	SourceError,
)


def test_an_error_reads_as_an_english_sentence() -> None:
	error = DefinitionError("Operator {0} is not one of {1}", "'~'", "=, !=")
	assert str(error) == "Operator '~' is not one of =, !="


def test_an_error_keeps_its_words_and_its_values_apart() -> None:
	error = SourceError("{0} has no column {1}", "Issue", "'colour'")
	assert error.template == "{0} has no column {1}"
	assert error.values == ("Issue", "'colour'")


def test_a_phrase_or_an_error_may_stand_in_another() -> None:
	what = Phrase("The function '{0}'", "sum")
	error = ExpressionError("{0} is not allowed (position {1})", what, 3)
	assert str(error) == "The function 'sum' is not allowed (position 3)"
	assert str(DefinitionError("Left out: {0}", error)) == f"Left out: {error}"


@pytest.mark.parametrize("text", ["{", "{0}", "{name} }", ""])
def test_a_text_without_values_stays_as_it_is(text: str) -> None:
	assert str(ScoringError(text)) == text


def test_braces_in_a_value_stay_as_they_are() -> None:
	assert str(DefinitionError("{0} is not a number", "'{0} {x}'")) == "'{0} {x}' is not a number"


def test_an_error_travels_between_processes() -> None:
	error = ExpressionError("{0} is not allowed", Phrase("Text"))
	for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
		assert type(other) is ExpressionError
		assert str(other) == "Text is not allowed"
		assert other.template == error.template
