"""Suggested weights as a back-test keeps them, and as they could be entered into a scorecard of today. Saves no scorecard."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import flt

from crm_success.record_names import BACK_TEST, BACK_TEST_SUGGESTION, METRIC, SCORECARD
from crm_success.scoring.engine.definitions import Scorecard, from_json, to_json
from crm_success.scoring.engine.records import scorecards_from_records
from crm_success.scoring.engine.truth.weight_suggestion import SuggestedMetric
from crm_success.scoring.shared.kept_suggestions import CardSuggestion

# weights that differ by less were not edited
_SAME = 1e-6


@dataclass(frozen=True)
class Kept:
	"""A suggestion, and what its scorecard is called today: "" once it is deleted."""

	scorecard: str
	card: CardSuggestion


@dataclass(frozen=True)
class Today:
	"""A scorecard and its metrics as they are now. `metrics`: by key, those that are there, with name, enabled, dimension."""

	doc: Any
	metrics: Mapping[str, Mapping[str, Any]]

	@property
	def weighed(self) -> set[str]:
		"""The names of the metrics that it lists."""
		return {row.metric for row in self.doc.metrics}


def keep_suggestions(back_test: str, cards: Iterable[CardSuggestion]) -> None:
	"""Write them in place of earlier ones, without committing; a scorecard that is gone by now is left out."""
	frappe.db.delete(BACK_TEST_SUGGESTION, {"parent": back_test})
	there = set(frappe.get_all(SCORECARD, pluck="name"))
	for number, card in enumerate((card for card in cards if card.scorecard.name in there), start=1):
		row = frappe.new_doc(BACK_TEST_SUGGESTION)
		place = {"parenttype": BACK_TEST, "parent": back_test, "parentfield": "suggestions", "idx": number}
		# no HTML for the desk to find
		text = to_json(card).replace("<", "\\u003c")
		row.update({**place, "scorecard": card.scorecard.name, "suggestion": text})
		row.db_insert()


def kept_suggestions(back_test: str) -> list[Kept]:
	"""Those of a back-test, in the order in which its scorecards were tried."""
	rows = frappe.get_all(
		BACK_TEST_SUGGESTION, {"parent": back_test}, ["scorecard", "suggestion"], order_by="idx"
	)
	return [Kept(row.scorecard or "", from_json(CardSuggestion, row.suggestion)) for row in rows]


def today_of(scorecard: str, card: CardSuggestion) -> Today:
	"""The scorecard of that name as it is saved, and the metrics that the suggestion names."""
	keys = [row.name for row in card.scorecard.metrics]
	found = frappe.get_all(
		METRIC, {"metric_key": ("in", keys)}, ["name", "metric_key", "enabled", "dimension"]
	)
	return Today(frappe.get_doc(SCORECARD, scorecard), {row.metric_key: row for row in found})


def values_to_enter(card: CardSuggestion, today: Today) -> dict[str, Any]:
	"""Weights by the present names of dimensions and metrics, and the thresholds.

	Refuses where metrics have gone to other dimensions since, because their weights would mean something else.
	"""
	suggested = card.found.scorecard if card.found else card.scorecard
	dimensions = _present_dimensions(card, today)
	return {
		"scorecard": today.doc.name,
		"dimensions": {dimensions.get(row.name, row.name): row.weight for row in suggested.dimensions},
		"metrics": {
			today.metrics[row.name]["name"]: row.weight
			for row in suggested.metrics
			if row.name in today.metrics
		},
		"healthy_from": suggested.healthy_from,
		"watch_from": suggested.watch_from,
		"notes": list(changes_since(card, today)),
	}


def changes_since(card: CardSuggestion, today: Today) -> Iterator[str]:
	"""What has changed since the back-test began, so far as it matters for what is suggested."""
	gone = [_label(metric, today) for metric in _metrics(card) if not _is_weighed(metric, today)]
	if gone:
		yield _("No longer weighed by this scorecard: {0}.").format(", ".join(gone))
	known = {
		today.metrics[metric.metric]["name"] for metric in _metrics(card) if metric.metric in today.metrics
	}
	added = [_(name, context=METRIC) for name in sorted(today.weighed - known)]
	if added:
		yield _("Not known to the back-test, their weights stay as they are: {0}.").format(", ".join(added))
	if not today.doc.enabled:
		yield _("The scorecard has been disabled since.")
	if not gone and not added and _is_edited(card, today):
		yield _(
			"The scorecard has been edited since the back-test. What Would Change compares with it as it is now."
		)


def _metrics(card: CardSuggestion) -> tuple[SuggestedMetric, ...]:
	return card.found.metrics if card.found else ()


def _label(metric: SuggestedMetric, today: Today) -> str:
	found = today.metrics.get(metric.metric)
	return _(found["name"], context=METRIC) if found else metric.metric


def _is_weighed(metric: SuggestedMetric, today: Today) -> bool:
	found = today.metrics.get(metric.metric)
	return bool(found and found["enabled"] and found["name"] in today.weighed)


def _present_dimensions(card: CardSuggestion, today: Today) -> dict[str, str]:
	"""What each dimension is called now, by where its metrics are."""
	present: dict[str, set[str]] = {}
	for metric in _metrics(card):
		if _is_weighed(metric, today):
			present.setdefault(metric.dimension, set()).add(today.metrics[metric.metric]["dimension"])
	names = [name for found in present.values() for name in found]
	if any(len(found) > 1 for found in present.values()) or len(set(names)) < len(names):
		frappe.throw(
			_("Metrics have gone to other dimensions since this back-test. Start a new one."),
			title=_("Weights Not Entered"),
		)
	return {name: found.pop() for name, found in present.items()}


def _is_edited(card: CardSuggestion, today: Today) -> bool:
	"""Whether weights, bands or caps differ from those that were tested; names do not count."""
	keys = {found["name"]: key for key, found in today.metrics.items()}
	(now,) = scorecards_from_records([{**today.doc.as_dict(), "enabled": 1}], keys)
	return _decisive(now) != _decisive(card.scorecard)


def _decisive(card: Scorecard) -> tuple[Any, ...]:
	return (
		sorted(_rounded(row.weight) for row in card.dimensions),
		sorted((row.name, _rounded(row.weight)) for row in card.metrics),
		(_rounded(card.healthy_from), _rounded(card.watch_from)),
		card.caps,
	)


def _rounded(number: float) -> float:
	return round(flt(number), 6)
