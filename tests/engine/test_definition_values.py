"""Definitions travel as JSON and come back the same; a fingerprint tells two of them apart."""

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from crm_success.scoring.engine.calibrated import Calibration, PercentileCuts
from crm_success.scoring.engine.definitions import (
	Cap,
	CompanyRate,
	Definitions,
	Filter,
	Limits,
	Metric,
	MissingValue,
	Money,
	Scale,
	ScaleBand,
	ScaleKind,
	Scorecard,
	Segment,
	Weight,
	fingerprint,
	from_json,
	to_json,
)
from crm_success.scoring.engine.errors import DefinitionError
from crm_success.scoring.engine.measure_table import Measure

REVENUE = Metric(
	key="revenue",
	label="Umsatz – 売上 “365”",
	measure=Measure.SUM,
	dimension="Value",
	doctype="Sales Invoice Item",
	parent_doctype="Sales Invoice",
	customer_field="customer",
	date_field="posting_date",
	value_field="base_net_amount",
	filters=(
		Filter("territory", "in", ("North", "O'Neil \\ %s")),
		Filter("qty", "between", (1, 2.5)),
		Filter("remarks", "=", None),
		Filter("is_return", "=", True),
	),
	matching=(Filter("item_group", "like", "%Paper%"),),
	window_days=365,
	unit="Currency",
	scale=Scale(ScaleKind.BANDS, 1.5, -2.0, (ScaleBand(0.0, 10.0), ScaleBand(100.5, 90.0)), False),
	missing=MissingValue.WORST,
)
RATIO = Metric("ratio", "Ratio", Measure.EXPRESSION, expression="revenue / 2")
DEFINITIONS = Definitions(
	metrics=(REVENUE, RATIO),
	dimensions=("Value", "Payment"),
	scorecards=(
		Scorecard(
			"Public",
			(Weight("Value", 2.0), Weight("Payment", 0.0)),
			(Weight("revenue", 1.5),),
			80.0,
			30.5,
			(Cap("revenue", "<", 0.0, 20.0, "Nothing bought"),),
			(Filter("customer_group", "=", "Public"),),
			3,
		),
		Scorecard("Default", (), (), is_default=True),
	),
	segments=(Segment("High", 1, (4, 5), (4, 5), (4, 5), 12.5), Segment("All", 2)),
	limits=Limits(window_days=180, value_high_percent=12.5),
	money=Money("EUR", ("Main", "Branch"), (CompanyRate("Main", 1.0), CompanyRate("Branch", 0.85))),
)
CALIBRATION = Calibration(
	as_of=date(2024, 6, 30),
	customers=3,
	recency=(1.0, 2.5, 3.0, 4.0),
	frequency=(),
	monetary=(0.1, 0.2, 0.30000000000000004, 1e300),
	value_high_revenue=1e-7,
	value_potential_revenue=None,
	retention=0.6666666666666666,
	percentiles=(PercentileCuts("revenue", tuple(number / 7 for number in range(101))),),
)


@pytest.mark.parametrize(
	"value", [DEFINITIONS, CALIBRATION, REVENUE, Definitions(), Calibration(date(2024, 1, 1))]
)
def test_json_and_back_is_the_same_to_the_last_digit(value: Any) -> None:
	read = from_json(type(value), to_json(value))
	assert read == value
	assert to_json(read) == to_json(value)
	assert fingerprint(read) == fingerprint(value)


def test_enumerations_come_back_as_enumerations() -> None:
	read = from_json(Metric, to_json(REVENUE))
	assert read.measure is Measure.SUM
	assert read.scale.kind is ScaleKind.BANDS
	assert read.missing is MissingValue.WORST


def test_what_is_absent_takes_its_default_so_that_older_json_can_be_read() -> None:
	assert from_json(Limits, '{"window_days": 90}') == Limits(window_days=90)
	assert from_json(Definitions, "{}") == Definitions()


def test_unknown_entries_are_left_out_so_that_newer_json_can_be_read() -> None:
	assert from_json(Money, '{"currency": "EUR", "of_a_later_version": 1}') == Money("EUR")


@pytest.mark.parametrize(
	("kind", "text"),
	[
		(Metric, "{}"),
		(Metric, "not json"),
		(Metric, '{"key": "a", "label": "A", "measure": "Median"}'),
		(Calibration, '{"as_of": "yesterday"}'),
		(Limits, '{"window_days": "a year"}'),
		(Money, '{"companies": 5}'),
	],
)
def test_other_json_is_refused_with_the_kind_that_was_expected(kind: type, text: str) -> None:
	with pytest.raises(DefinitionError, match=f"This is not the JSON of {kind.__name__}"):
		from_json(kind, text)


def test_what_has_no_place_in_a_definition_is_refused() -> None:
	with pytest.raises(TypeError, match="object has no place in a definition"):
		to_json(Filter("a", "=", object()))


def test_json_is_canonical() -> None:
	text = to_json(DEFINITIONS)
	assert json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False) == text
	assert "売上" in text


@pytest.mark.parametrize(
	"changed",
	[
		replace(REVENUE, label="Revenue"),
		replace(REVENUE, window_days=364),
		replace(REVENUE, measure=Measure.AVERAGE),
		replace(REVENUE, filters=REVENUE.filters[:-1]),
		replace(REVENUE, filters=REVENUE.filters[::-1]),
		replace(REVENUE, scale=replace(REVENUE.scale, worst=1.6)),
		replace(REVENUE, missing=MissingValue.BEST),
	],
)
def test_the_fingerprint_changes_with_any_part(changed: Metric) -> None:
	assert fingerprint(changed) != fingerprint(REVENUE)


def test_metrics_by_key() -> None:
	assert DEFINITIONS.metric("ratio") is RATIO
	assert DEFINITIONS.keys == ("revenue", "ratio")
	with pytest.raises(KeyError):
		DEFINITIONS.metric("gone")


def test_every_definition_is_frozen_and_can_be_a_key() -> None:
	for value in (DEFINITIONS, CALIBRATION, REVENUE):
		assert hash(value) == hash(replace(value))
		with pytest.raises(AttributeError):
			setattr(value, fields(value)[0].name, None)
