"""The default segments and the cut points: nobody falls between them, and they move with what they are taken from."""

from itertools import product
from math import inf, nextafter

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from random_worlds import SEGMENT_DEFAULTS, examples

from crm_success.scoring.engine.rfm import (
	SCORE_COLUMNS,
	hidden_segments,
	quintile_cuts,
	segments,
	uncovered_cells,
)

EVERY_CELL = list(product(range(1, 6), repeat=3))
AMOUNTS = st.floats(-1e9, 1e9)


# who cannot grow, shrinks, and grows by just as much as any default segment asks
GROWTHS = (
	None,
	-100.0,
	*(each.growth_from for each in SEGMENT_DEFAULTS if each.growth_from is not None),
	inf,
)


def test_each_of_the_125_cells_is_in_exactly_one_of_the_default_segments_whatever_the_growth() -> None:
	frame = pd.DataFrame(EVERY_CELL, columns=list(SCORE_COLUMNS))
	assert uncovered_cells(SEGMENT_DEFAULTS) == []
	assert hidden_segments(SEGMENT_DEFAULTS) == [], "one of them takes nobody"
	for growth in GROWTHS:
		taken = segments(frame, pd.Series(growth, frame.index, dtype="float64"), SEGMENT_DEFAULTS)
		for cell, name in zip(EVERY_CELL, taken, strict=True):
			assert name == first_that_takes(cell, growth)


def first_that_takes(cell: tuple[int, ...], growth: float | None) -> str:
	return next(
		segment.name
		for segment in sorted(SEGMENT_DEFAULTS, key=lambda each: (each.priority, each.name))
		if all(
			low <= score <= high
			for score, (low, high) in zip(
				cell, (segment.recency, segment.frequency, segment.monetary), strict=True
			)
		)
		and (segment.growth_from is None or (growth is not None and growth >= segment.growth_from))
	)


@examples(200)
@given(st.lists(AMOUNTS, min_size=1, max_size=30), st.floats(0, 1e6))
def test_no_score_falls_where_the_value_rises_and_cuts_are_taken_anew(
	values: list[float], more: float
) -> None:
	def score(first: float) -> int:
		cuts = quintile_cuts(pd.Series([first, *values[1:]]))
		return sum(first > cut for cut in cuts)

	assert score(values[0] + more) >= score(values[0])


@examples(200)
@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_cuts_part_the_values_into_fifths_as_far_as_equal_ones_allow(values: list[float]) -> None:
	cuts = quintile_cuts(pd.Series(values))
	assert list(cuts) == sorted(cuts)
	most_equal = max(values.count(value) for value in values)
	for number, cut in enumerate(cuts, start=1):
		below = sum(value <= cut for value in values)
		# halfway, unless no number lies between two neighbours
		assert cut not in values or nextafter(cut, inf) in values
		assert abs(below - len(values) * number / 5) <= most_equal / 2
