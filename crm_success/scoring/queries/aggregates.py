"""One column of a grouped query over the rows of a source."""

from collections.abc import Callable

from pypika import Case
from pypika.functions import Count, Max, Min, NullIf, Sum
from pypika.terms import Criterion, LiteralValue, Term

from crm_success.scoring.engine.measure_table import Function
from crm_success.scoring.queries.plan import Aggregate
from crm_success.scoring.queries.source_rows import SourceRows
from crm_success.scoring.queries.tables import TEXT


def column_of(aggregate: Aggregate, rows: SourceRows) -> Term:
	"""What an aggregate makes of the rows of one customer."""
	inside = Criterion.all(rows.inside(aggregate.filters, aggregate.date_field, aggregate.window))
	if aggregate.function is Function.COUNT:
		return Count(Case().when(inside, counted(aggregate, rows)))
	return FUNCTIONS[aggregate.function](Case().when(inside, value_of(aggregate, rows)))


def counted(aggregate: Aggregate, rows: SourceRows) -> Term | int:
	"""What is not NULL of a row that a COUNT counts."""
	known = aggregate.value_field and rows.may_lack_value(aggregate.value_field)
	return rows.value(aggregate.value_field) if known else 1


def value_of(aggregate: Aggregate, rows: SourceRows) -> Term:
	"""What any other function looks at."""
	if aggregate.function is Function.DISTINCT:
		# an empty text is no value to the desk
		value = rows.field(aggregate.value_field)
		return NullIf(value, "") if rows.kind(aggregate.value_field) == TEXT else value
	return rows.value(aggregate.value_field)


def average(total: Term, number: Term) -> Term:
	"""Their quotient: AVG of whole numbers stops at four decimals on MariaDB."""
	return total * LiteralValue("1e0") / number


def _distinct(value: Term) -> Term:
	return Count(value).distinct()


FUNCTIONS: dict[Function, Callable[[Term], Term]] = {
	Function.SUM: Sum,
	Function.AVERAGE: lambda value: average(Sum(value), Count(value)),
	Function.MINIMUM: Min,
	Function.MAXIMUM: Max,
	Function.DISTINCT: _distinct,
}
