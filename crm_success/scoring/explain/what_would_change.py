"""What an unsaved scorecard would do to scores and bands, on the documents of today. Saves nothing.

The same values are judged twice, by the scorecards as they are saved and as they would be, and by the cut points
that a run of today would go by: what differs comes from the scorecard alone, and what would be equals what saving it
and scoring everybody gives. Where that takes new cut points of too many customers to read while somebody waits, they
are those of a sample, and the answer says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import frappe
import pandas as pd

from crm_success.batches.messages import INFO
from crm_success.record_names import HEALTH
from crm_success.scoring.bands import BANDS
from crm_success.scoring.calibrations import last_day_of, read_calibration, usable_calibration
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Filter, Metric
from crm_success.scoring.engine.health import bands, health_scores
from crm_success.scoring.engine.measures import needed_metrics
from crm_success.scoring.engine.pipeline import metric_points
from crm_success.scoring.explain.sampling import (
	ValueReader,
	customers_of,
	has_forecasts,
	keys_of,
	reader_of,
	visible,
)
from crm_success.scoring.frozen_definitions import FrozenDefinitions, freeze
from crm_success.scoring.shared.calibrating import take_calibration
from crm_success.scoring.shared.samples import even_sample

MOVERS = 10
# so many customers are scored while somebody waits: shares of an even sample are right to within one percent
SAMPLE = 10_000
ENDS = (*BANDS, "No Score")


def what_would_change(scorecard: Mapping[str, Any], as_of: date) -> dict[str, Any]:
	"""Moves between bands, scores before and after and the biggest movers, of those whom the scorecard concerns.

	`scorecard` is a checked record by its field names, as it would be saved. It concerns the customers that it
	scores now or would score, and those that another one would score instead.
	"""
	found = compare(scorecard, as_of)
	seen, compared = found.seen, found.compared
	return {
		"customers": len(seen),
		"concerned": found.concerned,
		"compared": len(compared),
		"taken_before": int((seen["before"] == scorecard["name"]).sum()),
		"taken_after": int((seen["after"] == scorecard["name"]).sum()),
		"overridden": len(found.judging.overrides),
		"bands": _matrix(compared),
		"average_before": _average(compared["score_before"]),
		"average_after": _average(compared["score_after"]),
		"movers": _movers(compared, seen),
		"cut_points": found.judging.cut_points.facts(),
		"messages": list(found.messages),
	}


def compare(scorecard: Mapping[str, Any], as_of: date) -> "Comparison":
	"""Both scores of those whom the scorecard concerns, or of an even sample of them."""
	now, then = freeze(as_of), freeze(as_of, scorecard)
	cards = _cards(now, then, as_of)
	seen = cards.loc[visible(cards.index)]
	concerned = seen.index[_is_concerned(seen, scorecard["name"])]
	chosen = even_sample(concerned, SAMPLE)
	judging = _judging(now, then, as_of, chosen, cards.index)
	compared = judging.of(cards.loc[chosen, "before"], now).join(
		judging.of(cards.loc[chosen, "after"], then), lsuffix="_before", rsuffix="_after"
	)
	messages = tuple(message.reason for message in then.messages if message.severity != INFO)
	return Comparison(seen, len(concerned), judging, compared, messages)


def _cards(now: FrozenDefinitions, then: FrozenDefinitions, as_of: date) -> pd.DataFrame:
	"""For each customer, the scorecard that scores it and the one that would: `before` and `after`, "" for none."""
	before = customers_of(now, as_of).fillna("")
	# who gets which scorecard is read once more only where that may have changed
	same = _takers(now) == _takers(then)
	return pd.DataFrame({"before": before, "after": before if same else customers_of(then, as_of).fillna("")})


def _takers(frozen: FrozenDefinitions) -> list[tuple[str, tuple[Filter, ...]]]:
	"""What decides who gets which scorecard: their names and filters, in the order they are tried."""
	return [(card.name, card.filters) for card in frozen.definitions.scorecards]


def _is_concerned(cards: pd.DataFrame, scorecard: str) -> pd.Series:
	return (cards == scorecard).any(axis=1) | (cards["before"] != cards["after"])


@dataclass(frozen=True)
class _CutPoints:
	"""Those that a run of today would go by: stored ones, or new ones of `read` of all `customers`."""

	calibration: Calibration
	is_new: bool
	read: int
	customers: int

	def facts(self) -> dict[str, Any]:
		"""`last_day` is the last one on which runs go by them: none, where each run takes new ones."""
		return {
			"as_of": str(self.calibration.as_of),
			"last_day": None if self.is_new else str(last_day_of(self.calibration)),
			"is_new": self.is_new,
			"read": self.read,
			"customers": self.customers,
		}


@dataclass(frozen=True)
class _Judging:
	"""Values and points of some customers, and the scores that people have set instead."""

	cut_points: _CutPoints
	metrics: tuple[Metric, ...]
	raw: pd.DataFrame
	points: pd.DataFrame
	overrides: pd.Series

	def of(self, cards: pd.Series, frozen: FrozenDefinitions) -> pd.DataFrame:
		"""The score and band that each customer shows under its scorecard."""
		shown = pd.DataFrame({"score": float("nan"), "band": None}, index=cards.index, dtype=object)
		shown["score"] = shown["score"].astype("float64")
		for card in frozen.definitions.scorecards:
			rows = cards.index[cards == card.name]
			if len(rows):
				result = health_scores(self.raw.loc[rows], self.points.loc[rows], self.metrics, card)
				score = self.overrides.reindex(rows).fillna(result.score)
				shown.loc[rows, "score"] = score
				shown.loc[rows, "band"] = bands(score, card)
		return shown


def _judging(
	now: FrozenDefinitions, then: FrozenDefinitions, as_of: date, chosen: pd.Index, everybody: pd.Index
) -> _Judging:
	metrics = _metrics_of(now, then)
	cut_points = _cut_points(then, as_of, everybody, has_forecasts(metrics))
	reader = ValueReader(metrics, then, as_of, cut_points.calibration)
	raw = reader.values(keys_of(chosen, len(everybody)), chosen)
	points = {
		metric.key: metric_points(metric, raw[metric.key], cut_points.calibration) for metric in metrics
	}
	return _Judging(cut_points, metrics, raw, pd.DataFrame(points, index=chosen), _overrides(chosen, as_of))


@dataclass(frozen=True)
class Comparison:
	"""The scorecards `before` and `after` of all whom the user may see, how many of them the change concerns, and of
	those compared `score_before`, `band_before`, `score_after` and `band_after`.
	"""

	seen: pd.DataFrame
	concerned: int
	judging: _Judging
	compared: pd.DataFrame
	messages: tuple[str, ...]


def _metrics_of(now: FrozenDefinitions, then: FrozenDefinitions) -> tuple[Metric, ...]:
	"""The metrics that decide a score before or after, and those that their formulas need."""
	cards = (*now.definitions.scorecards, *then.definitions.scorecards)
	weighed = {row.name for card in cards for row in card.metrics if row.weight > 0}
	capping = {cap.metric for card in cards for cap in card.caps}
	return needed_metrics(then.definitions.metrics, weighed | capping)


def _cut_points(
	frozen: FrozenDefinitions, as_of: date, everybody: pd.Index, is_risk_needed: bool
) -> _CutPoints:
	"""Those in force, or else new ones, taken as a run takes them."""
	customers = len(everybody)
	name = usable_calibration(customers, frozen, as_of)
	if name:
		return _CutPoints(read_calibration(name), is_new=False, read=0, customers=customers)
	chosen = even_sample(everybody, SAMPLE)
	ranges = [(keys_of(chosen, customers), len(chosen))]
	calibration = take_calibration(
		lambda metrics: reader_of(metrics, frozen, as_of),
		frozen.definitions,
		as_of,
		ranges,
		after_each=lambda number: None,
		is_risk_needed=is_risk_needed,
	)
	return _CutPoints(calibration, is_new=True, read=len(chosen), customers=customers)


def _overrides(customers: pd.Index, as_of: date) -> pd.Series:
	filters = {"override_until": (">=", as_of)}
	rows = frappe.get_all(HEALTH, filters=filters, fields=["customer", "override_score"], as_list=True)
	scores = pd.Series(dict(rows), dtype="float64")
	return scores[scores.index.isin(customers)]


def _matrix(compared: pd.DataFrame) -> dict[str, dict[str, int]]:
	"""How many customers go from each band (outer) to each (inner)."""
	counts = compared[["band_before", "band_after"]].fillna(ENDS[-1]).value_counts()
	return {before: {after: int(counts.get((before, after), 0)) for after in ENDS} for before in ENDS}


def _average(scores: pd.Series) -> float | None:
	return None if scores.isna().all() else float(scores.mean())


def _movers(compared: pd.DataFrame, cards: pd.DataFrame) -> list[dict[str, Any]]:
	"""The customers whose score would move most, the farthest first."""
	change = (compared["score_after"] - compared["score_before"]).round(2)
	farthest = change[change.abs() > 0].abs().nlargest(MOVERS).index.tolist()
	names = dict(
		frappe.get_all(
			"Customer", filters={"name": ("in", farthest)}, fields=["name", "customer_name"], as_list=True
		)
	)
	return [
		{
			"customer": customer,
			"customer_name": names.get(customer) or customer,
			"change": float(change[customer]),
			# a number of numpy's is none to version 16's JSON
			**{
				f"score_{when}": float(compared.at[customer, f"score_{when}"]) for when in ("before", "after")
			},
			**{f"band_{when}": compared.at[customer, f"band_{when}"] for when in ("before", "after")},
			"scorecard_before": cards.at[customer, "before"],
			"scorecard_after": cards.at[customer, "after"],
		}
		for customer in farthest
	]
