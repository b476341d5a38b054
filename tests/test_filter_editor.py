"""The desk's filter area reads the filters that records keep, and offers the operators that statements know. Needs Node."""

import pytest
from desk_arithmetic import answer, needs_node

from crm_success.scoring.queries.conditions import OPERATORS

SCRIPT = "shared/filter_editor.js"

pytestmark = needs_node


def test_what_is_offered_is_what_statements_know():
	offered = answer(SCRIPT, "() => crm_success.filter_editor.OPERATORS")
	assert sorted(operator.lower() for operator in offered) == sorted(OPERATORS)


@pytest.mark.parametrize(
	("text", "filters"),
	[
		("", []),
		('[["band", "=", "At Risk"]]', [["Customer", "band", "=", "At Risk"]]),
		('[["Customer", "name", "like", "%a%"]]', [["Customer", "name", "like", "%a%"]]),
		('[["Customer", "name", "is", "set", false]]', [["Customer", "name", "is", "set"]]),
		('{"territory": "Germany"}', [["Customer", "territory", "=", "Germany"]]),
		('{"territory": ["in", ["A", "B"]]}', [["Customer", "territory", "in", ["A", "B"]]]),
		# the desk writes one of them with a capital
		('[["creation", "between", ["a", "b"]]]', [["Customer", "creation", "Between", ["a", "b"]]]),
		('[["name", "NOT IN", "a"]]', [["Customer", "name", "not in", "a"]]),
	],
)
def test_kept_filters_are_read(text: str, filters: list):
	assert (
		answer(SCRIPT, "(...asked) => crm_success.filter_editor.parse(...asked)", text, "Customer") == filters
	)
