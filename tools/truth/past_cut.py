"""What there is to know of a company's customers on a past date, and what they then did; read once, judged often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibration import calibration_metrics
from crm_success.scoring.engine.definitions import Calibration, Definitions, Metric, Scale, ScaleKind
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.engine.pipeline import all_metrics
from crm_success.scoring.engine.profile import FREQUENCY, MONETARY, RECENCY, purchases_within
from crm_success.scoring.engine.rfm import rfm_scores
from crm_success.scoring.queries.plan import plan_reads
from crm_success.scoring.queries.source_rows import READ_ALWAYS
from crm_success.scoring.shared.cut_points import take_cut_points
from crm_success.scoring.shared.reader import Reader
from crm_success.standalone.address import sqlite_url
from crm_success.standalone.assessment import Scoring
from crm_success.standalone.backtest.past_risk import risk_on
from crm_success.standalone.connections import Database, connect
from crm_success.standalone.database_tables import read_tables
from crm_success.standalone.default_definitions import default_definitions
from crm_success.standalone.site_currency import reporting_money
from tools.truth.made_companies import Company, PastDate

EVERYBODY = ((KeyRange(), 0),)


@dataclass(frozen=True)
class PastCut:
	"""Of one date, indexed by customer: `raw`, the values of all metrics, of everybody; and of those who had bought
	`rfm` (R + F + M), `recency` (days), `risk` (0-1, NaN where it could not be told) and `lapsed` (booleans).

	`calibration` has the percentiles of every metric, whatever its scale is.
	"""

	title: str
	as_of: date
	horizon: int
	raw: pd.DataFrame
	calibration: Calibration
	rfm: pd.Series
	recency: pd.Series
	risk: pd.Series
	lapsed: pd.Series


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
	defined = replace(definitions or default_definitions(money), money=money)
	raw, calibration = _measured(database, _with_all_percentiles(defined), day.as_of)
	bought = raw.index[raw[RECENCY].notna()]
	facts = raw.loc[bought]
	scores = rfm_scores(facts[RECENCY], facts[FREQUENCY], facts[MONETARY], calibration)
	risk = risk_on(Scoring(database, day.as_of), day.as_of, day.horizon, lambda done: None).risk
	return PastCut(
		title=title,
		as_of=day.as_of,
		horizon=day.horizon,
		raw=raw,
		calibration=calibration,
		rfm=scores.sum(axis=1),
		recency=facts[RECENCY],
		risk=risk.reindex(bought) if len(risk) else pd.Series(np.nan, index=bought),
		lapsed=_lapsed(database, defined, day, bought),
	)


def _with_all_percentiles(definitions: Definitions) -> Definitions:
	ranked = (replace(metric, scale=Scale(ScaleKind.PERCENTILE)) for metric in definitions.metrics)
	return replace(definitions, metrics=tuple(ranked))


def _measured(database: Database, definitions: Definitions, as_of: date) -> tuple[pd.DataFrame, Calibration]:
	metrics = all_metrics(definitions)
	reader = _reader(database, definitions, metrics)
	customers = reader.customers().index
	raw = raw_values(metrics, reader.aggregates(as_of), customers, as_of)
	of_cuts = _reader(database, definitions, calibration_metrics(definitions))
	return raw, take_cut_points(of_cuts, definitions, as_of, EVERYBODY, lambda number: None)


def _reader(database: Database, definitions: Definitions, metrics: Sequence[Metric]) -> Reader:
	tables = read_tables(database, ("Customer", "Company", *READ_ALWAYS))
	return Reader(plan_reads(metrics, tables), definitions, tables, database)


def _lapsed(database: Database, definitions: Definitions, day: PastDate, bought: pd.Index) -> pd.Series:
	metric = purchases_within(day.horizon)
	end = day.as_of + timedelta(day.horizon)
	aggregates = _reader(database, definitions, (metric,)).aggregates(end)
	return ~(raw_values((metric,), aggregates, bought, end)[metric.key] > 0)
