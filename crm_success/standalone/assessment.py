"""Scores an ERPNext database batch by batch, so that memory does not grow with the number of customers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from crm_success.database.dialects import KeyRange
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Definitions, Metric, to_json
from crm_success.scoring.engine.measures import raw_values
from crm_success.scoring.engine.pipeline import all_metrics, score_customers
from crm_success.scoring.queries.plan import plan_reads
from crm_success.scoring.queries.source_rows import READ_ALWAYS
from crm_success.scoring.shared.calibrating import READS, take_calibration
from crm_success.scoring.shared.customer_ranges import customer_ranges
from crm_success.scoring.shared.document_findings import document_findings
from crm_success.scoring.shared.driver_words import DriverWords
from crm_success.scoring.shared.findings import Finding
from crm_success.scoring.shared.reader import Reader
from crm_success.scoring.shared.risk_words import RiskWords
from crm_success.scoring.shared.stage_words import Standing
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.connections import Database
from crm_success.standalone.csv_columns import COLUMN_NAMES
from crm_success.standalone.database_tables import read_tables
from crm_success.standalone.default_definitions import default_definitions
from crm_success.standalone.english_words import STAGE_WORDS, driver_words, reason, risk_words
from crm_success.standalone.quality import DataWarning, as_warning
from crm_success.standalone.report.figures import Collector, Figures
from crm_success.standalone.site_currency import reporting_money

BATCH_SIZE = 5_000

TakeRows = Callable[[pd.DataFrame], None]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Outcome:
	"""What a run found besides the rows it handed out."""

	figures: Figures
	definitions: Definitions
	warnings: tuple[DataWarning, ...]
	about_risk: tuple[str, ...]


class Scoring:
	"""One run over one database: everything that can be refused is refused before the first batch."""

	def __init__(
		self, database: Database, as_of: date, batch_size: int = BATCH_SIZE, horizon_days: int | None = None
	) -> None:
		self._database = database
		self._as_of = as_of
		self._tables = read_tables(database, ("Customer", "Company", *READ_ALWAYS))
		money, self._about_money = reporting_money(database, as_of)
		self._definitions = default_definitions(money, horizon_days)
		self._metrics = all_metrics(self._definitions)
		self._reader = self._reader_of(self._metrics)
		self._ranges = customer_ranges(database, self._tables["Customer"], batch_size)
		if not self.steps:
			raise CommandError(f"The {database.label} has no customers: there is nothing to score.")

	@property
	def steps(self) -> int:
		"""How much `run` will tell its `progress` in all."""
		return (READS + 1) * self.customers

	@property
	def customers(self) -> int:
		"""How many customers there are, disabled ones too."""
		return sum(customers for _, customers in self._ranges)

	@property
	def currency(self) -> str:
		"""The currency of all amounts."""
		return self._definitions.money.currency

	def run(self, take: TakeRows, progress: Progress) -> Outcome:
		"""Hand out the rows of health.csv batch by batch, in the database's order of customers."""
		collector, words, about_risk = Collector(), driver_words(self._definitions), risk_words()
		calibration = self.calibrate(progress)
		for batch in self.scored(calibration, progress):
			rows = _with_reasons(batch, words, self.currency)
			rows = _with_stage_reasons(_with_risk(rows, about_risk, self.currency))
			collector.add(rows)
			take(_as_csv(rows))
		figures = collector.figures(self._definitions)
		return Outcome(
			figures,
			self._definitions,
			tuple(as_warning(finding) for finding in self._findings()),
			tuple(about_risk.told_by(json.loads(to_json(calibration.risk)))),
		)

	def calibrate(self, progress: Progress) -> Calibration:
		"""What `scored` goes by."""
		read = 0

		def after_each(number: int) -> None:
			nonlocal read
			read += number
			progress(number)

		calibration = take_calibration(
			self._reader_of, self._definitions, self._as_of, self._ranges, after_each
		)
		# a sample, or fewer earlier dates, took less than it might have
		progress(READS * self.customers - read)
		return calibration

	def scored(self, calibration: Calibration, progress: Progress) -> Iterator[pd.DataFrame]:
		"""The rows of `score_customers` batch by batch, with `customer` and `currency` as columns."""
		for keys, number in self._ranges:
			yield self._score(keys, calibration).assign(currency=self.currency)
			progress(number)

	def measured(self, metrics: tuple[Metric, ...], on: date, progress: Progress) -> pd.DataFrame:
		"""Raw values of the metrics for all customers as of another day, indexed by customer, a column a metric key."""
		reader, batches = self._reader_of(metrics), []
		for keys, number in self._ranges:
			customers = reader.customers(keys).index
			aggregates = reader.aggregates(on, keys, customers)
			batches.append(raw_values(metrics, aggregates, customers, on))
			progress(number)
		return pd.concat(batches)

	def _reader_of(self, metrics: tuple[Metric, ...]) -> Reader:
		plan = plan_reads(metrics, self._tables)
		if plan.problems:
			reasons = "; ".join(dict.fromkeys(problem.reason for problem in plan.problems))
			raise CommandError(
				f"The {self._database.label} lacks something that is measured: {reasons}. "
				"Score a database of ERPNext 15 or 16 that was migrated completely."
			)
		return Reader(plan, self._definitions, self._tables, self._database)

	def _score(self, keys: KeyRange, calibration: Calibration) -> pd.DataFrame:
		customers = self._reader.customers(keys)
		aggregates = self._reader.aggregates(self._as_of, keys, customers.index)
		scored = score_customers(customers, aggregates, self._definitions, calibration, self._as_of)
		return scored.rename_axis("customer").reset_index()

	def _findings(self) -> Iterator[Finding]:
		yield from self._about_money
		yield from document_findings(
			self._database, self._metrics, self._definitions, self._tables, self._as_of
		)


