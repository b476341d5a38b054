"""What a back-test found, in words: the table of a date and the sentence over all."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from crm_success.scoring.engine.truth.back_test import BackTest, Calls, Grouping, RiskNumber, lapse_by_group
from crm_success.scoring.engine.truth.intervals import Estimate, share_of
from crm_success.scoring.engine.truth.reliability import Reliability
from crm_success.standalone.backtest.replay import Replayed
from crm_success.standalone.backtest.spoken_figures import lines_of, verdict

JUNE, SEPTEMBER = date(2019, 6, 10), date(2019, 9, 10)
BETTER, SAME, WORSE = Estimate(0.03, 0.01, 0.05), Estimate(0.0, -0.02, 0.02), Estimate(-0.03, -0.05, -0.01)
BANDS = pd.Series(["Healthy"] * 50 + ["Watch"] * 40 + ["At Risk"] * 20)
LAPSED = pd.Series([True] * 10 + [False] * 40 + [True] * 20 + [False] * 20 + [True] * 15 + [False] * 5)


def figures(area=0.75, gain=SAME, **changes):
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
		groups={Grouping.BAND: lapse_by_group(BANDS, LAPSED, ("Healthy", "Watch", "At Risk"))},
		bands_ordered=True,
		calls=Calls(20, 15, share_of(15, 20), share_of(15, 45), 1500.0, 98500.0),
	)
	return replace(test, **changes)


def test_the_table_of_a_date():
	lines = list(lines_of(Replayed(JUNE, 90, 1, "EUR", figures())))
	assert lines == [
		"As of 2019-06-10: 45 of 110 customers who had bought (41 %) bought nothing from 2019-06-11 to 2019-09-08.",
		"  1 disabled customer is left out.",
		"  Told apart by         area   95 % interval     the score's area less this one",
		"  Score                0.750   0.700 to 0.800",
		"  R + F + M            0.700   0.650 to 0.750    +0.000, -0.020 to +0.020",
		"  Band             customers   lapsed   95 % interval",
		"  Healthy                 50     20 %   11 % to 33 %",
		"  Watch                   40     50 %   35 % to 65 %",
		"  At Risk                 20     75 %   53 % to 89 %",
		"  At Risk: 75 % of them lapsed (precision), 33 % of those who lapsed were among them (recall).",
		"  Those who lapsed had bought for 100,000 EUR; 1,500 of it was called At Risk, 98,500 was not.",
	]


def test_what_there_is_to_say_of_the_lapse_risk():
	told = Reliability(pd.DataFrame(), 0.074)
	lines = list(
		lines_of(Replayed(JUNE, 90, 0, "EUR", figures(reliability=told), about_risk=("Nobody leaves.",)))
	)
	assert "  Lapse risk: Nobody leaves." in lines
	assert "  The lapse risk was off by 7 % on average (expected calibration error)." in lines


def test_who_has_no_score_is_told():
	assert "  2 customers had no score: they are in no area, and nobody called them At Risk." in lines_of(
		Replayed(JUNE, 90, 0, "EUR", figures(without_score=2))
	)


def test_a_date_without_figures_says_why():
	assert list(lines_of(Replayed(JUNE, 90, 0, "EUR", None, "Too few."))) == [
		"As of 2019-06-10: no figures. Too few."
	]


def test_one_date_in_one_sentence():
	assert verdict([(JUNE, figures())]) == (
		"How true the scores are: of two customers, one of whom bought nothing afterwards, the score was lower for that "
		"one in 75 of 100 cases, where drawing lots would be right in 50; R + F + M tells it about as well; the worse "
		"the band, the more of it lapsed."
	)


@pytest.mark.parametrize(
	("gains", "text"),
	[
		((WORSE,), "; R + F + M alone tells it better; "),
		((BETTER,), "; R + F + M alone tells it less well; "),
		((SAME, WORSE), "; R + F + M alone tells it better on 1 of 2 dates; "),
		((BETTER, WORSE), "; R + F + M tells it about as well; "),
	],
)
def test_the_score_is_told_beside_what_is_stored_with_it(gains, text):
	assert text in verdict([(JUNE, figures(gain=gain)) for gain in gains])


def test_several_dates_have_a_range():
	assert "lower for that one in 72 to 78 of 100 cases" in verdict(
		[(JUNE, figures(0.78)), (SEPTEMBER, figures(0.72))]
	)


def test_bands_out_of_order_and_nobody_at_risk_are_told_with_their_dates():
	nobody = Calls(0, 0, None, share_of(0, 45), 0.0, 100.0)
	said = verdict([(JUNE, figures(bands_ordered=False)), (SEPTEMBER, figures(calls=nobody))])
	assert said.endswith(
		"; the bands are not strictly ordered as of 2019-06-10: a worse one lapsed no more than a better one; "
		"At Risk called nobody as of 2019-09-10."
	)
	assert "  At Risk: nobody." in lines_of(Replayed(JUNE, 90, 0, "EUR", figures(calls=nobody)))
