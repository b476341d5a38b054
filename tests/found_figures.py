"""Figures of a past date, made up, for tests of how they are told."""

from dataclasses import replace
from datetime import date

import pandas as pd

from crm_success.scoring.engine.truth.back_test import BackTest, lapse_by_group
from crm_success.scoring.engine.truth.intervals import Estimate, share_of
from crm_success.scoring.engine.truth.what_is_compared import Calls, Grouping, RiskNumber
from crm_success.scoring.shared.past_comparison import Replayed, figures_of

JUNE, SEPTEMBER = date(2019, 6, 10), date(2019, 9, 10)
BETTER, SAME, WORSE = Estimate(0.03, 0.01, 0.05), Estimate(0.0, -0.02, 0.02), Estimate(-0.03, -0.05, -0.01)
NOBODY_CALLED = Calls(0, 0, None, share_of(0, 45), 0.0, 100.0)
_BANDS = pd.Series(["Healthy"] * 50 + ["Watch"] * 40 + ["At Risk"] * 20)
_LAPSED = pd.Series([True] * 10 + [False] * 40 + [True] * 20 + [False] * 20 + [True] * 15 + [False] * 5)


def made_test(area=0.75, gain=SAME, **changes) -> BackTest:
	"""110 customers of whom 45 left."""
	test = BackTest(
		customers=110,
		without_score=0,
		lapsed=45,
		lapsed_without_score=0,
		share=share_of(45, 110),
		areas={
			RiskNumber.SCORE: Estimate(area, area - 0.05, area + 0.05),
			RiskNumber.RFM: Estimate(0.7, 0.65, 0.75),
		},
		gains={RiskNumber.RFM: gain},
		groups={Grouping.BAND: lapse_by_group(_BANDS, _LAPSED, ("Healthy", "Watch", "At Risk"))},
		bands_ordered=True,
		calls=Calls(20, 15, share_of(15, 20), share_of(15, 45), 1500.0, 98500.0),
	)
	return replace(test, **changes)


def made_figures(day=JUNE, disabled=0, about_risk=(), **changes):
	return figures_of(Replayed(day, 90, disabled, "EUR", made_test(**changes), None, about_risk))
