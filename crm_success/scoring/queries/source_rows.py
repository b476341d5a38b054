"""The rows of one source: where its columns live, which rows count at all, and what lies inside a window."""

from datetime import date, timedelta
from typing import Any

from pypika import Case, Field
from pypika import Table as SqlTable
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, Term

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter, Money
from crm_success.scoring.engine.measure_table import Window
from crm_success.scoring.queries.computed import NEEDS_INVOICE, computed_field
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.plan import Source, Tables
from crm_success.scoring.queries.tables import CURRENCY, DURATION, Table


class SourceRows:
	"""FROM, WHERE and the columns of one source, for one statement."""

	def __init__(self, source: Source, tables: Tables, as_of: date, money: Money, dialect: Dialect) -> None:
		self.source = source
		self.as_of = as_of
		self.bindings = Bindings(dialect)
		self._money = money
		self._table = tables[source.doctype]
		self._parent = tables[source.parent_doctype] if source.parent_doctype else None
		self._rows = SqlTable(self._table.name, alias="source")
		self._parent_rows = SqlTable(self._parent.name, alias="parent") if self._parent else None
		self._invoice = SqlTable("tabSales Invoice", alias="invoice")

	def query(self, fieldnames: set[str]) -> QueryBuilder:
		"""SELECT nothing yet FROM the source, joined to what the fields need, WHERE a row counts at all."""
		query = self.bindings.dialect.query.from_(self._rows)
		if self._parent_rows is not None:
			of_parent = self._rows.parenttype == self.bindings.bind(self.source.parent_doctype)
			query = query.join(self._parent_rows).on(
				(self._rows.parent == self._parent_rows.name) & of_parent
			)
		if self.source.doctype == "Payment Ledger Entry" and fieldnames & NEEDS_INVOICE:
			invoices = self._rows.against_voucher_type == self.bindings.bind("Sales Invoice")
			settled = self._invoice.name == self._rows.against_voucher_no
			query = query.left_join(self._invoice).on(settled & invoices)
		return query.where(Criterion.all(self._eligible()))

	def column(self, fieldname: str) -> Field:
		"""A real column, of the child table where it has it, else of its parent."""
		if self._parent_rows is not None and not self._table.has(fieldname):
			return self._parent_rows[fieldname]
		return self._rows[fieldname]

	def invoice_column(self, fieldname: str) -> Term:
		"""A column of the Sales Invoice that a ledger row settles."""
		return self._invoice[fieldname]

	def field(self, fieldname: str) -> Term:
		"""A real or computed field, as it is."""
		computed = computed_field(self.source.doctype, fieldname)
		return computed.build(self) if computed else self.column(fieldname)

	def kind(self, fieldname: str) -> str:
		"""The kind of a real or computed field."""
		if computed := computed_field(self.source.doctype, fieldname):
			return computed.kind
		return self._owner(fieldname).kinds[fieldname]

	def value(self, fieldname: str) -> Term:
		"""A field as a measure takes it: money in the reporting currency, durations in hours."""
		kind = self.kind(fieldname)
		if kind == DURATION:
			# a whole number divided by a whole number would lose its fraction on some databases
			return self.field(fieldname) / 3600.0
		return self._converted(self.field(fieldname)) if kind == CURRENCY else self.field(fieldname)

	def inside(self, filters: tuple[Filter, ...], date_field: str, window: Window) -> list[Criterion]:
		"""The conditions of filters and window."""
		start, end = window_bounds(window, self.as_of)
		moment = self.field(date_field)
		conditions = [moment < self.bindings.bind(end)]
		if start:
			conditions.insert(0, moment >= self.bindings.bind(start))
		return conditions + [self.matches(filter_) for filter_ in filters]

	def matches(self, filter_: Filter) -> Criterion:
		"""One filter as a condition."""
		return condition(filter_, self.field(filter_.fieldname), self.kind(filter_.fieldname), self.bindings)

	@property
	def customer(self) -> Field:
		"""The column that names the customer."""
		return self.column(self.source.customer_field)

	@property
	def _voucher(self) -> Table:
		# status, company and the like stand on the document, not on its child rows
		return self._parent or self._table

	@property
	def _document(self) -> SqlTable:
		return self._rows if self._parent_rows is None else self._parent_rows

	def _owner(self, fieldname: str) -> Table:
		return self._table if self._table.has(fieldname) or self._parent is None else self._parent

	def _eligible(self) -> list[Criterion]:
		"""Drafts, cancelled, opening and internal documents never count, nor do companies left out."""
		document = self._document
		rules: list[Criterion] = [
			document.docstatus == 1 if self._voucher.submittable else document.docstatus < 2
		]
		rules += [
			build(document, self.bindings) for name, build in _NEVER_COUNTS.items() if self._voucher.has(name)
		]
		type_field = self._owner(self.source.customer_field).type_field(self.source.customer_field)
		if type_field:
			rules.append(self.column(type_field) == self.bindings.bind("Customer"))
		if self._money.companies and self._voucher.has("company"):
			rules.append(document.company.isin(self.bindings.bind_all(self._money.companies)))
		return rules

	def _converted(self, amount: Term) -> Term:
		rates = {rate.company: rate.rate for rate in self._money.rates}
		if not rates or not self._voucher.has("company"):
			return amount
		# a company without a rate has no branch: its amounts are left out rather than mixed in
		document, converted = self._document, Case()
		for name, rate in rates.items():
			converted = converted.when(
				document.company == self.bindings.bind(name), amount * self.bindings.bind(rate)
			)
		return converted


def window_bounds(window: Window, as_of: date) -> tuple[date | None, date]:
	"""First day (None: no beginning) and the day after the last, so that dates and datetimes compare alike."""
	if window.month is not None:
		return _month_bounds(window.month, as_of)
	# the calendar begins on day 1: before it there is no document to find
	end = date.fromordinal(max(1, as_of.toordinal() + 1 - window.offset))
	reaches_back = 0 < window.days < end.toordinal()
	return (end - timedelta(days=window.days) if reaches_back else None), end


def _month_bounds(month: int, as_of: date) -> tuple[date, date]:
	tomorrow = as_of + timedelta(days=1)
	months = tomorrow.year * 12 + tomorrow.month - 1 - month
	return _first_of(months - 1), _first_of(months)


def _first_of(months: int) -> date:
	return date(months // 12, months % 12 + 1, 1)


def _not_opening(rows: Any, bindings: Bindings) -> Criterion:
	return (rows.is_opening != bindings.bind("Yes")) | rows.is_opening.isnull()


def _not_internal(rows: Any, bindings: Bindings) -> Criterion:
	return (rows.is_internal_customer == 0) | rows.is_internal_customer.isnull()


def _not_delinked(rows: Any, bindings: Bindings) -> Criterion:
	return rows.delinked == 0


_NEVER_COUNTS = {
	"is_opening": _not_opening,
	"is_internal_customer": _not_internal,
	"delinked": _not_delinked,
}
