"""Hand-made scored customers and definitions for the tests of the report."""

import random

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions, Metric, Money, Scorecard, Segment, Weight
from crm_success.scoring.engine.measure_table import Measure
from crm_success.standalone.csv_columns import COLUMN_NAMES

METRICS = (
	("net_revenue_365", "Net revenue, 365 days", "Value"),
	("days_since_last_invoice", "Days since last invoice", "Engagement"),
	("overdue_share", "Overdue share of what was billed", "Payment"),
	("open_issues", "Open issues", "Service"),
)
SEGMENTS = ("High Value", "Frequent Low Spend", "Dormant High Value", "Middle")


def definitions() -> Definitions:
	"""A scorecard of four metrics and four segments, amounts in EUR."""
	metrics = tuple(Metric(key, label, Measure.SUM, dimension=dimension) for key, label, dimension in METRICS)
	weights = tuple(Weight(metric.key, 1) for metric in metrics)
	dimensions = tuple(Weight(metric.dimension, 1) for metric in metrics)
	return Definitions(
		metrics=metrics,
		dimensions=tuple(weight.name for weight in dimensions),
		scorecards=(Scorecard("Default", dimensions, weights, is_default=True),),
		segments=tuple(Segment(name, priority) for priority, name in enumerate(SEGMENTS)),
		money=Money(currency="EUR"),
	)


def customer(**values: object) -> dict[str, object]:
	"""One scored customer, at risk with 1,000 of revenue and a score of 20 unless told otherwise."""
	row: dict[str, object] = dict.fromkeys(COLUMN_NAMES)
	row |= {
		"customer": "CUST-1",
		"customer_name": "Acme",
		"customer_disabled": 0,
		"score": 20.0,
		"band": "At Risk",
		"segment": "Middle",
		"value_class": "Potential",
		"activity": "Silent",
		"stage": "At Risk",
		"recency_score": 2,
		"frequency_score": 3,
		"monetary_score": 3,
		"revenue": 1000.0,
		"expected_spend": 250.0,
		"overdue": 0.0,
		"open_issues": 0,
		"invoices": 4,
		"currency": "EUR",
		"drivers": "",
		"components": {},
		"lowers": [],
		"lifts": [],
		"rhythm": "Bought once, 81 days ago",
		"coverage": 80.0,
		"low_coverage": "",
	}
	return row | values


def component(points: float | None, raw: float | None = 1.0) -> dict[str, float | None]:
	"""What is stored of one metric of one customer."""
	return {"raw": raw, "points": points, "weight": 25.0, "contribution": 0.0}


def frame(*rows: dict[str, object]) -> pd.DataFrame:
	"""Scored customers as a batch."""
	return pd.DataFrame(rows, columns=[*COLUMN_NAMES, "lowers", "lifts", "rhythm", "low_coverage"])


def many(number: int, seed: int = 1) -> pd.DataFrame:
	"""Random customers with realistic values, the same for the same seed."""
	chance = random.Random(seed)
	return frame(*(_somebody(index, chance) for index in range(number)))


def _somebody(index: int, chance: random.Random) -> dict[str, object]:
	score = min(max(chance.gauss(60, 20), 0), 100)
	band = "Healthy" if score >= 65 else "Watch" if score >= 35 else "At Risk"
	parts = {key: component(chance.uniform(0, 100)) for key, _, _ in METRICS}
	return customer(
		customer=f"CUST-{index:05d}",
		customer_name=f'Customer {index} & Söhne "GmbH"',
		territory="Germany",
		account_manager="anna.schmidt@example.com",
		score=score,
		band=band,
		segment=chance.choice(SEGMENTS),
		value_class=chance.choice(("High", "Potential", "Low")),
		activity=chance.choice(("Active", "Silent", "Lapsing")),
		stage=chance.choice(("Potential", "New", "Active", "Silent", "At Risk", "Lost")),
		recency_score=chance.randint(1, 5),
		frequency_score=min(5, max(1, round(chance.gauss(2.5, 1.2)))),
		monetary_score=chance.randint(1, 5),
		revenue=chance.lognormvariate(9, 1.5),
		overdue=chance.lognormvariate(6, 1) if chance.random() < 0.3 else 0.0,
		open_issues=chance.choice((0, 0, 0, 1, 3)),
		lowers=["Open Issues: 3, −4.0 points"],
		lifts=["Net revenue, 365 days: 9,000 EUR, +5.0 points"],
		components=parts,
	)
