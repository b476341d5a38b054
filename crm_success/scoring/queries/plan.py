"""From metrics to reads: which aggregates each source table has to deliver, each of them once. Builds no statement."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pypika import Field

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter, Measure, Metric
from crm_success.scoring.engine.errors import DefinitionError, Phrase, ScoringError, SourceError, shown
from crm_success.scoring.queries.computed import NEEDS_INVOICE, computed_field, missing_columns
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.tables import DATE, DATETIME, NUMERIC_KINDS, Table

Tables = Mapping[str, Table]

# each month is a column of the grouped query
MOST_MONTHS = 60
_DAYS_PER_MONTH = 30.4375
LONGEST_WINDOW = {Measure.DECLINING_MONTHS: int(MOST_MONTHS * _DAYS_PER_MONTH)}

_NEED_A_VALUE = (Measure.SUM, Measure.AVERAGE, Measure.MINIMUM, Measure.MAXIMUM, Measure.DISTINCT_COUNT)
_NEED_A_NUMBER = (
	Measure.SUM,
	Measure.AVERAGE,
	Measure.MINIMUM,
	Measure.MAXIMUM,
	Measure.SHARE,
	Measure.CHANGE,
	Measure.DECLINING_MONTHS,
)


class Function(str, Enum):
	"""What a column of a grouped query does with the rows of one customer."""

	COUNT = "count"
	SUM = "sum"
	AVERAGE = "average"
	MINIMUM = "minimum"
	MAXIMUM = "maximum"
	DISTINCT = "distinct"


@dataclass(frozen=True)
class Window:
	"""Days d with as_of - offset - days < d <= as_of - offset (days 0: no beginning), or one calendar month.

	`month` counts complete calendar months back from as_of, 0 being the last complete one.
	"""

	days: int = 0
	offset: int = 0
	month: int | None = None


@dataclass(frozen=True)
class Aggregate:
	"""One column of a grouped query."""

	function: Function
	value_field: str
	filters: tuple[Filter, ...]
	date_field: str
	window: Window


@dataclass(frozen=True)
class Source:
	"""The rows that one grouped query reads and the column that names their customer."""

	doctype: str
	parent_doctype: str
	customer_field: str


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
		if metric.measure is Measure.EXPRESSION:
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
	return Source(metric.doctype, metric.parent_doctype, metric.customer_field)


def check_readable(metric: Metric, tables: Tables) -> None:
	"""SourceError or DefinitionError that names the DocType, field, filter or window that a metric cannot be read by."""
	_table(metric.doctype, tables)
	if metric.parent_doctype:
		_table(metric.parent_doctype, tables)
		if not tables[metric.doctype].is_child:
			raise SourceError("{0} is no child table, so it has no parent", Phrase(metric.doctype))
	names = [metric.customer_field, metric.date_field, metric.value_field]
	names += [filter_.fieldname for filter_ in (*metric.filters, *metric.matching)]
	for name in filter(None, names):
		_check_field(metric, name, tables)
	if not metric.date_field or not metric.customer_field:
		raise DefinitionError("A date field and a customer field are needed")
	if field_kind(metric, metric.date_field, tables) not in (DATE, DATETIME):
		raise DefinitionError("{0} holds no dates", shown(metric.date_field))
	_check_value_field(metric, tables)
	_check_window(metric)
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
	measure = Phrase(metric.measure.value)
	if metric.measure in _NEED_A_VALUE and not metric.value_field:
		raise DefinitionError("{0} needs a value field", measure)
	# other measures do not look at the value field
	adds_up = metric.measure in _NEED_A_NUMBER and metric.value_field
	if adds_up and field_kind(metric, metric.value_field, tables) not in NUMERIC_KINDS:
		raise DefinitionError("{0} holds no numbers: {1} needs some", shown(metric.value_field), measure)


def _check_window(metric: Metric) -> None:
	measure = Phrase(metric.measure.value)
	if metric.measure is Measure.CHANGE and metric.window_days <= 0:
		raise DefinitionError("{0} needs a window of at least one day", measure)
	if metric.window_days > LONGEST_WINDOW.get(metric.measure, metric.window_days):
		raise DefinitionError("{0} looks back {1} months at most: take fewer days", measure, MOST_MONTHS)


def _table(doctype: str, tables: Tables) -> Table:
	if doctype not in tables:
		raise SourceError("There is no table for DocType {0}", shown(doctype))
	return tables[doctype]


def _check_field(metric: Metric, name: str, tables: Tables) -> None:
	table = tables[metric.doctype]
	if computed_field(metric.doctype, name):
		missing = missing_columns(table, name)
		if name in NEEDS_INVOICE and not (
			"Sales Invoice" in tables and tables["Sales Invoice"].has("due_date")
		):
			missing.append("Sales Invoice.due_date")
		if missing:
			raise SourceError("{0} has no column {1}", Phrase(metric.doctype), ", ".join(missing))
		return
	in_parent = metric.parent_doctype and tables[metric.parent_doctype].has(name)
	if not table.has(name) and not in_parent:
		raise SourceError("{0} has no column {1}", Phrase(metric.doctype), shown(name))


def _read(source: Source, metrics: Sequence[Metric]) -> Read:
	numbers: dict[Aggregate, int] = {}
	parts = []
	for metric in metrics:
		for part, aggregate in measure_parts(metric).items():
			parts.append(Part(metric.key, part, numbers.setdefault(aggregate, len(numbers))))
	return Read(source, tuple(numbers), tuple(parts))


def measure_parts(metric: Metric) -> dict[str, Aggregate]:
	"""The aggregates of a metric by part. `seen` counts all rows up to as_of: without one, the value is missing."""
	seen = Aggregate(Function.COUNT, "", (), metric.date_field, Window())
	return {"seen": seen, **_PARTS[metric.measure](metric)}


def months_of(metric: Metric) -> int:
	"""How many calendar months a window of days spans, two at least."""
	return max(2, round(metric.window_days / _DAYS_PER_MONTH))


def _over(function: Function) -> Callable[[Metric], dict[str, Aggregate]]:
	def build(metric: Metric) -> dict[str, Aggregate]:
		return {"value": _aggregate(metric, function, Window(metric.window_days))}

	return build


def _edge(function: Function) -> Callable[[Metric], dict[str, Aggregate]]:
	def build(metric: Metric) -> dict[str, Aggregate]:
		window = Window(metric.window_days)
		return {"date": Aggregate(function, metric.date_field, metric.filters, metric.date_field, window)}

	return build


def _share(metric: Metric) -> dict[str, Aggregate]:
	window, total = Window(metric.window_days), _total(metric)
	matching = metric.filters + metric.matching
	return {
		"total": _aggregate(metric, total, window),
		"matching": Aggregate(total, metric.value_field, matching, metric.date_field, window),
	}


def _change(metric: Metric) -> dict[str, Aggregate]:
	days, total = metric.window_days, _total(metric)
	return {
		"current": _aggregate(metric, total, Window(days)),
		"previous": _aggregate(metric, total, Window(days, offset=days)),
	}


def _months(metric: Metric) -> dict[str, Aggregate]:
	total = _total(metric)
	return {
		f"month_{month}": _aggregate(metric, total, Window(month=month)) for month in range(months_of(metric))
	}


def _total(metric: Metric) -> Function:
	return Function.SUM if metric.value_field else Function.COUNT


def _aggregate(metric: Metric, function: Function, window: Window) -> Aggregate:
	value_field = "" if function is Function.COUNT else metric.value_field
	return Aggregate(function, value_field, metric.filters, metric.date_field, window)


_PARTS: dict[Measure, Callable[[Metric], dict[str, Aggregate]]] = {
	Measure.COUNT: _over(Function.COUNT),
	Measure.SUM: _over(Function.SUM),
	Measure.AVERAGE: _over(Function.AVERAGE),
	Measure.MINIMUM: _over(Function.MINIMUM),
	Measure.MAXIMUM: _over(Function.MAXIMUM),
	Measure.DISTINCT_COUNT: _over(Function.DISTINCT),
	Measure.DAYS_SINCE_LAST: _edge(Function.MAXIMUM),
	Measure.DAYS_SINCE_FIRST: _edge(Function.MINIMUM),
	Measure.SHARE: _share,
	Measure.CHANGE: _change,
	Measure.DECLINING_MONTHS: _months,
}
