"""What forms of unsaved definitions read: values of today, for customers that the user may see. Stores nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from crm_success.database import reading
from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.scoring.calibrations import latest_calibration, read_calibration
from crm_success.scoring.definition_records import read_definitions
from crm_success.scoring.engine.calibrated import Calibration
from crm_success.scoring.engine.definitions import Definitions, Metric
from crm_success.scoring.engine.errors import DefinitionError, Phrase
from crm_success.scoring.engine.forecasts import Forecasts, forecast_metrics
from crm_success.scoring.engine.measures import (
	Measured,
	completed,
	measured_values,
	needed_metrics,
	observed,
	usable_expressions,
)
from crm_success.scoring.frozen_definitions import FrozenDefinitions, plan_for
from crm_success.scoring.queries.ledger_rows import INVOICE
from crm_success.scoring.queries.till_sales import TILL
from crm_success.scoring.shared.reader import Reader
from crm_success.scoring.source_tables import CUSTOMER, tables_for
from crm_success.visibility import readable_names, visible_among


def definitions_with(metric: Metric, as_of: date) -> Definitions:
	"""The metric, as it would be if it were saved, and those that its formula needs; ScoringError if broken."""
	definitions, _messages = read_definitions(as_of)
	others = [other for other in definitions.metrics if other.key != metric.key]
	broken = usable_expressions([*others, metric])[1].get(metric.key)
	if broken:
		raise broken
	return replace(definitions, metrics=needed_metrics([*others, metric], [metric.key]), scorecards=())


def frozen_for(metric: Metric, as_of: date) -> FrozenDefinitions:
	"""The metric and what its formula needs, with their tables. What it measures itself, it measures on documents that
	the user may read: whoever could count others could learn their contents by guesses.
	"""
	definitions = definitions_with(metric, as_of)
	tables = tables_for(definitions.metrics)
	for doctype in {metric.parent_doctype or metric.doctype, TILL if metric.doctype == INVOICE else ""}:
		if doctype in tables:
			tables[doctype] = replace(tables[doctype], only_names=readable_names(doctype))
	return FrozenDefinitions(definitions, tuple(tables.values()))


def reader_of(
	metrics: Iterable[Metric], frozen: FrozenDefinitions, as_of: date, strict: bool = False
) -> Reader:
	"""Reads these metrics; one that cannot be read counts as missing, or raises its ScoringError if `strict`."""
	plan = plan_for(metrics, frozen, as_of)
	if strict and plan.problems:
		raise plan.problems[0].error
	tables = frozen.tables_by_doctype
	return Reader(plan, frozen.definitions, tables, reading.SITE)


def customers_of(frozen: FrozenDefinitions, as_of: date) -> pd.Series:
	"""The scorecard that takes each customer, None for none; of a hundred thousand customers, nothing else is read."""
	names = {"name", "is_internal_customer"}
	names |= {filter_.fieldname for card in frozen.definitions.scorecards for filter_ in card.filters}
	tables = tuple(
		replace(table, columns=tuple(column for column in table.columns if column.name in names))
		for table in frozen.tables
		if table.doctype == CUSTOMER
	)
	return reader_of((), replace(frozen, tables=tables), as_of).customers()["scorecard"]


@dataclass(frozen=True)
class ValueReader:
	"""Reads the raw values of metrics, a column a metric key. `calibration` tells forecasts, where a metric is one."""

	metrics: tuple[Metric, ...]
	frozen: FrozenDefinitions
	as_of: date
	calibration: Calibration
	is_strict: bool = False

	def values(self, keys: KeyRange, customers: pd.Index) -> pd.DataFrame:
		"""Of those customers; `keys` must hold them all. ScoringError where a metric cannot be read, if that is strict."""
		measured = self.measured(keys, customers)
		return observed(self.metrics, measured.values, measured.silent)

	def measured(self, keys: KeyRange, customers: pd.Index) -> Measured:
		"""The same before a scale has a say, and where it comes of nothing observed."""
		read = self._read
		reader = reader_of(read, self.frozen, self.as_of, self.is_strict)
		aggregates = reader.aggregates(self.as_of, keys, customers)
		measured = measured_values(read, aggregates, customers, self.as_of)
		told = (
			Forecasts(measured.values, self.calibration.risk).values if has_forecasts(self.metrics) else None
		)
		values = completed(self.metrics, measured.values, told)
		return Measured(values, measured.silent.reindex(columns=values.columns, fill_value=False))

	@property
	def _read(self) -> tuple[Metric, ...]:
		limits = self.frozen.definitions.limits
		told_by = forecast_metrics(limits, self.calibration) if has_forecasts(self.metrics) else ()
		return (*self.metrics, *told_by)


def has_forecasts(metrics: Iterable[Metric]) -> bool:
	"""Whether any of the metrics is a forecast, which a calibration has to tell."""
	return any(metric.measure.row.forecast for metric in metrics)


def forecasting_calibration(frozen: FrozenDefinitions, as_of: date) -> Calibration:
	"""What the forecasts among the metrics are told by: the newest one; ScoringError where it cannot tell them."""
	if not has_forecasts(frozen.definitions.metrics):
		return Calibration(as_of)
	name = latest_calibration(frozen, as_of)
	calibration = read_calibration(name) if name else Calibration(as_of)
	if not calibration.risk.model:
		reason = calibration.risk.reason or Phrase("Score all customers first: the risk is learned then.")
		raise DefinitionError("The lapse risk cannot be told. {0}", reason)
	return calibration


def visible(customers: pd.Index) -> pd.Index:
	"""Without the customers whose health the user may not see."""
	return customers[customers.isin(visible_among(customers))]


def keys_of(customers: pd.Index, everybody: int) -> KeyRange:
	"""The range to read them by: a long list of names is slower than no condition at all."""
	return EVERYBODY if len(customers) == everybody else KeyRange(names=tuple(customers))
