"""Earlier dates that are read as columns of one query, against each of them read alone, as of its own day."""

from datetime import date, timedelta

import pandas as pd
import pytest
from asking import AS_OF, metric, reader, values
from databases import Database
from random_company import Company

from crm_success.scoring.engine.definitions import Limits, Metric
from crm_success.scoring.engine.forecast.lapse_facts import FIRST, fact_metrics, facts_of
from crm_success.scoring.engine.forecast.past_windows import YEAR, past_windows
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.measures import measured_values
from crm_success.scoring.engine.profile import purchases_within, revenue_within

LIMITS, HORIZON = Limits(), 90


def alone(database: Database, metrics: tuple[Metric, ...], day: date) -> pd.DataFrame:
	aggregates = reader(database, *metrics).aggregates(day).sort_index()
	return measured_values(metrics, aggregates, aggregates.index, day).values


def test_each_window_is_what_reading_as_of_its_days_gives(database: Database) -> None:
	for doctype, rows in Company().rows.items():
		database.add_all(doctype, rows)
	facts = facts_of(alone(database, fact_metrics(LIMITS, HORIZON), AS_OF))
	asked = []

	def measured(metrics: tuple[Metric, ...]) -> pd.DataFrame:
		asked.append(metrics)
		return alone(database, metrics, AS_OF)

	windows = past_windows(measured, facts, LIMITS, HORIZON)
	assert [window.days_ago for window in windows] == [90, 120, 150, 180, YEAR]
	assert len(asked) == 1
	purchases, revenue = after = purchases_within(HORIZON), revenue_within(HORIZON)
	for window in windows:
		day = AS_OF - timedelta(window.days_ago)
		then = facts_of(alone(database, fact_metrics(LIMITS, HORIZON), day))
		assert len(then) > 10
		pd.testing.assert_frame_equal(window.facts.sort_index(), then, check_names=False)
		outcome = alone(database, after, day + timedelta(HORIZON)).reindex(then.index)
		pd.testing.assert_series_equal(
			window.lapsed.sort_index(), ~(outcome[purchases.key] > 0), check_names=False
		)
		pd.testing.assert_series_equal(
			window.spent.sort_index(), outcome[revenue.key].fillna(0.0), check_names=False
		)
		assert window.lapsed.nunique() == 2


def test_without_history_nothing_is_read() -> None:
	young = pd.DataFrame({FIRST: [HORIZON + 59.0]})
	assert past_windows(pytest.fail, young, LIMITS, HORIZON) == ()
	assert past_windows(pytest.fail, young.iloc[:0], LIMITS, HORIZON) == ()


@pytest.mark.parametrize(
	("measure", "fields", "expected"),
	[
		(Measure.COUNT, {"window_days": 30}, 2),
		(Measure.SUM, {"value_field": "base_net_total"}, 60),
		(Measure.DAYS_SINCE_LAST, {}, 5),
		(Measure.DAYS_SINCE_FIRST, {}, 40),
		(Measure.CHANGE, {"window_days": 30}, 100),
		(Measure.DISTINCT_COUNT, {"value_field": "posting_date"}, 3),
	],
)
def test_a_metric_of_an_earlier_day_looks_at_what_there_was_then(
	database: Database, measure: Measure, fields: dict, expected: float
) -> None:
	"""Ten days ago: invoices 5, 20 and 40 days before that day, and one on the day after it."""
	for number, days in enumerate((9, 15, 30, 50)):
		database.add(
			"Sales Invoice",
			name=f"S{number}",
			customer="A",
			posting_date=str(AS_OF - timedelta(days)),
			base_net_total=(500, 10, 20, 30)[number],
			docstatus=1,
		)
	asked = metric(measure, days_ago=10, **fields)
	assert values(database, asked)["m"].tolist() == [expected]
	assert values(database, asked, as_of=AS_OF - timedelta(60)).empty
