"""The lapse risk: by hand with a given model, and on made-up companies whose customers' next purchase is known."""

from math import exp, log

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.definitions import from_json, to_json
from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.forecast.lapse_facts import FACTS, terms
from crm_success.scoring.engine.forecast.lapse_risk import (
	FEWEST_OUTCOMES,
	LearnedRisk,
	RiskModel,
	fit_risk_model,
	lapse_risk,
	learn_risk,
	odds_of_lapsing,
)
from crm_success.scoring.engine.forecast.past_windows import PastWindow
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, Term, log_odds
from crm_success.scoring.engine.truth.discrimination import area_gain

HORIZON = 90
TODAY = 700
PURCHASES = BgNbd(r=0.5, alpha=50.0, a=0.5, b=2.5, log_likelihood=0.0, customers=0)
RECENCY = Logistic(-0.5, (Term("recency", log(41), 2.0, 1.5),))


def company(customers: int = 1500, leaves: float = 0.12, seed: int = 1) -> pd.DataFrame:
	"""Purchase days (1 to 790) of customers with a rhythm of their own, some of whom leave after each purchase."""
	random = np.random.default_rng(seed)
	rows = []
	for customer in range(customers):
		day, gap = random.uniform(1, TODAY), random.lognormal(3.6, 0.6)
		while day < TODAY + HORIZON:
			rows.append((customer, int(day), float(random.lognormal(4, 1))))
			if random.random() < leaves:
				break
			day += gap * random.lognormal(0, 0.5)
	return pd.DataFrame(rows, columns=["customer", "day", "amount"])


def facts_on(day: int, bought: pd.DataFrame) -> pd.DataFrame:
	known = bought[bought["day"] <= day].groupby("customer")
	facts = pd.DataFrame(
		{
			"purchase_days": known["day"].nunique(),
			"days_since_first": day - known["day"].min(),
			"days_since_last": day - known["day"].max(),
			"revenue": known["amount"].sum(),
			"returns": 0,
		}
	)
	for name, first, last in (("lately", day - 89, day), ("before", day - 179, day - 90)):
		within = bought[bought["day"].between(first, last)].groupby("customer").size()
		facts[f"purchases_{name}"] = within.reindex(facts.index).fillna(0)
	return facts[list(FACTS)].astype("float64")


def lapsed_after(day: int, bought: pd.DataFrame, customers: pd.Index) -> pd.Series:
	next_ones = bought[bought["day"].between(day + 1, day + HORIZON)]["customer"]
	return pd.Series(~customers.isin(next_ones), index=customers)


def past_window(facts: pd.DataFrame, lapsed: pd.Series) -> PastWindow:
	# the risk does not look at what was spent
	return PastWindow(facts, lapsed, pd.Series(0.0, index=facts.index))


def window(day: int, bought: pd.DataFrame) -> PastWindow:
	facts = facts_on(day, bought)
	return past_window(facts, lapsed_after(day, bought, facts.index))


@pytest.fixture(scope="module")
def bought() -> pd.DataFrame:
	return company()


@pytest.fixture(scope="module")
def model(bought: pd.DataFrame) -> RiskModel:
	past = [window(TODAY - HORIZON - back, bought) for back in (0, 30, 60)]
	return fit_risk_model(facts_on(TODAY, bought), past, HORIZON)


def one(**values: float) -> pd.DataFrame:
	usual = {"purchase_days": 5, "days_since_first": 200, "days_since_last": 40, "revenue": 900}
	return pd.DataFrame([{**dict.fromkeys(FACTS, 0.0), **usual, **values}], index=["a"], dtype="float64")


def test_by_habits_alone():
	"""log odds = -0.5 + 1.5 x (ln(1 + days) - ln 41) / 2: -0.5 after 40 days, and after 81 days 0.0199 more than nothing."""
	known = RiskModel(HORIZON, 31.0, RECENCY, None, None)
	assert lapse_risk(known, one())["a"] == pytest.approx(1 / (1 + exp(0.5)))
	odds = -0.5 + 0.75 * log(82 / 41)
	assert lapse_risk(known, one(days_since_last=81))["a"] == pytest.approx(1 / (1 + exp(-odds)))


def test_by_the_purchase_model_alone():
	"""4 repeats, the last at 160 of 200 days: gone : alive = 0.5/5.5 x (250/210)^4.5; quiet = (250/340)^4.5."""
	known = RiskModel(HORIZON, 31.0, None, PURCHASES, None)
	alive = 1 / (1 + 0.5 / 5.5 * (250 / 210) ** 4.5)
	assert lapse_risk(known, one())["a"] == pytest.approx(1 - alive + alive * (250 / 340) ** 4.5)


def test_both_are_blended():
	blend = Logistic(0.2, (Term("habits", 0.0, 1.0, 0.6), Term("purchases", 1.0, 2.0, 0.4)))
	alive = 1 / (1 + 0.5 / 5.5 * (250 / 210) ** 4.5)
	quiet = 1 - alive + alive * (250 / 340) ** 4.5
	odds = 0.2 + 0.6 * -0.5 + 0.4 * (log(quiet / (1 - quiet)) - 1) / 2
	known = RiskModel(HORIZON, 31.0, RECENCY, PURCHASES, blend)
	assert lapse_risk(known, one())["a"] == pytest.approx(1 / (1 + exp(-odds)))


