"""What a line through days says to those who cannot see it. Needs Node."""

from desk_arithmetic import answer, needs_node

SCRIPT = "shared/line_of_days.js"

pytestmark = needs_node


def test_the_line_is_said_in_words_too():
	points = [
		{"day": "2026-01-01", "value": 3},
		{"day": "2026-01-15", "value": 9},
		{"day": "2026-02-01", "value": 4},
	]
	said = answer(
		SCRIPT, "(points) => crm_success.line_of_days.in_words(points, (value) => `${value}!`)", points
	)
	assert said == "From 3! on 2026-01-01 to 4! on 2026-02-01"
