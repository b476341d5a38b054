"""Lengths and places in the pictures of the report, in the units of their SVG. Takes figures, writes no markup."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from crm_success.standalone.report.figures import BIN_WIDTH
from crm_success.standalone.report.numbers import is_number

RING_MIDDLE, RING_RADIUS = 100, 76
_GAP = 0.004
_ROOM_FOR_A_SIGN = 0.04
_CHART_LEFT, _CHART_FLOOR, _CHART_HEIGHT = 10, 172, 130
_COLUMN_DISTANCE, _COLUMN_WIDTH = 32, 28
_WIDTH_OF_A_POINT = 3.2
_DARKEST = 5


@dataclass(frozen=True)
class Arc:
	"""A band's part of the ring: how much of the circle is drawn and left out, and the degrees it is turned by."""

	band: str
	drawn: float
	left_out: float
	turn: float
	sign_x: float
	sign_y: float
	has_room_for_sign: bool


@dataclass(frozen=True)
class Piece:
	"""The customers of one band in a column of the histogram."""

	band: str
	top: float
	height: float


@dataclass(frozen=True)
class Column:
	"""The customers whose score is `low` to `high`, stacked by band; the last piece is the highest."""

	low: int
	high: int
	customers: int
	left: int
	middle: int
	width: int
	number_y: float
	pieces: tuple[Piece, ...]


def bar_length(part: float, whole: float) -> float:
	"""Percent of a bar's track that `part` of `whole` fills; a value above zero is always visible."""
	share = 0.0 if not whole or not is_number(part / whole) else min(max(part / whole, 0), 1)
	return round(float(max(share * 100, 0.8)), 1) if share else 0.0


def ring_arcs(customers: Mapping[str, float]) -> tuple[Arc, ...]:
	"""The ring of customers by band, clockwise from the top; a band without customers has no arc."""
	whole = sum(customers.values())
	arcs, start = [], 0.0
	for band, number in customers.items():
		if number > 0:
			arcs.append(_arc(band, start, number / whole))
			start += number / whole
	return tuple(arcs)


def _arc(band: str, start: float, share: float) -> Arc:
	around = 2 * math.pi * RING_RADIUS
	drawn = max(share - (_GAP if share < 1 else 0), _GAP / 2) * around
	angle = 2 * math.pi * (start + share / 2) - math.pi / 2
	return Arc(
		band=band,
		drawn=round(drawn, 2),
		left_out=round(around - drawn, 2),
		turn=round(start * 360 - 90, 2),
		sign_x=round(RING_MIDDLE + RING_RADIUS * math.cos(angle), 1),
		# the sign stands on its baseline
		sign_y=round(RING_MIDDLE + RING_RADIUS * math.sin(angle) + 5, 1),
		has_room_for_sign=share >= _ROOM_FOR_A_SIGN,
	)


def histogram_columns(histogram: pd.DataFrame) -> tuple[Column, ...]:
	"""The columns from left to right; ten points without a customer have none."""
	unit = _CHART_HEIGHT / max(histogram.sum(axis=1).max(), 1)
	rows = enumerate(histogram.to_dict("index").items())
	return tuple(_column(place, low, row, unit) for place, (low, row) in rows if sum(row.values()))


def _column(place: int, low: int, row: Mapping[str, float], unit: float) -> Column:
	left = _CHART_LEFT + place * _COLUMN_DISTANCE + (_COLUMN_DISTANCE - _COLUMN_WIDTH) // 2
	top, pieces = float(_CHART_FLOOR), []
	for band, customers in reversed(row.items()):
		height = float(customers * unit)
		top -= height
		if customers:
			pieces.append(Piece(band, round(top, 1), round(height, 1)))
	return Column(
		low=low,
		high=low + BIN_WIDTH,
		customers=int(sum(row.values())),
		left=left,
		middle=left + _COLUMN_WIDTH // 2,
		width=_COLUMN_WIDTH,
		number_y=round(top - 4, 1),
		pieces=tuple(pieces),
	)


def score_x(score: float) -> float:
	"""Where a score of 0 to 100 stands on the axis of the histogram."""
	return round(_CHART_LEFT + min(max(score, 0), 100) * _WIDTH_OF_A_POINT, 1)


def shade(customers: float, most: float) -> int:
	"""How dark a cell of the heat map is, 0 (nobody) to 5 (where most customers are)."""
	if not customers:
		return 0
	# by square root: one crowded cell would otherwise leave all others pale
	return min(_DARKEST, 1 + int((customers / most) ** 0.5 * (_DARKEST - 0.001)))
