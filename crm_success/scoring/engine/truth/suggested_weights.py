"""Weights and thresholds that would have told better who lapsed, and what they are worth on dates they never saw.

For each past date weights are learned from the earlier dates whose outcome was over by then, and judged on that date
beside those of today. What is suggested in the end is learned in the same way from all dates; whether it is suggested
at all is decided by the dates that were judged, and applied only by a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from crm_success.scoring.engine.definitions import HealthBand, Metric, Scorecard
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.health import bands
from crm_success.scoring.engine.truth.back_test import check_sample, is_strictly_ordered, lapse_by_group
from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve
from crm_success.scoring.engine.truth.intervals import STANDARD_ERRORS, Estimate
from crm_success.scoring.engine.truth.learned_weights import STRENGTHS, Learner, PastPoints
from crm_success.scoring.engine.truth.pooled_areas import Judged, pooled_area, pooled_gain
from crm_success.scoring.engine.truth.suggested_thresholds import Thresholds, best_thresholds
from crm_success.scoring.engine.truth.weight_suggestion import (
	BandLapse,
	JudgedDate,
	SuggestedMetric,
	Suggestion,
)
from crm_success.scoring.engine.truth.whole_weights import shares_of

_BANDS = tuple(band.value for band in HealthBand)
# the area of drawing lots
_LOTS = 0.5
_RISK_OF_BAND = {band: float(place) for place, band in enumerate(_BANDS)}


@dataclass(frozen=True)
class _Scores:
	"""The customers of a date whom two scorecards both score: scores and bands of each, and who lapsed."""

	today: pd.Series
	learned: pd.Series
	bands_today: pd.Series
	bands_learned: pd.Series
	lapsed: pd.Series

	@property
	def by_score(self) -> Judged:
		return Judged(100.0 - self.learned, self.lapsed, 100.0 - self.today)

	@property
	def by_band(self) -> Judged:
		return Judged(self.bands_learned.map(_RISK_OF_BAND), self.lapsed, self.bands_today.map(_RISK_OF_BAND))


def suggest_weights(
	dates: Iterable[PastPoints], metrics: Sequence[Metric], scorecard: Scorecard, horizon: int
) -> Suggestion:
	"""What these dates say of the weights and thresholds of a scorecard; `horizon` in days, after each date.

	Raises ScoringError where no date can be judged by an earlier one, and where there is nothing to weigh.
	"""
	usable, left_out = _usable(dates, metrics, scorecard)
	search = _Search(Learner(metrics, scorecard), usable, horizon)
	_check(search, [error for _, error in left_out])
	return search.suggestion(tuple(day for day, _ in left_out))


class _Search:
	"""Every scorecard that is learned here is learned once, from the first `number` of the dates."""

	def __init__(self, learner: Learner, dates: Sequence[PastPoints], horizon: int) -> None:
		self.learner = learner
		self.dates = dates
		self.earlier = [
			sum(over.as_of + timedelta(horizon) <= each.as_of for over in dates) for each in dates
		]
		self._samples = [each.sample() for each in dates]
		self._paths: dict[int, list[Scorecard]] = {}
		self._chosen: dict[int, tuple[Scorecard, float | None]] = {}

	@property
	def judged(self) -> list[int]:
		"""The numbers of the dates that have earlier ones to learn from."""
		return [at for at, number in enumerate(self.earlier) if number]

	def suggestion(self, left_out: tuple[date, ...]) -> Suggestion:
		today = self.learner.scorecard
		learned, strength = self._learned(len(self.dates))
		scores = [self._compare(at, today, self._learned(self.earlier[at])[0]) for at in self.judged]
		gain = pooled_gain([each.by_score for each in scores])
		keeps_weights = gain.low <= 0 or learned == today
		card = today if keeps_weights else learned
		thresholds = self._thresholds(card, len(self.dates))
		in_bands = [self._in_bands(at, keeps_weights) for at in self.judged]
		band_gain = pooled_gain([each.by_band for each in in_bands])
		is_better = band_gain.low > 0 and _tell(in_bands)
		keeps_thresholds = thresholds == _thresholds_of(today) or (keeps_weights and not is_better)
		wanted = _thresholds_of(today) if keeps_thresholds else thresholds
		alone = [self._alone(at, strength) for at in range(len(self.dates))]
		bands_today = _lapse_of_bands((each.bands_today, each.lapsed) for each in in_bands)
		# those that were tried are no suggestion where they did not tell better
		bands_suggested = (
			bands_today
			if keeps_weights and keeps_thresholds
			else _lapse_of_bands((each.bands_learned, each.lapsed) for each in in_bands)
		)
		return Suggestion(
			scorecard=_with_thresholds(card, wanted),
			keeps_weights=keeps_weights,
			keeps_thresholds=keeps_thresholds,
			metrics=self._metrics(card, alone),
			dates=tuple(self._judged_date(at, each) for at, each in zip(self.judged, scores, strict=True)),
			gain=gain,
			band_gain=band_gain,
			bands_today=bands_today,
			bands_suggested=bands_suggested,
			moved=self._moved(learned, alone),
			left_out=left_out,
		)

	def _learned(self, number: int) -> tuple[Scorecard, float | None]:
		"""The scorecard that the first dates teach, and how strongly it is drawn back to today's; None: it is today's."""
		if number not in self._chosen:
			self._chosen[number] = self._choose(number)
		return self._chosen[number]

	def _choose(self, number: int) -> tuple[Scorecard, float | None]:
		inner = [
			(self._path(self.earlier[at]), self._samples[at]) for at in range(number) if self.earlier[at]
		]
		best = self._best(inner or self._halves(number))
		if best is None:
			return self.learner.scorecard, None
		return self._path(number)[best], STRENGTHS[best]

	def _path(self, number: int) -> list[Scorecard]:
		if number not in self._paths:
			self._paths[number] = self.learner.learn(self._samples[:number], STRENGTHS)
		return self._paths[number]

	def _halves(self, number: int) -> list[tuple[list[Scorecard], PastPoints]]:
		"""Where no date can judge another: what one half of the customers teaches, and the other half of each date."""
		names = pd.Index(sorted(set().union(*(each.lapsed.index for each in self._samples[:number]))))
		found = []
		for taught, judging in ((names[::2], names[1::2]), (names[1::2], names[::2])):
			halves = [each.of(each.lapsed.index.intersection(taught)) for each in self._samples[:number]]
			path = self.learner.learn(halves, STRENGTHS)
			found += [
				(path, each.of(each.lapsed.index.intersection(judging))) for each in self._samples[:number]
			]
		return found

	def _best(self, judged: Sequence[tuple[list[Scorecard], PastPoints]]) -> int | None:
		"""The strongest draw whose gain is not clearly less than the highest; None: today's weights do as well.

		Source: the one standard error rule of L. Breiman, J. H. Friedman, R. A. Olshen and C. J. Stone,
		"Classification and Regression Trees", 1984, section 3.4.3.
		"""
		risks = [self._risks(path, each) for path, each in judged]
		choices: list[list[Judged]] = [
			[Judged(of_date[at + 1], lapsed, of_date[0]) for of_date, lapsed in risks]
			for at in range(len(STRENGTHS))
		]
		gains = [pooled_gain(each).value for each in choices]
		best = max(range(len(gains)), key=lambda at: (gains[at], -at))
		if gains[best] <= 0:
			return None
		for at in range(-1, best):
			shortfall = pooled_gain([Judged(of[best + 1], lapsed, of[at + 1]) for of, lapsed in risks])
			if shortfall.value <= (shortfall.high - shortfall.low) / (2 * STANDARD_ERRORS):
				return None if at < 0 else at
		return best

	def _risks(self, path: Sequence[Scorecard], date_: PastPoints) -> tuple[list[pd.Series], pd.Series]:
		"""The risk by today's scorecard and by each of the path, of the customers whom all of them score."""
		cards = [self.learner.scorecard, *path]
		scores = [date_.scored(self.learner.all_metrics, card).score for card in cards]
		everywhere = pd.concat(scores, axis=1).notna().all(axis=1)
		return [100.0 - score[everywhere] for score in scores], date_.lapsed[everywhere]

	def _compare(self, at: int, today: Scorecard, learned: Scorecard) -> _Scores:
		one, two = (self.dates[at].scored(self.learner.all_metrics, card).score for card in (today, learned))
		both = one.notna() & two.notna()
		return _Scores(
			one[both],
			two[both],
			bands(one[both], today),
			bands(two[both], learned),
			self.dates[at].lapsed.loc[one.index][both],
		)

	def _in_bands(self, at: int, keeps_weights: bool) -> _Scores:
		"""Bands of today beside those that the earlier dates teach, with today's weights or with learned ones."""
		number, today = self.earlier[at], self.learner.scorecard
		card = today if keeps_weights else self._learned(number)[0]
		return self._compare(at, today, _with_thresholds(card, self._thresholds(card, number)))

	def _thresholds(self, card: Scorecard, number: int) -> Thresholds:
		"""Those that the first dates teach for a scorecard; its own where there are none."""
		scores = [
			(each.scored(self.learner.all_metrics, card).score, each.lapsed)
			for each in self._samples[:number]
		]
		return best_thresholds(scores, _thresholds_of(card)) or _thresholds_of(card)

	def _alone(self, at: int, strength: float | None) -> Scorecard:
		if strength is None:
			return self.learner.scorecard
		return self.learner.learn([self._samples[at]], (strength,))[0]

	def _metrics(self, card: Scorecard, alone: Sequence[Scorecard]) -> tuple[SuggestedMetric, ...]:
		metrics = self.learner.metrics
		today, suggested = shares_of(self.learner.scorecard, metrics), shares_of(card, metrics)
		by_date = [shares_of(each, metrics) for each in alone]
		leanings = self.learner.leanings(self._samples)
		return tuple(
			SuggestedMetric(
				metric=metric.key,
				dimension=metric.dimension,
				today=100 * today[metric.key],
				suggested=100 * suggested[metric.key],
				lowest=100 * min(shares[metric.key] for shares in by_date),
				highest=100 * max(shares[metric.key] for shares in by_date),
				leaning=leaning.leaning,
				area=leaning.area,
				known=leaning.known,
			)
			for metric, leaning in zip(metrics, leanings, strict=True)
		)

	def _moved(self, card: Scorecard, alone: Sequence[Scorecard]) -> float:
		shares = shares_of(card, self.learner.metrics)
		others = [shares_of(each, self.learner.metrics) for each in alone]
		apart = [sum(abs(other[key] - share) for key, share in shares.items()) / 2 for other in others]
		return 100 * sum(apart) / len(apart)

	def _judged_date(self, at: int, scores: _Scores) -> JudgedDate:
		return JudgedDate(
			as_of=self.dates[at].as_of,
			learned_from=tuple(each.as_of for each in self.dates[: self.earlier[at]]),
			customers=len(scores.lapsed),
			lapsed=int(scores.lapsed.sum()),
			today=area_under_curve(100.0 - scores.today, scores.lapsed),
			suggested=area_under_curve(100.0 - scores.learned, scores.lapsed),
			gain=area_gain(100.0 - scores.learned, 100.0 - scores.today, scores.lapsed),
		)


