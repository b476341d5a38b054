"""What a customer is expected to spend in the coming horizon: how probable it is that they buy, times what buyers spend.

What buyers spend is learned from the company's past windows, and blended with what the purchase model expects of them.
Where the windows are too few, the purchase model is used alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_success.scoring.engine.errors import FitError, Phrase
from crm_success.scoring.engine.forecast.lapse_facts import PURCHASE_DAYS, REVENUE, repeats, terms
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk, RiskModel, lapse_risk
from crm_success.scoring.engine.forecast.past_windows import PastWindow
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd
from crm_success.scoring.engine.forecast.ridge_logistic import Logistic, fit_line, log_odds
from crm_success.scoring.engine.forecast.seasons import AS_TOLD, Forecast, Level, level_of
from crm_success.scoring.engine.forecast.spend_model import GammaGamma, fit_spend_model

BUYS, SPENDS, EXPECTED = "buys", "spends", "expected"

# of standardised terms, as with the lapse risk
RIDGE = 3.0
# ten for each term
FEWEST_BUYERS = 110
# of the logarithms: with less, made companies lose; with more, they and the greatest customers of real ones do
SHARE_OF_HABITS = 0.7
# amounts below a hundredth of what a purchase day brings are hardly told apart
_SMALLEST = 0.01
_LEAST_BUYING = 1e-6


@dataclass(frozen=True)
class SpendForecast:
	"""How a company's spend in the horizon of its lapse risk is told.

	Of a customer's purchase days, its own mean counts as much as `mean` (the reporting currency) after `half_trust` of
	them. `habits` gives the logarithm of what a buyer spends in the horizon, in units of `unit`; without them the purchase
	model tells it, and `reason` says why. `level` makes it come true in sum. It was learned from `buyers` (a customer and an
	earlier date each, on `windows` dates).
	"""

	mean: float
	half_trust: float
	unit: float
	habits: Logistic | None = None
	level: Level = AS_TOLD
	reason: Phrase | None = None
	buyers: int = 0
	windows: int = 0


@dataclass(frozen=True)
class LearnedSpend:
	"""What a company's past tells of the coming spend: a model, or in `reason` why there is none.

	Without both, nothing was learned yet.
	"""

	model: SpendForecast | None = None
	reason: Phrase | None = None


NO_SPEND_LEARNED = LearnedSpend()


def learn_spend(risk: LearnedRisk, facts: pd.DataFrame, past: Sequence[PastWindow]) -> LearnedSpend:
	"""`fit_spend_forecast`, with a reason where it raises FitError or there is no risk to stand on."""
	if not risk.model:
		return LearnedSpend(None, risk.reason)
	try:
		return LearnedSpend(fit_spend_forecast(risk.model, facts, past))
	except FitError as error:
		return LearnedSpend(None, error.phrase)


def fit_spend_forecast(risk: RiskModel, facts: pd.DataFrame, past: Sequence[PastWindow]) -> SpendForecast:
	"""The forecast for the customers of today, whose facts are `facts`, from what was spent after the past windows.

	`risk` was fitted to the same. Raises FitError where nobody has spent anything, or neither way can tell.

	Source of the level, without which logarithms tell too little: Duan, "Smearing Estimate: A Nonparametric
	Retransformation Method", Journal of the American Statistical Association 78, 1983.
	"""
	model = _means(facts)
	known = [window for window in past if len(window.facts)]
	try:
		habits = _fit_habits(model, risk, known)
		learned = replace(model, habits=habits, buyers=_buyers(known), windows=len(known))
		return replace(learned, level=level_of([_told(learned, risk, window) for window in known]))
	except FitError as error:
		if not risk.purchases:
			raise
		return replace(model, reason=error.phrase)


def expected_spend(model: SpendForecast, risk: RiskModel, facts: pd.DataFrame) -> pd.DataFrame:
	"""Columns BUYS (the probability to buy in the horizon, 0-1), SPENDS (what who buys then spends, in the reporting
	currency, 0 or more) and EXPECTED (the two multiplied), a row for each of `facts`.
	"""
	buys = 1 - lapse_risk(risk, facts)
	spends = np.exp(_logarithms(model, risk, facts)) * model.unit * model.level.both
	return pd.DataFrame({BUYS: buys, SPENDS: spends, EXPECTED: buys * spends}, index=facts.index)


def _means(facts: pd.DataFrame) -> SpendForecast:
	"""What purchase days bring, before anything is learned from the past."""
	own = facts[REVENUE] / facts[PURCHASE_DAYS]
	fitted = fit_spend_model(facts[PURCHASE_DAYS], own)
	unit = float(np.sort(own.clip(lower=0.0)).mean()) if len(own) else 0.0
	if not unit > 0:
		raise FitError("Nobody has spent anything.")
	half_trust = (fitted.q - 1) / fitted.p if isinstance(fitted, GammaGamma) else fitted.half_trust
	return SpendForecast(fitted.mean, half_trust, unit)


def _fit_habits(model: SpendForecast, risk: RiskModel, past: Sequence[PastWindow]) -> Logistic:
	if not past:
		raise FitError("There is no earlier date whose outcome is known: wait until a horizon has passed.")
	buyers = _buyers(past)
	if buyers < FEWEST_BUYERS:
		raise FitError(
			"Only {0} customers spent something after the earlier dates: {1} are needed to learn from.",
			buyers,
			FEWEST_BUYERS,
		)
	told = pd.concat([_terms(model, risk, window.facts)[_bought(window)] for window in past])
	spent = pd.concat([window.spent[_bought(window)] for window in past])
	return fit_line(told, np.log(spent / model.unit), RIDGE)


def _told(model: SpendForecast, risk: RiskModel, window: PastWindow) -> Forecast:
	told = expected_spend(model, risk, window.facts)
	return Forecast(window, told[BUYS], told[EXPECTED])


def _bought(window: PastWindow) -> pd.Series:
	# who returned more than they bought says nothing of what purchases bring
	return ~window.lapsed & (window.spent > 0)


def _buyers(past: Sequence[PastWindow]) -> int:
	return sum(int(_bought(window).sum()) for window in past)


def _terms(model: SpendForecast, risk: RiskModel, facts: pd.DataFrame) -> pd.DataFrame:
	"""The terms of the lapse risk, with amounts by what is usual: in another currency they are the same."""
	revenue = facts[REVENUE].clip(lower=0.0) / (_SMALLEST * model.unit)
	amounts = {"revenue": np.log1p(revenue), "order_value": np.log1p(revenue / facts[PURCHASE_DAYS])}
	return terms(facts, risk.company_gap).assign(**amounts)


def _logarithms(model: SpendForecast, risk: RiskModel, facts: pd.DataFrame) -> pd.Series:
	"""Of what a buyer spends, in units of `unit`."""
	if not model.habits:
		return _by_purchase_model(model, risk.purchases, risk.horizon, facts)
	habits = log_odds(model.habits, _terms(model, risk, facts))
	if not risk.purchases:
		return habits
	by_model = _by_purchase_model(model, risk.purchases, risk.horizon, facts)
	return SHARE_OF_HABITS * habits + (1 - SHARE_OF_HABITS) * by_model


def _by_purchase_model(
	model: SpendForecast, purchases: BgNbd | Nbd | None, horizon: int, facts: pd.DataFrame
) -> pd.Series:
	if not purchases:
		raise FitError("There is no model of purchases.")
	history = repeats(facts)
	expected = purchases.expected_purchases(history, horizon)
	buying = 1 - purchases.probability_of_no_purchase(history, horizon)
	days, revenue = facts[PURCHASE_DAYS], facts[REVENUE].clip(lower=0.0)
	brings = (revenue + model.half_trust * model.mean) / (days + model.half_trust)
	# who buys does so once at least, however little of that is left to numbers
	often = (expected / buying.clip(lower=_LEAST_BUYING)).clip(lower=1.0)
	return np.log(often * brings / model.unit)
