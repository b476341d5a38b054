"""What customers are expected to do next, by what a calibration learned. Learns nothing, and judges nobody."""

import numpy as np
import pandas as pd

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.forecast.fact_names import RiskFact
from crm_success.scoring.engine.forecast.lapse_facts import fact_metrics, facts_of, usual_gap
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, odds_of_lapsing
from crm_success.scoring.engine.forecast.ridge_logistic import probability
from crm_success.scoring.engine.forecast.risk_facts import risk_facts
from crm_success.scoring.engine.measure_table import LAPSE_RISK
from crm_success.scoring.engine.rounding import DECIMALS

USUAL_GAP = "usual_gap"


def forecast_metrics(limits: Limits, calibration: Calibration | None = None) -> tuple[Metric, ...]:
	"""What forecasts are read from. The horizon is that of the calibration's model; without one, that of the limits."""
	model = calibration.risk.model if calibration else None
	return fact_metrics(limits, model.horizon if model else limits.horizon_days)


class Forecasts:
	"""The forecasts of customers, from the raw values of `forecast_metrics`, a row a customer."""

	def __init__(self, measured: pd.DataFrame, risk: LearnedRisk) -> None:
		self._customers = measured.index
		self._risk = risk
		self._facts = facts_of(measured)
		self._odds = odds_of_lapsing(risk.model, self._facts) if risk.model else None

	@property
	def values(self) -> pd.DataFrame:
		"""LAPSE_RISK, how many of 100 customers like this one buy nothing in the horizon, and USUAL_GAP, the days from one
		purchase day to the next: one decimal, NaN for who never bought and where nothing could be learned.
		"""
		found = pd.DataFrame(np.nan, index=self._customers, columns=[LAPSE_RISK, USUAL_GAP])
		if self._risk.usual_gap is not None:
			found[USUAL_GAP] = usual_gap(self._facts, self._risk.usual_gap).round(DECIMALS)
		if self._odds is not None:
			found[LAPSE_RISK] = (100 * probability(self._odds)).round(DECIMALS)
		return found

	def risk_facts(self, limits: Limits) -> list[list[RiskFact]]:
		"""What raises and lowers the risk of each customer; nothing where there is no risk."""
		if not self._risk.model or self._odds is None:
			return [[] for _ in self._customers]
		told = risk_facts(self._risk.model, self._facts, self._odds, limits.window_days)
		by_customer = dict(zip(self._facts.index, told, strict=True))
		return [by_customer.get(customer, []) for customer in self._customers]
