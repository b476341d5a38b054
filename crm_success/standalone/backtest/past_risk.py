"""The lapse risk as it would have been told on a past date, by what was known then. Compares nothing."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.errors import FitError
from crm_success.scoring.engine.forecast.lapse_facts import fact_metrics, facts_of
from crm_success.scoring.engine.forecast.lapse_risk import fit_risk_model, lapse_risk
from crm_success.scoring.engine.forecast.past_windows import MOST_WINDOWS, past_windows
from crm_success.scoring.shared.past_figures import Said, said
from crm_success.standalone.assessment import Progress, Scoring


@dataclass(frozen=True)
class PastRisk:
	"""`risk`: the probability (0-1) of each customer who had bought, NaN where it could not be told; `reasons`: why it,
	or one of the two ways to tell it, was not possible.
	"""

	risk: pd.Series
	reasons: tuple[Said, ...]


def steps(scoring: Scoring) -> int:
	"""How much `risk_on` tells its `progress` at most."""
	return scoring.customers * (1 + 2 * MOST_WINDOWS)


def risk_on(scoring: Scoring, as_of: date, horizon: int, progress: Progress) -> PastRisk:
	"""The risk as of a date, by earlier dates whose horizon was over by then."""

	def measured(metrics: tuple[Metric, ...], day: date) -> pd.DataFrame:
		return scoring.measured(metrics, day, progress)

	facts = facts_of(measured(fact_metrics(Limits(), horizon), as_of))
	past = past_windows(measured, facts, Limits(), as_of, horizon)
	progress(2 * scoring.customers * (MOST_WINDOWS - len(past)))
	try:
		model = fit_risk_model(facts, past, horizon)
	except FitError as error:
		return PastRisk(pd.Series(np.nan, index=facts.index), (said(error),))
	return PastRisk(lapse_risk(model, facts), tuple(said(reason) for reason in model.reasons))
