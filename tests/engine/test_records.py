"""Records become definitions, or an error that names the field that does not fit."""

from typing import Any

import pytest

from crm_success.scoring.engine.definitions import (
	Cap,
	Filter,
	Limits,
	MissingValue,
	Scale,
	ScaleBand,
	ScaleKind,
	Scorecard,
	Weight,
)
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.records import (
	LONGEST_FILTERS,
	MOST_CONDITIONS,
	MOST_VALUES,
	filters_from_record,
	limits_from_record,
	metric_from_record,
	scorecards_from_records,
	segment_from_record,
	segments_from_records,
)

METRIC = {
	"metric_name": "Net Revenue",
	"metric_key": "net_revenue",
	"measure": "Sum",
	"dimension": "Value",
	"source_doctype": "Sales Invoice",
	"customer_field": "customer",
	"date_field": "posting_date",
	"value_field": "base_net_total",
	"window_days": 365,
	"filters": '[["Sales Invoice", "is_return", "=", 0]]',
	"unit": "Currency",
	"scale": "Linear",
	"worst": 0,
	"best": 5000,
	"missing_treatment": "Worst",
}


def test_a_metric() -> None:
	metric = metric_from_record(METRIC)
	assert (metric.key, metric.label, metric.measure) == ("net_revenue", "Net Revenue", Measure.SUM)
	assert (metric.doctype, metric.parent_doctype) == ("Sales Invoice", "")
	assert (metric.customer_field, metric.date_field, metric.value_field) == (
		"customer",
		"posting_date",
		"base_net_total",
	)
	assert metric.filters == (Filter("is_return", "=", 0),)
	assert metric.matching == ()
	assert (metric.window_days, metric.unit, metric.dimension) == (365, "Currency", "Value")
	assert metric.scale == Scale(ScaleKind.LINEAR, 0, 5000)
	assert metric.missing is MissingValue.WORST


def test_empty_fields_of_a_metric_take_their_defaults() -> None:
	empty = {
		"filters": None,
		"matching": "",
		"window_days": None,
		"scale": "",
		"missing_treatment": None,
		"unit": None,
	}
	metric = metric_from_record({"metric_name": "N", "metric_key": "n", "measure": "Count", **empty})
	assert metric.filters == metric.matching == ()
	assert metric.window_days == 0
	assert metric.scale.kind is ScaleKind.LINEAR
	assert metric.missing is MissingValue.IGNORE
	assert metric.unit == ""


def test_bands_and_percentiles() -> None:
	bands = [{"minimum": "0", "points": 10}, {"minimum": 5.5, "points": None}]
	scale = metric_from_record({**METRIC, "scale": "Bands", "bands": bands}).scale
	assert scale.bands == (ScaleBand(0, 10), ScaleBand(5.5, 0))
	for better, higher in (("Higher", True), ("Lower", False), ("", True), (None, True)):
		assert (
			metric_from_record({**METRIC, "scale": "Percentile", "better": better}).scale.higher_is_better
			is higher
		)


@pytest.mark.parametrize(
	("changes", "words"),
	[
		({"measure": "Median"}, "measure is 'Median'; it must be one of Count, Sum, Average"),
		({"measure": None}, "measure is None; it must be one of Count"),
		({"scale": "Logarithmic"}, "scale is 'Logarithmic'; it must be one of Linear, Bands, Percentile"),
		({"missing_treatment": "Skip"}, "missing_treatment is 'Skip'; it must be one of Ignore, Neutral"),
		({"window_days": "a year"}, "window_days is 'a year'; it must be a number"),
		({"worst": "low"}, "worst is 'low'; it must be a number"),
		({"best": float("nan")}, "best is nan; it must be a finite number"),
		({"bands": [{"minimum": "x", "points": 1}]}, "minimum is 'x'; it must be a number"),
		({"filters": "[["}, "The filters are not valid JSON"),
		({"matching": "5"}, "Filters are a list of conditions like"),
	],
)
def test_a_metric_that_does_not_fit_names_its_field(changes: dict[str, Any], words: str) -> None:
	with pytest.raises(DefinitionError) as refused:
		metric_from_record({**METRIC, **changes})
	assert words in str(refused.value)


