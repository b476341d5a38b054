"""Says in words what a back-test found, for readers who know no statistics: one wording for site and command.

Who asks brings the language, as for `driver_words.py`. Who bought nothing within the horizon is said to have left.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm_success.scoring.engine.errors import Phrase, said
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.what_is_compared import NO_BAND, Calls, Grouping, RiskNumber
from crm_success.scoring.shared.driver_words import Language
from crm_success.scoring.shared.past_figures import (
	AllFigures,
	FoundFigures,
	GroupFigure,
	PastFigures,
	RiskFigure,
)

_STORED_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")
# what drawing lots comes to
_LOTS = 0.5


@dataclass(frozen=True)
class Reader:
	"""Who reads: the language, how a day is written, and what a band, a stage or a segment is called."""

	language: Language
	day: Callable[[date], str]
	name: Callable[[Grouping, str], str] = lambda grouping, name: name


class BackTestWords:
	"""Sentences and labels in the language of a reader; each sentence stands by itself."""

	def __init__(self, reader: Reader) -> None:
		self._ = reader.language.translate
		self._language = reader.language
		self._day = reader.day
		self._name = reader.name

	def verdict(self, figures: AllFigures) -> tuple[str, ...]:
		"""How true the scores were on these dates, a sentence after another; none where no date could tell."""
		told = figures.told
		return (
			(self._right(told), *self._about_lots(told), self._beside_rfm(told), *self._about_bands(told))
			if told
			else ()
		)

	def right_of_100(self, figures: AllFigures) -> str:
		"""In how many of 100 pairs of customers the score was right: 74, or 72 to 78 over several dates."""
		cases = sorted({round(100 * each.score_area.value) for each in _found(figures.told)})
		numbers = [self._language.number(number, 0) for number in dict.fromkeys([cases[0], cases[-1]])]
		return self._("{0} to {1}").format(*numbers) if len(numbers) > 1 else numbers[0]

	def summary(self, figures: PastFigures) -> str:
		"""How many left; or why the date has no figures."""
		_, day = self._, self._day(figures.as_of)
		if figures.found is None:
			return _("As of {0}: no figures. {1}").format(
				day, self.phrase(figures.refusal) if figures.refusal else ""
			)
		text = _(
			"As of {0}: {1} of {2} customers who had bought ({3}) left: they bought nothing from {4} to {5}."
		)
		return text.format(
			day,
			self.count(figures.found.lapsed),
			self.count(figures.found.customers),
			self.percent(figures.found.share.value),
			self._day(figures.as_of + timedelta(1)),
			self._day(figures.as_of + timedelta(figures.horizon)),
		)

	def left_out(self, figures: PastFigures) -> Iterator[str]:
		"""Who is not among the customers of the figures, or only of some."""
		_ = self._
		if figures.disabled == 1:
			yield _("1 disabled customer is left out.")
		elif figures.disabled:
			yield _("{0} disabled customers are left out.").format(self.count(figures.disabled))
		without = figures.found.without_score if figures.found else 0
		if without == 1:
			yield _("1 customer had no score: nobody could tell, and it was not called At Risk.")
		elif without:
			text = _("{0} customers had no score: nobody could tell, and they were not called At Risk.")
			yield text.format(self.count(without))

	def number(self, number: RiskNumber) -> str:
		"""What a compared number is called."""
		_ = self._
		return {
			RiskNumber.SCORE: _("Health Score"),
			RiskNumber.RFM: _("R + F + M"),
			RiskNumber.RECENCY: _("Days since the Last Purchase"),
			RiskNumber.LAPSE: _("Lapse Risk"),
		}[number]

	def grouping(self, grouping: Grouping) -> str:
		"""What customers are grouped by."""
		_ = self._
		return {
			Grouping.BAND: _("Band"),
			Grouping.STAGE: _("Lifecycle Stage"),
			Grouping.SEGMENT: _("Segment"),
			Grouping.DECILE: _("Tenth of the Scores"),
		}[grouping]

	def group(self, figure: GroupFigure) -> str:
		"""What a group is called."""
		_, name = self._, figure.group
		if name == NO_BAND:
			return _("No Score") if figure.grouping in (Grouping.BAND, Grouping.DECILE) else _("None")
		if figure.grouping is Grouping.DECILE:
			return {"1": _("1 (lowest scores)"), "10": _("10 (highest scores)")}.get(name, name)
		return self._name(figure.grouping, name)

	def share(self, share: Estimate | None) -> str:
		"""31 % (28 to 34 %); a dash where nobody is."""
		if share is None:
			return "–"
		bounds = self._("{0} to {1}").format(self._hundredths(share.low), self.percent(share.high))
		return f"{self.percent(share.value)} ({bounds})"

	def cases(self, area: Estimate) -> str:
		"""74 in 100 (72 to 76)."""
		bounds = self._("{0} to {1}").format(self._hundredths(area.low), self._hundredths(area.high))
		return f"{self._('{0} in 100').format(self._hundredths(area.value))} ({bounds})"

	def beside_score(self, gain: Estimate | None) -> str:
		"""How a number tells it beside the score; nothing for the score itself."""
		_ = self._
		if gain is None:
			return ""
		if gain.high < 0:
			return _("better than the score")
		return _("less well than the score") if gain.low > 0 else _("about as well as the score")

	def calls(self, calls: Calls) -> str:
		"""What calling customers At Risk was worth."""
		if calls.precision is None:
			return self._("Nobody was At Risk.")
		text = self._("Of {0} customers At Risk, {1} left. Of those who left, {2} had been At Risk.")
		return text.format(
			self.count(calls.customers),
			self.percent(calls.precision.value),
			self.percent(calls.recall.value),
		)

	def lost(self, calls: Calls, currency: str) -> str:
		"""The revenue of those who left, by whether it was called."""
		text = self._("Those who left had bought for {0}: {1} of it had been called At Risk, {2} had not.")
		called, missed = calls.lost_revenue_called, calls.lost_revenue_not_called
		return text.format(*(self.amount(value, currency) for value in (called + missed, called, missed)))

	def risk_error(self, error: float) -> str:
		"""How far the lapse risk was off."""
		text = self._(
			"The lapse risk was off by {0} on average (expected calibration error): of 100 customers with a risk of 30 %, 30 "
			"should leave."
		)
		return text.format(self.percent(error))

	def risk(self, figure: RiskFigure) -> str:
		"""What was told of customers of similar risk: 24 %."""
		return self.percent(figure.told)

	def about_risk(self, reasons: Iterable[Phrase]) -> Iterator[str]:
		"""Why the lapse risk was not told, or by less than it might."""
		for reason in reasons:
			yield self._("Lapse risk: {0}").format(self.phrase(reason))

	def phrase(self, phrase: Phrase) -> str:
		"""A refusal or a reason, with its days as the reader writes them."""
		return said(self._with_days(phrase), self._)

	def percent(self, share: float) -> str:
		"""0.31 as 31 %."""
		return f"{self._hundredths(share)} %"

	def count(self, number: float) -> str:
		"""12345 as 12,345."""
		return self._language.number(round(number), 0)

	def amount(self, value: float, currency: str) -> str:
		"""In whole units, with the currency where there is one."""
		return (self._language.money(currency) if currency else "{0}").format(self.count(value))

	def _with_days(self, phrase: Phrase) -> Phrase:
		return Phrase(phrase.template, *(self._written(value) for value in phrase.values))

	def _written(self, value: object) -> object:
		if isinstance(value, Phrase):
			return self._with_days(value)
		day = _as_day(value)
		return self._day(day) if day else value

	def _hundredths(self, share: float) -> str:
		return self._language.number(round(100 * share), 0)

	def _right(self, told: Sequence[PastFigures]) -> str:
		text = self._(
			"Of two customers, one of whom left, the score was lower for that one in {0} of 100 cases; drawing lots would be "
			"right in 50."
		)
		return text.format(self.right_of_100(AllFigures(tuple(told))))

	def _about_lots(self, told: Sequence[PastFigures]) -> Iterator[str]:
		days = [each.as_of for each in told if each.found and each.found.score_area.low <= _LOTS]
		if days:
			text = self._("As of {0} that may be chance: the score told no better than drawing lots.")
			yield text.format(self._days(days))

	def _beside_rfm(self, told: Sequence[PastFigures]) -> str:
		_ = self._
		figures = [each.area_of(RiskNumber.RFM) for each in _found(told)]
		gains = [figure.gain for figure in figures if figure and figure.gain]
		worse, better = sum(gain.high < 0 for gain in gains), sum(gain.low > 0 for gain in gains)
		if worse == better:
			return _("R + F + M alone tells it about as well.")
		text = (
			_("R + F + M alone tells it better.")
			if worse > better
			else _("R + F + M alone tells it less well.")
		)
		if len(gains) > 1:
			on_dates = (
				_("R + F + M alone tells it better on {0} of {1} dates.")
				if worse > better
				else _("R + F + M alone tells it less well on {0} of {1} dates.")
			)
			text = on_dates.format(self.count(max(worse, better)), self.count(len(gains)))
		return text

	def _about_bands(self, told: Sequence[PastFigures]) -> Iterator[str]:
		_ = self._
		wrong = [each.as_of for each in told if each.found and not each.found.bands_ordered]
		empty = [each.as_of for each in told if each.found and not each.found.calls.customers]
		if wrong:
			text = _(
				"The bands were out of order as of {0}: a worse one lost no larger share of its customers than a better one."
			)
			yield text.format(self._days(wrong))
		else:
			yield _("The worse the band, the larger the share of its customers that left.")
		if empty:
			yield _("As of {0} nobody was At Risk.").format(self._days(empty))

	def _days(self, days: Iterable[date]) -> str:
		return ", ".join(self._day(day) for day in days)


def _as_day(value: object) -> date | None:
	"""A day, also as it is kept: 2026-01-31."""
	if isinstance(value, str) and _STORED_DAY.fullmatch(value):
		return date.fromisoformat(value)
	return value if isinstance(value, date) else None


def _found(told: Iterable[PastFigures]) -> Iterator[FoundFigures]:
	return (each.found for each in told if each.found)
