"""From records, as plain dicts with the field names of our DocTypes, to frozen definitions.

The desk's records and the default records of the standalone command take this one road.
"""

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, TypeVar

from crm_success.scoring.engine.definitions import (
	Cap,
	Filter,
	LifetimeWay,
	Limits,
	Metric,
	MissingValue,
	Scale,
	ScaleBand,
	ScaleKind,
	Scorecard,
	Segment,
	Weight,
)
from crm_success.scoring.engine.errors import MOST_SHOWN, DefinitionError, shown
from crm_success.scoring.engine.measure_table import Measure

Record = Mapping[str, Any]

# a name that a formula can use; a leading underscore is the profile's
METRIC_KEY = re.compile(r"[a-z][a-z0-9_]*")
# what one list of filters may hold: all of it is work for every document at every scoring
MOST_CONDITIONS = 100
MOST_VALUES = 1000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MOST_CHARACTERS = 1000
LONGEST_FILTERS = 200_000
# operators whose value may be a text with commas, as the desk's filter area writes it
_LISTS = ("in", "not in")
E = TypeVar("E", Measure, ScaleKind, MissingValue, LifetimeWay)


def metric_from_record(record: Record) -> Metric:
	"""A Health Metric; DefinitionError names the field that does not fit."""
	key = _text(record, "metric_key")
	if not METRIC_KEY.fullmatch(key):
		raise DefinitionError("{0} cannot be the key of a metric", shown(key))
	return Metric(
		key=key,
		label=_text(record, "metric_name"),
		measure=_choice(Measure, record, "measure"),
		dimension=_text(record, "dimension"),
		doctype=_text(record, "source_doctype"),
		parent_doctype=_text(record, "parent_doctype"),
		customer_field=_text(record, "customer_field"),
		date_field=_text(record, "date_field"),
		value_field=_text(record, "value_field"),
		filters=filters_from_record(record.get("filters")),
		matching=filters_from_record(record.get("matching")),
		window_days=_whole(record, "window_days"),
		expression=_text(record, "expression"),
		unit=_text(record, "unit"),
		scale=scale_from_record(record),
		missing=_choice(MissingValue, record, "missing_treatment", MissingValue.IGNORE),
	)


def scale_from_record(record: Record) -> Scale:
	"""The scale of a Health Metric."""
	return Scale(
		kind=_choice(ScaleKind, record, "scale", ScaleKind.LINEAR),
		worst=_number(record, "worst"),
		best=_number(record, "best"),
		bands=tuple(
			ScaleBand(_number(row, "minimum"), _number(row, "points")) for row in record.get("bands") or ()
		),
		higher_is_better=record.get("better") != "Lower",
	)


def scorecards_from_records(
	records: Iterable[Record], key_by_metric: Mapping[str, str]
) -> tuple[Scorecard, ...]:
	"""Enabled Health Scorecards in the order they are tried: by priority and name, the default last of all.

	The default takes everybody whom no other takes, so its own filters do not count.
	`key_by_metric` gives the key of a Health Metric's name; a metric that is not among them is left out.
	"""
	cards = [_scorecard(record, key_by_metric) for record in records if record.get("enabled", 1)]
	return tuple(sorted(cards, key=lambda card: (card.is_default, card.priority, card.name)))


def segments_from_records(records: Iterable[Record]) -> tuple[Segment, ...]:
	"""Enabled Customer Segments by priority and name."""
	enabled = (record for record in records if record.get("enabled", 1))
	return tuple(
		sorted(
			(segment_from_record(record) for record in enabled),
			key=lambda segment: (segment.priority, segment.name),
		)
	)


def segment_from_record(record: Record) -> Segment:
	"""A Customer Segment."""
	return Segment(
		name=record["segment_name"],
		priority=_whole(record, "priority"),
		recency=_range(record, "r"),
		frequency=_range(record, "f"),
		monetary=_range(record, "m"),
		growth_from=_number(record, "growth_from") if record.get("asks_growth") else None,
	)


def limits_from_record(record: Record) -> Limits:
	"""The limits among the settings; a field that is absent, empty or unusable takes its default.

	The settings refuse such values themselves: one that got past them must not stop all scoring.
	"""
	limits: dict[str, Any] = {}
	for name, default in vars(Limits()).items():
		try:
			limits[name] = _limit(record, name, default)
		except DefinitionError:
			limits[name] = default
	for name in ("window_days", "horizon_days"):
		if limits[name] < 1:
			limits[name] = getattr(Limits, name)
	return Limits(**limits)


def _limit(record: Record, name: str, default: Any) -> Any:
	if isinstance(default, LifetimeWay):
		return _choice(LifetimeWay, record, name, default)
	return (_whole if isinstance(default, int) else _number)(record, name, default)


def filters_from_record(value: Any) -> tuple[Filter, ...]:
	"""Filters in Frappe's format, a JSON text or a list of [doctype, field, operator, value] (doctype optional)."""
	if isinstance(value, str):
		check_length(value)
		try:
			value = json.loads(value or "[]")
		except (ValueError, RecursionError) as error:
			raise DefinitionError("The filters are not valid JSON: {0}", str(error)) from error
	if isinstance(value, Mapping):
		value = [[name, *_condition(condition)] for name, condition in value.items()]
	if not isinstance(value or [], list | tuple):
		raise DefinitionError("Filters are a list of conditions like [field, operator, value]")
	if len(value or ()) > MOST_CONDITIONS:
		raise DefinitionError(
			"There are {0} conditions, but at most {1} can be used: write several values of a field as one condition.",
			len(value),
			MOST_CONDITIONS,
		)
	filters = tuple(_filter(row) for row in value or ())
	_check_number_of_values(filters)
	return filters


