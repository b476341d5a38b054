"""The reasons of a score in words: which metric, its value, and the points it gives or takes."""

from collections.abc import Mapping
from typing import Any

from crm_success.scoring.engine.definitions import Definitions

Driver = tuple[str, float]

_UNITS = {"Days": "days", "Hours": "hours", "Months": "months", "Percent": "%"}
_TOO_LONG_TO_READ = 1e15


class Wording:
	"""Puts drivers into words; a driver is a metric's key and the points it gives or takes."""

	def __init__(self, definitions: Definitions) -> None:
		self._labels = {metric.key: metric.label for metric in definitions.metrics}
		currency = {"Currency": definitions.money.currency}
		self._units = {metric.key: (_UNITS | currency).get(metric.unit, "") for metric in definitions.metrics}

	def sentence(self, driver: Driver, components: Mapping[str, Any]) -> str:
		"""As on a site: Lowers the score by 7.5: Overdue Share of Billed is 52.1 %."""
		key, points = driver
		verb = "Lowers" if points < 0 else "Raises"
		value = self.value(key, components[key]["raw"])
		return f"{verb} the score by {number_in_words(abs(points))}: {self._labels[key]} is {value}"

	def reason(self, driver: Driver, components: Mapping[str, Any]) -> str:
		"""As in the report: Overdue Share of Billed: 52.1 %, −7.5 points."""
		key, points = driver
		text = f"{self._labels[key]}: {self.value(key, components[key]['raw'])}"
		# real minus signs; the label is left as it is
		return f"{text}, {points:+.1f} points".replace(": -", ": −", 1).replace(", -", ", −", 1)

	def value(self, key: str, value: float | None) -> str:
		"""A raw value with its unit: 143 days, 12,345 EUR, 4.5 %."""
		if value is None:
			return "unknown"
		unit = self._units[key]
		if value == 1 and unit in ("days", "hours", "months"):
			unit = unit[:-1]
		return f"{number_in_words(value)} {unit}".rstrip()


def number_in_words(value: float) -> str:
	"""A whole number, or a large one, has no decimals, other numbers one."""
	value += 0.0  # no minus zero
	if abs(value) >= _TOO_LONG_TO_READ:
		return f"{value:.3g}"
	digits = 0 if value == round(value) or abs(value) >= 100 else 1
	return f"{value:,.{digits}f}"
