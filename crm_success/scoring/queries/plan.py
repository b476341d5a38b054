"""From metrics to reads: which aggregates each source table has to deliver, each of them once. Builds no statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pypika import Field

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter, Metric
from crm_success.scoring.engine.errors import DefinitionError, Phrase, ScoringError, SourceError, shown
from crm_success.scoring.engine.measure_table import (
	DATE_PART,
	SEEN_IN_WINDOW_PART,
	SEEN_PART,
	Function,
	PartRead,
	ValueField,
	Window,
	check_window,
)
from crm_success.scoring.engine.profile import is_of_profile
from crm_success.scoring.queries.computed import (
	NEEDS_DEBT,
	computed_field,
	concern,
	missing_columns,
	needed_elsewhere,
)
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.ledger_rows import INVOICE, LEDGER
from crm_success.scoring.queries.tables import DATE, DATETIME, NUMERIC_KINDS, Table

Tables = Mapping[str, Table]


@dataclass(frozen=True)
class Aggregate:
	"""One column of a grouped query. A COUNT with a value field leaves out the rows whose amount nobody knows."""

	function: Function
	value_field: str
	filters: tuple[Filter, ...]
	date_field: str
	window: Window


@dataclass(frozen=True)
class Source:
	"""The rows that one grouped query reads and the column that names their customer.

	`by_row`: different values of a ledger are counted row by row, other measures debt by debt.
	"""

	doctype: str
	parent_doctype: str
	customer_field: str
	by_row: bool = False


@dataclass(frozen=True)
class Part:
	"""Which aggregate serves a metric as which part of its measure."""

	metric: str
	part: str
	aggregate: int


@dataclass(frozen=True)
class Read:
	"""One grouped query: its source, its columns and whom they serve."""

	source: Source
	aggregates: tuple[Aggregate, ...]
	parts: tuple[Part, ...]


@dataclass(frozen=True)
class Problem:
	"""A metric that cannot be computed and why."""

	metric: str
	error: ScoringError

	@property
	def reason(self) -> str:
		"""Why, in English."""
		return str(self.error)


@dataclass(frozen=True)
class ReadPlan:
	"""Everything that has to be read for a set of metrics, and what cannot be."""

	reads: tuple[Read, ...]
	problems: tuple[Problem, ...]


def plan_reads(metrics: Iterable[Metric], tables: Tables) -> ReadPlan:
	"""One read a source table, whatever the number of metrics. A metric that cannot be read becomes a problem."""
	planned: dict[Source, list[Metric]] = {}
	problems = []
	for metric in metrics:
		if not metric.measure.reads_documents:
			continue
		try:
			check_readable(metric, tables)
		except ScoringError as error:
			problems.append(Problem(metric.key, error))
			continue
		planned.setdefault(source_of(metric), []).append(metric)
	return ReadPlan(tuple(_read(source, served) for source, served in planned.items()), tuple(problems))


def source_of(metric: Metric) -> Source:
	"""The source a metric reads; metrics with the same source share one query."""
	used = {metric.value_field, *(filter_.fieldname for filter_ in (*metric.filters, *metric.matching))}
	by_row = metric.doctype == LEDGER and not metric.measure.row.adds_up and not used & NEEDS_DEBT
	return Source(metric.doctype, metric.parent_doctype, metric.customer_field, by_row)


def check_readable(metric: Metric, tables: Tables) -> None:
	"""SourceError or DefinitionError that names the DocType, field, filter or window that a metric cannot be read by."""
	_table(metric.doctype, tables)
	if metric.parent_doctype:
		_table(metric.parent_doctype, tables)
		if not tables[metric.doctype].is_child:
			raise SourceError("{0} is no child table, so it has no parent", Phrase(metric.doctype))
	names = [metric.customer_field, metric.date_field, metric.value_field]
	names += [filter_.fieldname for filter_ in (*metric.filters, *metric.matching, *_telling(metric))]
	for name in dict.fromkeys(name for name in names if name):
		_check_field(metric, name, tables)
	if not metric.date_field or not metric.customer_field:
		raise DefinitionError("A date field and a customer field are needed")
	if field_kind(metric, metric.date_field, tables) not in (DATE, DATETIME):
		raise DefinitionError("{0} holds no dates", shown(metric.date_field))
	_check_value_field(metric, tables)
	check_window(metric.measure, metric.window_days)
	for filter_ in (*metric.filters, *metric.matching):
		kind = field_kind(metric, filter_.fieldname, tables)
		condition(filter_, Field(filter_.fieldname), kind, Bindings(Dialect.MARIADB))


def field_kind(metric: Metric, name: str, tables: Tables) -> str:
	"""The kind of a real or computed field of a metric's source that is known to exist."""
	if computed := computed_field(metric.doctype, name):
		return computed.kind
	return {
		**(tables[metric.parent_doctype].kinds if metric.parent_doctype else {}),
		**tables[metric.doctype].kinds,
	}[name]