def check_length(text: str) -> None:
	"""Raises DefinitionError for a text of filters that takes long to read, whatever it says."""
	if len(text) > LONGEST_FILTERS:
		raise DefinitionError(
			"The filters have {0} characters, but at most {1} can be used: compare with fewer values.",
			len(text),
			LONGEST_FILTERS,
		)


def _filter(row: Any) -> Filter:
	parts = list(row) if isinstance(row, list | tuple) else []
	# the desk's filter area adds a fifth element, whether the filter is hidden
	fieldname, operator, value = parts[1:4] if len(parts) in (4, 5) else (parts + [None] * 3)[:3]
	if not 3 <= len(parts) <= 5 or not isinstance(fieldname, str) or not isinstance(operator, str):
		raise DefinitionError("{0} is not a filter like [field, operator, value]", shown(row))
	values = list(value) if isinstance(value, list | tuple) else [value]
	if not all(item is None or isinstance(item, str | int | float) for item in values):
		raise DefinitionError(
			"A filter on {0} compares with one value or a plain list of values", fieldname[:MOST_SHOWN]
		)
	for item in (fieldname, *compared_with(operator.lower(), value)):
		_check_characters(item)
		_check_length_of_value(item)
	return Filter(fieldname, operator.lower(), tuple(values) if isinstance(value, list | tuple) else value)


def compared_with(operator: str, value: Any) -> list[Any]:
	"""The values that a filter compares with."""
	if isinstance(value, list | tuple):
		return list(value)
	return value.split(",") if operator in _LISTS and isinstance(value, str) else [value]


def _check_number_of_values(filters: Iterable[Filter]) -> None:
	number = sum(len(compared_with(filter_.operator, filter_.value)) for filter_ in filters)
	if number > MOST_VALUES:
		raise DefinitionError(
			"The filters compare with {0} values, but at most {1} can be used: compare with a group, a range or the beginning of a text.",
			number,
			MOST_VALUES,
		)


def _check_length_of_value(value: Any) -> None:
	if isinstance(value, str) and len(value) > MOST_CHARACTERS:
		raise DefinitionError(
			"{0} has {1} characters, but at most {2} can be compared with: shorten it.",
			shown(value),
			len(value),
			MOST_CHARACTERS,
		)


def _check_characters(value: Any) -> None:
	"""No half of a character, which has no bytes, and no NUL, which PostgreSQL knows in no text."""
	if isinstance(value, str) and _UNSTORABLE.search(value):
		raise DefinitionError("{0} has a character that no text can hold", shown(value))


def _condition(condition: Any) -> tuple[Any, ...]:
	return tuple(condition) if isinstance(condition, list | tuple) else ("=", condition)


def _scorecard(record: Record, key_by_metric: Mapping[str, str]) -> Scorecard:
	is_default = bool(record.get("is_default"))
	return Scorecard(
		name=record["scorecard_name"],
		dimensions=tuple(
			Weight(row["dimension"], _number(row, "weight")) for row in record.get("dimensions") or ()
		),
		metrics=tuple(
			Weight(key_by_metric[row["metric"]], _number(row, "weight"))
			for row in record.get("metrics") or ()
			if row["metric"] in key_by_metric
		),
		healthy_from=_number(record, "healthy_from", Scorecard.healthy_from),
		watch_from=_number(record, "watch_from", Scorecard.watch_from),
		caps=tuple(
			_cap(row, key_by_metric) for row in record.get("caps") or () if row["metric"] in key_by_metric
		),
		filters=() if is_default else filters_from_record(record.get("customer_filters")),
		priority=_whole(record, "priority"),
		is_default=is_default,
	)


def _cap(row: Record, key_by_metric: Mapping[str, str]) -> Cap:
	return Cap(
		metric=key_by_metric[row["metric"]],
		operator=row["operator"],
		value=_number(row, "value"),
		cap=_number(row, "cap"),
		reason=row.get("reason") or "",
	)


def _range(record: Record, letter: str) -> tuple[int, int]:
	return _whole(record, f"{letter}_min") or 1, _whole(record, f"{letter}_max") or 5


def _text(record: Record, name: str) -> str:
	value = record.get(name)
	if value is None or isinstance(value, str | int | float):
		_check_characters(value)
		return str(value or "")
	raise DefinitionError("{0} is {1}; it must be a text", name, shown(value))


def _number(record: Record, name: str, default: float = 0.0) -> float:
	value = record.get(name)
	if value is None or value == "":
		return default
	try:
		number = float(value)
	except (TypeError, ValueError, OverflowError) as error:
		raise DefinitionError("{0} is {1}; it must be a number", name, shown(value)) from error
	if not isfinite(number):
		raise DefinitionError("{0} is {1}; it must be a finite number", name, shown(value))
	return number


def _whole(record: Record, name: str, default: int = 0) -> int:
	return int(_number(record, name, default))


def _choice(kind: type[E], record: Record, name: str, default: E | None = None) -> E:
	value = record.get(name) or default
	try:
		return kind(value)
	except ValueError as error:
		allowed = ", ".join(option.value for option in kind)
		raise DefinitionError("{0} is {1}; it must be one of {2}", name, shown(value), allowed) from error
