"""The desk reads and finds the names of audiences as audience_names.py writes them. Needs node."""

from typing import Any

import pytest
from desk_arithmetic import answer, needs_node

from crm_success.audiences.audience_names import names_in, pattern_for, text_of

pytestmark = needs_node

NAMES = ["Big & Late", "Groß", "A, B"]


def ask(function: str, value: Any) -> Any:
	return answer(
		"audience/audience_names.js", f"(value) => crm_success.audience_names.{function}(value)", value
	)


def test_the_desk_reads_the_names_that_are_stored():
	assert ask("names_in", text_of(NAMES)) == names_in(text_of(NAMES)) == sorted(NAMES)
	assert ask("names_in", None) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_desk_finds_by_the_same_pattern(name: str):
	assert ask("pattern_for", name) == pattern_for(name)
	assert ask("name_in", pattern_for(name)) == name
	# and says it as a name
	assert ask("names_in", pattern_for(name)) == [name]


@pytest.mark.parametrize("value", ["", None, "%Big%", "|Big|", "%|Big|Late|%"])
def test_what_looks_for_something_else_names_no_audience(value: str | None):
	assert ask("name_in", value) == ""


@pytest.mark.parametrize(
	("value", "shown"),
	[("%|Big & Late|%", "Big & Late"), ("%Big%", "%Big%"), ("", ""), ("%|A|B|%", "%|A|B|%")],
)
def test_the_filter_of_a_list_shows_a_name_and_asks_by_its_pattern(value: str, shown: str):
	scripts = ("audience/audience_names.js", "audience/audience_filter.js")
	assert answer(scripts, "(value) => crm_success.audience_filter.shown_for(value)", value) == shown
	assert answer(scripts, "(value) => crm_success.audience_filter.value_of(value)", shown) == value