@pytest.mark.parametrize(
	("value", "expected"),
	[
		(None, ()),
		("", ()),
		("[]", ()),
		("null", ()),
		("{}", ()),
		([["status", "=", "Open"]], (Filter("status", "=", "Open"),)),
		([("Issue", "status", "IN", ["Open", "Closed"])], (Filter("status", "in", ("Open", "Closed")),)),
		([["Issue", "status", "=", "Open", False]], (Filter("status", "=", "Open"),)),
		(
			'[["Issue", "opening_date", "Between", ["2024-01-01", "2024-02-01"]]]',
			(Filter("opening_date", "between", ("2024-01-01", "2024-02-01")),),
		),
		(
			'{"status": "Open", "priority": ["!=", "Low"]}',
			(Filter("status", "=", "Open"), Filter("priority", "!=", "Low")),
		),
		([["status", "is", "set"]], (Filter("status", "is", "set"),)),
	],
)
def test_filters_in_each_of_frappes_formats(value: Any, expected: tuple[Filter, ...]) -> None:
	assert filters_from_record(value) == expected


@pytest.mark.parametrize(
	"row",
	[
		"status",
		["status", "="],
		["status"],
		[],
		[1, "=", 2],
		["status", 1, 2],
		["a", "b", "=", "c", 0, "d"],
		5,
		None,
	],
)
def test_what_is_no_filter_is_shown(row: Any) -> None:
	with pytest.raises(DefinitionError) as refused:
		filters_from_record([row])
	assert str(refused.value) == f"{row!r} is not a filter like [field, operator, value]"


def _card(name: str, **fields: Any) -> dict[str, Any]:
	return {"scorecard_name": name, "enabled": 1, **fields}


def test_a_scorecard() -> None:
	record = _card(
		"Public",
		customer_filters='[["Customer", "customer_group", "=", "Public"]]',
		dimensions=[{"dimension": "Value", "weight": 2}],
		metrics=[{"metric": "Net Revenue", "weight": "1.5"}, {"metric": "Disabled", "weight": 5}],
		caps=[
			{"metric": "Net Revenue", "operator": "<", "value": 10, "cap": 30, "reason": None},
			{"metric": "Disabled", "operator": "<", "value": 10, "cap": 30},
		],
		healthy_from=80,
		watch_from=0,
		priority=5,
	)
	assert scorecards_from_records([record], {"Net Revenue": "net_revenue"}) == (
		Scorecard(
			"Public",
			(Weight("Value", 2.0),),
			(Weight("net_revenue", 1.5),),
			80.0,
			0.0,
			(Cap("net_revenue", "<", 10.0, 30.0, ""),),
			(Filter("customer_group", "=", "Public"),),
			5,
		),
	)


def test_limits_that_a_scorecard_does_not_give_take_their_defaults() -> None:
	(card,) = scorecards_from_records([_card("A")], {})
	assert (card.healthy_from, card.watch_from) == (65.0, 35.0)


def test_scorecards_are_tried_by_priority_and_the_default_last_for_everybody() -> None:
	filters = [["customer_group", "=", "Public"]]
	records = [
		_card("Default", is_default=1, priority=0, customer_filters=filters),
		_card("Second", priority=2, customer_filters=filters),
		_card("Also First", priority=1),
		_card("Also first, disabled", priority=1, enabled=0),
		_card("A First", priority=1),
	]
	cards = scorecards_from_records(records, {})
	assert [card.name for card in cards] == ["A First", "Also First", "Second", "Default"]
	assert cards[-1].filters == ()
	assert cards[-2].filters == (Filter("customer_group", "=", "Public"),)


def test_segments_by_priority() -> None:
	records = [
		{
			"segment_name": "B",
			"priority": 2,
			"r_min": 4,
			"r_max": 5,
			"f_min": "2",
			"f_max": 3,
			"m_min": None,
			"m_max": "",
		},
		{"segment_name": "A", "priority": 2},
		{"segment_name": "First", "priority": 1, "enabled": 1},
		{"segment_name": "Off", "priority": 0, "enabled": 0},
	]
	segments = segments_from_records(records)
	assert [segment.name for segment in segments] == ["First", "A", "B"]
	assert (segments[2].recency, segments[2].frequency, segments[2].monetary) == ((4, 5), (2, 3), (1, 5))
	assert segment_from_record(records[1]).recency == (1, 5)