def _with_reasons(rows: pd.DataFrame, words: DriverWords, currency: str) -> pd.DataFrame:
	"""The drivers in sentences, in short what `lowers` and what `lifts` the score, and `low_coverage` in words or ""."""
	sentences, lowers, lifts = [], [], []
	for drivers in rows["drivers"]:
		sentences.append(words.lines(drivers, currency))
		low = [driver for driver in drivers if driver["contribution"] < 0]
		high = [driver for driver in drivers if driver["contribution"] > 0]
		lowers.append([reason(driver, words, currency) for driver in low])
		lifts.append([reason(driver, words, currency) for driver in high])
	about_coverage = [words.low_coverage(coverage) for coverage in rows["coverage"]]
	return rows.assign(drivers=sentences, lowers=lowers, lifts=lifts, low_coverage=about_coverage)


def _with_risk(rows: pd.DataFrame, words: RiskWords, currency: str) -> pd.DataFrame:
	"""What moves the lapse risk in sentences, and the rhythm in one."""
	gaps = rows["usual_gap"].astype(object).where(rows["usual_gap"].notna(), None)
	silent_for = [
		last and (day - last).days for day, last in zip(rows["as_of"], rows["last_invoice"], strict=True)
	]
	return rows.assign(
		risk_drivers=[words.lines(facts, currency) for facts in rows["risk_facts"]],
		rhythm=[words.rhythm(gap, days) for gap, days in zip(gaps, silent_for, strict=True)],
	)


def _with_stage_reasons(rows: pd.DataFrame) -> pd.DataFrame:
	"""Why stage and band of a customer differ, where they do."""
	facts = rows[["stage", "band", "last_invoice", "as_of"]].itertuples(index=False)
	standings = (
		Standing(stage, band, None if last is None else (as_of - last).days)
		for stage, band, last, as_of in facts
	)
	return rows.assign(stage_reason=[STAGE_WORDS.sentence(standing) for standing in standings])


def _as_csv(rows: pd.DataFrame) -> pd.DataFrame:
	texts = [_json(parts) for parts in rows["components"]]
	return rows.assign(components=texts).loc[:, list(COLUMN_NAMES)]


def _json(parts: Any) -> str:
	return json.dumps(parts, sort_keys=True, ensure_ascii=False) if isinstance(parts, dict) else ""
