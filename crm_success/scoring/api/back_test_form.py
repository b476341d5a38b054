"""What the form of a Score Back-test draws: its figures with all words, in the reader's language. Computes no figure."""

from collections.abc import Iterable
from typing import Any

import frappe
from frappe import _
from frappe.utils.formatters import format_value

from crm_success.record_checks.sizes import of_bounded_size
from crm_success.record_names import BACK_TEST, HEALTH, SEGMENT
from crm_success.scoring.backtest.back_test_records import stored_figures
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.what_is_compared import Grouping
from crm_success.scoring.reader_words import reader_language
from crm_success.scoring.shared.back_test_words import BackTestWords, Reader
from crm_success.scoring.shared.past_figures import FoundFigures, GroupFigure, PastFigures

Picture = dict[str, Any]

# where the names of groups are translated
_CONTEXTS = {Grouping.STAGE: HEALTH, Grouping.SEGMENT: SEGMENT}


@frappe.whitelist(methods=["GET"])
@of_bounded_size
def picture(back_test: str) -> Picture:
	"""The verdict, and the figures of each date, the newest first; before the end only why there are none."""
	frappe.has_permission(BACK_TEST, "read", throw=True)
	doc = frappe.get_doc(BACK_TEST, back_test)
	doc.check_permission("read")
	words, figures = back_test_words(), stored_figures(doc.figures)
	return {
		"verdict": words.verdict(figures),
		"refusal": words.phrase(figures.refusal) if figures.refusal else "",
		"is_outdated": is_outdated(doc.definitions_version),
		"dates": [_date(each, words) for each in reversed(figures.dates)],
	}


def back_test_words() -> BackTestWords:
	"""Words in the language of the request."""
	return BackTestWords(Reader(reader_language(), lambda day: format_value(day, "Date"), _name))


def _name(grouping: Grouping, name: str) -> str:
	return _(name, context=_CONTEXTS.get(grouping))


def is_outdated(version: str | None) -> bool:
	"""Whether customers were last scored by other definitions than these."""
	now = frappe.db.get_value(
		HEALTH, {"definitions_version": ("is", "set")}, "definitions_version", order_by="as_of desc"
	)
	return bool(now and version) and now != version


def _date(figures: PastFigures, words: BackTestWords) -> Picture:
	head = {"day": str(figures.as_of), "summary": words.summary(figures)}
	found = figures.found
	if found is None:
		return head
	return {
		**head,
		"notes": [*words.left_out(figures), *words.about_risk(figures.about_risk)],
		"areas": [
			{
				"label": words.number(figure.number),
				"words": words.cases(figure.area),
				"note": words.beside_score(figure.gain),
				**_bounds(figure.area),
			}
			for figure in found.areas
		],
		"groups": [_groups(grouping, found, words) for grouping in Grouping],
		"calls": words.calls(found.calls),
		"lost": words.lost(found.calls, figures.currency),
		"lost_called": found.calls.lost_revenue_called,
		"lost_not_called": found.calls.lost_revenue_not_called,
		"risk_error": "" if found.risk_error is None else words.risk_error(found.risk_error),
		"risks": [
			{
				"told": figure.told,
				"words": words.risk(figure),
				"customers": words.count(figure.customers),
				"happened": words.share(figure.share),
				**_bounds(figure.share),
			}
			for figure in found.risks
		],
	}


def _groups(grouping: Grouping, found: FoundFigures, words: BackTestWords) -> Picture:
	return {
		"title": words.grouping(grouping),
		"by": grouping.value,
		"rows": [_group(figure, words) for figure in _with_customers(grouping, found.groups_by(grouping))],
	}


def _with_customers(grouping: Grouping, figures: Iterable[GroupFigure]) -> list[GroupFigure]:
	"""A band that nobody is in is worth a row, a stage or a segment is not."""
	return [figure for figure in figures if figure.customers or grouping is Grouping.BAND]


def _group(figure: GroupFigure, words: BackTestWords) -> Picture:
	return {
		"group": figure.group,
		"label": words.group(figure),
		"customers": words.count(figure.customers),
		"words": words.share(figure.share),
		**_bounds(figure.share),
	}


def _bounds(estimate: Estimate | None) -> dict[str, float | None]:
	if estimate is None:
		return {"value": None, "low": None, "high": None}
	return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
