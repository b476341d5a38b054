"""What the form of an audience says of its size and its evaluation. Needs Node."""

from typing import Any

import pytest
from desk_arithmetic import answer, needs_node

PREVIEW, MEMBERS = "audience/audience_preview.js", "audience/audience_members.js"

pytestmark = needs_node


def test_the_preview_says_how_many_of_how_many():
	asked = {"members": 12, "customers": 34567}
	said = answer(PREVIEW, "(asked) => crm_success.audience_preview.total(asked)", asked)
	assert said == "12 of 34,567 customers"


@pytest.mark.parametrize(
	("now", "goes_on", "said"),
	[
		({"last_pass": None, "is_awaited": False}, False, []),
		({"last_pass": None, "is_awaited": True}, True, ["Members are found again within five minutes."]),
		(
			{"last_pass": {"status": "Running", "percent_done": 40.4}, "is_awaited": False},
			True,
			["Finding members: 40 %"],
		),
		({"last_pass": {"status": "Completed", "percent_done": 100}, "is_awaited": False}, False, []),
		(
			{"last_pass": {"status": "Failed", "percent_done": 10}, "is_awaited": False},
			False,
			["The last evaluation failed. Open its Work Run to see why, or ask your administrator."],
		),
	],
)
def test_what_is_said_of_an_evaluation(now: dict[str, Any], goes_on: bool, said: list[str]):
	ask = (
		"(now) => [crm_success.audience_members.is_going_on(now), crm_success.audience_members.progress(now)]"
	)
	assert answer(MEMBERS, ask, now) == [goes_on, said]
