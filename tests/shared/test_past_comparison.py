"""Which customers of a past date count, and what became of them: counted by hand."""

from datetime import date

import numpy as np
import pandas as pd

from crm_success.scoring.shared.past_comparison import (
	buyers,
	figures_of,
	history_of,
	outcome_metrics,
	replayed,
	with_outcome,
)

AS_OF = date(2019, 6, 10)
PURCHASES, REVENUE = (metric.key for metric in outcome_metrics(90))


def scored(**days):
	"""Customers by the day of their last purchase."""
	number = len(days)
	return pd.DataFrame(
		{
			"score": [50.0] * number,
			"band": ["Watch"] * number,
			"stage": ["Active"] * number,
			"segment": [None] * number,
			**dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), [3] * number),
			"revenue": [100.0] * number,
			"lapse_risk": [31.5] * number,
			"customer_disabled": [0] * number,
			"last_invoice": list(days.values()),
		},
		index=list(days),
	)


def test_who_has_not_bought_by_then_has_no_part():
	found = buyers(scored(A=date(2019, 6, 10), B=None, C=date(2019, 5, 31)), AS_OF)
	assert found["days_since_last"].to_dict() == {"A": 0, "C": 10}
	# a share here, percent there
	assert found["lapse_risk"].tolist() == [0.315, 0.315]


def test_nobody_at_all_is_a_frame_of_the_same_kinds():
	nobody = buyers(scored(A=None), AS_OF)
	assert nobody.empty
	assert nobody["days_since_last"].dtype == nobody["recency_score"].dtype == "float64"


def test_who_bought_nothing_in_the_horizon_left_and_what_others_spent_is_kept():
	customers = buyers(scored(A=AS_OF, B=AS_OF, C=AS_OF), AS_OF)
	after = pd.DataFrame({PURCHASES: [2.0, np.nan], REVENUE: [120.5, -30.0]}, index=["A", "B"])
	found = with_outcome(customers, after, 90)
	assert found["lapsed"].to_dict() == {"A": False, "B": True, "C": True}
	assert found["spent"].to_dict() == {"A": 120.5, "B": -30.0, "C": 0.0}


def test_the_disabled_are_counted_and_in_no_figure():
	customers = buyers(scored(**{f"C{number}": AS_OF for number in range(121)}), AS_OF)
	lapsed = [number % 3 == 0 for number in range(121)]
	customers = customers.assign(lapsed=lapsed, customer_disabled=[1] + [0] * 120)
	figures = figures_of(replayed(customers, AS_OF, 90, "EUR"))
	assert (figures.disabled, figures.found.customers, figures.found.lapsed) == (1, 120, 40)
	# every score is the same
	assert figures.found.score_area.value == 0.5


def test_a_small_sample_is_refused_with_its_numbers():
	customers = buyers(scored(A=AS_OF), AS_OF).assign(lapsed=[True])
	figures = figures_of(replayed(customers, AS_OF, 90, "EUR"))
	assert figures.found is None
	assert figures.refusal.values == (1, 100)
	assert str(figures.refusal).startswith("Only 1 customers with a score had bought by then")


def test_the_history_reaches_from_the_first_purchase_of_anybody_to_the_last():
	measured = pd.DataFrame({"_first_purchase": [400.0, 30.0, np.nan], "_recency": [90.0, 7.0, np.nan]})
	history = history_of(measured, AS_OF)
	assert (history.first, history.last) == (date(2018, 5, 6), date(2019, 6, 3))
	assert history_of(measured.iloc[2:], AS_OF) is None
