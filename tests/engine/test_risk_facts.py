"""What moves a lapse risk, against values worked out by hand."""

from math import exp, log

import pandas as pd
import pytest

from crm_success.scoring.engine.forecast.lapse_facts import FACTS, terms
from crm_success.scoring.engine.forecast.lapse_risk import RiskModel
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, Term
from crm_success.scoring.engine.forecast.risk_facts import TERMS, risk_facts

GAP = 30.0
# the average customer, and what a unit more of each term adds to the log odds
AVERAGES = {"recency": log(41), "purchases": log(4), "tenure": log(301), "revenue": log(1001)}
WEIGHTS = {"recency": 1.0, "purchases": -0.5, "tenure": -0.2, "revenue": -0.1, "lately": -0.4, "returns": 0.3}


def model() -> RiskModel:
	names = [name for names in TERMS.values() for name in names]
	line = Logistic(
		0.0, tuple(Term(name, AVERAGES.get(name, 0.0), 1.0, WEIGHTS.get(name, 0.0)) for name in names)
	)
	return RiskModel(90, GAP, None, None, None, (), line)


def facts(**values: float) -> pd.DataFrame:
	"""Somebody average, but for these."""
	average = {
		"purchase_days": 4,
		"days_since_first": 300,
		"days_since_last": 40,
		"purchases_lately": 0,
		"purchases_before": 0,
		"revenue": 1000,
		"returns": 0,
	}
	return pd.DataFrame([{**average, **values}], index=["a"], dtype="float64")[list(FACTS)]


def told(odds: float = 0.0, **values: float) -> list:
	(found,) = risk_facts(model(), facts(**values), pd.Series([odds], index=["a"]))
	return found


def points(odds: float, effect: float) -> float:
	return round(100 * (1 / (1 + exp(-odds)) - 1 / (1 + exp(effect - odds))), 1)


def test_every_term_belongs_to_one_fact():
	names = [name for names in TERMS.values() for name in names]
	assert sorted(names) == sorted(terms(facts(), GAP).columns)


def test_of_an_average_customer_nothing_is_told():
	assert told() == []


def test_a_fact_is_worth_what_the_risk_would_lose_without_it():
	"""81 days are ln 2 more log odds than 40: at odds of 0.4 the risk of 59.9 % would be 42.7 %. The gap is (219 + 60) / 5."""
	(fact,) = told(0.4, days_since_last=81)
	assert fact == {"fact": "silence", "values": [81.0, 55.8, 4.0], "contribution": points(0.4, log(2))}
	assert fact["contribution"] == pytest.approx(17.2, abs=0.1)


def test_what_raises_comes_first_and_the_strongest_first():
	found = told(0.0, days_since_last=81, purchase_days=16, returns=3, purchases_lately=7, revenue=9)
	assert [fact["fact"] for fact in found] == ["silence", "value", "returns", "trend", "purchases"]
	assert [fact["contribution"] > 0 for fact in found] == [True, True, True, False, False]


def test_three_each_way_at_most():
	found = told(0.0, days_since_last=200, purchase_days=1, days_since_first=200, revenue=0, returns=5)
	assert len([fact for fact in found if fact["contribution"] > 0]) == 3


def test_the_numbers_behind_each_fact():
	found = {
		fact["fact"]: fact["values"]
		for fact in told(0.0, purchases_lately=7, purchases_before=2, revenue=9, returns=3)
	}
	assert found == {"trend": [7.0, 2.0, 90.0], "value": [9.0], "returns": [3.0]}


def test_without_a_line_or_customers_nothing_is_told():
	bare = RiskModel(90, GAP, None, None, None)
	odds = pd.Series([0.0], index=["a"])
	assert risk_facts(bare, facts(), odds) == [[]]
	assert risk_facts(model(), facts().head(0), odds.head(0)) == []
