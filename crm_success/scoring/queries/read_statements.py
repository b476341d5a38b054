"""The statements of a run: customers of a range, and one grouped query for each source. Executes nothing."""

from collections.abc import Sequence
from datetime import date

from pypika import Case
from pypika import Table as SqlTable
from pypika.functions import Count, Max, Min, NullIf, Sum
from pypika.terms import Criterion, LiteralValue, Term

from crm_success.database.dialects import EVERYBODY, Bindings, Dialect, KeyRange, Statement, within
from crm_success.scoring.engine.definitions import Filter, Money, Scorecard
from crm_success.scoring.engine.errors import Phrase, SourceError, shown
from crm_success.scoring.engine.measure_table import Function, Window
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.plan import Aggregate, Read, Tables
from crm_success.scoring.queries.source_rows import SourceRows, window_bounds
from crm_success.scoring.queries.tables import TEXT, Table

CUSTOMER_FIELDS = ("customer_name", "customer_group", "territory", "account_manager")


def read_statement(
	read: Read, tables: Tables, as_of: date, dialect: Dialect, money: Money, keys: KeyRange = EVERYBODY
) -> Statement:
	"""One row a customer: `customer` and the columns a0, a1 ... in the order of `read.aggregates`."""
	rows = SourceRows(read.source, tables, as_of, money, dialect)
	fieldnames = {name for aggregate in read.aggregates for name in _fields_of(aggregate)}
	query = rows.query(fieldnames).where(Criterion.all(within(rows.customer, keys, rows.bindings)))
	date_fields = {aggregate.date_field for aggregate in read.aggregates}
	if len(date_fields) == 1:
		_, end = window_bounds(Window(), as_of)
		query = query.where(rows.field(date_fields.pop()) < rows.bindings.bind(end))
	columns = [_column(aggregate, rows).as_(f"a{i}") for i, aggregate in enumerate(read.aggregates)]
	return rows.bindings.statement(
		query.select(rows.customer.as_("customer"), *columns).groupby(rows.customer)
	)


def customers_statement(
	scorecards: Sequence[Scorecard], customer: Table, dialect: Dialect, keys: KeyRange = EVERYBODY
) -> Statement:
	"""One row a customer that is not internal, in key order: `customer`, CUSTOMER_FIELDS that exist, and
	for each scorecard that has filters, `scorecard_<its place>` telling whether they match it.

	Raises SourceError or DefinitionError for a filter that cannot be read.
	"""
	bindings, rows = Bindings(dialect), SqlTable(customer.name)
	query = dialect.query.from_(rows).select(rows.name.as_("customer"))
	query = query.select(*(rows[name] for name in CUSTOMER_FIELDS if customer.has(name)))
	for number, scorecard in enumerate(scorecards):
		conditions = [_on_customer(filter_, customer, rows, bindings) for filter_ in scorecard.filters]
		if conditions:
			matches = Case().when(Criterion.all(conditions), 1).else_(0)
			query = query.select(matches.as_(f"scorecard_{number}"))
	query = query.where(Criterion.all([*within(rows.name, keys, bindings), *_external(rows, customer)]))
	return bindings.statement(query.orderby(rows.name))


def next_keys_statement(customer: Table, dialect: Dialect, after: str | None, limit: int) -> Statement:
	"""The next `limit` customers in the database's own order, one column `customer`: for cutting ranges."""
	bindings, rows = Bindings(dialect), SqlTable(customer.name)
	query = dialect.query.from_(rows).select(rows.name.as_("customer")).orderby(rows.name).limit(limit)
	bounds = [*within(rows.name, KeyRange(after=after), bindings), *_external(rows, customer)]
	return bindings.statement(query.where(Criterion.all(bounds)))


def internal_customers_statement(customer: Table, dialect: Dialect) -> Statement:
	"""The customers that are never scored, by name, one column `customer`; the table must have `is_internal_customer`."""
	rows = SqlTable(customer.name)
	query = dialect.query.from_(rows).select(rows.name.as_("customer")).where(rows.is_internal_customer == 1)
	return Statement(query.orderby(rows.name).get_sql())


def _on_customer(filter_: Filter, customer: Table, rows: SqlTable, bindings: Bindings) -> Criterion:
	kind = customer.kinds.get(filter_.fieldname)
	if kind is None:
		raise SourceError("{0} has no column {1}", Phrase(customer.doctype), shown(filter_.fieldname))
	return condition(filter_, rows[filter_.fieldname], kind, bindings)


def _external(rows: SqlTable, customer: Table) -> list[Criterion]:
	if not customer.has("is_internal_customer"):
		return []
	return [(rows.is_internal_customer == 0) | rows.is_internal_customer.isnull()]


def _fields_of(aggregate: Aggregate) -> set[str]:
	used = {aggregate.value_field, aggregate.date_field} | {f.fieldname for f in aggregate.filters}
	return used - {""}


def _column(aggregate: Aggregate, rows: SourceRows) -> Term:
	inside = Criterion.all(rows.inside(aggregate.filters, aggregate.date_field, aggregate.window))
	if aggregate.function is Function.COUNT:
		return Count(Case().when(inside, 1))
	if aggregate.function is Function.DISTINCT:
		return Count(Case().when(inside, _filled(rows, aggregate.value_field))).distinct()
	value = Case().when(inside, rows.value(aggregate.value_field))
	return _FUNCTIONS[aggregate.function](value)


def _filled(rows: SourceRows, fieldname: str) -> Term:
	# an empty text is no value to the desk
	value = rows.field(fieldname)
	return NullIf(value, "") if rows.kind(fieldname) == TEXT else value


def _average(value: Term) -> Term:
	# AVG of whole numbers stops at four decimals on MariaDB
	return Sum(value) * LiteralValue("1e0") / Count(value)


_FUNCTIONS = {Function.SUM: Sum, Function.AVERAGE: _average, Function.MINIMUM: Min, Function.MAXIMUM: Max}
