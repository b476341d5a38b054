"""How true the scores of some definitions are on a past date that was read before. Reads nothing."""

from dataclasses import dataclass

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions, HealthBand
from crm_success.scoring.engine.health import bands, health_scores
from crm_success.scoring.engine.truth.back_test import (
	RiskNumber,
	is_strictly_ordered,
	lapse_by_group,
)
from crm_success.scoring.engine.truth.discrimination import area_gain, area_under_curve
from crm_success.scoring.engine.truth.intervals import Estimate
from crm_success.scoring.engine.truth.reliability import reliability
from tools.truth.paired_bootstrap import lower_bound
from tools.truth.past_cut import PastCut

_BANDS = tuple(band.value for band in HealthBand)


@dataclass(frozen=True)
class JudgedCut:
	"""Figures of those who had bought and have a score, numbers of customers and shares from 0 to 1.

	`areas`: of what can be told. `gain`: the score's area less that of R + F + M, with its interval by DeLong; `bound`:
	its lower bound by bootstrap. `bands`: customers, lapsed and share by band. `error`: the expected calibration error
	of the lapse risk, None where it cannot be told. `value` and `revenue`: the rank correlation (Spearman's) of lifetime
	value and of the year's revenue with what was bought in the horizon, returns not deducted; None likewise.
	"""

	cut: PastCut
	score: pd.Series
	areas: dict[RiskNumber, Estimate]
	gain: Estimate
	bound: float
	bands: pd.DataFrame
	error: float | None
	value: float | None
	revenue: float

	@property
	def are_bands_ordered(self) -> bool:
		"""Whether of the bands that have customers each worse one lapsed more."""
		return is_strictly_ordered(self.bands, _BANDS)

	@property
	def at_risk(self) -> float:
		"""The share of those who had bought that the score calls At Risk."""
		return float(self.bands.at[HealthBand.AT_RISK.value, "customers"] / self.bands["customers"].sum())


def score_of(cut: PastCut, definitions: Definitions) -> pd.Series:
	"""The scores of those who had bought, by the first scorecard; NaN for none."""
	raw, points = cut.values_and_points(definitions.metrics)
	return health_scores(raw, points, definitions.metrics, definitions.scorecards[0]).score


def judge(cut: PastCut, definitions: Definitions, draws: int = 1000) -> JudgedCut:
	"""The figures; `draws` of the bootstrap, 0 for none (`bound` is DeLong's then)."""
	score = score_of(cut, definitions)
	known = score.index[score.notna()]
	lapsed = cut.lapsed.loc[known]
	risks = {
		RiskNumber.SCORE: 100.0 - score.loc[known],
		RiskNumber.RFM: -cut.rfm.loc[known],
		RiskNumber.RECENCY: cut.recency.loc[known],
	}
	is_told = bool(cut.risk.notna().all())
	if is_told:
		risks[RiskNumber.LAPSE] = cut.risk.loc[known]
	gain = area_gain(risks[RiskNumber.SCORE], risks[RiskNumber.RFM], lapsed)
	return JudgedCut(
		cut=cut,
		score=score,
		areas={number: area_under_curve(risk, lapsed) for number, risk in risks.items()},
		gain=gain,
		bound=lower_bound(risks[RiskNumber.SCORE], risks[RiskNumber.RFM], lapsed, draws)
		if draws
		else gain.low,
		bands=lapse_by_group(bands(score.loc[known], definitions.scorecards[0]), lapsed, _BANDS),
		error=reliability(cut.risk, cut.lapsed).expected_error if is_told else None,
		value=_rank_correlation(cut.value, cut.bought) if cut.value.notna().all() else None,
		revenue=_rank_correlation(cut.revenue, cut.bought),
	)


def _rank_correlation(told: pd.Series, happened: pd.Series) -> float:
	return float(told.rank().corr(happened.rank()))
