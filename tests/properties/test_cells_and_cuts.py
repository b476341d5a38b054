"""The default segments and the cut points: nobody falls between them, and they move with what they are taken from."""

from itertools import product

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import SEGMENT_DEFAULTS, examples

from crm_success.scoring.engine.rfm import SCORE_COLUMNS, cells, quintile_cuts, segments, uncovered_cells

EVERY_CELL = list(product(range(1, 6), repeat=3))
AMOUNTS = st.floats(-1e9, 1e9)


def test_each_of_the_125_cells_is_in_exactly_one_of_the_default_segments() -> None:
	frame = pd.DataFrame(EVERY_CELL, columns=list(SCORE_COLUMNS))
	taken = segments(frame, SEGMENT_DEFAULTS)
	assert uncovered_cells(SEGMENT_DEFAULTS) == []
	assert set(taken) == {segment.name for segment in SEGMENT_DEFAULTS}, "one of them takes nobody"
	for cell, name in zip(EVERY_CELL, taken, strict=True):
		assert name == first_that_takes(cell) == cells(SEGMENT_DEFAULTS)[tuple(score - 1 for score in cell)]


def first_that_takes(cell: tuple[int, ...]) -> str:
	return next(
		segment.name
		for segment in sorted(SEGMENT_DEFAULTS, key=lambda each: (each.priority, each.name))
		if all(
			low <= score <= high
			for score, (low, high) in zip(
				cell, (segment.recency, segment.frequency, segment.monetary), strict=True
			)
		)
	)


@examples(200)
@given(st.lists(st.tuples(AMOUNTS, st.floats(0, 1e6)), min_size=1, max_size=30))
def test_no_cut_falls_where_every_value_rises(pairs: list[tuple[float, float]]) -> None:
	before = quintile_cuts(pd.Series([value for value, _ in pairs]))
	after = quintile_cuts(pd.Series([value + more for value, more in pairs]))
	assert all(new >= old or abs(new - old) < 1e-6 for old, new in zip(before, after, strict=True))
	assert list(before) == sorted(before)


@examples(200)
@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_cuts_part_the_values_into_fifths(values: list[float]) -> None:
	steps = len(values) - 1
	for number, cut in enumerate(quintile_cuts(pd.Series(values)), start=1):
		# a cut lies on a value or between two neighbours
		assert sum(value < cut - 1e-6 for value in values) <= steps * number / 5 + 1
		assert sum(value > cut + 1e-6 for value in values) <= steps * (5 - number) / 5 + 1
