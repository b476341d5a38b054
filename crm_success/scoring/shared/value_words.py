"""Says in words where the value of a customer comes from, and how that of a company is told. Tells no value."""

from collections.abc import Iterable, Mapping
from typing import Any

from crm_success.scoring.engine.errors import said, stored_phrase
from crm_success.scoring.shared.driver_words import DriverWords, Language

# of an amount: below, it is written as nothing
_LEAST_SHOWN = 0.5


class ValueWords:
	"""Looks translations up once, as DriverWords."""

	def __init__(self, language: Language, words: DriverWords) -> None:
		self._translate = language.translate
		self._words = words

	def expected(self, spend: float, lapse_risk: float | None, horizon: int, currency: str | None) -> str:
		"""Expects 1,178 EUR in 90 days: buys with a chance of 62 %, then spends about 1,900 EUR.

		`lapse_risk` is in percent, None where it is not known.
		"""
		_ = self._translate
		days, buys = self._words.in_unit(horizon, "Days"), 100 - (100 if lapse_risk is None else lapse_risk)
		if spend < _LEAST_SHOWN:
			return _("Expects nothing in {0}").format(days)
		if buys <= 0:
			return _("Expects {0} in {1}").format(self._amount(spend, currency), days)
		return _("Expects {0} in {1}: buys with a chance of {2}, then spends about {3}").format(
			self._amount(spend, currency),
			days,
			self._words.in_unit(round(buys), "Percent"),
			self._amount(spend / buys * 100, currency),
		)

	def lifetime(self, is_forecast: bool, discount_percent: float, years: float) -> str:
		"""What a lifetime value is made of."""
		_ = self._translate
		if not is_forecast:
			return _("Lifetime value: yearly revenue x expected years x retention")
		return _("Lifetime value: this and what follows for {0} years, discounted by {1} a year").format(
			self._words.number(years), self._words.in_unit(discount_percent, "Percent")
		)

	def told_by(self, spend: Mapping[str, Any] | None, risk: Mapping[str, Any] | None) -> list[str]:
		"""How a company's spend is told, from how much, and why not better: sentences about what a calibration stores."""
		_ = self._translate
		model, reason = (spend or {}).get("model"), (spend or {}).get("reason")
		if reason:
			simpler = _(
				"Spend cannot be told: lifetime values are yearly revenue x expected years x retention."
			)
			return [simpler, said(stored_phrase(reason), _)]
		if not model:
			return [_("Nothing was learned yet: the next scoring of all customers learns what they spend.")]
		purchases = ((risk or {}).get("model") or {}).get("purchases")
		return [*self._learned(model), self._fading(purchases), *self._season(model)]

	def _learned(self, model: Mapping[str, Any]) -> Iterable[str]:
		_, number = self._translate, self._words.number
		if model["habits"]:
			yield _("Told by what {0} buyers spent after earlier dates ({1}).").format(
				number(model["buyers"]), number(model["windows"])
			)
		else:
			yield _("Told by the purchases that the model of purchases expects, and what one of them brings.")
			yield said(stored_phrase(model["reason"]), _)

	def _fading(self, purchases: Mapping[str, Any] | None) -> str:
		_ = self._translate
		if purchases and "a" in purchases:
			return _("In later years it fades as the model of purchases (BG/NBD) says.")
		return _("In later years it fades by the yearly retention.")

	def _season(self, model: Mapping[str, Any]) -> Iterable[str]:
		season = model["level"]["season"]
		if round(season, 1) != 1:
			_ = self._translate
			yield _(
				"A year before, the coming season brought {0} times as much as was to be expected."
			).format(self._words.number(season))

	def _amount(self, amount: float, currency: str | None) -> str:
		return self._words.in_unit(round(amount), "Currency", currency)
