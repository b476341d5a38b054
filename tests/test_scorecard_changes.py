"""What the dialog of What Would Change says of the cut points that the next run goes by. Needs node; skipped without it."""

from typing import Any

from desk_arithmetic import answer, needs_node

SCRIPTS = ("shared/bands.js", "scorecard/scorecard_changes.js")
SAID = "(cut_points) => crm_success.scorecard_changes.about_cut_points(cut_points)"
NEW = {"as_of": "2026-06-30", "last_day": None, "is_new": True, "read": 12, "customers": 12}

pytestmark = needs_node


def said(cut_points: dict[str, Any]) -> str:
	return answer(SCRIPTS, SAID, cut_points)


def test_cut_points_in_force_have_their_day_and_the_last_one_they_serve():
	in_force = {"as_of": "2026-06-30", "last_day": "2026-07-29", "is_new": False, "read": 0, "customers": 12}
	assert said(in_force) == (
		"Scores are by the cut points of 2026-06-30. "
		"A run after 2026-07-29 takes new ones, which moves scores too."
	)


def test_new_cut_points_move_what_customers_have_now():
	assert said(NEW).startswith("The next run takes new cut points. They are used here on both sides")


def test_new_cut_points_of_a_sample_are_not_quite_those_of_the_run():
	assert said({**NEW, "read": 10000, "customers": 25000}) == (
		"The next run takes new cut points of all 25,000 customers. Those of an even sample of 10,000 are used "
		"here on both sides, so the scores of the run may differ a little."
	)
