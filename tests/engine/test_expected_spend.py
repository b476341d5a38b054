"""Expected spend: by hand with given models, and on made companies of which it is known what they spent next."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pandas as pd
import pytest
from buying_companies import HORIZON, company, facts_on, spent_after, windows

from crm_success.scoring.engine.definitions import from_json, to_json
from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.forecast.expected_spend import (
	BUYS,
	EXPECTED,
	FEWEST_BUYERS,
	SHARE_OF_HABITS,
	SPENDS,
	LearnedSpend,
	SpendForecast,
	expected_spend,
	fit_spend_forecast,
	learn_spend,
)
from crm_success.scoring.engine.forecast.lapse_facts import FACTS
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, RiskModel, fit_risk_model
from crm_success.scoring.engine.forecast.purchase_model import BgNbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, Term
from crm_success.scoring.engine.forecast.seasons import Level

TODAY = 900
PURCHASES = BgNbd(r=0.5, alpha=50.0, a=0.5, b=2.5, log_likelihood=0.0, customers=0)
EVEN_ODDS = RiskModel(HORIZON, 31.0, Logistic(0.0, ()), None, None)
ORDER_VALUE = Logistic(log(2), (Term("order_value", log(101), 1.0, 0.5),))


def one(**values):
	usual = {"purchase_days": 5, "days_since_first": 200, "days_since_last": 40, "revenue": 500}
	return pd.DataFrame([{**dict.fromkeys(FACTS, 0.0), **usual, **values}], index=["a"], dtype="float64")


# ---- by hand -----------------------------------------------------------------------------------------------


def test_habits_alone():
	"""A mean of 100 is the usual one: who buys spends 2 x 100. Four times as much a purchase: 0.5 x log(401 / 101) more."""
	model = SpendForecast(100.0, 2.0, 100.0, ORDER_VALUE, Level(1.1, 2.0))
	told = expected_spend(model, EVEN_ODDS, one()).loc["a"]
	assert told.tolist() == pytest.approx([0.5, 2 * 100 * 2.2, 0.5 * 2 * 100 * 2.2])
	richer = expected_spend(model, EVEN_ODDS, one(revenue=2000)).loc["a", SPENDS]
	assert richer == pytest.approx(440 * exp(0.5 * log(401 / 101)))


def test_the_purchase_model_alone():
	"""Expected purchases x what one brings: (500 + 2 x 30) / (5 + 2)."""
	risk = RiskModel(HORIZON, 31.0, None, PURCHASES, None)
	history = pd.DataFrame({"repeats": [4.0], "last_age": [160.0], "age": [200.0]})
	purchases = PURCHASES.expected_purchases(history, HORIZON)[0]
	told = expected_spend(SpendForecast(30.0, 2.0, 25.0), risk, one()).loc["a"]
	assert told[EXPECTED] == pytest.approx(purchases * 80)
	assert told[BUYS] == pytest.approx(1 - PURCHASES.probability_of_no_purchase(history, HORIZON)[0])


def test_both_are_blended_by_their_logarithms():
	blend = Logistic(0.0, (Term("habits", 0.0, 1.0, 1.0),))
	risk = replace(EVEN_ODDS, purchases=PURCHASES, blend=blend)
	model = SpendForecast(100.0, 2.0, 100.0, ORDER_VALUE)
	alone = RiskModel(HORIZON, 31.0, None, PURCHASES, None)
	by_model = expected_spend(replace(model, habits=None), alone, one()).loc["a", SPENDS]
	told = expected_spend(model, risk, one()).loc["a", SPENDS]
	assert told == pytest.approx(200**SHARE_OF_HABITS * by_model ** (1 - SHARE_OF_HABITS))


def test_who_returned_all_is_expected_to_spend_little_and_nobody_less_than_nothing():
	model = SpendForecast(100.0, 2.0, 100.0, ORDER_VALUE)
	amounts = [-900, 0, 1, 500]
	spends = [expected_spend(model, EVEN_ODDS, one(revenue=each)).loc["a", SPENDS] for each in amounts]
	assert 0 <= spends[0] == spends[1] < spends[2] < spends[3]


def test_a_silence_of_years_is_worth_little_and_is_a_number():
	risk = RiskModel(HORIZON, 31.0, None, PURCHASES, None)
	told = expected_spend(
		SpendForecast(30.0, 2.0, 25.0),
		risk,
		one(days_since_first=30_000, days_since_last=29_000, purchase_days=400),
	).loc["a"]
	assert np.isfinite(told).all()
	assert told[EXPECTED] < 1e-6


# ---- made companies ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bought():
	return company()


@pytest.fixture(scope="module")
def fitted(bought):
	return fit(bought)


def fit(bought):
	facts, past = facts_on(TODAY, bought), windows(TODAY, bought)
	risk = fit_risk_model(facts, past, HORIZON)
	return fit_spend_forecast(risk, facts, past), risk, facts


def test_the_sum_is_what_was_spent_and_the_order_nearly(bought, fitted):
	model, risk, facts = fitted
	told = expected_spend(model, risk, facts)[EXPECTED]
	spent = spent_after(TODAY, bought, facts.index)
	assert told.sum() == pytest.approx(spent.sum(), rel=0.15)
	revenue = facts["revenue"].rank().corr(spent.rank())
	assert told.rank().corr(spent.rank()) > revenue + 0.02


def test_a_season_of_the_year_before_comes_again():
	seasonal = company(seasonal=True, days=1300)
	for today in (900, 1080):
		facts, past = facts_on(today, seasonal), windows(today, seasonal)
		risk = fit_risk_model(facts, past, HORIZON)
		model = fit_spend_forecast(risk, facts, past)
		spent = spent_after(today, seasonal, facts.index).sum()
		told = expected_spend(model, risk, facts)[EXPECTED].sum()
		assert told == pytest.approx(spent, rel=0.3)
		without = told / model.level.season
		assert abs(log(without / spent)) > abs(log(told / spent))


def test_no_jump_when_a_day_passes(fitted, bought):
	"""Nobody buys on the next day: everybody is worth a little less, and only a purchase that leaves a window shows."""
	model, risk, facts = fitted
	until_today = bought[bought["day"] <= TODAY]
	today = expected_spend(model, risk, facts)[EXPECTED]
	tomorrow = expected_spend(model, risk, facts_on(TODAY + 1, until_today))[EXPECTED]
	assert tomorrow.sum() == pytest.approx(today.sum(), rel=0.02)
	change = (tomorrow / today - 1).abs()
	assert change.max() < 0.2
	assert change.quantile(0.95) < 0.06


def test_ten_times_the_amounts_are_ten_times_the_spend(fitted, bought):
	# the lapse risk looks at amounts as they are, and moves by little
	model, risk, facts = fitted
	dearer = fit(bought.assign(amount=10 * bought["amount"]))
	one, ten = expected_spend(model, risk, facts), expected_spend(*dearer)
	assert ten[SPENDS].tolist() == pytest.approx((10 * one[SPENDS]).tolist(), rel=0.01)
	assert ten[EXPECTED].sum() == pytest.approx(10 * one[EXPECTED].sum(), rel=0.01)


def test_neither_order_nor_split_changes_anything(fitted):
	model, risk, facts = fitted
	whole = expected_spend(model, risk, facts)
	shuffled = facts.sample(frac=1, random_state=1)
	parts = pd.concat([expected_spend(model, risk, shuffled[start::3]) for start in range(3)])
	pd.testing.assert_frame_equal(parts.loc[facts.index], whole, check_exact=True)


def test_it_travels_as_json(fitted):
	learned = LearnedSpend(fitted[0])
	assert from_json(LearnedSpend, to_json(learned)) == learned


def test_without_a_past_the_purchase_model_tells_it_and_says_why(bought):
	facts = facts_on(TODAY, bought)
	risk = fit_risk_model(facts, [], HORIZON)
	model = fit_spend_forecast(risk, facts, [])
	assert not model.habits
	assert "no earlier date" in str(model.reason)
	spent = spent_after(TODAY, bought, facts.index).sum()
	assert expected_spend(model, risk, facts)[EXPECTED].sum() == pytest.approx(spent, rel=0.3)
	assert from_json(SpendForecast, to_json(model)) == model


def test_too_few_buyers_teach_nothing(bought):
	facts, (past,) = facts_on(TODAY, bought), windows(TODAY, bought, (90,))
	risk = fit_risk_model(facts, [past], HORIZON)
	few = past.spent.where(past.spent.rank(ascending=False, method="first") < FEWEST_BUYERS, 0.0)
	model = fit_spend_forecast(risk, facts, [replace(past, spent=few)])
	assert str(FEWEST_BUYERS - 1) in str(model.reason)


def test_where_nobody_has_spent_anything_nothing_can_be_told(bought):
	free = bought.assign(amount=0.0)
	facts = facts_on(TODAY, free)
	risk = fit_risk_model(facts, [], HORIZON)
	with pytest.raises(FitError, match="Nobody has spent"):
		fit_spend_forecast(risk, facts, [])
	assert str(learn_spend(LearnedRisk(31.0, risk), facts, []).reason) == "Nobody has spent anything."


def test_without_a_risk_its_reason_is_said(bought):
	why = FitError("Nobody bought twice: there are no habits to learn from.")
	assert learn_spend(LearnedRisk(None, None, why), facts_on(TODAY, bought), []).reason is why
