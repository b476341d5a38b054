"""The whole of scoring on a few customers, with every expected number worked out by hand."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crm_success.scoring.engine.calibrated import Calibration, PercentileCuts
from crm_success.scoring.engine.definitions import (
	Cap,
	Definitions,
	Metric,
	MissingValue,
	Scale,
	ScaleBand,
	ScaleKind,
	Scorecard,
	Segment,
	Weight,
)
from crm_success.scoring.engine.forecast.lapse_risk import LearnedRisk
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.engine.pipeline import all_metrics, metric_points, score_customers

AS_OF = date(2024, 6, 30)
CARRIED = ["customer_name", "customer_group", "territory", "account_manager", "scorecard"]
NUMBERS = ["computed_score", "score", "change_30", "revenue", "overdue", "clv"]
SCORES = ["recency_score", "frequency_score", "monetary_score"]

METRICS = (
	Metric("revenue", "Revenue", Measure.SUM, "Value", scale=Scale(best=1000.0)),
	Metric(
		"orders",
		"Orders",
		Measure.COUNT,
		"Value",
		scale=Scale(ScaleKind.BANDS, bands=(ScaleBand(0, 0), ScaleBand(2, 50), ScaleBand(5, 100))),
	),
	Metric("overdue", "Overdue", Measure.SUM, "Payment", scale=Scale(worst=500.0, best=0.0)),
	Metric("issues", "Issues", Measure.COUNT, "Service", scale=Scale(worst=10.0, best=0.0)),
)
SCORECARD = Scorecard(
	"Everybody",
	dimensions=(Weight("Value", 3.0), Weight("Payment", 1.0)),
	metrics=(Weight("revenue", 2.0), Weight("orders", 1.0), Weight("overdue", 1.0), Weight("issues", 5.0)),
	healthy_from=70.0,
	watch_from=40.0,
	caps=(Cap("overdue", ">", 300.0, 35.0, "Owes too much"),),
)
DEFINITIONS = Definitions(
	metrics=METRICS,
	dimensions=("Value", "Payment", "Service"),
	scorecards=(SCORECARD,),
	segments=(Segment("High", 1, (4, 5), (3, 5), (4, 5)), Segment("Everything Else", 2)),
)
CALIBRATION = Calibration(
	as_of=AS_OF,
	customers=3,
	recency=(10.0, 20.0, 30.0, 40.0),
	frequency=(1.0, 2.0, 3.0, 4.0),
	monetary=(100.0, 200.0, 300.0, 400.0),
	value_high_revenue=800.0,
	value_potential_revenue=200.0,
	retention=0.5,
)


def _customers(*names: str, scorecard: str | None = "Everybody") -> pd.DataFrame:
	rows = [[f"{name} Ltd", "Retail", None, None, scorecard] for name in names]
	return pd.DataFrame(
		rows, index=pd.Index(names, dtype=object, name="customer"), columns=CARRIED, dtype=object
	)


def _aggregates(**rows: dict[str, Any]) -> pd.DataFrame:
	"""Aggregates by customer; `key: value` stands for the value or date part, and the customer was seen."""
	frame: dict[str, dict[str, Any]] = {}
	for customer, values in rows.items():
		for key, value in values.items():
			part = "date" if isinstance(value, date) else "value"
			frame.setdefault(f"{key}.seen", {})[customer] = 1
			frame.setdefault(f"{key}.seen_in_window", {})[customer] = 1
			frame.setdefault(f"{key}.{part}", {})[customer] = value
	return pd.DataFrame(frame, dtype=object)


ALPHA = {
	"revenue": Decimal("800.00"),
	"orders": 3,
	"overdue": Decimal("100.00"),
	"issues": 2,
	"_recency": date(2024, 6, 25),
	"_first_purchase": date(2023, 12, 13),
	"_frequency": 3,
	"_monetary": Decimal("800.00"),
	"_overdue": Decimal("100.00"),
	"_open_issues": 1,
	"_last_issue": date(2024, 1, 1),
}
BETA = {
	"revenue": Decimal("900.00"),
	"orders": 6,
	"overdue": Decimal("400.00"),
	"_recency": date(2024, 5, 16),
	"_first_purchase": date(2023, 1, 1),
	"_frequency": 6,
	"_monetary": Decimal("900.00"),
	"_overdue": Decimal("400.00"),
	"_last_payment": date(2024, 6, 20),
}
DELTA = {
	"revenue": Decimal("100.00"),
	"orders": 1,
	"_recency": date(2024, 6, 10),
	"_first_purchase": date(2024, 6, 10),
	"_frequency": 1,
	"_monetary": Decimal("100.00"),
	"_overdue": Decimal("-25.00"),
}


@pytest.fixture
def scored() -> pd.DataFrame:
	"""Alpha is healthy, Beta owes too much, Delta is new and small, Nobody never did anything."""
	earlier = pd.Series({"Alpha": 60.0, "Beta": 36.0, "Delta": 20.0, "Deleted": 1.0})
	return score_customers(
		_customers("Alpha", "Beta", "Nobody", "Delta"),
		_aggregates(Alpha=ALPHA, Beta=BETA, Delta=DELTA, Orphan=ALPHA),
		DEFINITIONS,
		CALIBRATION,
		AS_OF,
		earlier,
	)


def test_there_is_one_row_a_customer_with_all_fields(scored: pd.DataFrame) -> None:
	assert scored.index.tolist() == ["Alpha", "Beta", "Nobody", "Delta"]
	assert {*CARRIED, *NUMBERS, *SCORES} < set(scored.columns)
	assert {"band", "trend", "cap_reason", "segment", "value_class", "activity", "stage"} < set(
		scored.columns
	)
	assert {"drivers", "components", "invoices", "open_issues", "last_invoice", "as_of"} < set(scored.columns)
	assert scored["customer_name"].tolist() == ["Alpha Ltd", "Beta Ltd", "Nobody Ltd", "Delta Ltd"]
	assert scored["as_of"].unique().tolist() == [AS_OF]


def test_a_healthy_customer(scored: pd.DataFrame) -> None:
	row = scored.loc["Alpha"]
	# value (2 x 80 + 50) / 3 = 70, payment 80, and (3 x 70 + 80) / 4
	assert (row["score"], row["computed_score"], row["band"], row["cap_reason"]) == (
		72.5,
		72.5,
		"Healthy",
		"",
	)
	assert (row["change_30"], row["trend"]) == (12.5, "Up")
	assert row["drivers"] == [
		{"metric": "revenue", "value": 800.0, "points": 80.0, "contribution": 15.0},
		{"metric": "overdue", "value": 100.0, "points": 80.0, "contribution": 7.5},
	]
	assert row[SCORES].tolist() == [5, 3, 5]
	assert (row["segment"], row["value_class"], row["activity"], row["stage"]) == (
		"High",
		"High",
		"Active",
		"Active",
	)
	assert (row["revenue"], row["invoices"], row["overdue"], row["open_issues"]) == (800, 3, 100, 1)
	assert row["last_invoice"] == date(2024, 6, 25)
	# half of the customers stay, so a life of 2 years: 800 x 2 x 0.5
	assert row["clv"] == 800


def test_every_component_of_a_score_is_kept(scored: pd.DataFrame) -> None:
	assert scored.loc["Alpha", "components"] == {
		"revenue": {"raw": 800.0, "points": 80.0, "weight": 50.0, "contribution": 15.0},
		"orders": {"raw": 3.0, "points": 50.0, "weight": 25.0, "contribution": 0.0},
		"overdue": {"raw": 100.0, "points": 80.0, "weight": 25.0, "contribution": 7.5},
		"issues": {"raw": 2.0, "points": 80.0, "weight": 0.0, "contribution": 0.0},
	}
	for row in scored["components"].drop("Nobody"):
		assert sum(part["weight"] for part in row.values()) == pytest.approx(100, abs=0.001)


def test_contributions_add_up_to_the_score_without_its_cap(scored: pd.DataFrame) -> None:
	uncapped = {"Alpha": 72.5, "Beta": 75.0, "Delta": 6.7}
	for name, score in uncapped.items():
		parts = scored.loc[name, "components"].values()
		assert 50 + sum(part["contribution"] for part in parts) == pytest.approx(score, abs=1e-9)


def test_a_cap_limits_the_score_and_gives_its_reason(scored: pd.DataFrame) -> None:
	row = scored.loc["Beta"]
	assert (row["score"], row["band"], row["cap_reason"]) == (35, "At Risk", "Owes too much")
	assert (row["change_30"], row["trend"]) == (-1, "Stable")
	moved = [(driver["metric"], driver["contribution"]) for driver in row["drivers"]]
	assert moved == [("overdue", -7.5), ("revenue", 20.0), ("orders", 12.5)]
	assert row[SCORES].tolist() == [1, 5, 5]
	# bought 45 days ago, but paid 10 days ago
	assert (row["segment"], row["activity"], row["stage"]) == ("Everything Else", "Active", "At Risk")


def test_a_missing_metric_leaves_its_weight_to_the_others(scored: pd.DataFrame) -> None:
	row = scored.loc["Delta"]
	assert (row["score"], row["band"], row["trend"]) == (6.7, "At Risk", "Down")
	weights = {key: part["weight"] for key, part in row["components"].items()}
	assert weights == {"revenue": 66.7, "orders": 33.3, "overdue": 0.0, "issues": 0.0}
	assert row["components"]["overdue"] == {"raw": None, "points": None, "weight": 0.0, "contribution": 0.0}
	assert [driver["metric"] for driver in row["drivers"]] == ["revenue", "orders"]
	assert (row["stage"], row["value_class"]) == ("New", "Low")
	# a credit is not owed
	assert row["overdue"] == 0


def test_a_customer_with_nothing_has_no_score_and_is_not_zero(scored: pd.DataFrame) -> None:
	row = scored.loc["Nobody"]
	assert np.isnan(row["score"]) and np.isnan(row["computed_score"]) and np.isnan(row["change_30"])
	assert row[["band", "trend", "segment", "value_class", "activity", "last_invoice"]].tolist() == [None] * 6
	assert row["drivers"] == []
	assert set(row["components"]) == {"revenue", "orders", "overdue", "issues"}
	assert row["components"]["revenue"] == {"raw": None, "points": None, "weight": 0.0, "contribution": 0.0}
	assert row[[*SCORES, "revenue", "invoices", "overdue", "open_issues", "clv"]].tolist() == [0] * 8
	assert row["stage"] == "Potential"


def test_a_customer_who_only_returned_goods_never_bought() -> None:
	returned = {"revenue": Decimal("-50"), "orders": 0, "_monetary": Decimal("-50"), "_frequency": 0}
	rows = _score(_customers("Alpha"), _aggregates(Alpha=returned))
	row = rows.loc["Alpha"]
	assert row[[*SCORES, "revenue", "clv", "invoices"]].tolist() == [0, 0, 0, -50, 0, 0]
	assert row[["value_class", "segment", "last_invoice"]].tolist() == [None, None, None]
	assert (row["stage"], row["score"]) == ("Potential", 0)


def test_numbers_are_numbers_and_words_are_words(scored: pd.DataFrame) -> None:
	assert (scored[NUMBERS].dtypes == "float64").all()
	assert (scored[[*SCORES, "invoices", "open_issues"]].dtypes == "int64").all()
	words = scored[["band", "trend", "cap_reason", "segment", "value_class", "activity", "stage"]]
	assert all(value is None or type(value) is str for column in words for value in words[column])


def test_a_missing_value_may_count_as_best_worst_or_neutral() -> None:
	scores = {}
	for missing in MissingValue:
		metrics = (*METRICS[:2], replace(METRICS[2], missing=missing), METRICS[3])
		rows = _score(_customers("Delta"), _aggregates(Delta=DELTA), replace(DEFINITIONS, metrics=metrics))
		scores[missing.value] = rows.loc["Delta", "score"]
	# value is 20 / 3 with 3 of 4 parts of the weight, payment 0, 50 or 100 with one
	assert scores == {"Ignore": 6.7, "Neutral": 17.5, "Worst": 5.0, "Best": 30.0}


def _score(
	customers: pd.DataFrame, aggregates: pd.DataFrame, definitions: Definitions = DEFINITIONS
) -> pd.DataFrame:
	return score_customers(customers, aggregates, definitions, CALIBRATION, AS_OF)


@pytest.mark.parametrize(("gap", "stage"), [(None, "New"), (20.0, "New"), (19.0, "At Risk")])
def test_who_bought_once_is_new_while_it_is_not_overdue_by_the_gap_of_the_company(
	gap: float | None, stage: str
) -> None:
	"""Delta bought once, 20 days ago, and its band is At Risk."""
	delta, calibration = DELTA | {"_purchase_days": 1}, replace(CALIBRATION, risk=LearnedRisk(gap))
	rows = score_customers(_customers("Delta"), _aggregates(Delta=delta), DEFINITIONS, calibration, AS_OF)
	assert rows.loc["Delta", "stage"] == stage


def test_a_customer_of_its_own_rhythm_is_not_judged_by_that_of_the_company() -> None:
	"""Ten gaps in 90 days, mixed with two of 40: (90 + 80) / 12 is 14.2 days; three gaps in 10: (10 + 80) / 5 is 18."""
	often = DELTA | {
		"_recency": date(2024, 6, 15),
		"_first_purchase": date(2024, 3, 17),
		"_purchase_days": 11,
	}
	lately = DELTA | {"_recency": date(2024, 6, 13), "_first_purchase": date(2024, 6, 3), "_purchase_days": 4}
	customers, calibration = _customers("Often", "Lately"), replace(CALIBRATION, risk=LearnedRisk(40.0))
	limits = replace(DEFINITIONS.limits, new_days=110)
	definitions = replace(DEFINITIONS, limits=limits, scorecards=())
	rows = score_customers(
		customers, _aggregates(Often=often, Lately=lately), definitions, calibration, AS_OF
	)
	# both are within the 40 days of the company: 15 and 17 days
	assert rows["stage"].tolist() == ["Silent", "New"]


def test_growth_decides_between_segments_of_the_same_scores() -> None:
	rising = Segment("Rising", 0, growth_from=0.0)
	definitions = replace(DEFINITIONS, segments=(*DEFINITIONS.segments, rising))
	aggregates = _aggregates(Up=DELTA, Down=DELTA, Fresh=DELTA)
	aggregates["_growth.seen"] = 1
	aggregates["_growth.current"] = [100, 99, 100]
	aggregates["_growth.previous"] = [100, 100, None]
	aggregates["_growth.ever"] = [200, 199, 100]
	rows = _score(_customers("Up", "Down", "Fresh"), aggregates, definitions)
	assert rows["segment"].tolist() == ["Rising", "Everything Else", "Everything Else"]


@pytest.mark.parametrize("scorecard", [None, "Deleted", float("nan")])
def test_without_a_scorecard_there_is_no_score_but_a_profile(scorecard: Any) -> None:
	rows = _score(_customers("Alpha", scorecard=scorecard), _aggregates(Alpha=ALPHA))
	row = rows.loc["Alpha"]
	assert np.isnan(row["score"])
	assert (row["band"], row["trend"], row["cap_reason"], row["drivers"], row["components"]) == (
		None,
		None,
		"",
		[],
		{},
	)
	assert (row["revenue"], row["segment"], row["stage"]) == (800, "High", "Active")
	assert (rows[NUMBERS].dtypes == "float64").all()


def test_no_scorecards_at_all() -> None:
	rows = _score(_customers("Alpha"), _aggregates(Alpha=ALPHA), replace(DEFINITIONS, scorecards=()))
	assert rows["score"].isna().all()


def test_customers_with_and_without_a_scorecard_keep_their_order() -> None:
	customers = _customers("Alpha", "Beta", "Delta")
	customers.loc["Beta", "scorecard"] = None
	rows = _score(customers, _aggregates(Alpha=ALPHA, Beta=BETA, Delta=DELTA))
	assert rows["score"].fillna(-1).tolist() == [72.5, -1, 6.7]
	assert rows.index.name == "customer"


def test_each_customer_is_judged_by_its_own_scorecard() -> None:
	strict = Scorecard("Strict", (Weight("Payment", 1.0),), (Weight("overdue", 1.0),), 90.0, 85.0)
	customers = _customers("Alpha", "Beta")
	customers.loc["Alpha", "scorecard"] = "Strict"
	rows = _score(
		customers, _aggregates(Alpha=ALPHA, Beta=BETA), replace(DEFINITIONS, scorecards=(SCORECARD, strict))
	)
	assert rows[["score", "band", "scorecard"]].to_numpy().tolist() == [
		[80.0, "At Risk", "Strict"],
		[35.0, "At Risk", "Everybody"],
	]


@pytest.mark.parametrize("aggregates", [pd.DataFrame(), _aggregates(Alpha=ALPHA)])
def test_nobody_to_score(aggregates: pd.DataFrame) -> None:
	rows = _score(_customers(), aggregates)
	full = _score(_customers("Alpha"), _aggregates(Alpha=ALPHA))
	assert len(rows) == 0
	assert rows.columns.tolist() == full.columns.tolist()
	assert (rows[NUMBERS].dtypes == "float64").all()


def test_nothing_was_read() -> None:
	rows = _score(_customers("Alpha", "Beta"), pd.DataFrame())
	assert rows["score"].isna().all()
	assert rows["stage"].tolist() == ["Potential"] * 2
	assert rows["components"].iloc[0]["revenue"]["raw"] is None


def test_no_metrics_at_all() -> None:
	rows = _score(_customers("Alpha"), _aggregates(Alpha=ALPHA), replace(DEFINITIONS, metrics=()))
	assert rows["score"].isna().all()
	assert rows.loc["Alpha", "components"] == {}
	assert rows.loc["Alpha", "revenue"] == 800


def test_a_metric_that_was_not_read_is_missing_for_everybody() -> None:
	aggregates = _aggregates(Alpha=ALPHA, Beta=BETA)
	unread = aggregates.drop(columns=["overdue.seen", "overdue.seen_in_window", "overdue.value"])
	rows = _score(_customers("Alpha", "Beta"), unread)
	assert rows["score"].tolist() == [70.0, 93.3]
	assert [parts["overdue"]["raw"] for parts in rows["components"]] == [None, None]


def test_first_run_has_no_trend() -> None:
	for earlier in (
		None,
		pd.Series(dtype=object),
		pd.Series({"Else": 5.0}),
		pd.Series({"Alpha": None}, dtype=object),
	):
		rows = score_customers(
			_customers("Alpha"), _aggregates(Alpha=ALPHA), DEFINITIONS, CALIBRATION, AS_OF, earlier
		)
		assert rows["change_30"].isna().all()
		assert rows["change_30"].dtype == "float64"
		assert rows["trend"].tolist() == [None]


def test_earlier_scores_of_a_driver_that_answers_with_decimals() -> None:
	earlier = pd.Series({"Alpha": Decimal("72.50")}, dtype=object)
	rows = score_customers(
		_customers("Alpha"), _aggregates(Alpha=ALPHA), DEFINITIONS, CALIBRATION, AS_OF, earlier
	)
	assert rows.loc["Alpha", ["change_30", "trend"]].tolist() == [0, "Stable"]


def test_an_empty_calibration_gives_a_score_without_ranks() -> None:
	percentile = replace(METRICS[0], scale=Scale(ScaleKind.PERCENTILE))
	definitions = replace(DEFINITIONS, metrics=(percentile, *METRICS[1:]))
	rows = score_customers(
		_customers("Alpha"), _aggregates(Alpha=ALPHA), definitions, Calibration(AS_OF), AS_OF
	)
	row = rows.loc["Alpha"]
	# orders 50 with weight 3, overdue 80 with weight 1
	assert row["score"] == 57.5
	assert row[SCORES].tolist() == [0, 0, 0]
	assert (row["segment"], row["value_class"]) == (None, "Low")


def test_percentiles_use_the_cut_points_of_their_metric() -> None:
	metric = replace(METRICS[0], scale=Scale(ScaleKind.PERCENTILE))
	cuts = PercentileCuts("revenue", tuple(float(number) for number in range(101)))
	calibration = replace(CALIBRATION, percentiles=(PercentileCuts("other", ()), cuts))
	points = metric_points(metric, pd.Series([0.0, 25.0, 500.0, np.nan]), calibration)
	assert points.fillna(-1).tolist() == [0.0, 25.0, 100.0, -1.0]
	assert metric_points(metric, pd.Series([5.0]), CALIBRATION).isna().all()
	# a linear scale does not care for them
	assert metric_points(METRICS[0], pd.Series([500.0]), calibration).tolist() == [50.0]


def test_names_of_any_kind() -> None:
	names = ['O\'Neil "& Sons"', "😀", "x" * 140, " space ", "%s", "10", "客户"]
	aggregates = _aggregates(**{name: ALPHA for name in names})
	rows = _score(_customers(*names), aggregates)
	assert rows.index.tolist() == names
	assert rows["score"].tolist() == [72.5] * len(names)


def test_absurd_amounts_and_dates() -> None:
	extreme = {
		**ALPHA,
		"revenue": Decimal("1e25"),
		"_monetary": Decimal("1e25"),
		"_overdue": Decimal("-1e25"),
	}
	extreme |= {"_recency": date(1, 1, 1), "_first_purchase": date(1, 1, 1)}
	row = _score(_customers("Alpha"), _aggregates(Alpha=extreme)).loc["Alpha"]
	assert row["score"] == 82.5
	assert (row["last_invoice"], row["stage"], row["recency_score"]) == (date(1, 1, 1), "Lost", 1)
	assert (row["revenue"], row["clv"], row["overdue"]) == (1e25, 1e25, 0)


def test_inputs_stay_as_they_are() -> None:
	customers, aggregates = _customers("Alpha", "Nobody"), _aggregates(Alpha=ALPHA, Beta=BETA)
	before = customers.copy(deep=True), aggregates.copy(deep=True)
	_score(customers, aggregates)
	pd.testing.assert_frame_equal(customers, before[0])
	pd.testing.assert_frame_equal(aggregates, before[1])


def test_rows_do_not_share_their_drivers_and_components() -> None:
	rows = _score(_customers("A", "B", scorecard=None), pd.DataFrame())
	assert rows["components"].iloc[0] is not rows["components"].iloc[1]
	assert rows["drivers"].iloc[0] is not rows["drivers"].iloc[1]


def test_everything_that_has_to_be_read_has_a_key_of_its_own() -> None:
	keys = [metric.key for metric in all_metrics(DEFINITIONS)]
	assert len(keys) == len(set(keys))
	assert keys[: len(METRICS)] == [metric.key for metric in METRICS]


def _random_company(size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
	chance = random.Random(5)
	names = [f"Customer {number:03}" for number in range(size)]
	customers = _customers(*names)
	customers["scorecard"] = [chance.choice(["Everybody", "Payment Only", None]) for _ in names]
	rows = {}
	for name in names:
		amount = round(chance.uniform(-200, 2000), 2)
		row: dict[str, Any] = {"revenue": Decimal(str(amount)), "_monetary": Decimal(str(amount))}
		row |= {
			"orders": chance.randrange(8),
			"_frequency": chance.randrange(8),
			"overdue": chance.uniform(-50, 600),
		}
		row |= {"_recency": date(2024, chance.randrange(1, 7), 10), "_first_purchase": date(2023, 5, 1)}
		rows[name] = {key: value for key, value in row.items() if chance.random() < 0.8}
	return customers, _aggregates(**rows)


@pytest.mark.parametrize("size", [1, 7, 30, 60])
def test_batches_in_any_order_give_the_rows_of_one_run(size: int) -> None:
	payment = Scorecard("Payment Only", (Weight("Payment", 1.0),), (Weight("overdue", 1.0),))
	definitions = replace(DEFINITIONS, scorecards=(SCORECARD, payment))
	customers, aggregates = _random_company(60)
	earlier = pd.Series({name: 50.0 for name in customers.index[::3]})

	def score(part: pd.DataFrame, read: pd.DataFrame) -> pd.DataFrame:
		return score_customers(part, read, definitions, CALIBRATION, AS_OF, earlier)

	whole = score(customers, aggregates)
	shuffled = customers.sample(frac=1, random_state=size)
	batches = [shuffled.iloc[start : start + size] for start in range(0, len(shuffled), size)]
	# a batch reads only its own customers
	parts = [score(batch, aggregates.loc[aggregates.index.isin(batch.index)]) for batch in batches]
	pd.testing.assert_frame_equal(
		pd.concat(parts).loc[whole.index], whole, check_exact=True, check_index_type=False
	)
