"""What customers are expected to do next, by what a calibration learned. Learns nothing, and judges nobody."""

import numpy as np
import pandas as pd

from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.forecast.expected_spend import (
	EXPECTED,
	NO_SPEND_LEARNED,
	LearnedSpend,
	expected_spend,
)
from crm_success.scoring.engine.forecast.fact_names import RiskFact
from crm_success.scoring.engine.forecast.lapse_facts import fact_metrics, facts_of, repeats, usual_gap
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, odds_of_lapsing
from crm_success.scoring.engine.forecast.lifetime import horizons_in_lifetime
from crm_success.scoring.engine.forecast.ridge_logistic import probability
from crm_success.scoring.engine.forecast.risk_facts import risk_facts
from crm_success.scoring.engine.measure_table import LAPSE_RISK
from crm_success.scoring.engine.rounding import DECIMALS

USUAL_GAP = "usual_gap"
EXPECTED_SPEND, LIFETIME_VALUE = "expected_spend", "clv"


def forecast_metrics(limits: Limits, calibration: Calibration | None = None) -> tuple[Metric, ...]:
	"""What forecasts are read from. The horizon is that of the calibration's model; without one, that of the limits."""
	model = calibration.risk.model if calibration else None
	return fact_metrics(limits, model.horizon if model else limits.horizon_days)


class Forecasts:
	"""The forecasts of customers, from the raw values of `forecast_metrics`, a row a customer."""

	def __init__(
		self, measured: pd.DataFrame, risk: LearnedRisk, spend: LearnedSpend = NO_SPEND_LEARNED
	) -> None:
		self._customers = measured.index
		self._risk, self._spend = risk, spend
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

	def worth(self, limits: Limits, retention: float) -> pd.DataFrame:
		"""EXPECTED_SPEND, within the horizon, and LIFETIME_VALUE, both in the reporting currency with two decimals: 0 for
		who never bought, NaN for everybody where nothing could be learned.

		`retention` is the yearly share (0-0.99) of customers who stay, used where nobody is seen to leave.
		"""
		risk, spend = self._risk.model, self._spend.model
		columns = [EXPECTED_SPEND, LIFETIME_VALUE]
		if not risk or not spend:
			return pd.DataFrame(np.nan, index=self._customers, columns=columns)
		expected = expected_spend(spend, risk, self._facts)[EXPECTED]
		times = horizons_in_lifetime(
			risk.purchases,
			repeats(self._facts),
			risk.horizon,
			years=limits.lifetime_years_cap,
			discount=limits.discount_percent / 100,
			retention=retention,
		)
		worth = pd.DataFrame({EXPECTED_SPEND: expected, LIFETIME_VALUE: expected * times})
		return worth.round(2).reindex(self._customers).fillna(0.0)

	def risk_facts(self) -> list[list[RiskFact]]:
		"""What raises and lowers the risk of each customer; nothing where there is no risk."""
		if not self._risk.model or self._odds is None:
			return [[] for _ in self._customers]
		told = risk_facts(self._risk.model, self._facts, self._odds)
		by_customer = dict(zip(self._facts.index, told, strict=True))
		return [by_customer.get(customer, []) for customer in self._customers]
