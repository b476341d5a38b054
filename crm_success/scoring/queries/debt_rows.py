"""The ledger debt by debt: what is owed is a sum over all rows of a debt, so the rows are grouped twice, in one reading.

Inside, each debt becomes one row: with what it is made of, and with the share that its rows have in every other column of
the read. Outside, the debts of a customer are added up.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property

from pypika import Case
from pypika.functions import Count, Max, Min, Sum
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Field, Term

from crm_success.database.dialects import EVERYBODY, Dialect, KeyRange
from crm_success.scoring.engine.definitions import Filter, Money
from crm_success.scoring.engine.measure_table import Function, Window
from crm_success.scoring.queries.aggregates import FUNCTIONS, average, column_of, counted, value_of
from crm_success.scoring.queries.computed import NEEDS_DEBT, computed_field, concern
from crm_success.scoring.queries.ledger_rows import LEDGER, debts, is_debt
from crm_success.scoring.queries.plan import Aggregate, Source, Tables, fields_of
from crm_success.scoring.queries.source_rows import SourceRows, window_bounds

# how the shares of the debts become one
_TOGETHER: dict[Function, Callable[[Term], Term]] = {
	Function.COUNT: Sum,
	Function.SUM: Sum,
	Function.MINIMUM: Min,
	Function.MAXIMUM: Max,
}


class DebtRows(SourceRows):
	"""One row a debt. A real column is that of the row that charges the customer."""

	@cached_property
	def _entries(self) -> SourceRows:
		"""The rows of the ledger that the debts are made of, for the same statement."""
		fieldnames = {*self._fieldnames - NEEDS_DEBT, "is_debt"}
		dialect = self.bindings.dialect
		rows = SourceRows(self.source, self._tables, self.as_of, self._money, dialect, fieldnames, self._keys)
		rows.bindings = self.bindings
		return rows

	@cached_property
	def _charging(self) -> Criterion:
		return is_debt(self._entries)

	@cached_property
	def _columns(self) -> dict[str, Term]:
		"""What was asked for of the debts, by the name that it has inside."""
		return {}

	@cached_property
	def _moments(self) -> dict[tuple[tuple[Filter, ...], str], str]:
		"""The names of the columns that `_moment` made."""
		return {}

	def query(self) -> QueryBuilder:
		"""SELECT nothing yet FROM the debts. To be asked last: the columns that were asked for are in it."""
		_, end = window_bounds(Window(), self.as_of)
		# what is posted later neither charges nor settles yet
		known = self._entries.query().where(self._entries.column("posting_date") < self.bindings.bind(end))
		derived = debts(known, self._entries, self._columns, self._entries.customer)
		return self.bindings.dialect.query.from_(derived.as_("source"))

	def column(self, fieldname: str) -> Field:
		"""A number of the debt, or a column of the row that charges."""
		if self._table.has(fieldname):
			return self._inside(fieldname, Max(Case().when(self._charging, self._entries.column(fieldname))))
		return self._rows[fieldname]

	def field(self, fieldname: str) -> Term:
		"""As of SourceRows; what is computed for each row is that of the row that charges."""
		if fieldname not in NEEDS_DEBT and computed_field(LEDGER, fieldname):
			of_row = self._entries.field(fieldname)
			return self._inside(fieldname, Max(Case().when(self._charging, of_row)))
		return super().field(fieldname)

	@property
	def customer(self) -> Field:
		"""The column that names the customer."""
		return self._rows["_customer"]

	@property
	def _company(self) -> Field:
		return self.column("company")

	def aggregate(self, aggregate: Aggregate, name: str) -> Term:
		"""What an aggregate makes of the debts of one customer; `name` tells its columns inside from others."""
		if fields_of(aggregate) & NEEDS_DEBT:
			return self._over_debts(aggregate)
		if aggregate.function is Function.AVERAGE:
			inside = self._entries.inside(aggregate.filters, aggregate.date_field, aggregate.window)
			value = Case().when(Criterion.all(inside), value_of(aggregate, self._entries))
			total, number = (
				self._inside(f"{name}_sum", Sum(value)),
				self._inside(f"{name}_count", Count(value)),
			)
			return average(Sum(total), Sum(number))
		return _TOGETHER[aggregate.function](self._inside(name, column_of(aggregate, self._entries)))

	def _over_debts(self, aggregate: Aggregate) -> Term:
		of_debt = [filter_ for filter_ in aggregate.filters if filter_.fieldname in NEEDS_DEBT]
		# the row that charges is one of those that the number concerns
		needless = {*of_debt, *(filter_ for name in NEEDS_DEBT for filter_ in concern(LEDGER, "", name))}
		of_row = tuple(filter_ for filter_ in aggregate.filters if filter_ not in needless)
		moment = self._moment(of_row, aggregate.date_field)
		matching = Criterion.all(
			[*self.inside_window(moment, aggregate.window), *(self.matches(filter_) for filter_ in of_debt)]
		)
		if aggregate.function is Function.COUNT:
			return Count(Case().when(matching, counted(aggregate, self)))
		return FUNCTIONS[aggregate.function](Case().when(matching, value_of(aggregate, self)))

	def _moment(self, filters: tuple[Filter, ...], date_field: str) -> Field:
		"""The date of the row that charges, where the filters hold for it: one column for all windows."""
		name = self._moments.setdefault((filters, date_field), f"moment_{len(self._moments)}")
		matching = Criterion.all([self._charging, *(self._entries.matches(filter_) for filter_ in filters)])
		return self._inside(name, Max(Case().when(matching, self._entries.field(date_field))))

	def _inside(self, name: str, term: Term) -> Field:
		self._columns[name] = term
		return self._rows[name]


def rows_of(
	source: Source,
	tables: Tables,
	as_of: date,
	money: Money,
	dialect: Dialect,
	fieldnames: Iterable[str] = (),
	keys: KeyRange = EVERYBODY,
) -> SourceRows:
	"""The rows of a source in which the fields can be found: those of a table, or the debts of the ledger."""
	by_debt = source.doctype == LEDGER and bool(NEEDS_DEBT.intersection(fieldnames))
	return (DebtRows if by_debt else SourceRows)(source, tables, as_of, money, dialect, fieldnames, keys)
