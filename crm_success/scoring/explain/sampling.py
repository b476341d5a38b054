"""What forms of unsaved definitions read: values of today, for customers that the user may see. Stores nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pandas as pd

from crm_success.database import reading
from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.scoring.definition_records import read_definitions
from crm_success.scoring.engine.definitions import Definitions, Metric
from crm_success.scoring.engine.measures import needed_metrics, raw_values, usable_expressions
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


def read_values(
	metrics: Iterable[Metric], frozen: FrozenDefinitions, as_of: date, keys: KeyRange, customers: pd.Index
) -> pd.DataFrame:
	"""Raw values of those customers, a column a metric; `keys` must hold them all."""
	metrics = tuple(metrics)
	aggregates = reader_of(metrics, frozen, as_of).aggregates(as_of, keys, customers)
	return raw_values(metrics, aggregates, customers, as_of)


def visible(customers: pd.Index) -> pd.Index:
	"""Without the customers whose health the user may not see."""
	return customers[customers.isin(visible_among(customers))]


def even_sample(customers: pd.Index, size: int) -> pd.Index:
	"""All of them, or as many as `size`, taken at even steps: the same ones each time."""
	number = len(customers)
	return customers if number <= size else customers[[at * number // size for at in range(size)]]


def keys_of(customers: pd.Index, everybody: int) -> KeyRange:
	"""The range to read them by: a long list of names is slower than no condition at all."""
	return EVERYBODY if len(customers) == everybody else KeyRange(names=tuple(customers))
