"""What a run began with, kept with it: definitions, tables and what was found wrong with them. Scores nothing.

An edit in the middle of a run, or a worker on another host with another cache, never mixes two meanings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import frappe
import pandas as pd
from frappe import _
from pypika import Field

from crm_success.batches.messages import WARNING, Message
from crm_success.batches.statuses import RUN
from crm_success.database import reading
from crm_success.record_checks.phrases import in_words
from crm_success.record_names import METRIC, SCORECARD
from crm_success.scoring.definition_records import read_definitions
from crm_success.scoring.engine.definitions import (
	RULES,
	Definitions,
	Metric,
	Scorecard,
	fingerprint,
	from_json,
	to_json,
)
from crm_success.scoring.engine.errors import ScoringError, SourceError
from crm_success.scoring.engine.health import health_scores
from crm_success.scoring.engine.measures import usable_expressions
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.plan import Problem, ReadPlan, plan_reads
from crm_success.scoring.queries.read_statements import read_statement
from crm_success.scoring.queries.tables import Table
from crm_success.scoring.source_tables import CUSTOMER, tables_for


@dataclass(frozen=True)
class _Meaning:
	"""What a score means: the rules by which the engine scores, and what it scores by them."""

	rules: int
	definitions: Definitions


@dataclass(frozen=True)
class FrozenDefinitions:
	"""Definitions, the tables they are read from, and what their preparation had to say."""

	definitions: Definitions
	tables: tuple[Table, ...] = ()
	messages: tuple[Message, ...] = ()

	@property
	def tables_by_doctype(self) -> dict[str, Table]:
		"""The tables as the query builders take them."""
		return {table.doctype: table for table in self.tables}

	@cached_property
	def version(self) -> str:
		"""Changes when scores under other definitions would mean something else; rates of exchange move every day."""
		definitions = self.definitions
		unnamed = tuple(replace(metric, label="") for metric in definitions.metrics)
		nameless = replace(definitions, metrics=unnamed, money=replace(definitions.money, rates=()))
		return fingerprint(_Meaning(RULES, nameless))

	def saying(self, messages: Iterable[Message]) -> "FrozenDefinitions":
		"""The same with more messages."""
		return replace(self, messages=(*self.messages, *messages))

	def as_text(self) -> str:
		"""JSON for a run; `frozen_of` reads it back."""
		return to_json(self)


def frozen_of(run: str) -> FrozenDefinitions:
	"""What a run began with."""
	return from_json(FrozenDefinitions, frappe.db.get_value(RUN, run, "definitions"))


def freeze(as_of: date, unsaved_scorecard: Mapping[str, Any] | None = None) -> FrozenDefinitions:
	"""The definitions of now for scoring that day, without what cannot be used, which is named instead.

	With `unsaved_scorecard`, the definitions as they would be once it is saved.
	"""
	definitions, messages = read_definitions(as_of, unsaved_scorecard)
	tables = tables_for(definitions.metrics)
	scorecards, about_scorecards = _usable_scorecards(definitions, tables)
	definitions = replace(definitions, scorecards=scorecards)
	about_metrics = _about_metrics(definitions, tables, as_of)
	return FrozenDefinitions(
		definitions, tuple(tables.values()), (*messages, *about_scorecards, *about_metrics)
	)


def plan_for(metrics: Iterable[Metric], frozen: FrozenDefinitions, as_of: date) -> ReadPlan:
	"""What to read for these metrics. One that cannot be read, for whatever reason, is a problem of the plan."""
	metrics, tables = tuple(metrics), frozen.tables_by_doctype
	plan = plan_reads(metrics, tables)
	if not _why_not_built(plan, frozen, as_of):
		return plan
	# one of them has a filter value, or the like, that no statement can be made of
	good, problems = [], []
	for metric in metrics:
		alone = plan_reads([metric], tables)
		error = _why_not_built(alone, frozen, as_of)
		problems.extend([Problem(metric.key, error)] if error else alone.problems)
		if not error and not alone.problems:
			good.append(metric)
	return replace(plan_reads(good, tables), problems=tuple(problems))


def _why_not_built(plan: ReadPlan, frozen: FrozenDefinitions, as_of: date) -> ScoringError | None:
	"""What is wrong with the statements of a plan; None where all can be built."""
	tables, money = frozen.tables_by_doctype, frozen.definitions.money
	try:
		for read in plan.reads:
			read_statement(read, tables, as_of, reading.dialect(), money)
	except ScoringError as error:
		return error
	return None


def _about_metrics(definitions: Definitions, tables: Mapping[str, Table], as_of: date) -> list[Message]:
	plan = plan_for(definitions.metrics, FrozenDefinitions(definitions, tuple(tables.values())), as_of)
	errors: dict[str, ScoringError] = {problem.metric: problem.error for problem in plan.problems}
	errors.update(usable_expressions(definitions.metrics)[1])
	text = _("Health Metric {0} cannot be computed and counts as missing: {1}")
	labels = {metric.key: metric.label for metric in definitions.metrics}
	return [
		Message(WARNING, text.format(labels[key], in_words(error)), METRIC) for key, error in errors.items()
	]


def _usable_scorecards(
	definitions: Definitions, tables: Mapping[str, Table]
) -> tuple[tuple[Scorecard, ...], list[Message]]:
	usable, messages = [], []
	for scorecard in definitions.scorecards:
		try:
			_check_scorecard(scorecard, definitions.metrics, tables[CUSTOMER])
			usable.append(scorecard)
		except ScoringError as error:
			reason = _("Health Scorecard {0} is left out, its customers get the next one that fits: {1}")
			messages.append(Message(WARNING, reason.format(scorecard.name, in_words(error)), SCORECARD))
	return tuple(usable), messages


def _check_scorecard(scorecard: Scorecard, metrics: tuple[Metric, ...], customer: Table) -> None:
	for filter_ in scorecard.filters:
		if not customer.has(filter_.fieldname):
			raise SourceError("Customer has no field {0}", filter_.fieldname)
		condition(filter_, Field(filter_.fieldname), customer.kinds[filter_.fieldname], reading.bindings())
	# with nobody to score, only the definitions can be wrong
	health_scores(pd.DataFrame(), pd.DataFrame(), metrics, scorecard)
