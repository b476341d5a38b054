"""What purchases tell about the next one, against values worked out by hand."""

from math import log

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.definitions import Limits
from crm_success.scoring.engine.forecast.lapse_facts import (
	FACTS,
	fact_metrics,
	facts_of,
	repeats,
	terms,
	usual_gap,
	usual_gap_of_company,
)


def facts(**rows: tuple[float, ...]) -> pd.DataFrame:
	"""A row for each customer: purchase days, days since the first and the last one, lately, before, revenue, returns."""
	return pd.DataFrame.from_dict(rows, orient="index", columns=list(FACTS), dtype="float64")


# five purchase days from day 200 to day 40 before: a gap of 40 days
REGULAR = (5, 200, 40, 2, 2, 900.0, 0)
ONCE = (1, 30, 30, 1, 0, 50.0, 0)


def test_repeats_are_days_after_the_first_purchase():
	told = repeats(facts(regular=REGULAR, once=ONCE))
	assert told.loc["regular"].tolist() == [4, 160, 200]
	assert told.loc["once"].tolist() == [0, 0, 30]


def test_the_company_s_gap_is_over_all_gaps():
	"""160 days in 4 gaps, and 20 days in 1: 180 / 5."""
	assert usual_gap_of_company(facts(a=REGULAR, b=(2, 50, 30, 1, 1, 1.0, 0), c=ONCE)) == 36


def test_nobody_who_bought_twice_leaves_no_gap():
	assert usual_gap_of_company(facts(once=ONCE)) is None
	assert usual_gap_of_company(facts()) is None


def test_facts_are_made_of_raw_values_of_who_has_bought():
	"""Seven purchases in two horizons, three of them in the last one: four before."""
	keys = [metric.key for metric in fact_metrics(Limits(), 90)]
	assert keys == [
		*("_recency", "_first_purchase"),
		*("_purchase_days", "_lately", "_lately_and_before", "_revenue", "_returns"),
	]
	values = pd.DataFrame(
		[
			[40, 200, 5, 3, 7, 900.0, np.nan],
			[400, 400, 1, np.nan, np.nan, np.nan, 2],
			[np.nan] * 7,
		],
		index=["lately", "long_ago", "never"],
		columns=keys,
	)
	told = facts_of(values)
	assert told.loc["lately"].tolist() == [5, 200, 40, 3, 4, 900, 0]
	assert told.loc["long_ago"].tolist() == [1, 400, 400, 0, 0, 0, 2]
	assert "never" not in told.index


def test_a_customer_s_gap_is_drawn_to_the_company_s_by_two_of_its_gaps():
	"""(160 + 2 x 31) / (4 + 2) = 37, and without a gap of its own the company's."""
	assert usual_gap(facts(regular=REGULAR, once=ONCE), 31).tolist() == [37, 31]


def test_each_term_by_hand():
	told = terms(facts(regular=REGULAR), 31).loc["regular"]
	expected = {
		"recency": log(41),
		"rhythm": log(1 + 40 / 37),
		"usual_gap": log(37),
		"purchases": log(5),
		"tenure": log(201),
		"lately": log(3),
		"trend": 0.0,
		"revenue": log(901),
		"order_value": log(181),
		"returns": 0.0,
		"bought_once": 0.0,
	}
	assert told.to_dict() == pytest.approx(expected)


def test_who_took_back_more_than_was_bought_has_no_value_and_no_error():
	told = terms(facts(returned=(2, 90, 10, 1, 1, -40.0, 3)), 31).loc["returned"]
	assert told["revenue"] == told["order_value"] == 0
	assert told["returns"] == pytest.approx(log(4))


def test_what_is_known_of_some_counts_where_it_is_known():
	some = facts(a=REGULAR, b=ONCE).assign(usage=[7.0, np.nan])
	told = terms(some, 31)
	assert told["usage"].tolist() == [7.0, 0.0]
	assert told["usage_known"].tolist() == [1.0, 0.0]


def test_nothing_is_missing_and_rows_do_not_see_each_other():
	everybody = facts(a=REGULAR, b=ONCE, c=(1, 0, 0, 1, 0, 0.0, 0))
	told = terms(everybody, 31)
	assert np.isfinite(told.to_numpy()).all()
	pd.testing.assert_frame_equal(
		pd.concat([terms(everybody.loc[[name]], 31) for name in everybody.index]), told
	)
