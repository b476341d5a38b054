"""Says in words what moves a lapse risk, a customer's rhythm, and how the risk of a company is told. Tells no risk."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crm_success.scoring.engine.errors import said, stored_phrase
from crm_success.scoring.engine.forecast.fact_names import (
	PURCHASES,
	SILENCE,
	TAKEN_BACK,
	TENURE,
	TREND,
	VALUE,
	RiskFact,
)
from crm_success.scoring.shared.driver_words import DriverWords, Language

# a customer who bought on more days than that is said to have bought on them, not on them only
_FEW_DAYS = 3


class RiskWords:
	"""Looks translations up once and keeps what it has written, as DriverWords."""

	def __init__(self, language: Language, words: DriverWords) -> None:
		self._translate = _ = language.translate
		self._words = words
		self._sentences = {
			True: _("Raises the risk by {0} points: {1}"),
			False: _("Lowers the risk by {0} points: {1}"),
		}
		self._silent, self._today = (
			_("{0} without a purchase, and usually buys every {1}"),
			_("bought today, and usually buys every {0}"),
		)
		self._silent_once, self._today_once = (
			_("{0} without a second purchase, where customers usually buy every {1}"),
			_("bought for the first time today"),
		)
		self._bought_on, self._bought_only = _("bought on {0}"), _("bought on {0} only")
		self._trend = _("{0} in the last {1}, {2} in the {1} before")
		self._purchases = _("1 purchase"), _("{0} purchases")
		self._first, self._first_today = _("first bought {0} ago"), _("first bought today")
		self._value = _("bought for {0} so far")
		self._returns = _("returned nothing"), _("returned goods once"), _("returned goods {0} times")
		self._rhythm, self._rhythm_today = _("Buys every {0}, last {1} ago"), _("Buys every {0}, last today")
		self._rhythm_once = _("Bought once, {0} ago"), _("Bought once, today")
		self._never = _("Never bought")
		self._facts: dict[str, Callable[[RiskFact, str | None], str]] = {
			SILENCE: self._about_silence,
			PURCHASES: self._about_purchases,
			TREND: self._about_trend,
			TENURE: self._about_tenure,
			VALUE: self._about_value,
			TAKEN_BACK: self._about_returns,
		}

	def lines(self, facts: Iterable[RiskFact], currency: str | None) -> str:
		"""One sentence a line, in the order given."""
		return "\n".join(self.sentence(fact, currency) for fact in facts)

	def sentence(self, fact: RiskFact, currency: str | None) -> str:
		"""Raises the risk by 21.3 points: 81 days without a purchase, and usually buys every 34 days."""
		points = self._words.points(fact["contribution"])
		return self._sentences[fact["contribution"] > 0].format(points, self.fact(fact, currency))

	def fact(self, fact: RiskFact, currency: str | None) -> str:
		"""81 days without a purchase, and usually buys every 34 days."""
		return self._facts[fact["fact"]](fact, currency)

	def rhythm(self, usual_gap: float | None, days_since_last: int | None) -> str:
		"""Buys every 34 days, last 81 days ago; what is known of it."""
		if days_since_last is None:
			return self._never
		if usual_gap is None:
			ago, today = self._rhythm_once
			return ago.format(self._days(days_since_last)) if days_since_last else today
		every = self._days(round(usual_gap))
		if not days_since_last:
			return self._rhythm_today.format(every)
		return self._rhythm.format(every, self._days(days_since_last))

	def told_by(self, risk: Mapping[str, Any] | None) -> list[str]:
		"""How a company's risk is told, from how much, and why not better: sentences about a stored LearnedRisk."""
		_ = self._translate
		model, reason = (risk or {}).get("model"), (risk or {}).get("reason")
		if reason:
			return [_("The risk cannot be told."), said(stored_phrase(reason), _)]
		if not model:
			return [_("Nothing was learned yet: the next scoring of all customers learns the risk.")]
		reasons = [said(stored_phrase(each), _) for each in model["reasons"]]
		return [self._kind_of(model), *self._numbers_of(model), *reasons]

	def _kind_of(self, model: Mapping[str, Any]) -> str:
		_ = self._translate
		leaving = None if not model["purchases"] else "a" in model["purchases"]
		return {
			(True, True): _("Told by habits on earlier dates, blended with a model of purchases (BG/NBD)."),
			(True, False): _(
				"Told by habits on earlier dates, blended with a model of purchases in which nobody leaves (NBD)."
			),
			(True, None): _("Told by habits on earlier dates alone."),
			(False, True): _("Told by a model of purchases alone (BG/NBD)."),
			(False, False): _("Told by a model of purchases alone, in which nobody leaves (NBD)."),
		}[bool(model["habits"]), leaving]

	def _numbers_of(self, model: Mapping[str, Any]) -> Iterable[str]:
		_, number = self._translate, self._words.number
		if model["habits"]:
			yield _("Learned from {0} outcomes: within {1} nothing was bought in {2} of them.").format(
				number(model["outcomes"]), self._days(model["horizon"]), number(model["lapsed"])
			)
		if model["purchases"]:
			yield _("Learned from the purchases of {0} customers.").format(number(model["customers"]))

	def _days(self, number: float) -> str:
		return self._words.in_unit(number, "Days")

	def _about_silence(self, fact: RiskFact, currency: str | None) -> str:
		days, gap, purchase_days = fact["values"]
		if purchase_days == 1:
			return (
				self._silent_once.format(self._days(days), self._days(round(gap)))
				if days
				else self._today_once
			)
		every = self._days(round(gap))
		return self._silent.format(self._days(days), every) if days else self._today.format(every)

	def _about_purchases(self, fact: RiskFact, currency: str | None) -> str:
		(days,) = fact["values"]
		few = fact["contribution"] > 0 and days <= _FEW_DAYS
		return (self._bought_only if few else self._bought_on).format(self._days(days))

	def _about_trend(self, fact: RiskFact, currency: str | None) -> str:
		lately, before, horizon = fact["values"]
		one, many = self._purchases
		bought = one if lately == 1 else many.format(self._words.number(lately))
		return self._trend.format(bought, self._days(horizon), self._words.number(before))

	def _about_tenure(self, fact: RiskFact, currency: str | None) -> str:
		(days,) = fact["values"]
		return self._first.format(self._days(days)) if days else self._first_today

	def _about_value(self, fact: RiskFact, currency: str | None) -> str:
		(revenue,) = fact["values"]
		return self._value.format(self._words.in_unit(revenue, "Currency", currency))

	def _about_returns(self, fact: RiskFact, currency: str | None) -> str:
		(returns,) = fact["values"]
		none, once, often = self._returns
		if returns <= 1:
			return once if returns else none
		return often.format(self._words.number(returns))