@pytest.mark.parametrize(
	("asked", "growth_from"),
	[
		({}, None),
		# a number that nobody asks for is no condition
		({"asks_growth": 0, "growth_from": 25.0}, None),
		({"asks_growth": 1}, 0.0),
		({"asks_growth": 1, "growth_from": None}, 0.0),
		({"asks_growth": 1, "growth_from": "-12.5"}, -12.5),
	],
)
def test_a_segment_asks_for_growth_only_where_it_says_so(
	asked: dict[str, object], growth_from: float | None
) -> None:
	assert segment_from_record({"segment_name": "A", **asked}).growth_from == growth_from


def test_a_range_that_is_no_number_names_its_field() -> None:
	with pytest.raises(DefinitionError, match="r_max is 'high'; it must be a number"):
		segment_from_record({"segment_name": "A", "r_max": "high"})


def test_limits_of_the_settings() -> None:
	limits = limits_from_record(
		{"active_days": "14", "value_high_percent": "12.5", "silent_days": "", "new_days": None}
	)
	assert limits == Limits(active_days=14, value_high_percent=12.5)
	assert isinstance(limits.active_days, int)
	assert limits_from_record({"value_high_amount": 0, "unknown": 1}) == Limits()
	assert limits_from_record({"retention_percent": 0.0}).retention_percent == 0


@pytest.mark.parametrize("record", [{"window_days": "never"}, {"window_days": 0}, {"window_days": -1}])
def test_a_limit_that_cannot_be_used_takes_its_default(record: dict) -> None:
	assert limits_from_record(record) == Limits()


@pytest.mark.parametrize("value", [[["a"]], [{"a": 1}], {"a": 1}, ["a", ["b", ["c"]]]])
def test_filters_compare_with_plain_values_only(value: object) -> None:
	with pytest.raises(DefinitionError, match="customer compares with one value or a plain list"):
		filters_from_record([["customer", "in", value]])


def test_filters_nested_beyond_reason_are_not_valid() -> None:
	with pytest.raises(DefinitionError, match="not valid JSON"):
		filters_from_record("[" * 100_000)


@pytest.mark.parametrize("count", [1000, 1001])
@pytest.mark.parametrize("operator", ["in", "not in"])
def test_the_values_of_all_filters_together_are_limited(count: int, operator: str) -> None:
	values = [f"{number:04}" for number in range(count - 1)]
	for listed in (values, ",".join(values)):
		filters = [["customer", operator, listed], ["status", "=", "Open"]]
		if count <= MOST_VALUES:
			assert len(filters_from_record(filters)) == 2
			continue
		with pytest.raises(DefinitionError, match="compare with 1001 values, but at most 1000 can be used"):
			filters_from_record(filters)


def test_a_text_with_commas_is_one_value_where_no_list_is_asked_for() -> None:
	assert filters_from_record([["subject", "like", "," * 1000]])


def test_conditions_are_limited() -> None:
	conditions = [["status", "!=", str(number)] for number in range(MOST_CONDITIONS + 1)]
	assert len(filters_from_record(conditions[1:])) == MOST_CONDITIONS
	with pytest.raises(DefinitionError, match="101 conditions, but at most 100 can be used: write several"):
		filters_from_record(conditions)


def test_a_text_that_is_compared_with_is_limited() -> None:
	for value in ("x" * 1001, ["a", "x" * 1001]):
		with pytest.raises(DefinitionError, match=r"has 1001 characters, but at most 1000 .* shorten it"):
			filters_from_record([["customer", "=" if isinstance(value, str) else "in", value]])


def test_filters_that_take_long_to_read_are_not_read() -> None:
	text = '[["customer", "=", "a"]]' + " " * LONGEST_FILTERS
	with pytest.raises(DefinitionError, match="200024 characters, but at most 200000 can be used"):
		filters_from_record(text)


@pytest.mark.parametrize("key", ["_recency", "Sum", "1a", "a b", ""])
def test_a_key_that_no_formula_could_name_is_refused(key: str) -> None:
	with pytest.raises(DefinitionError, match="cannot be the key"):
		metric_from_record({"metric_key": key, "metric_name": "A", "measure": "Count"})
