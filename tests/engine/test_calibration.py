"""Cut points of all customers, taken batch by batch, and what makes them void."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.calibration import (
	calibrate,
	calibration_fingerprint,
	calibration_metrics,
	calibration_values,
)
from crm_success.scoring.engine.definitions import (
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
	from_json,
	to_json,
)
from crm_success.scoring.engine.forecast.lapse_risk import NOTHING_LEARNED
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.profile import profile_metrics
from crm_success.scoring.engine.rfm import BELOW_ALL
from crm_success.scoring.engine.scales import to_points

AS_OF = date(2024, 6, 30)
PERCENTILE = Scale(ScaleKind.PERCENTILE)


def _metric(key: str, **fields: Any) -> Metric:
	usual = {"customer_field": "customer", "date_field": "posting_date", "doctype": "Sales Invoice"}
	return Metric(**{"key": key, "label": key, "measure": Measure.COUNT, **usual, **fields})


ITEMS = _metric("items", scale=PERCENTILE)
OTHER = _metric("other")
DEFINITIONS = Definitions(
	metrics=(OTHER, ITEMS), limits=Limits(value_high_percent=20, value_potential_percent=50)
)


def _aggregates(customers: list[str], **columns: list[Any]) -> pd.DataFrame:
	"""Columns named `key__part`; who has a date of an invoice has been seen."""
	frame = pd.DataFrame(
		{
			name.replace("__", "."): pd.Series(values, index=customers, dtype=object)
			for name, values in columns.items()
		}
	)
	for key in ("_recency", "_frequency", "_monetary", "_purchases"):
		frame[f"{key}.seen"] = frame[f"{key}.seen_in_window"] = frame["_recency.date"].notna().astype(int)
	if "items.value" in frame:
		frame["items.seen"] = frame["items.seen_in_window"] = 1
	frame["_purchases.ever"] = None
	return frame


def _ten_customers() -> pd.DataFrame:
	"""Ten who bought 1 to 10 days ago, 1 to 10 times for 100 to 1000, and two who never did."""
	numbers = list(range(1, 11))
	return _aggregates(
		[f"C{number}" for number in range(12)],
		_recency__date=[date(2024, 6, 30 - number) for number in numbers] + [None, None],
		_frequency__value=[*numbers, 0, None],
		_monetary__value=[Decimal(100 * number) for number in numbers] + [Decimal(99999), None],
		_purchases__current=[1] * 10 + [None, None],
		_purchases__previous=[0] * 12,
		items__value=[*numbers, 11, None],
	)


def _calibrate(aggregates: pd.DataFrame, definitions: Definitions = DEFINITIONS) -> Calibration:
	return calibrate(calibration_values(aggregates, definitions, AS_OF), definitions, AS_OF)


def test_it_reads_the_profile_and_what_percentiles_need() -> None:
	half = _metric("half", measure=Measure.EXPRESSION, expression="other / 2", scale=PERCENTILE)
	keys = [metric.key for metric in calibration_metrics(Definitions(metrics=(ITEMS, OTHER, half)))]
	forecasts = ["_first_purchase", "_purchase_days", "_lately", "_lately_and_before"]
	forecasts += ["_revenue", "_returns"]
	assert keys == ["items", "other", "half", "_recency", "_frequency", "_monetary", "_purchases", *forecasts]
	without = [metric.key for metric in calibration_metrics(Definitions(metrics=(OTHER,)))]
	assert without == ["_recency", "_frequency", "_monetary", "_purchases", *forecasts]


def test_cut_points_come_from_those_who_bought() -> None:
	calibration = _calibrate(_ten_customers())
	assert calibration.as_of == AS_OF
	assert calibration.customers == 10
	assert calibration.recency == (2.5, 4.5, 6.5, 8.5)
	assert calibration.frequency == (2.5, 4.5, 6.5, 8.5)
	assert calibration.monetary == (250, 450, 650, 850)
	# the top 2 of 10 begin at 900, the top 5 at 600
	assert calibration.value_high_revenue == 900
	assert calibration.value_potential_revenue == 600


def test_a_customer_who_only_returned_goods_does_not_move_cut_points() -> None:
	aggregates = _ten_customers()
	aggregates.loc["C10", ["_monetary.seen", "_frequency.seen", "_monetary.value"]] = [1, 1, Decimal(-5000)]
	assert _calibrate(aggregates) == _calibrate(_ten_customers())


def test_percentiles_come_from_everybody_who_has_a_value() -> None:
	(percentiles,) = _calibrate(_ten_customers()).percentiles
	assert percentiles.metric == "items"
	assert len(percentiles.cuts) == 101
	# who has documents and none of the metric's kind counts 0, so twelve values from 0 to 11
	assert (percentiles.cuts[0], percentiles.cuts[50], percentiles.cuts[100]) == (0, 5.5, 11)


def test_who_shows_nothing_in_the_window_is_not_ranked_and_earns_nothing_where_others_bought() -> None:
	aggregates = _aggregates(
		[f"C{number}" for number in range(5)],
		_recency__date=[date(2024, 6, 1)] * 5,
		_frequency__value=[1, 1, None, None, None],
		_monetary__value=[500, 900, None, None, None],
		_purchases__current=[1, 1, None, None, None],
		_purchases__previous=[None] * 5,
		items__value=[500, 900, None, None, None],
	).assign(**{"items.seen_in_window": [1, 1, 0, None, 0]})
	(percentiles,) = _calibrate(aggregates).percentiles
	assert (percentiles.cuts[0], percentiles.cuts[100]) == (500, 900)
	assert to_points(PERCENTILE, pd.Series([0.0, 500.0, 900.0]), percentiles.cuts).tolist() == [0, 0, 100]
	# R, F and M rank whoever ever bought
	assert _calibrate(aggregates).monetary == (BELOW_ALL, 250, 250, 700)


def test_a_value_that_everybody_has_is_worth_50() -> None:
	aggregates = _ten_customers().assign(**{"items.value": 7})
	(percentiles,) = _calibrate(aggregates).percentiles
	assert to_points(PERCENTILE, pd.Series([7.0]), percentiles.cuts).tolist() == [50]


def test_without_anybody_who_shows_something_there_is_nothing_to_rank_by() -> None:
	aggregates = _ten_customers().assign(**{"items.value": None, "items.seen_in_window": 0})
	assert _calibrate(aggregates).percentiles[0].cuts == ()


def test_retention_is_the_share_that_bought_again() -> None:
	customers = [f"C{number:02}" for number in range(40)]
	aggregates = _aggregates(
		customers,
		_recency__date=[date(2024, 1, 1)] * 40,
		_frequency__value=[1] * 40,
		_monetary__value=[1] * 40,
		_purchases__previous=[1] * 25 + [0] * 10 + [None] * 5,
		_purchases__current=[1] * 15 + [None] * 10 + [1] * 15,
	)
	assert _calibrate(aggregates, Definitions()).retention == 15 / 25


def test_nobody_bought() -> None:
	aggregates = _aggregates(
		["A"],
		_recency__date=[None],
		_frequency__value=[None],
		_monetary__value=[None],
		_purchases__current=[None],
		_purchases__previous=[None],
	)
	calibration = _calibrate(aggregates)
	assert calibration.customers == 0
	assert calibration.recency == calibration.frequency == calibration.monetary == ()
	assert calibration.value_high_revenue is calibration.retention is None


def test_no_customers_and_nothing_read() -> None:
	for aggregates in (pd.DataFrame(), pd.DataFrame(index=["A", "B"])):
		calibration = _calibrate(aggregates)
		assert calibration == Calibration(AS_OF, percentiles=calibration.percentiles)
		assert calibration.percentiles[0].cuts == ()


def test_batches_together_give_what_the_whole_gives() -> None:
	whole = _ten_customers()
	batches = [
		whole.iloc[:3],
		whole.iloc[3:3],
		whole.iloc[3:4],
		whole.iloc[10:],
		whole.iloc[4:10],
		pd.DataFrame(),
	]
	values = pd.concat([calibration_values(batch, DEFINITIONS, AS_OF) for batch in batches])
	assert calibrate(values, DEFINITIONS, AS_OF) == _calibrate(whole)


def test_a_calibration_survives_its_record() -> None:
	calibration = _calibrate(_ten_customers())
	assert from_json(Calibration, to_json(calibration)) == calibration


def test_one_that_was_kept_before_risks_were_learned_has_learned_nothing() -> None:
	kept = json.loads(to_json(_calibrate(_ten_customers())))
	del kept["risk"]
	found = from_json(Calibration, json.dumps(kept))
	assert found.risk == NOTHING_LEARNED
	assert found.risk.model is found.risk.reason is None
	assert found.recency == (2.5, 4.5, 6.5, 8.5)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40))
def test_percentiles_ascend_whatever_the_values(values: list[float]) -> None:
	aggregates = pd.DataFrame({"items.seen": 1, "items.seen_in_window": 1, "items.value": values})
	cuts = _calibrate(aggregates).percentiles[0].cuts
	assert list(cuts) == sorted(cuts)
	assert cuts[0] == pytest.approx(min(values), abs=0.01)
	assert cuts[100] == pytest.approx(max(values), abs=0.01)


@pytest.mark.parametrize(
	"changed",
	[
		replace(DEFINITIONS, metrics=(ITEMS, OTHER)),
		replace(DEFINITIONS, metrics=(ITEMS,)),
		replace(
			DEFINITIONS, metrics=(replace(ITEMS, label="Posten", unit="Count", dimension="Value"), OTHER)
		),
		replace(DEFINITIONS, metrics=(replace(ITEMS, missing=MissingValue.WORST), OTHER)),
		replace(DEFINITIONS, metrics=(ITEMS, replace(OTHER, scale=Scale(best=5), window_days=5))),
		replace(
			DEFINITIONS, metrics=(replace(ITEMS, scale=replace(PERCENTILE, higher_is_better=False)), OTHER)
		),
		replace(
			DEFINITIONS, scorecards=(Scorecard("A", (Weight("Value", 1),), ()),), segments=(Segment("A", 1),)
		),
		replace(DEFINITIONS, dimensions=("Value",)),
		replace(
			DEFINITIONS, limits=replace(DEFINITIONS.limits, active_days=1, lost_days=5, retention_percent=3)
		),
		replace(DEFINITIONS, limits=replace(DEFINITIONS.limits, value_high_amount=5, lifetime_years_cap=1)),
	],
)
def test_what_does_not_move_cut_points_keeps_them(changed: Definitions) -> None:
	assert calibration_fingerprint(changed) == calibration_fingerprint(DEFINITIONS)


@pytest.mark.parametrize(
	"changed",
	[
		replace(DEFINITIONS, metrics=(OTHER,)),
		replace(DEFINITIONS, metrics=(OTHER, replace(ITEMS, window_days=5))),
		replace(DEFINITIONS, metrics=(OTHER, replace(ITEMS, filters=(Filter("is_return", "=", 0),)))),
		replace(DEFINITIONS, metrics=(OTHER, replace(ITEMS, date_field="due_date"))),
		replace(DEFINITIONS, metrics=(replace(OTHER, scale=PERCENTILE), ITEMS)),
		replace(
			DEFINITIONS, metrics=(replace(OTHER, scale=Scale(ScaleKind.BANDS, bands=(ScaleBand(0, 1),))),)
		),
		replace(DEFINITIONS, limits=replace(DEFINITIONS.limits, window_days=180)),
		replace(DEFINITIONS, limits=replace(DEFINITIONS.limits, value_high_percent=10)),
		replace(DEFINITIONS, limits=replace(DEFINITIONS.limits, horizon_days=60)),
		replace(DEFINITIONS, limits=replace(DEFINITIONS.limits, value_potential_percent=60)),
		replace(DEFINITIONS, money=Money("EUR")),
		replace(DEFINITIONS, money=Money(companies=("Main",))),
		replace(DEFINITIONS, money=Money(rates=(CompanyRate("Main", 1.0),))),
	],
)
def test_what_moves_cut_points_makes_them_void(changed: Definitions) -> None:
	assert calibration_fingerprint(changed) != calibration_fingerprint(DEFINITIONS)


def test_cut_points_that_were_taken_by_another_rule_are_void(monkeypatch: pytest.MonkeyPatch) -> None:
	before = calibration_fingerprint(DEFINITIONS)
	monkeypatch.setattr("crm_success.scoring.engine.calibration._RULE", "quantiles")
	assert calibration_fingerprint(DEFINITIONS) != before


def test_what_an_expression_on_a_percentile_uses_counts_too() -> None:
	half = _metric("half", measure=Measure.EXPRESSION, expression="other / 2", scale=PERCENTILE)
	before = Definitions(metrics=(OTHER, half))
	after = Definitions(metrics=(replace(OTHER, window_days=30), half))
	assert calibration_fingerprint(before) != calibration_fingerprint(after)


def test_tomorrows_exchange_rate_does_not_make_a_calibration_void() -> None:
	today = replace(DEFINITIONS, money=Money("EUR", (), (CompanyRate("A", 1.0), CompanyRate("B", 0.85))))
	tomorrow = replace(DEFINITIONS, money=Money("EUR", (), (CompanyRate("A", 1.0), CompanyRate("B", 0.86))))
	assert calibration_fingerprint(today) == calibration_fingerprint(tomorrow)


def test_the_profile_does_not_depend_on_anything_but_the_window() -> None:
	assert profile_metrics(Limits()) == profile_metrics(Limits(active_days=1, value_high_percent=3))
	assert profile_metrics(Limits()) != profile_metrics(Limits(window_days=30))


def test_values_are_numbers_even_where_the_driver_answers_with_objects() -> None:
	values = calibration_values(_ten_customers(), DEFINITIONS, AS_OF)
	silent = values.columns.str.endswith(".silent")
	assert (values.dtypes[~silent] == np.dtype("float64")).all()
	assert (values.dtypes[silent] == np.dtype("bool")).all()
	assert values.columns.tolist()[-2:] == ["_purchases.current", "_purchases.previous"]
