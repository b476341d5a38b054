"""Learns weights from past dates whose outcome is known. Does not know how well they tell on later ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Metric, Scorecard, Weight
from crm_success.scoring.engine.health import HealthResult, health_scores
from crm_success.scoring.engine.truth.metric_leanings import MetricLeaning, leaning_of
from crm_success.scoring.engine.truth.weighed_points import Array, Flags, WeighedPoints
from crm_success.scoring.engine.truth.weight_search import Evidence, mean_loss, search_shares
from crm_success.scoring.engine.truth.weight_suggestion import Leaning
from crm_success.scoring.engine.truth.whole_weights import shares_of, weighed_metrics, with_shares

# of a date: more of them would move the weights by less than a part or two in a hundred
MOST_LEARNED = 10_000
# of the score: what decides less is left out, so that a scorecard stays short
LEAST_SHARE = 0.01
# what weights are drawn back to today's by (see weight_search.py), the strongest first
STRENGTHS = (0.05, 0.015, 0.005, 0.0015, 0.0005, 0.00015)


@dataclass(frozen=True)
class PastPoints:
	"""The customers of a scorecard who had bought by the day `as_of`, and whether they bought nothing in the horizon.

	`raw` (metric units) and `points` (0-100) are customers x metric keys, NaN or no column where missing; `lapsed` holds
	booleans. All have one index.
	"""

	as_of: date
	raw: pd.DataFrame
	points: pd.DataFrame
	lapsed: pd.Series

	def scored(self, metrics: Sequence[Metric], scorecard: Scorecard) -> HealthResult:
		"""The scores as a run would have given them, caps included."""
		return health_scores(self.raw, self.points, metrics, scorecard)

	def of(self, customers: pd.Index) -> "PastPoints":
		"""Those customers only."""
		return replace(
			self,
			raw=self.raw.loc[customers],
			points=self.points.loc[customers],
			lapsed=self.lapsed.loc[customers],
		)

	def sample(self) -> "PastPoints":
		"""An even sample of MOST_LEARNED at most, in the order of the names: the same in whatever order they come."""
		names = self.lapsed.index.sort_values()
		number = min(len(names), MOST_LEARNED)
		return self.of(names[np.arange(number) * len(names) // max(number, 1)])


class Learner:
	"""Learns for one scorecard."""

	def __init__(self, metrics: Sequence[Metric], scorecard: Scorecard) -> None:
		self.all_metrics = tuple(metrics)
		self.scorecard = scorecard
		self.metrics = weighed_metrics(metrics, scorecard)
		self._today = shares_of(scorecard, self.metrics)
		names = list(dict.fromkeys(metric.dimension for metric in self.metrics))
		self._groups = np.array([names.index(metric.dimension) for metric in self.metrics], dtype=np.int64)

	def leanings(self, dates: Sequence[PastPoints]) -> list[MetricLeaning]:
		"""Of each metric of the scorecard, by its points after the treatment of missing values."""
		treated = [self._treated(each) for each in dates]
		return [
			leaning_of(
				metric.key,
				[(points[metric.key], each.lapsed) for points, each in zip(treated, dates, strict=True)],
			)
			for metric in self.metrics
		]

	def learn(self, dates: Sequence[PastPoints], strengths: tuple[float, ...]) -> list[Scorecard]:
		"""For each strength the scorecard with the weights that these dates teach; today's where they teach nothing.

		A metric that tells the wrong way gets 0. One that is hardly known keeps its place: its dimension's weight where
		none in it is known, else its part of that. Weights that tell these dates worse than today's are not taken.
		"""
		leanings = [each.leaning for each in self.leanings(dates)]
		learned = np.array([each in (Leaning.TELLING, Leaning.NOT_TELLING) for each in leanings], dtype=bool)
		if not learned.any():
			return [self.scorecard] * len(strengths)
		unknown = np.array([each is Leaning.UNKNOWN for each in leanings], dtype=bool)
		evidence = self._evidence(dates)
		found = _searched(evidence, learned, self._array(self._today), strengths)
		return [self._not_worse(evidence, self._with_unknown(shares, unknown)) for shares in found]

	def _not_worse(self, evidence: Evidence, shares: Array) -> Scorecard:
		by_key = dict(zip((metric.key for metric in self.metrics), shares.tolist(), strict=True))
		card = with_shares(self.scorecard, self.metrics, by_key)
		today, whole = self._array(self._today), self._array(shares_of(card, self.metrics))
		scored_by_both = evidence.of_customers(
			evidence.weighed.counts(today) & evidence.weighed.counts(whole)
		)
		return card if mean_loss(scored_by_both, whole) < mean_loss(scored_by_both, today) else self.scorecard

	def _with_unknown(self, shares: Array, unknown: Flags) -> Array:
		"""`shares` of what could be learned, with those that could not be where they are today."""
		today, whole = self._array(self._today), np.zeros(len(shares))
		members = [self._groups == group for group in range(self._groups.max() + 1)]
		hidden = [of_group for of_group in members if not (of_group & ~unknown).any()]
		left = 1 - sum(today[of_group].sum() for of_group in hidden)
		for of_group in members:
			inside = today[of_group].sum()
			kept = np.where(of_group & unknown, today, 0.0) / (inside or 1.0)
			taught = np.where(of_group, shares, 0.0)
			wanted = taught.sum() * left if (of_group & ~unknown).any() else inside
			parts = taught / (taught.sum() or 1.0) * (1 - kept.sum()) + kept
			whole += wanted * parts
		return np.asarray(whole)

	def _array(self, shares: dict[str, float]) -> Array:
		return np.array([shares[metric.key] for metric in self.metrics])

	def _treated(self, date: PastPoints) -> pd.DataFrame:
		alike = replace(
			self.scorecard,
			dimensions=tuple(Weight(row.name, 1.0) for row in self.scorecard.dimensions),
			metrics=tuple(Weight(metric.key, 1.0) for metric in self.metrics),
			caps=(),
		)
		return date.scored(self.metrics, alike).points

	def _evidence(self, dates: Sequence[PastPoints]) -> Evidence:
		treated = [self._treated(each).to_numpy(dtype="float64") for each in dates]
		points = np.ascontiguousarray(np.concatenate(treated).T) / 100
		observed = ~np.isnan(points)
		return Evidence(
			WeighedPoints(np.where(observed, points, 0.0), observed.astype("float64"), self._groups),
			np.concatenate([each.lapsed.to_numpy(dtype="float64") for each in dates]),
			np.repeat(np.arange(len(dates)), [len(each.lapsed) for each in dates]),
		)


def _searched(evidence: Evidence, learned: Flags, today: Array, strengths: tuple[float, ...]) -> list[Array]:
	"""Shares over all metrics, 0 for those that are not `learned` and for those that would decide next to nothing."""

	def search(kept: Flags, wanted: tuple[float, ...]) -> list[Array]:
		found = search_shares(evidence.of_metrics(kept), _normalised(today[kept]), wanted)
		return [_placed(shares, kept) for shares in found]

	def without_the_least(shares: Array, strength: float) -> Array:
		kept = shares >= LEAST_SHARE
		again = shares if kept.sum() == learned.sum() else search(kept, (strength,))[0]
		return _normalised(np.where(again >= LEAST_SHARE, again, 0.0))

	return [without_the_least(*each) for each in zip(search(learned, strengths), strengths, strict=True)]


def _normalised(shares: Array) -> Array:
	"""With a sum of 1; all alike where there is nothing."""
	whole = shares.sum()
	return np.asarray(shares / whole if whole else np.full(len(shares), 1 / len(shares)))


def _placed(shares: Array, kept: Flags) -> Array:
	places = np.zeros(len(kept))
	places[kept] = shares
	return places
