"""What the form of a Score Back-test shows of suggested weights, and what it enters into a scorecard. Saves nothing."""

from collections.abc import Iterable
from functools import partial
from itertools import groupby
from typing import Any

import frappe
from frappe import _
from frappe.utils.formatters import format_value

from crm_success.record_checks.field_errors import bold
from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BACK_TEST, DIMENSION, METRIC, SCORECARD
from crm_success.scoring.backtest.suggestion_records import (
	Kept,
	Today,
	changes_since,
	kept_suggestions,
	today_of,
	values_to_enter,
)
from crm_success.scoring.engine.truth.weight_suggestion import SuggestedMetric, Suggestion
from crm_success.scoring.reader_words import reader_language
from crm_success.scoring.shared.back_test_words import Reader
from crm_success.scoring.shared.suggestion_words import Names, SuggestionWords

Picture = dict[str, Any]


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def suggested_weights(back_test: str) -> list[Picture]:
	"""What is suggested for each scorecard, with all words, in the reader's language."""
	frappe.has_permission(BACK_TEST, "read", throw=True)
	frappe.get_doc(BACK_TEST, back_test).check_permission("read")
	return [_card(kept) for kept in kept_suggestions(back_test)]


@frappe.whitelist(methods=["POST"])
@of_bounded_size
def weights_to_enter(back_test: str, scorecard: str) -> Picture:
	"""The suggested weights and thresholds by the present names, for a form that a person then saves, or not."""
	frappe.has_permission(SCORECARD, "write", throw=True)
	frappe.has_permission(SCORECARD, "write", doc=scorecard, throw=True)
	frappe.get_doc(BACK_TEST, back_test).check_permission("read")
	found = [kept for kept in kept_suggestions(back_test) if kept.scorecard == scorecard and _is_change(kept)]
	if not found:
		message = _("This back-test suggests nothing for {0}.")
		frappe.throw(message.format(bold(_(scorecard, context=SCORECARD))))
	return values_to_enter(found[0].card, today_of(scorecard, found[0].card))


def _card(kept: Kept) -> Picture:
	today = today_of(kept.scorecard, kept.card) if kept.scorecard else None
	words, found = _words(today), kept.card.found
	return {
		"scorecard": kept.scorecard,
		"title": _(kept.scorecard or kept.card.scorecard.name, context=SCORECARD),
		"sentences": list(words.sentences(kept.card)),
		"notes": _notes(kept, today),
		"dimensions": list(_dimensions(found, words)) if found else [],
		"bands": list(_bands(found, words)) if found else [],
		"may_enter": bool(today and _is_change(kept) and _may_edit(kept.scorecard)),
	}


def _notes(kept: Kept, today: Today | None) -> list[str]:
	"""What to know of a suggestion before it is tried; nothing where none was found."""
	if today is None:
		return [_("This scorecard has been deleted since.")]
	return list(changes_since(kept.card, today)) if kept.card.found else []


def _is_change(kept: Kept) -> bool:
	found = kept.card.found
	return found is not None and not (found.keeps_weights and found.keeps_thresholds)


def _may_edit(scorecard: str) -> bool:
	return bool(frappe.has_permission(SCORECARD, "write", doc=scorecard))


def _words(today: Today | None) -> SuggestionWords:
	names = {key: row["name"] for key, row in today.metrics.items()} if today else {}
	reader = Reader(reader_language(), lambda day: format_value(day, "Date"))

	def metric(key: str) -> str:
		return _(names.get(key, key), context=METRIC)

	return SuggestionWords(reader, Names(metric, partial(_, context=DIMENSION)))


def _dimensions(found: Suggestion, words: SuggestionWords) -> Iterable[Picture]:
	"""The metrics of each dimension below it, in the scorecard's own order of metrics."""
	order = list(dict.fromkeys(metric.dimension for metric in found.metrics))
	metrics = sorted(found.metrics, key=lambda metric: order.index(metric.dimension))
	for dimension, rows in groupby(metrics, key=lambda metric: metric.dimension):
		members = list(rows)
		yield {
			"label": words.names.dimension(dimension),
			"today": words.share(sum(metric.today for metric in members)),
			"suggested": words.share(sum(metric.suggested for metric in members)),
			"metrics": [_metric(metric, words) for metric in members],
		}


def _metric(metric: SuggestedMetric, words: SuggestionWords) -> Picture:
	return {
		"label": words.names.metric(metric.metric),
		"today": words.share(metric.today),
		"suggested": words.share(metric.suggested),
		"spread": words.spread(metric),
		"why": words.why(metric),
	}


def _bands(found: Suggestion, words: SuggestionWords) -> Iterable[Picture]:
	for today, suggested in zip(found.bands_today, found.bands_suggested, strict=True):
		yield {
			"band": today.band,
			"label": _(today.band),
			"today": words.band(today),
			"suggested": words.band(suggested),
		}
