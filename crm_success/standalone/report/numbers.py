"""Numbers and dates as people read them in the report. Returns plain text, never markup."""

import math
from datetime import date

NOTHING = "–"

_STEPS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def is_number(value: object) -> bool:
	"""Whether the value is a finite number."""
	return isinstance(value, int | float) and math.isfinite(value)


def count(value: float | None) -> str:
	"""12345.0 as 12,345."""
	return f"{round(value):,}" if is_number(value) else NOTHING


def score(value: float | None) -> str:
	"""A score with its decimal, so that it agrees with its band: 69.6."""
	return f"{value:.1f}" if is_number(value) else NOTHING


def points(value: float | None) -> str:
	"""Points, or an average of scores, whole: 64."""
	return f"{value:.0f}" if is_number(value) else NOTHING


def amount(value: float | None) -> str:
	"""An amount in whole units: 12,345."""
	return count(value)


def short_amount(value: float | None) -> str:
	"""An amount in three digits or so: 1.23 m, 45.6 k, 789."""
	if not is_number(value):
		return NOTHING
	for step, suffix in _STEPS:
		# 999,600 would round to "1000 k"
		if abs(value) >= step * 0.9995:
			return f"{_three_digits(value / step)}{suffix}"
	return f"{value:.0f}"


def percent(part: float, whole: float) -> str:
	"""A share of the whole: 12 %, <1 %, or a dash where there is no whole."""
	if not whole or not is_number(part / whole):
		return NOTHING
	share = 100 * part / whole
	if 0 < share < 1:
		return "<1 %"
	return f"{share:.0f} %"


def day(value: date | None) -> str:
	"""9 December 2011."""
	return f"{value.day} {value:%B %Y}" if value else NOTHING


def plural(number: float, one: str, many: str) -> str:
	"""1 customer, 2 customers."""
	return f"{count(number)} {one if number == 1 else many}"


def _three_digits(value: float) -> str:
	digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
	return f"{value:.{digits}f}"
