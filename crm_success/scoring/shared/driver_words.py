"""Says in words what moved a score, on how little it rests, and what a value is: for the site and the standalone command.

Who asks brings the language: translations, how numbers and amounts are written, and what the metrics are called.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor

from crm_success.scoring.engine.coverage import is_low
from crm_success.scoring.engine.drivers import Driver

_TOO_LONG_TO_READ = 1e15
# from so many percent on nobody sees any more how much that is
_MANY_PERCENT = 1000


@dataclass(frozen=True)
class Language:
	"""How people read: texts, a number with so many decimals, and an amount's place by its currency, "{0} EUR"."""

	translate: Callable[[str], str]
	number: Callable[[float, int], str]
	money: Callable[[str], str]


@dataclass(frozen=True)
class MetricName:
	"""What a metric is called, in the reader's language, and the unit of its values."""

	label: str
	unit: str


class DriverWords:
	"""Looks translations up once and keeps what it has written: it may be asked a million times."""

	def __init__(self, language: Language, metrics: Mapping[str, MetricName]) -> None:
		_ = language.translate
		self._metrics = metrics
		# contributions and most values are the same for many customers, and Frappe's formatting is slow
		self._formatted = lru_cache(maxsize=50_000)(language.number)
		self._money = lru_cache(maxsize=None)(language.money)
		self._sentences = {
			True: _("Lowers the score by {0}: {1} is {2}"),
			False: _("Raises the score by {0}: {1} is {2}"),
		}
		self._without_value = {
			True: _("Lowers the score by {0}: nothing is on record for {1}"),
			False: _("Raises the score by {0}: nothing is on record for {1}"),
		}
		self._nothing = _("nothing on record")
		self._low_coverage = _(
			"Based on {0} of what the scorecard weighs: nothing is on record for the rest."
		)
		# of one, and of any other number; those of the desk are in public/js/shared/health_values.js
		self._units = {
			"Days": (_("1 day"), _("{0} days")),
			"Hours": (_("1 hour"), _("{0} hours")),
			"Months": (_("1 month"), _("{0} months")),
		}
		self._times, self._more_than_all = _("at least {0} times as much"), _("{0}, more than all of it")

	def lines(self, drivers: Iterable[Driver], currency: str | None) -> str:
		"""One sentence a line, in the order given."""
		return "\n".join(self.sentence(driver, currency) for driver in drivers)

	def sentence(self, driver: Driver, currency: str | None) -> str:
		"""Lowers the score by 7.5: Overdue Share of Billed is 52.1 %."""
		key, value, lowers = driver["metric"], driver["value"], driver["contribution"] < 0
		points, label = self.points(driver["contribution"]), self.label(key)
		if value is None:
			return self._without_value[lowers].format(points, label)
		return self._sentences[lowers].format(points, label, self.value(key, value, currency))

	def low_coverage(self, coverage: float | None) -> str:
		"""Based on 35 % of what the scorecard weighs ...; "" where it is enough, or where there is no score."""
		if coverage is None or not is_low(coverage):
			return ""
		return self._low_coverage.format(self._percent(coverage))

	def label(self, key: str) -> str:
		"""The metric's present name; its key, where the metric is gone."""
		metric = self._metrics.get(key)
		return metric.label if metric else key

	def value(self, key: str, value: float | None, currency: str | None) -> str:
		"""A metric's value with its unit: 143 days, 12,345 EUR, 4.5 %."""
		if value is None:
			return self._nothing
		metric = self._metrics.get(key)
		return self.in_unit(value, metric.unit if metric else "", currency)

	def in_unit(self, value: float, unit: str, currency: str | None = None) -> str:
		"""A number with its unit."""
		if unit == "Percent":
			return self._percent(value)
		one, many = self._units.get(unit, ("", "{0}"))
		if value == 1 and one:
			return one
		if unit == "Currency" and currency:
			many = self._money(currency)
		return many.format(self.number(value))

	def points(self, contribution: float) -> str:
		"""How much a contribution moves the score, without its sign."""
		return self.number(round(abs(contribution), 1))

	def _percent(self, value: float) -> str:
		"""4.5 %; 4,000 % and -250 %, which a share or a change may come to, in words."""
		if value >= _MANY_PERCENT:
			return self._times.format(self.number(floor(value / 100)))
		percent = f"{self.number(value)} %"
		return self._more_than_all.format(percent) if value < -100 else percent

	def number(self, value: float) -> str:
		"""A whole number, or a large one, has no decimals, other numbers one.

		Rounded here, because not every site's way of rounding is that of Python.
		"""
		if abs(value) >= _TOO_LONG_TO_READ:
			return f"{value:.3g}"
		digits = 0 if value == round(value) or abs(value) >= 100 else 1
		# no minus zero
		return self._formatted(round(value, digits) + 0.0, digits)