def _usable(
	dates: Iterable[PastPoints], metrics: Sequence[Metric], scorecard: Scorecard
) -> tuple[list[PastPoints], list[tuple[date, ScoringError]]]:
	"""The dates that are large enough, the earliest first, and those that are not."""
	usable: list[PastPoints] = []
	left_out: list[tuple[date, ScoringError]] = []
	for each in sorted(dates, key=lambda one: one.as_of):
		score = each.scored(metrics, scorecard).score
		try:
			check_sample(each.lapsed.loc[score.index][score.notna()])
			usable.append(each)
		except ScoringError as error:
			left_out.append((each.as_of, error))
	return usable, left_out


def _check(search: _Search, refusals: Sequence[ScoringError]) -> None:
	if not search.dates and refusals:
		raise refusals[-1]
	if not search.judged:
		raise ScoringError(
			"Weights are learned from one date and judged on a later one, and no date comes late enough after another: the "
			"horizon of the earlier one must be over by then. Take earlier dates too."
		)


def _thresholds_of(card: Scorecard) -> Thresholds:
	return Thresholds(card.healthy_from, card.watch_from)


def _with_thresholds(card: Scorecard, thresholds: Thresholds) -> Scorecard:
	return replace(card, healthy_from=thresholds.healthy_from, watch_from=thresholds.watch_from)


def _tell(dates: Sequence[_Scores]) -> bool:
	"""Whether the bands of the learned thresholds tell anything at all, and a worse one lapsed more."""
	groups = lapse_by_group(
		pd.concat([each.bands_learned for each in dates], ignore_index=True),
		pd.concat([each.lapsed for each in dates], ignore_index=True),
		_BANDS,
	)
	bands_alone = [Judged(each.by_band.risk, each.lapsed) for each in dates]
	return is_strictly_ordered(groups, _BANDS) and pooled_area(bands_alone).low > _LOTS


def _lapse_of_bands(dates: Iterable[tuple[pd.Series, pd.Series]]) -> tuple[BandLapse, ...]:
	parts = list(dates)
	groups = pd.concat([names for names, _ in parts], ignore_index=True)
	lapsed = pd.concat([each for _, each in parts], ignore_index=True)
	rows = lapse_by_group(groups, lapsed, _BANDS)
	return tuple(
		BandLapse(
			str(band),
			int(row["customers"]),
			int(row["lapsed"]),
			Estimate(float(row["share"]), float(row["low"]), float(row["high"]))
			if row["customers"]
			else None,
		)
		for band, row in rows.iterrows()
	)
