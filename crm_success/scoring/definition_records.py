"""The records that administrators edit, as the engine's frozen definitions. Judges no customer.

A record that cannot be used is left out and named in a message, so that one mistake never stops a run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

import frappe
from frappe import _

from crm_success.batches.messages import ERROR, WARNING, Message
from crm_success.record_checks.phrases import in_words
from crm_success.record_names import DIMENSION, METRIC, SCORECARD, SEGMENT, SETTINGS
from crm_success.scoring.engine.definitions import Definitions, Limits, Metric, Scorecard, Segment
from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.measure_table import WITHOUT_DOCUMENTS
from crm_success.scoring.engine.records import (
	limits_from_record,
	metric_from_record,
	scorecards_from_records,
	segments_from_records,
)
from crm_success.scoring.engine.scales import check_scale
from crm_success.scoring.money import money_on
from crm_success.scoring.source_tables import parent_doctype_for

T = TypeVar("T")


def read_definitions(
	as_of: date, unsaved_scorecard: Mapping[str, Any] | None = None
) -> tuple[Definitions, list[Message]]:
	"""Everything enabled that decides a score on that day, and what had to be left out.

	With `unsaved_scorecard`, a record by its field names, as things would be once it is saved.
	"""
	messages: list[Message] = []
	metrics = _metrics(messages)
	keys = {metric.label: metric.key for metric in metrics}
	money, about_money = money_on(as_of)
	definitions = Definitions(
		metrics=metrics,
		dimensions=tuple(frappe.get_all(DIMENSION, pluck="name", order_by="sequence, name")),
		scorecards=_scorecards(keys, messages, unsaved_scorecard),
		segments=_segments(messages),
		limits=read_limits(),
		money=money,
	)
	return definitions, messages + about_money


def read_limits() -> Limits:
	"""The limits among the settings."""
	return limits_from_record(frappe.get_cached_doc(SETTINGS).as_dict())


def metric_of(record: Mapping[str, Any]) -> Metric:
	"""A Health Metric's values as a definition, with the parent through which a child table is read."""
	parent = record.get("parent_doctype") or ""
	if not parent and record.get("measure") not in WITHOUT_DOCUMENTS:
		parent = parent_doctype_for(record.get("source_doctype") or "", record.get("customer_field") or "")
	return metric_from_record({**record, "parent_doctype": parent})


def _metrics(messages: list[Message]) -> tuple[Metric, ...]:
	records = _records(METRIC, {"bands": "Health Metric Band"}, order_by="creation, metric_key")
	return tuple(_usable(records, _judgeable_metric, METRIC, messages))


def _judgeable_metric(record: Mapping[str, Any]) -> Metric:
	metric = metric_of(record)
	check_scale(metric.scale)
	return metric


def _scorecards(
	keys: Mapping[str, str], messages: list[Message], unsaved: Mapping[str, Any] | None
) -> tuple[Scorecard, ...]:
	children = {
		"dimensions": "Health Scorecard Dimension",
		"metrics": "Health Scorecard Metric",
		"caps": "Health Scorecard Cap",
	}
	records = _records(SCORECARD, children)
	if unsaved:
		records = _once_saved(records, unsaved)
	good = list(_usable(records, lambda record: _checked_scorecard(record, keys), SCORECARD, messages))
	if not good:
		reason = _("No Health Scorecard is enabled: nobody gets a score. Enable one and make it the default.")
		messages.append(Message(ERROR, reason, SCORECARD))
	return scorecards_from_records(good, keys)


def _once_saved(records: Iterable[dict[str, Any]], unsaved: Mapping[str, Any]) -> list[dict[str, Any]]:
	"""The enabled scorecards as saving this one would leave them: a new default takes over from the one before."""
	others = [record for record in records if record["name"] != unsaved["name"]]
	if unsaved.get("is_default"):
		others = [{**record, "is_default": 0} for record in others]
	return (
		sorted([*others, dict(unsaved)], key=lambda record: record["name"]) if unsaved["enabled"] else others
	)


def _checked_scorecard(record: dict[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
	scorecards_from_records([record], keys)
	return record


def _segments(messages: list[Message]) -> tuple[Segment, ...]:
	records = _records(SEGMENT, {})
	good = _usable(records, lambda record: segments_from_records([record]), SEGMENT, messages)
	return tuple(sorted((segment for one in good for segment in one), key=lambda s: (s.priority, s.name)))


def _usable(
	records: Iterable[dict[str, Any]],
	build: Callable[[dict[str, Any]], T],
	doctype: str,
	messages: list[Message],
) -> Iterator[T]:
	for record in records:
		try:
			yield build(record)
		except ScoringError as error:
			reason = _("{0} {1} is left out: {2}").format(_(doctype), record["name"], in_words(error))
			messages.append(Message(WARNING, reason, doctype))


def _records(doctype: str, children: Mapping[str, str], order_by: str = "name") -> list[dict[str, Any]]:
	"""The enabled records with their child rows: one query a table, however many records."""
	records = frappe.get_all(doctype, filters={"enabled": 1}, fields=["*"], order_by=order_by)
	by_name = {record.name: record for record in records}
	for fieldname, child_doctype in children.items():
		for record in records:
			record[fieldname] = []
		filters = {"parenttype": doctype, "parentfield": fieldname, "parent": ("in", list(by_name))}
		for row in frappe.get_all(child_doctype, filters=filters, fields=["*"], order_by="idx"):
			by_name[row.parent][fieldname].append(row)
	return records