def test_it_tells_who_comes_back_better_than_days_alone_and_as_often_as_it_says(
	bought: pd.DataFrame, model: RiskModel
):
	facts = facts_on(TODAY, bought)
	lapsed = lapsed_after(TODAY, bought, facts.index)
	risk = lapse_risk(model, facts)
	assert model.habits and model.purchases and model.blend and not model.reasons
	assert area_gain(risk, facts["days_since_last"], lapsed).low > 0
	tenths = pd.qcut(risk, 10, labels=False)
	difference = (risk.groupby(tenths).mean() - lapsed.groupby(tenths).mean()).abs().mean()
	assert difference < 0.04


def test_rows_do_not_see_each_other(bought: pd.DataFrame, model: RiskModel):
	facts = facts_on(TODAY, bought)
	whole = lapse_risk(model, facts)
	parts = pd.concat([lapse_risk(model, facts[start::3]) for start in range(3)])
	pd.testing.assert_series_equal(parts.sort_index(), whole, check_exact=False, atol=1e-12)


def test_longer_silence_is_more_risk(model: RiskModel):
	days = pd.concat([one(days_since_last=days) for days in (5, 40, 80, 160)], ignore_index=True)
	assert lapse_risk(model, days).is_monotonic_increasing


def test_without_a_past_the_purchase_model_is_used_and_says_why(bought: pd.DataFrame):
	known = fit_risk_model(facts_on(TODAY, bought), [], HORIZON)
	assert known.purchases and not known.habits
	assert "no earlier date whose outcome is known" in str(known.reasons[0])
	assert lapse_risk(known, facts_on(TODAY, bought)).between(0, 1).all()


def test_where_nobody_leaves_the_simpler_purchase_model_is_used_and_says_why():
	steady = company(leaves=0.0, seed=3)
	past = [window(TODAY - HORIZON - back, steady) for back in (0, 30, 60)]
	known = fit_risk_model(facts_on(TODAY, steady), past, HORIZON)
	assert known.habits and isinstance(known.purchases, Nbd) and known.blend
	assert known.reasons == (known.purchases.reason,)


def test_where_no_purchase_model_fits_habits_are_used_and_say_why(bought: pd.DataFrame):
	past = [window(TODAY - HORIZON - back, bought) for back in (0, 30, 60)]
	few = facts_on(TODAY, bought).head(40)
	known = fit_risk_model(few, past, HORIZON)
	assert known.habits and not known.purchases and not known.blend
	assert len(known.reasons) == 1
	assert lapse_risk(known, few).between(0, 1).all()


@pytest.mark.parametrize(
	("rows", "said"),
	[
		(0, "Nobody bought twice"),
		(30, "earlier date"),
	],
)
def test_where_nothing_can_be_told_both_reasons_are_said(bought: pd.DataFrame, rows: int, said: str):
	with pytest.raises(FitError, match=said):
		fit_risk_model(facts_on(TODAY, bought).head(rows), [], HORIZON)


def test_too_few_outcomes_of_one_kind_teach_no_habits(bought: pd.DataFrame):
	past = window(TODAY - HORIZON, bought)
	few = pd.concat([past.lapsed[past.lapsed].head(FEWEST_OUTCOMES - 1), past.lapsed[~past.lapsed]])
	known = fit_risk_model(facts_on(TODAY, bought), [past_window(past.facts.loc[few.index], few)], HORIZON)
	assert not known.habits
	assert str(FEWEST_OUTCOMES - 1) in str(known.reasons[0])


def test_what_it_was_learned_from_is_counted(bought: pd.DataFrame, model: RiskModel):
	past = [window(TODAY - HORIZON - back, bought) for back in (0, 30, 60)]
	assert model.customers == len(facts_on(TODAY, bought))
	assert model.outcomes == sum(len(each.facts) for each in past)
	assert model.lapsed == sum(int(each.lapsed.sum()) for each in past)


def test_its_line_tells_nearly_the_same_odds(bought: pd.DataFrame, model: RiskModel):
	facts = facts_on(TODAY, bought)
	line = log_odds(model.line, terms(facts, model.company_gap))
	assert line.corr(odds_of_lapsing(model, facts)) > 0.97
	assert line.mean() == pytest.approx(odds_of_lapsing(model, facts).mean())


def test_what_was_learned_survives_its_record(bought: pd.DataFrame, model: RiskModel):
	facts = facts_on(TODAY, bought)
	whole = LearnedRisk(model.company_gap, model)
	steady = company(leaves=0.0, seed=3)
	simpler = learn_risk(facts_on(TODAY, steady), [], HORIZON)
	nothing = learn_risk(facts.head(30), [], HORIZON)
	assert isinstance(simpler.model.purchases, Nbd)
	for learned in (whole, simpler, nothing):
		kept = from_json(LearnedRisk, to_json(learned))
		assert kept == learned
		assert list(map(str, kept.reasons)) == list(map(str, learned.reasons))
	kept = from_json(LearnedRisk, to_json(whole))
	pd.testing.assert_series_equal(lapse_risk(kept.model, facts), lapse_risk(model, facts), check_exact=True)


def test_where_nothing_can_be_told_the_reason_and_the_usual_gap_are_kept(bought: pd.DataFrame):
	few = facts_on(TODAY, bought).head(30)
	learned = learn_risk(few, [], HORIZON)
	assert learned.model is None
	assert learned.usual_gap > 1
	assert "no earlier date" in str(learned.reason) and "needs 200" in str(learned.reason)
	nobody = learn_risk(few.assign(purchase_days=1.0, days_since_last=few["days_since_first"]), [], HORIZON)
	assert nobody.usual_gap is None and "Nobody bought twice" in str(nobody.reason)
