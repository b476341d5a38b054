"""Which columns the table of suggested weights has. Needs Node."""

import pytest
from desk_arithmetic import answer, needs_node

SCRIPT = "back_test/suggested_weights.js"

pytestmark = needs_node


@pytest.mark.parametrize(("suggested", "are_kept"), [("12.5 %", True), ("10.0 %", False)])
def test_what_is_kept_does_not_stand_there_twice(suggested: str, are_kept: bool):
	rows = [{"today": "2.5 %", "suggested": "2.5 %"}, {"today": "12.5 %", "suggested": suggested}]
	assert answer(SCRIPT, "(rows) => crm_success.suggested_weights.are_kept(rows)", rows) is are_kept
