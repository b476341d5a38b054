"""Why a score is what it is, in words. Decides nothing."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import frappe
from frappe import _
from frappe.utils import fmt_money

from crm_success.scoring.engine.definitions import Definitions

_TOO_LONG_TO_READ = 1e15

Component = Mapping[str, float | None]


def site_language() -> str:
	"""The language of what is stored for everybody to read."""
	return frappe.db.get_single_value("System Settings", "language") or "en"


class Wording:
	"""Puts drivers into the site's language. Looks translations and formats up once: it may be asked a million times."""

	def __init__(self, definitions: Definitions) -> None:
		language = site_language()
		self._labels = {metric.key: _(metric.label, lang=language) for metric in definitions.metrics}
		self._units = {metric.key: metric.unit for metric in definitions.metrics}
		number_format = frappe.db.get_default("number_format") or "#,###.##"
		# contributions and most values are the same for many customers, and Frappe's formatting is slow
		self._formatted = lru_cache(maxsize=50_000)(
			lambda value, digits: fmt_money(value, precision=digits, format=number_format)
		)
		self._sentences = {
			True: _("Lowers the score by {0}: {1} is {2}", lang=language),
			False: _("Raises the score by {0}: {1} is {2}", lang=language),
		}
		self._without_value = {
			True: _("Lowers the score by {0}: nothing is on record for {1}", lang=language),
			False: _("Raises the score by {0}: nothing is on record for {1}", lang=language),
		}
		self._one = {
			"Days": _("1 day", lang=language),
			"Hours": _("1 hour", lang=language),
			"Months": _("1 month", lang=language),
		}
		self._many = {
			"Days": _("{0} days", lang=language),
			"Hours": _("{0} hours", lang=language),
			"Months": _("{0} months", lang=language),
			"Percent": "{0} %",
			"Currency": _money_template(definitions.money.currency),
		}

	def drivers(self, drivers: Iterable[tuple[str, float]], components: Mapping[str, Component]) -> str:
		"""One driver a line, in the order given."""
		return "\n".join(self._driver(key, points, components) for key, points in drivers)

	def value(self, key: str, value: float) -> str:
		"""A metric's raw value with its unit."""
		unit = self._units[key]
		if value == 1 and unit in self._one:
			return self._one[unit]
		return self._many.get(unit, "{0}").format(self._number(value))

	def _driver(self, key: str, points: float, components: Mapping[str, Component]) -> str:
		raw, lowers = components[key]["raw"], points < 0
		amount, label = self._number(round(abs(points), 1)), self._labels[key]
		if raw is None:
			return self._without_value[lowers].format(amount, label)
		return self._sentences[lowers].format(amount, label, self.value(key, raw))

	def _number(self, value: float) -> str:
		if abs(value) >= _TOO_LONG_TO_READ:
			return f"{value:.3g}"
		# a whole number, or a large one, needs no decimals
		digits = 0 if value == round(value) or abs(value) >= 100 else 1
		return self._formatted(value, digits)


def row_in_words(row: Mapping[str, Any], wording: Wording) -> str:
	"""The drivers of one scored customer in words; nothing where there is no score."""
	return wording.drivers(row["drivers"], row["components"]) if isinstance(row["drivers"], list) else ""


def _money_template(currency: str) -> str:
	"""An amount with its symbol where the currency has it; Frappe's own way asks the cache for every amount."""
	if not currency:
		return "{0}"
	symbol, on_right = frappe.db.get_value("Currency", currency, ["symbol", "symbol_on_right"]) or (None, 0)
	return f"{{0}} {symbol or currency}" if on_right else f"{symbol or currency} {{0}}"
