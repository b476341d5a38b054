"""What raises and what lowers a customer's lapse risk, as facts. Puts nothing into words."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_success.scoring.engine.forecast.fact_names import (
	PURCHASES,
	SILENCE,
	TAKEN_BACK,
	TENURE,
	TREND,
	VALUE,
	RiskFact,
)
from crm_success.scoring.engine.forecast.lapse_facts import (
	BEFORE,
	FIRST,
	LAST,
	LATELY,
	PURCHASE_DAYS,
	RETURNS,
	REVENUE,
	terms,
	usual_gap,
)
from crm_success.scoring.engine.forecast.lapse_risk import RiskModel
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, effects, probability
from crm_success.scoring.engine.rounding import DECIMALS

Array: TypeAlias = npt.NDArray[np.float64]

COUNT = 3
# terms that say the same thing count together: apart, one may take back what the other adds
TERMS = {
	SILENCE: ("recency", "rhythm", "usual_gap"),
	PURCHASES: ("purchases", "bought_once"),
	TREND: ("lately", "trend"),
	TENURE: ("tenure",),
	VALUE: ("revenue", "order_value"),
	TAKEN_BACK: ("returns",),
}
_FACTS = tuple(TERMS)


def risk_facts(model: RiskModel, facts: pd.DataFrame, odds: pd.Series) -> list[list[RiskFact]]:
	"""For each row of `facts`, first the three that raise its risk most, then the three that lower it most.

	`odds` are the log odds of the same rows.
	"""
	if not model.line or facts.empty:
		return [[] for _ in facts.index]
	points = _points(model.line, terms(facts, model.company_gap), odds)
	order = np.argsort(-points, axis=1, kind="stable")
	numbers = {name: columns(facts, model).tolist() for name, columns in _NUMBERS.items()}
	return [
		_strongest(row, points_of_row, order_of_row, numbers)
		for row, (points_of_row, order_of_row) in enumerate(zip(points.tolist(), order.tolist(), strict=True))
	]


def _points(line: Logistic, told: pd.DataFrame, odds: pd.Series) -> Array:
	"""Percentage points of each fact (columns, in the order of TERMS)."""
	moved = effects(line, told)
	risk, columns = probability(odds), []
	for names in TERMS.values():
		effect = sum((moved[name] for name in names[1:]), start=moved[names[0]])
		# + 0.0 turns -0.0 into 0.0
		columns.append((100 * (risk - probability(odds - effect))).round(DECIMALS).to_numpy() + 0.0)
	return np.column_stack(columns)


def _strongest(
	row: int, points: list[float], order: list[int], numbers: Mapping[str, list[list[float]]]
) -> list[RiskFact]:
	raising = [at for at in order[:COUNT] if points[at] > 0]
	lowering = [at for at in order[: -COUNT - 1 : -1] if points[at] < 0]
	return [
		{"fact": _FACTS[at], "values": numbers[_FACTS[at]][row], "contribution": points[at]}
		for at in (*raising, *lowering)
	]


def _silence(facts: pd.DataFrame, model: RiskModel) -> Array:
	gap = usual_gap(facts, model.company_gap).round(DECIMALS)
	return np.column_stack([facts[LAST], gap, facts[PURCHASE_DAYS]])


def _trend(facts: pd.DataFrame, model: RiskModel) -> Array:
	return np.column_stack([facts[LATELY], facts[BEFORE], np.full(len(facts), float(model.horizon))])


def _value(facts: pd.DataFrame, model: RiskModel) -> Array:
	return facts[[REVENUE]].round(2).to_numpy()


def _one(column: str) -> "_Numbers":
	return lambda facts, model: facts[[column]].to_numpy(dtype="float64")


_Numbers: TypeAlias = Callable[[pd.DataFrame, RiskModel], Array]
# the numbers of each fact, a row a customer
_NUMBERS: dict[str, _Numbers] = {
	SILENCE: _silence,
	PURCHASES: _one(PURCHASE_DAYS),
	TREND: _trend,
	TENURE: _one(FIRST),
	VALUE: _value,
	TAKEN_BACK: _one(RETURNS),
}
