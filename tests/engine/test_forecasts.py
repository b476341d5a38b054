"""Risk and rhythm of customers by what was learned, against values worked out by hand."""

from dataclasses import replace
from datetime import date
from math import exp, log

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits
from crm_success.scoring.engine.forecast.lapse_risk import NOTHING_LEARNED, LearnedRisk, RiskModel
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, Term
from crm_success.scoring.engine.forecasts import Forecasts, forecast_metrics

# log odds = -0.5 + 0.75 x ln((1 + days) / 41)
HABITS = Logistic(-0.5, (Term("recency", log(41), 2.0, 1.5),))
MODEL = RiskModel(90, 30.0, HABITS, None, None)
LEARNED = LearnedRisk(30.0, MODEL)
KEYS = [metric.key for metric in forecast_metrics(Limits())]


def measured(**rows: dict[str, float]) -> pd.DataFrame:
	"""Customers who bought on five days between 200 and 40 days ago, unless told otherwise."""
	usual = {
		"_recency": 40,
		"_first_purchase": 200,
		"_purchase_days": 5,
		"_lately": 1,
		"_lately_and_before": 4,
		"_revenue": 900,
		"_returns": 0,
	}
	frame = pd.DataFrame.from_dict({name: {**usual, **row} for name, row in rows.items()}, orient="index")
	return frame[KEYS].astype("float64")


NEVER = dict.fromkeys(KEYS, np.nan)


def test_the_risk_is_a_percent_and_the_gap_days():
	"""odds of -0.5 are 37.8 %; 81 days give 0.75 x ln 2 more, 50.5 %. Gaps: (160 + 2 x 30) / (4 + 2), and 30 for who bought once."""
	values = Forecasts(measured(a={}, b={"_recency": 81}, never=NEVER), LEARNED).values
	assert values["lapse_risk"].tolist()[:2] == [37.8, round(100 / (1 + exp(0.5 - 0.75 * log(2))), 1)]
	once = measured(once={"_recency": 12, "_first_purchase": 12, "_purchase_days": 1})
	assert Forecasts(once, LEARNED).values.at["once", "usual_gap"] == 30.0
	assert values.at["a", "usual_gap"] == 36.7
	assert values.loc["never"].isna().all()


def test_without_a_model_there_is_a_gap_and_no_risk():
	values = Forecasts(measured(a={}), LearnedRisk(30.0)).values
	assert values.at["a", "usual_gap"] == 36.7
	assert np.isnan(values.at["a", "lapse_risk"])
	assert Forecasts(measured(a={}), LearnedRisk(30.0)).risk_facts() == [[]]


def test_where_nobody_bought_twice_or_nothing_was_learned_there_is_neither():
	assert Forecasts(measured(a={}), NOTHING_LEARNED).values.isna().all(axis=None)


def test_nobody_at_all():
	assert Forecasts(measured(a=NEVER), LEARNED).values.isna().all(axis=None)
	assert Forecasts(measured(a={}).head(0), LEARNED).values.empty


def test_a_purchase_whose_day_is_none_tells_nothing_and_stops_nobody():
	values = Forecasts(
		measured(a={"_first_purchase": np.nan}, b={"_purchase_days": np.nan}, c={}), LEARNED
	).values
	assert values["lapse_risk"].notna().tolist() == [False, False, True]


def test_each_reads_the_horizon_of_the_model_that_tells():
	learned_at_60 = Calibration(date(2026, 1, 1), risk=LearnedRisk(30.0, replace(MODEL, horizon=60)))
	windows = {
		metric.key: metric.window_days for metric in forecast_metrics(Limits(horizon_days=90), learned_at_60)
	}
	assert (windows["_lately"], windows["_lately_and_before"]) == (60, 120)
	windows = {metric.key: metric.window_days for metric in forecast_metrics(Limits(horizon_days=30))}
	assert (windows["_lately"], windows["_lately_and_before"]) == (30, 60)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_batch_tells_what_the_whole_tells(size: int):
	rows = {
		f"C{n}": {"_recency": 7.0 * n, "_first_purchase": 400.0, "_purchase_days": 1 + n % 6}
		for n in range(20)
	}
	rows["C0"]["_first_purchase"] = 0.0
	rows["C0"]["_purchase_days"] = 1
	whole = measured(**rows)
	found = pd.concat(Forecasts(whole[at : at + size], LEARNED).values for at in range(0, 20, size))
	pd.testing.assert_frame_equal(found, Forecasts(whole, LEARNED).values)
