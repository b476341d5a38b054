"""Says in words what weights are suggested, why, and what they are worth. Decides nothing.

Who asks brings the language and the names, as for `back_test_words.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.weight_suggestion import BandLapse, Leaning, SuggestedMetric, Suggestion
from crm_success.scoring.shared.back_test_words import BackTestWords, Reader
from crm_success.scoring.shared.kept_suggestions import CardSuggestion

# of 100 points of weight that lie elsewhere where a single date teaches: from here on it is said to be much
_MUCH_MOVED = 25.0
# a metric that tells and is suggested with less than this part of its weight says what others say too
_HALF = 0.5


@dataclass(frozen=True)
class Names:
	"""What a metric, by its key, and a dimension are called in the reader's language."""

	metric: Callable[[str], str]
	dimension: Callable[[str], str]


class SuggestionWords:
	"""Sentences and cells in the language of a reader; each sentence stands by itself."""

	def __init__(self, reader: Reader, names: Names) -> None:
		self._ = reader.language.translate
		self._language = reader.language
		self._words = BackTestWords(reader)
		self._day = reader.day
		self.names = names

	def sentences(self, card: CardSuggestion) -> Iterator[str]:
		"""What is suggested and what it is worth, or why nothing is."""
		if card.found is None:
			yield self._words.phrase(card.refusal) if card.refusal else ""
			return
		yield self._about_weights(card.found)
		yield self._about_dates(card.found)
		if not card.found.keeps_weights:
			yield self._about_moving(card.found.moved)
		yield self._about_thresholds(card)
		if card.found.left_out:
			text = self._("As of {0} too few customers of this scorecard stayed or left to tell.")
			yield text.format(", ".join(self._day(day) for day in card.found.left_out))

	def why(self, metric: SuggestedMetric) -> str:
		"""Tells: 64 of 100 (62 to 66)."""
		_ = self._
		if metric.area is None or metric.leaning is Leaning.UNKNOWN:
			return _("Hardly known: too few customers have a value, or all have the same points")
		if metric.leaning is Leaning.TELLING and metric.suggested < _HALF * metric.today:
			text = _("Tells, but others tell it too: {0}")
		else:
			text = {
				Leaning.TELLING: _("Tells: {0}"),
				Leaning.NOT_TELLING: _("Does not tell: {0}"),
				Leaning.WRONG_WAY: _("Tells the wrong way: {0}"),
			}[metric.leaning]
		return text.format(self._words.cases(metric.area))

	def share(self, percent: float) -> str:
		"""A share of the score: 12.5 %."""
		return f"{self._language.number(round(percent, 1), 1)} %"

	def spread(self, metric: SuggestedMetric) -> str:
		"""From the least that a date alone teaches to the most: 10.0 to 15.5 %."""
		low, high = self._language.number(round(metric.lowest, 1), 1), self.share(metric.highest)
		return self._("{0} to {1}").format(low, high)

	def band(self, band: BandLapse) -> str:
		"""120 customers, 31 % (28 to 34 %)."""
		if band.share is None:
			return self._("nobody")
		text = self._("{0} customers, of whom {1} left")
		return text.format(self._words.count(band.customers), self._words.share(band.share))

	def _about_weights(self, found: Suggestion) -> str:
		if found.keeps_weights and not any(
			round(100 * bound, 1) for bound in (found.gain.low, found.gain.value, found.gain.high)
		):
			return self._("Keep today's weights: the past asks for no others.")
		if found.keeps_weights:
			text = self._(
				"Keep today's weights: other weights told no better on dates that they were not learned from. Of 100 pairs of "
				"customers, one of whom left, they put {0} more right ({1})."
			)
		else:
			text = self._(
				"Other weights would have told better, on dates that they were not learned from: of 100 pairs of customers, one "
				"of whom left, they put {0} more right ({1})."
			)
		return text.format(*self._gain(found.gain))

	def _about_dates(self, found: Suggestion) -> str:
		days = ", ".join(self._day(each.as_of) for each in found.dates)
		text = self._(
			"Judged as of {0}, each time by weights learned from earlier dates. What is suggested is learned in the same way from "
			"all dates."
		)
		return text.format(days)

	def _about_moving(self, moved: float) -> str:
		points = self._language.number(round(moved), 0)
		if moved >= _MUCH_MOVED:
			text = self._(
				"The dates do not agree: where each alone teaches, {0} of 100 points of weight lie elsewhere on average. Check "
				"again when there is more history."
			)
		else:
			text = self._(
				"The dates agree: where each alone teaches, {0} of 100 points of weight lie elsewhere on average."
			)
		return text.format(points)

	def _about_thresholds(self, card: CardSuggestion) -> str:
		assert card.found is not None
		was, now = card.scorecard, card.found.scorecard
		if card.found.keeps_thresholds:
			text = self._("Keep the bands: Healthy from {0}, Watch from {1}.")
			return text.format(self._threshold(was.healthy_from), self._threshold(was.watch_from))
		text = self._(
			"Bands: Healthy from {0}, Watch from {1}. The bands alone then put {2} more of 100 pairs right ({3})."
		)
		return text.format(
			self._moved(was.healthy_from, now.healthy_from),
			self._moved(was.watch_from, now.watch_from),
			*self._gain(card.found.band_gain),
		)

	def _moved(self, was: float, now: float) -> str:
		if was == now:
			return self._("{0} as today").format(self._threshold(now))
		return self._("{0} instead of {1}").format(self._threshold(now), self._threshold(was))

	def _gain(self, gain: Estimate) -> tuple[str, str]:
		low, high = self._pairs(gain.low), self._pairs(gain.high)
		return self._pairs(gain.value), self._("{0} to {1}").format(low, high)

	def _pairs(self, share: float) -> str:
		return self._language.number(round(100 * share, 1) + 0.0, 1)

	def _threshold(self, score: float) -> str:
		return self._language.number(score, 0 if score == int(score) else 1)