def _check_value_field(metric: Metric, tables: Tables) -> None:
	row, name = metric.measure.row, Phrase(metric.measure.value)
	if row.value_field is ValueField.NEEDED and not metric.value_field:
		raise DefinitionError("{0} needs a value field", name)
	# other measures do not look at the value field
	adds_up = row.value_field is not ValueField.NONE and row.of_numbers and metric.value_field
	if adds_up and field_kind(metric, metric.value_field, tables) not in NUMERIC_KINDS:
		raise DefinitionError("{0} holds no numbers: {1} needs some", shown(metric.value_field), name)


def _table(doctype: str, tables: Tables) -> Table:
	if doctype not in tables:
		raise SourceError("There is no table for DocType {0}", shown(doctype))
	return tables[doctype]


def _check_field(metric: Metric, name: str, tables: Tables) -> None:
	table = tables[metric.doctype]
	if computed_field(metric.doctype, name):
		_check_columns(table, missing_columns(table, name))
		for doctype, columns in needed_elsewhere(name).items():
			_check_columns(_table(doctype, tables), [col for col in columns if not tables[doctype].has(col)])
		return
	in_parent = metric.parent_doctype and tables[metric.parent_doctype].has(name)
	if not table.has(name) and not in_parent:
		raise SourceError("{0} has no column {1}", Phrase(metric.doctype), shown(name))


def _check_columns(table: Table, missing: list[str]) -> None:
	if missing:
		raise SourceError("{0} has no column {1}", Phrase(table.doctype), ", ".join(missing))


def _read(source: Source, metrics: Sequence[Metric]) -> Read:
	numbers: dict[Aggregate, int] = {}
	parts = []
	for metric in metrics:
		for part, aggregate in measure_parts(metric).items():
			parts.append(Part(metric.key, part, numbers.setdefault(aggregate, len(numbers))))
	return Read(source, tuple(numbers), tuple(parts))


def measure_parts(metric: Metric) -> dict[str, Aggregate]:
	"""The aggregates of a metric by part. `seen` counts all rows up to as_of that could tell something, whatever the
	metric's filters: without one, the value is missing. `seen_in_window` counts those of the window.
	"""
	row = metric.measure.row
	windows = {SEEN_PART: Window(offset=metric.days_ago)}
	if row.counts_window and not is_of_profile(metric):
		windows[SEEN_IN_WINDOW_PART] = Window(metric.window_days, metric.days_ago)
	counts = {
		name: Aggregate(Function.COUNT, _added_field(metric), _telling(metric), metric.date_field, window)
		for name, window in windows.items()
	}
	return {**counts, **{read.name: _aggregate(metric, read) for read in row.reads(metric.window_days)}}


def _added_field(metric: Metric) -> str:
	"""The field whose numbers are added up: a row without one could not tell anything."""
	row = metric.measure.row
	return metric.value_field if row.of_numbers and row.value_field is not ValueField.NONE else ""


def _telling(metric: Metric) -> tuple[Filter, ...]:
	# what is only returned judges nobody, but it is revenue all the same
	if is_of_profile(metric) and metric.doctype == INVOICE:
		return ()
	return concern(metric.doctype, metric.parent_doctype, _added_field(metric))


def _aggregate(metric: Metric, read: PartRead) -> Aggregate:
	function = read.function or (Function.SUM if metric.value_field else Function.COUNT)
	field = metric.date_field if read.name == DATE_PART else metric.value_field
	return Aggregate(
		function=function,
		value_field="" if function is Function.COUNT else field,
		filters=metric.filters + (metric.matching if read.matching else ()),
		date_field=metric.date_field,
		window=replace(read.window, offset=read.window.offset + metric.days_ago),
	)


def fields_of(aggregate: Aggregate) -> set[str]:
	"""The fields that an aggregate looks at."""
	used = {aggregate.value_field, aggregate.date_field} | {f.fieldname for f in aggregate.filters}
	return used - {""}
