"""Reads a range of customers, scores it and lays it out as rows. Writes nothing; the engine does the sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import pandas as pd

from crm_success.database import clock, conflicts, reading
from crm_success.database.dialects import KeyRange
from crm_success.scoring.earlier_scores import earlier_scores
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Metric
from crm_success.scoring.engine.pipeline import all_metrics, score_customers
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.health_rows import ScoredRows, to_rows
from crm_success.scoring.shared.reader import Reader


@dataclass(frozen=True)
class Scorer:
	"""One set of definitions, one calibration, one day: scores any range of customers, in any order."""

	frozen: FrozenDefinitions
	calibration: Calibration
	as_of: date
	# keys of metrics that are not read; they count as missing
	left_out: frozenset[str] = frozenset()

	def score(self, keys: KeyRange) -> ScoredRows:
		"""The rows of Customer Health of the range, without what the writer alone knows. Commits before it reads."""
		return self.score_in_transaction(keys, clock.start_reading())

	def score_in_transaction(self, keys: KeyRange, read_at: datetime) -> ScoredRows:
		"""The same of what the open transaction sees; all of it was committed before `read_at`, or is its own."""
		scored = self.frame(keys, earlier_scores(self.as_of, keys))
		return to_rows(scored, self.frozen.definitions, read_at)

	def frame(self, keys: KeyRange, history: pd.Series | None = None) -> pd.DataFrame:
		"""The range as `score_customers` scores it, of what the open transaction sees; `history`: its earlier scores."""
		customers = self._reader.customers(keys)
		aggregates = self._reader.aggregates(self.as_of, keys, customers.index)
		return score_customers(
			customers, aggregates, self.frozen.definitions, self.calibration, self.as_of, history
		)

	def names(self, keys: KeyRange) -> list[str]:
		"""The customers of the range."""
		return self._reader.customers(keys).index.tolist()

	def unreadable_metrics(self, keys: KeyRange) -> dict[str, Exception]:
		"""Why an administrator's metrics cannot be read for these customers, by key; each of a source that fails is
		tried alone. Rolls back after each failure.
		"""
		sources: dict[tuple[str, str], list[Metric]] = {}
		for metric in self.frozen.definitions.metrics:
			if metric.measure.reads_documents and metric.key not in self.left_out:
				sources.setdefault((metric.doctype, metric.parent_doctype), []).append(metric)
		failing = (metrics for metrics in sources.values() if self._error_of(metrics, keys))
		alone = ((metric.key, self._error_of([metric], keys)) for metrics in failing for metric in metrics)
		return {key: error for key, error in alone if error}

	def _error_of(self, metrics: Sequence[Metric], keys: KeyRange) -> Exception | None:
		try:
			self._reader_of(metrics).aggregates(self.as_of, keys)
		except Exception as error:
			conflicts.raise_if_out_of_time(error)
			conflicts.start_over()
			return error
		return None

	@cached_property
	def _reader(self) -> Reader:
		metrics = all_metrics(self.frozen.definitions, self.calibration)
		return self._reader_of([metric for metric in metrics if metric.key not in self.left_out])

	def _reader_of(self, metrics: Sequence[Metric]) -> Reader:
		definitions, tables = self.frozen.definitions, self.frozen.tables_by_doctype
		plan = plan_for(metrics, self.frozen, self.as_of)
		return Reader(plan, definitions, tables, reading.SITE)
