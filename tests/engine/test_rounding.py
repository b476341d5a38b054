"""Parts that are rounded still add up to their rounded whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_success.scoring.engine.rounding import rounded_parts


def rounded(*parts: float, whole: float | None = None) -> list[float]:
	row = np.array([parts])
	return rounded_parts(row, row.sum(axis=1) if whole is None else np.array([whole]))[0].tolist()


def test_the_largest_remainders_are_rounded_up() -> None:
	# 53.57 + 17.86 + 28.57 are 100.0, but rounded each for itself 100.1
	assert rounded(53.571429, 17.857143, 28.571428) == [53.6, 17.8, 28.6]


def test_of_equal_remainders_the_first_are_rounded_up() -> None:
	assert rounded(100 / 3, 100 / 3, 100 / 3) == [33.4, 33.3, 33.3]
	assert rounded(18.75, 1.25, -3.0, 6.0) == [18.8, 1.2, -3.0, 6.0]


def test_what_needs_no_rounding_stays_as_it_is() -> None:
	assert rounded(15.0, 0.0, -7.5) == [15.0, 0.0, -7.5]
	# 0.1 + 0.2 and the like are not above what they stand for
	assert rounded(0.1 + 0.2, -0.3, 0.7 + 0.1) == [0.3, -0.3, 0.8]


def test_below_zero_too() -> None:
	assert rounded(-33.333333, -33.333333, -33.333334) == [-33.3, -33.3, -33.4]
	assert rounded(-0.04, -0.04) == [0.0, -0.1]


def test_no_minus_before_a_zero() -> None:
	assert [str(part) for part in rounded(-0.0, -0.04)] == ["0.0", "0.0"]


def test_rows_without_anything_and_no_rows() -> None:
	assert rounded(0.0, 0.0) == [0.0, 0.0]
	assert rounded_parts(np.zeros((0, 3)), np.zeros(0)).shape == (0, 3)
	assert rounded_parts(np.zeros((2, 0)), np.zeros(2)).shape == (2, 0)


PARTS = st.lists(st.just(0.0) | st.floats(-50, 50), min_size=1, max_size=20)


@settings(deadline=None)
@given(PARTS)
def test_parts_add_up_and_none_moves_far(parts: list[float]) -> None:
	found = rounded(*parts)
	assert abs(sum(found) - sum(parts)) < 0.0501
	assert round(sum(found), 6) == round(sum(found), 1), "each has one decimal, and so has their sum"
	for part, shown in zip(parts, found, strict=True):
		assert abs(shown - part) < 0.1 + 1e-6
		assert shown == round(shown, 1)
		assert part * shown >= 0
		assert part or not shown
