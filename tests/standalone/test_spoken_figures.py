"""What a back-test found, as a terminal shows it: the table of a date, and the sentence over all at the end."""

import pandas as pd
from found_figures import JUNE, SEPTEMBER, made_figures, made_test

from crm_success.scoring.engine.errors import Phrase
from crm_success.scoring.engine.truth.reliability import Reliability
from crm_success.scoring.shared.past_comparison import Replayed, figures_of
from crm_success.standalone.backtest.spoken_figures import lines_of, lines_of_all

BINS = pd.DataFrame(
	{"customers": [110], "lapsed": [45], "probability": [0.3], "share": [0.41], "low": [0.32], "high": [0.5]},
	index=[0.3],
)


def test_the_table_of_a_date():
	assert list(lines_of(made_figures(disabled=1))) == [
		"As of 2019-06-10: 45 of 110 customers who had bought (41 %) left: they bought nothing from 2019-06-11 to 2019-09-08.",
		"  1 disabled customer is left out.",
		"  Of 20 customers At Risk, 75 % left. Of those who left, 33 % had been At Risk.",
		"  Those who left had bought for 100,000 EUR: 1,500 EUR of it had been called At Risk, 98,500 EUR had not.",
		"  Told apart by                       area   95 % interval     the score's area less this one",
		"  Health Score                       0.750   0.700 to 0.800",
		"  R + F + M                          0.700   0.650 to 0.750    +0.000, -0.020 to +0.020",
		"  Band                           customers   left (95 % interval)",
		"  Healthy                               50   20 % (11 to 33 %)",
		"  Watch                                 40   50 % (35 to 65 %)",
		"  At Risk                               20   75 % (53 to 89 %)",
	]


def test_what_there_is_to_say_of_the_lapse_risk():
	figures = made_figures(reliability=Reliability(BINS, 0.074), about_risk=(Phrase("Nobody leaves."),))
	lines = list(lines_of(figures))
	assert "  Lapse risk: Nobody leaves." in lines
	assert any(line.startswith("  The lapse risk was off by 7 % on average") for line in lines)


def test_a_date_without_figures_says_why_and_the_verdict_is_that_of_the_others():
	refused = Replayed(JUNE, 90, 0, "EUR", None, Phrase("Too few: {0}.", 3))
	assert list(lines_of(figures_of(refused))) == ["As of 2019-06-10: no figures. Too few: 3."]
	lines = list(lines_of_all([refused, Replayed(SEPTEMBER, 90, 0, "EUR", made_test())]))
	assert lines[-1].startswith(
		"How true the scores are: Of two customers, one of whom left, the score was lower"
	)
