"""The statement that reads net revenue in spans of days, one row a customer. Executes nothing.

Revenue is what scores count: the same rows, the same field, the same conversion. Spans are the same for everybody, or
the years of each customer, which begin on the day of its first purchase.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pypika import Case, Field
from pypika.functions import Sum
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Term

from crm_success.database.dialects import EVERYBODY, Dialect, KeyRange, Statement, day_as_number, whole_part
from crm_success.scoring.engine.definitions import Filter, Money
from crm_success.scoring.engine.measure_table import Function, Window
from crm_success.scoring.queries.aggregates import column_of
from crm_success.scoring.queries.ledger_rows import INVOICE
from crm_success.scoring.queries.plan import Aggregate, Source, Tables
from crm_success.scoring.queries.source_rows import SourceRows, window_bounds

AMOUNT, DAY = "base_net_total", "posting_date"

_PURCHASES = (Filter("is_purchase", "=", 1),)
_SOURCE = Source(INVOICE, "", "customer")
_FIRST = Aggregate(Function.MINIMUM, DAY, _PURCHASES, DAY, Window())
# the running year of a customer and the one before
_YEARS_BACK = (0, 1)


@dataclass(frozen=True)
class Spans:
	"""What is read: `days`, spans with both ends, none after the day of reading, or `of_customers`, the running year of
	each customer and the one before. `with_first`: the first purchase too, which takes a look at all invoices.
	"""

	days: tuple[tuple[date, date], ...] = ()
	of_customers: bool = False
	with_first: bool = False


def revenue_statement(
	spans: Spans, tables: Tables, as_of: date, money: Money, dialect: Dialect, keys: KeyRange = EVERYBODY
) -> Statement:
	"""Columns `customer`, a revenue for each span (`r0`, `r1`), and `first` where it is asked for."""
	rows = _rows(tables, as_of, money, dialect, keys)
	query, years = rows.query(), None
	if spans.of_customers:
		began = _first_purchases(tables, as_of, money, keys, rows)
		query = query.join(began).on(began.customer == rows.customer)
		today = rows.bindings.bind(as_of.year * 10_000 + as_of.month * 100 + as_of.day)
		days = (day_as_number(rows.field(DAY), dialect), today)
		years = [_year_of(day, began.first, dialect) for day in days]
	columns = list(_sums_of_years(rows, *years) if years else _sums_of_days(rows, spans.days, as_of))
	named = [column.as_(f"r{number}") for number, column in enumerate(columns)]
	if spans.with_first or spans.of_customers:
		named.append(column_of(_FIRST, rows).as_("first"))
	query = query.where(Criterion.all(_within_days(rows, spans, as_of)))
	return rows.bindings.statement(query.select(rows.customer.as_("customer"), *named).groupby(rows.customer))


def _rows(
	tables: Tables,
	as_of: date,
	money: Money,
	dialect: Dialect,
	keys: KeyRange,
	within: SourceRows | None = None,
) -> SourceRows:
	bindings = within.bindings if within else None
	return SourceRows(_SOURCE, tables, as_of, money, dialect, {AMOUNT, DAY, "is_purchase"}, keys, bindings)


def _sums_of_days(rows: SourceRows, days: Sequence[tuple[date, date]], as_of: date) -> Iterator[Term]:
	for first, last in days:
		window = Window(days=(last - first).days + 1, offset=(as_of - last).days)
		yield column_of(Aggregate(Function.SUM, AMOUNT, (), DAY, window), rows)


def _sums_of_years(rows: SourceRows, of_row: Term, of_today: Term) -> Iterator[Term]:
	for back in _YEARS_BACK:
		yield Sum(Case().when(of_row == of_today - back, rows.value(AMOUNT)))


def _year_of(day: Term, first: Field, dialect: Dialect) -> Term:
	"""In which calendar year the customer's year began in which the day lies, the day given as a number. Without the month
	and the day of the first purchase it is that of New Year, so that a year without 29 February begins on 1 March.
	"""
	began = day_as_number(first, dialect)
	month_and_day = began - whole_part(began / 10_000, dialect) * 10_000
	return whole_part((day - month_and_day) / 10_000, dialect)


def _first_purchases(
	tables: Tables, as_of: date, money: Money, keys: KeyRange, around: SourceRows
) -> QueryBuilder:
	rows = _rows(tables, as_of, money, around.bindings.dialect, keys, around)
	query = rows.query().where(rows.field(DAY) < rows.bindings.bind(window_bounds(Window(), as_of)[1]))
	first = column_of(_FIRST, rows).as_("first")
	return query.select(rows.customer.as_("customer"), first).groupby(rows.customer).as_("began")


def _within_days(rows: SourceRows, spans: Spans, as_of: date) -> list[Criterion]:
	"""Nothing after the day of reading, and nothing before the first span where the first purchase is not asked for."""
	day, bind = rows.field(DAY), rows.bindings.bind
	bounds = [day < bind(window_bounds(Window(), as_of)[1])]
	if not spans.with_first and not spans.of_customers:
		bounds.append(day >= bind(min(first for first, _ in spans.days)))
	return bounds
