"""The lapse risk as it would have been told on a past date, by what was known then. Compares nothing."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Limits
from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.lapse_facts import FIRST, fact_metrics, facts_of
from crm_success.scoring.engine.lapse_risk import PastWindow, fit_risk_model, lapse_risk
from crm_success.scoring.engine.profile import purchases_within
from crm_success.standalone.assessment import Progress, Scoring
from crm_success.standalone.backtest.past_dates import FEWEST_DAYS_BEFORE

MOST_WINDOWS = 5
_DAYS_APART = 30


@dataclass(frozen=True)
class PastRisk:
	"""`risk`: the probability (0-1) of each customer who had bought, NaN where it could not be told; `reasons`: why it,
	or one of the two ways to tell it, was not possible.
	"""

	risk: pd.Series
	reasons: tuple[str, ...]


def steps(scoring: Scoring) -> int:
	"""How much `risk_on` tells its `progress` at most."""
	return scoring.customers * (1 + 2 * MOST_WINDOWS)


def risk_on(scoring: Scoring, as_of: date, horizon: int, progress: Progress) -> PastRisk:
	"""The risk as of a date, by earlier dates whose horizon was over by then."""
	facts = facts_of(scoring.measured(fact_metrics(Limits(), horizon), as_of, progress))
	oldest = int(facts[FIRST].max()) if len(facts) else 0
	days = [as_of - timedelta(horizon + number * _DAYS_APART) for number in range(MOST_WINDOWS)]
	known = [day for day in days if (as_of - day).days + FEWEST_DAYS_BEFORE <= oldest]
	past = [_window(scoring, day, horizon, progress) for day in known]
	progress(2 * scoring.customers * (MOST_WINDOWS - len(past)))
	try:
		model = fit_risk_model(facts, past, horizon)
	except FitError as error:
		return PastRisk(pd.Series(np.nan, index=facts.index), (str(error),))
	return PastRisk(lapse_risk(model, facts), tuple(str(reason) for reason in model.reasons))


def _window(scoring: Scoring, day: date, horizon: int, progress: Progress) -> PastWindow:
	facts = facts_of(scoring.measured(fact_metrics(Limits(), horizon), day, progress))
	metric = purchases_within(horizon)
	bought = scoring.measured((metric,), day + timedelta(horizon), progress)[metric.key]
	return PastWindow(facts, ~(bought.reindex(facts.index) > 0))
