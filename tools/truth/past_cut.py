"""What there is to know of a company's customers on a past date, and what they then did; read once, judged often."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Definitions, Metric, Scale, ScaleKind
from crm_success.scoring.engine.forecasts import LIFETIME_VALUE, Forecasts
from crm_success.scoring.engine.measure_table import LAPSE_RISK
from crm_success.scoring.engine.measures import measured_values, raw_values
from crm_success.scoring.engine.pipeline import all_metrics, metric_points
from crm_success.scoring.engine.profile import FREQUENCY, MONETARY, RECENCY, purchases_within, revenue_within
from crm_success.scoring.engine.rfm import rfm_scores
from crm_success.scoring.engine.value import effective_retention
from crm_success.scoring.queries.plan import Tables, plan_reads
from crm_success.scoring.queries.source_rows import READ_ALWAYS
from crm_success.scoring.shared.calibrating import take_calibration
from crm_success.scoring.shared.reader import Reader
from crm_success.standalone.address import sqlite_url
from crm_success.standalone.connections import Database, connect
from crm_success.standalone.database_tables import read_tables
from crm_success.standalone.default_definitions import default_definitions
from crm_success.standalone.site_currency import reporting_money
from tools.truth.made_companies import Company, PastDate

_PURCHASES, _BOUGHT = "_purchases", "_bought"

_Judged = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class PastCut:
	"""Of one date and those who had bought by then, indexed by customer: `rfm` (R + F + M), `recency` (days), `risk` (0-1,
	NaN where it could not be told), `value` (the lifetime value, NaN likewise), `revenue` (net, of the year before),
	`lapsed` (booleans) and `bought` (what was bought in the horizon, returns not deducted). `calibration` has percentiles of
	every metric, whatever its scale is, and `aggregates` what all metrics are made of.
	"""

	title: str
	as_of: date
	horizon: int
	aggregates: pd.DataFrame
	forecasts: pd.DataFrame
	calibration: Calibration
	rfm: pd.Series
	recency: pd.Series
	value: pd.Series
	revenue: pd.Series
	lapsed: pd.Series
	bought: pd.Series
	_kept: dict[tuple[Metric, ...], _Judged] = field(default_factory=dict, compare=False)

	@property
	def risk(self) -> pd.Series:
		"""The probability to buy nothing in the horizon, as it was told on the date."""
		return self.forecasts[LAPSE_RISK] / 100

	def values_and_points(self, metrics: tuple[Metric, ...]) -> _Judged:
		"""What the metrics measure and what that is worth, a column a metric key; kept for the next scorecard."""
		if metrics not in self._kept:
			raw = raw_values(metrics, self.aggregates, self.lapsed.index, self.as_of, self.forecasts)
			points = {
				metric.key: metric_points(metric, raw[metric.key], self.calibration) for metric in metrics
			}
			self._kept[metrics] = raw, pd.DataFrame(points, index=raw.index)
		return self._kept[metrics]


def cuts_of(company: Company, definitions: Definitions | None = None) -> list[PastCut]:
	"""One for each date of the company, with the metrics of `definitions`, the default ones without."""
	with TemporaryDirectory() as folder:
		path = Path(folder) / "erpnext.db"
		company.build(path)
		with connect(sqlite_url(path)) as database:
			return [past_cut(database, company.title, day, definitions) for day in company.dates]


def past_cut(
	database: Database, title: str, day: PastDate, definitions: Definitions | None = None
) -> PastCut:
	"""Everything is as the command would have known it on the date."""
	money, _ = reporting_money(database, day.as_of)
	defined = definitions or default_definitions(money)
	reading = _Reading(database, replace(defined, money=money), day)
	calibration = reading.calibration()
	metrics = all_metrics(reading.definitions, calibration)
	aggregates = reading.aggregates(metrics, day.as_of)
	measured = measured_values(metrics, aggregates, aggregates.index, day.as_of).values
	facts = measured[measured[RECENCY].notna()]
	forecasts = Forecasts(facts, calibration.risk, calibration.spend)
	outcome, limits = reading.outcome(facts.index), reading.definitions.limits
	return PastCut(
		title=title,
		as_of=day.as_of,
		horizon=day.horizon,
		aggregates=aggregates,
		forecasts=forecasts.values,
		calibration=calibration,
		rfm=rfm_scores(facts[RECENCY], facts[FREQUENCY], facts[MONETARY], calibration).sum(axis=1),
		recency=facts[RECENCY],
		value=forecasts.worth(limits, effective_retention(calibration, limits))[LIFETIME_VALUE],
		revenue=facts[MONETARY].fillna(0.0),
		lapsed=~(outcome[_PURCHASES] > 0),
		bought=outcome[_BOUGHT].fillna(0.0),
	)


class _Reading:
	"""One database on one date."""

	def __init__(self, database: Database, definitions: Definitions, day: PastDate) -> None:
		limits = replace(definitions.limits, horizon_days=day.horizon)
		self.definitions = replace(definitions, limits=limits)
		self._day = day
		self._database = database
		self._tables: Tables = read_tables(database, ("Customer", "Company", *READ_ALWAYS))

	def calibration(self) -> Calibration:
		"""With percentiles of all metrics."""
		ranked = (replace(metric, scale=Scale(ScaleKind.PERCENTILE)) for metric in self.definitions.metrics)
		everything = replace(self.definitions, metrics=tuple(ranked))
		return take_calibration(
			self._reader, everything, self._day.as_of, ((KeyRange(), 0),), lambda number: None
		)

	def aggregates(self, metrics: Sequence[Metric], on: date) -> pd.DataFrame:
		"""A row a customer, those without any document too."""
		reader = self._reader(tuple(metrics))
		return reader.aggregates(on).reindex(reader.customers().index)

	def outcome(self, customers: pd.Index) -> pd.DataFrame:
		"""How often each bought in the horizon (_PURCHASES), and for how much (_BOUGHT)."""
		purchases, end = purchases_within(self._day.horizon), self._day.as_of + timedelta(self._day.horizon)
		revenue = revenue_within(self._day.horizon)
		metrics = (
			replace(purchases, key=_PURCHASES),
			replace(revenue, key=_BOUGHT, filters=purchases.filters),
		)
		return raw_values(metrics, self.aggregates(metrics, end), customers, end)

	def _reader(self, metrics: tuple[Metric, ...]) -> Reader:
		return Reader(plan_reads(metrics, self._tables), self.definitions, self._tables, self._database)
