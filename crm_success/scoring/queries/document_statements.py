"""The very documents behind a metric's value of one customer, and what is wrong with the rows of a source."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from pypika import Field, Order
from pypika import Table as SqlTable
from pypika.functions import Count, Min
from pypika.queries import QueryBuilder
from pypika.terms import Criterion

from crm_success.database.dialects import Bindings, Dialect, KeyRange, Statement
from crm_success.scoring.engine.definitions import Metric, Money
from crm_success.scoring.engine.measure_table import (
	CONTEXT_PARTS,
	SEEN_IN_WINDOW_PART,
	SEEN_PART,
	Window,
)
from crm_success.scoring.queries.computed import computed_field, missing_columns, shown_by
from crm_success.scoring.queries.debt_rows import rows_of
from crm_success.scoring.queries.issue_rows import ISSUE, has_unknown_closing
from crm_success.scoring.queries.ledger_rows import INVOICE
from crm_success.scoring.queries.plan import Aggregate, Source, Tables, fields_of, measure_parts, source_of
from crm_success.scoring.queries.source_rows import SourceRows, window_bounds
from crm_success.scoring.queries.till_sales import TILL


@dataclass(frozen=True)
class DataCheck:
	"""A statement that finds rows which cannot count: columns `documents` and `example`, one row a finding.

	Where there is a `doubt`, a cheap statement, and that has no rows, the other has none either.
	"""

	kind: str
	source: Source
	statement: Statement
	doubt: Statement | None = None


WITHOUT_CUSTOMER = "without customer"
UNKNOWN_CUSTOMER = "unknown customer"
IN_THE_FUTURE = "in the future"
WITHOUT_RESOLUTION = "without resolution"


def documents_statement(
	metric: Metric,
	tables: Tables,
	as_of: date,
	dialect: Dialect,
	money: Money,
	customer: str,
	limit: int = 20,
) -> Statement:
	"""The newest documents that made a metric's value: columns `document`, `date`, `value` where it has one, and
	`document_type` where they are not all of the metric's DocType.

	For a child table, `document` is the parent's name.
	"""
	rows = rows_of(
		source_of(metric), tables, as_of, money, dialect, _fields_of(metric), KeyRange(names=(customer,))
	)
	aggregates = [a for part, a in measure_parts(metric).items() if part not in CONTEXT_PARTS]
	inside = Criterion.any(Criterion.all(_inside(rows, aggregate)) for aggregate in aggregates)
	if computed_field(metric.doctype, metric.value_field):
		inside &= rows.field(metric.value_field).notnull()
	name = rows.column("parent" if metric.parent_doctype else "name")
	day = rows.field(shown_by(metric.doctype, metric.date_field))
	columns = [*rows.document_type, name.as_("document"), day.as_("date")]
	if metric.value_field:
		columns.append(rows.value(metric.value_field).as_("value"))
	query = rows.query().where(inside).select(*columns)
	return rows.bindings.statement(query.orderby(day, order=Order.desc).orderby(name).limit(limit))


def data_checks(
	metrics: Iterable[Metric], tables: Tables, today: date, dialect: Dialect, money: Money
) -> Iterator[DataCheck]:
	"""For each source: rows that name no customer, a customer that does not exist, or a day after today, and
	issues of which nobody knows when they were resolved.

	The metrics must be readable (`plan.check_readable`).
	"""
	# what a till has sold is looked at where it is kept
	stored = without_till(tables)
	for source, date_field in _date_fields(metrics).items():
		for kind, build in _CHECKS.items():
			if kind == WITHOUT_RESOLUTION and not _tells_resolution(source, tables):
				continue
			known = stored if source.doctype == INVOICE else tables
			rows = SourceRows(source, known, today, money, dialect)
			doubt = _any_unknown_name(rows.customer, dialect) if kind == UNKNOWN_CUSTOMER else None
			yield DataCheck(kind, source, build(rows, date_field), doubt)


def value_statement(
	metric: Metric, tables: Tables, as_of: date, dialect: Dialect, money: Money, only_in_window: bool = False
) -> Statement:
	"""A row where some document gives some customer a value of a metric that can be read, no row where none does.

	`only_in_window`: the document that any would do for must lie in the window.
	"""
	parts = _needed_parts(metric, only_in_window)
	fieldnames = {name for part in parts for name in fields_of(part)}
	rows = rows_of(source_of(metric), tables, as_of, money, dialect, fieldnames)
	gives_value = Criterion.any(Criterion.all(_gives_value(rows, metric, part)) for part in parts)
	query = rows.query().where((rows.customer > rows.bindings.bind("")) & gives_value)
	return rows.bindings.statement(query.select(rows.customer.as_("customer")).limit(1))


def _needed_parts(metric: Metric, only_in_window: bool) -> list[Aggregate]:
	parts, needed = measure_parts(metric), metric.measure.row.needed_parts(metric.window_days)
	if needed != (SEEN_PART,):
		return [parts[name] for name in needed]
	return [replace(parts[SEEN_IN_WINDOW_PART if only_in_window else SEEN_PART], value_field="")]


def _gives_value(rows: SourceRows, metric: Metric, part: Aggregate) -> list[Criterion]:
	inside = _inside(rows, part)
	if not part.value_field:
		return inside
	value = rows.value(part.value_field)
	return [*inside, value > 0 if metric.measure.row.are_divisors else value.notnull()]


def without_till(tables: Tables) -> Tables:
	"""The tables without the sales at a till, which then count where a Sales Invoice holds them."""
	return {doctype: table for doctype, table in tables.items() if doctype != TILL}


def _inside(rows: SourceRows, aggregate: Aggregate) -> list[Criterion]:
	return rows.inside(aggregate.filters, aggregate.date_field, aggregate.window)


def _fields_of(metric: Metric) -> set[str]:
	filters = {filter_.fieldname for filter_ in (*metric.filters, *metric.matching)}
	return {metric.value_field, metric.date_field} | filters


def _date_fields(metrics: Iterable[Metric]) -> dict[Source, str]:
	"""A date field for each source, a stored one before a computed one."""
	stored_last = sorted(metrics, key=lambda metric: not computed_field(metric.doctype, metric.date_field))
	return {
		source_of(metric): metric.date_field
		for metric in stored_last
		if metric.doctype not in ("", "Customer")
	}


def _without_customer(rows: SourceRows, date_field: str) -> Statement:
	nobody = rows.customer.isnull() | (rows.customer == rows.bindings.bind(""))
	return _found(rows, rows.query().where(nobody))


def _unknown_customer(rows: SourceRows, date_field: str) -> Statement:
	customer = SqlTable("tabCustomer", alias="customer")
	query = rows.query().left_join(customer).on(customer.name == rows.customer)
	query = query.where(customer.name.isnull() & (rows.customer > rows.bindings.bind("")))
	columns = [Count("*").as_("documents"), rows.customer.as_("example")]
	return rows.bindings.statement(query.select(*columns).groupby(rows.customer).orderby(rows.customer))


def _any_unknown_name(column: Field, dialect: Dialect) -> Statement:
	"""Names, of whatever they are, that no customer has: read from the index of the column, without any row."""
	bindings, customer = Bindings(dialect), SqlTable("tabCustomer", alias="customer")
	rows = SqlTable(column.table._table_name)
	names = dialect.query.from_(rows).select(rows[column.name].as_("customer")).distinct()
	names = names.where(rows[column.name] > bindings.bind("")).as_("names")
	query = dialect.query.from_(names).left_join(customer).on(customer.name == names.customer)
	query = query.select(names.customer).where(customer.name.isnull()).limit(1)
	return bindings.statement(query)


def _in_the_future(rows: SourceRows, date_field: str) -> Statement:
	_, end = window_bounds(Window(), rows.as_of)
	return _found(rows, rows.query().where(rows.field(date_field) >= rows.bindings.bind(end)))


def _tells_resolution(source: Source, tables: Tables) -> bool:
	"""Whether it is issues by their customer: other customer fields of theirs would tell the same once more."""
	computed = (ISSUE, "customer")
	return (source.doctype, source.customer_field) == computed and not missing_columns(
		tables[source.doctype], "resolved_on"
	)


def _without_resolution(rows: SourceRows, date_field: str) -> Statement:
	_, end = window_bounds(Window(), rows.as_of)
	unknown = has_unknown_closing(rows) & (rows.field(date_field) < rows.bindings.bind(end))
	return _found(rows, rows.query().where(unknown & rows.field("resolved_on").notnull()))


def _found(rows: SourceRows, query: QueryBuilder) -> Statement:
	return rows.bindings.statement(
		query.select(Count("*").as_("documents"), Min(rows.column("name")).as_("example"))
	)


_CHECKS = {
	WITHOUT_CUSTOMER: _without_customer,
	UNKNOWN_CUSTOMER: _unknown_customer,
	IN_THE_FUTURE: _in_the_future,
	WITHOUT_RESOLUTION: _without_resolution,
}
