"""Shares and their intervals, beside published ones."""

import pytest

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.truth.intervals import share_of


@pytest.mark.parametrize(
	("part", "whole", "low", "high"),
	[(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(part, whole, low, high):
	"""R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
	share = share_of(part, whole)
	assert share.value == part / whole
	assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_an_interval_ends_where_nobody_and_everybody_is():
	assert (share_of(0, 7).low, share_of(7, 7).high) == (0.0, 1.0)
	assert 0 < share_of(0, 7).high < 1
	assert share_of(7, 7).low == pytest.approx(1 - share_of(0, 7).high)


@pytest.mark.parametrize(("part", "whole"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_is_refused(part, whole):
	with pytest.raises(ScoringError, match=f"{part} of {whole} customers is no share"):
		share_of(part, whole)
