"""The statements of a run: customers of a range, and one grouped query for each source. Executes nothing."""

from collections.abc import Sequence
from datetime import date

from pypika import Case
from pypika import Table as SqlTable
from pypika.terms import Criterion

from crm_success.database.dialects import EVERYBODY, Bindings, Dialect, KeyRange, Statement, within
from crm_success.scoring.engine.definitions import Filter, Money, Scorecard
from crm_success.scoring.engine.errors import Phrase, SourceError, shown
from crm_success.scoring.engine.measure_table import Window
from crm_success.scoring.queries.aggregates import column_of
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.debt_rows import DebtRows, rows_of
from crm_success.scoring.queries.plan import Read, Tables, fields_of
from crm_success.scoring.queries.repeated_fields import REPEATED_FIELDS
from crm_success.scoring.queries.source_rows import window_bounds
from crm_success.scoring.queries.tables import Table
from crm_success.scoring.queries.till_sales import TILL


def read_statement(
	read: Read, tables: Tables, as_of: date, dialect: Dialect, money: Money, keys: KeyRange = EVERYBODY
) -> Statement:
	"""One row a customer: `customer` and the columns a0, a1 ... in the order of `read.aggregates`."""
	fieldnames = {name for aggregate in read.aggregates for name in fields_of(aggregate)}
	rows = rows_of(read.source, tables, as_of, money, dialect, fieldnames, keys)
	columns = [
		rows.aggregate(aggregate, f"a{i}") if isinstance(rows, DebtRows) else column_of(aggregate, rows)
		for i, aggregate in enumerate(read.aggregates)
	]
	customer, query = rows.customer, rows.query()
	date_fields = {aggregate.date_field for aggregate in read.aggregates}
	if len(date_fields) == 1 and not isinstance(rows, DebtRows):
		_, end = window_bounds(Window(), as_of)
		query = query.where(rows.field(date_fields.pop()) < rows.bindings.bind(end))
	named = [column.as_(f"a{i}") for i, column in enumerate(columns)]
	return rows.bindings.statement(query.select(customer.as_("customer"), *named).groupby(customer))


def customers_statement(
	scorecards: Sequence[Scorecard], customer: Table, dialect: Dialect, keys: KeyRange = EVERYBODY
) -> Statement:
	"""One row a customer that is not internal, in key order: `customer`, REPEATED_FIELDS that exist, and
	for each scorecard that has filters, `scorecard_<its place>` telling whether they match it.

	Raises SourceError or DefinitionError for a filter that cannot be read.
	"""
	bindings, rows = Bindings(dialect), SqlTable(customer.name)
	query = dialect.query.from_(rows).select(rows.name.as_("customer"))
	repeated = {name: field for name, field in REPEATED_FIELDS.items() if customer.has(field)}
	query = query.select(*(rows[field].as_(name) for name, field in repeated.items()))
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


def any_till_sale_statement(dialect: Dialect) -> Statement:
	"""A row where a till has ever sold anything, no row where none has."""
	sales = SqlTable(f"tab{TILL}")
	return Statement(
		dialect.query.from_(sales).select(sales.name).where(sales.docstatus == 1).limit(1).get_sql()
	)


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
