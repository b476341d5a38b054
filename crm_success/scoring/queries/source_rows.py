"""The rows of one source: where its columns live, which rows count at all, and what lies inside a window."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from pypika import Case, Field
from pypika import Table as SqlTable
from pypika.functions import NullIf
from pypika.queries import QueryBuilder
from pypika.terms import Bracket, Criterion, LiteralValue, Term

from crm_success.database.dialects import EVERYBODY, Bindings, Dialect, KeyRange, within
from crm_success.scoring.engine.definitions import Filter, Money
from crm_success.scoring.engine.measure_table import Window
from crm_success.scoring.queries.computed import (
	NEEDS_INVOICE,
	PURCHASE_COLUMNS,
	computed_field,
)
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.issue_rows import ISSUE, SPLIT_FROM, is_there
from crm_success.scoring.queries.ledger_rows import (
	ACCOUNT,
	INVOICE,
	JOURNAL_ROW,
	LEDGER,
	SCHEDULE,
	join_invoice,
)
from crm_success.scoring.queries.plan import Source, Tables
from crm_success.scoring.queries.tables import CURRENCY, DURATION, Table
from crm_success.scoring.queries.till_sales import TILL, are_consolidated, with_till_sales

# the tables that the fixed profile is read from, and what its computed fields look up
READ_ALWAYS = (INVOICE, LEDGER, ISSUE, SCHEDULE, JOURNAL_ROW, ACCOUNT)


class SourceRows:
	"""FROM, WHERE and the columns of one source, for one statement."""

	def __init__(
		self,
		source: Source,
		tables: Tables,
		as_of: date,
		money: Money,
		dialect: Dialect,
		fieldnames: Iterable[str] = (),
		keys: KeyRange = EVERYBODY,
		bindings: Bindings | None = None,
	) -> None:
		"""`fieldnames`: those that the statement will ask for; `keys`: the customers whose rows it reads; `bindings`: those
		of the statement of which this is a part.
		"""
		self.source = source
		self.as_of = as_of
		self.bindings = bindings or Bindings(dialect)
		self._money = money
		self._fieldnames = frozenset(fieldnames) - {""}
		self._keys = keys
		self._tables = tables
		self._table = tables[source.doctype]
		self._parent = tables[source.parent_doctype] if source.parent_doctype else None
		self._rows = SqlTable(self._table.name, alias="source")
		self._parent_rows = SqlTable(self._parent.name, alias="parent") if self._parent else None
		self._invoice = SqlTable(f"tab{INVOICE}", alias="invoice")
		self._needs_invoice = source.doctype == LEDGER and bool(self._fieldnames & NEEDS_INVOICE)
		till = tables.get(TILL) if source.doctype == INVOICE else None
		self._till = till if are_consolidated(self._table, till, source.customer_field) else None

	def query(self) -> QueryBuilder:
		"""SELECT nothing yet FROM the source, joined to what the fields need, WHERE a row counts at all."""
		counting = [*self._eligible(), *within(self.customer, self._keys, self.bindings)]
		if self._till is not None:
			return self.bindings.dialect.query.from_(self._with_till(self._till, counting).as_("source"))
		query = self.bindings.dialect.query.from_(self._rows)
		if self._parent_rows is not None:
			of_parent = self._rows.parenttype == self.bindings.bind(self.source.parent_doctype)
			query = query.join(self._parent_rows).on(
				(self._rows.parent == self._parent_rows.name) & of_parent
			)
		if self._needs_invoice:
			query = join_invoice(query, self._rows, self._invoice, self.bindings)
		return query.where(Criterion.all(counting))

	def column(self, fieldname: str) -> Field:
		"""A real column, of the child table where it has it, else of its parent."""
		if self._parent_rows is not None and not self._table.has(fieldname):
			return self._parent_rows[fieldname]
		return self._rows[fieldname]

	def has(self, fieldname: str, kind: str) -> bool:
		"""Whether the source table has a column of that name and kind."""
		return self._table.kinds.get(fieldname) == kind

	def invoice_column(self, fieldname: str) -> Term:
		"""A column of the Sales Invoice that a ledger row names as `against_voucher`."""
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

	def may_lack_value(self, fieldname: str) -> bool:
		"""Whether `value` gives nothing for some rows, because nobody knows what their currency is worth."""
		unknown = any(rate.rate is None for rate in self._money.rates)
		return unknown and self.kind(fieldname) == CURRENCY and self._voucher.has("company")

	def inside(self, filters: tuple[Filter, ...], date_field: str, window: Window) -> list[Criterion]:
		"""The conditions of filters and window."""
		in_window = self.inside_window(self.field(date_field), window)
		return in_window + [self.matches(filter_) for filter_ in filters]

	def inside_window(self, moment: Term, window: Window) -> list[Criterion]:
		"""The conditions of the window."""
		start, end = window_bounds(window, self.as_of)
		conditions = [moment < self.bindings.bind(end)]
		if start:
			conditions.insert(0, moment >= self.bindings.bind(start))
		return conditions

	def matches(self, filter_: Filter) -> Criterion:
		"""One filter as a condition."""
		return condition(filter_, self.field(filter_.fieldname), self.kind(filter_.fieldname), self.bindings)

	@property
	def document_type(self) -> list[Field]:
		"""The column that tells of which DocType a row is, where they are of several."""
		return [self._rows["document_type"]] if self._till else []

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

	@property
	def _company(self) -> Field:
		return self._document.company

	def _owner(self, fieldname: str) -> Table:
		return self._table if self._table.has(fieldname) or self._parent is None else self._parent

	def _with_till(self, till: Table, counting: list[Criterion]) -> Term:
		sales = SqlTable(till.name, alias="sale")
		asked = {*self._fieldnames, *PURCHASE_COLUMNS, "name", "company", self.source.customer_field}
		columns = [column for column in self._table.columns if column.name in asked]
		at_till = self._rules(till, sales)
		at_till += within(sales[self.source.customer_field], self._keys, self.bindings)
		return with_till_sales(
			self._rows, columns, Criterion.all(counting), (till, sales), Criterion.all(at_till), self.bindings
		)

	def _eligible(self) -> list[Criterion]:
		"""Drafts, cancelled, opening and internal documents never count, nor do companies left out."""
		document = self._document
		rules = self._rules(self._voucher, document)
		type_field = self._owner(self.source.customer_field).type_field(self.source.customer_field)
		if type_field:
			rules.append(self.column(type_field) == self.bindings.bind("Customer"))
		return rules

	def _rules(self, table: Table, rows: SqlTable) -> list[Criterion]:
		"""What holds for the documents of a table that count."""
		rules: list[Criterion] = [rows.docstatus == 1 if table.submittable else rows.docstatus < 2]
		rules += [build(rows, self.bindings) for name, build in _NEVER_COUNTS.items() if table.has(name)]
		if table.has(SPLIT_FROM):
			rules.append(is_there(rows, self.bindings, self.as_of))
		if table.only_names:
			rules.append(rows.name.isin(Bracket(LiteralValue(table.only_names))))
		if self._money.companies and table.has("company"):
			rules.append(rows.company.isin(self.bindings.bind_all(self._money.companies)))
		return rules

	def _converted(self, amount: Term) -> Term:
		if not self._money.rates or not self._voucher.has("company"):
			return amount
		known = [rate for rate in self._money.rates if rate.rate is not None]
		if not known:
			return NullIf(amount, amount)
		# a company without a rate has no branch: its amounts are left out rather than mixed in
		company, converted = self._company, Case()
		for rate in known:
			of_company = company == self.bindings.bind(rate.company)
			converted = converted.when(of_company, amount * self.bindings.bind(rate.rate))
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


def _not_cancelled(rows: Any, bindings: Bindings) -> Criterion:
	return rows.is_cancelled == 0


# flags of documents, and of rows of ERPNext's ledgers, which it cancels without changing their docstatus
_NEVER_COUNTS = {
	"is_opening": _not_opening,
	"is_internal_customer": _not_internal,
	"delinked": _not_delinked,
	"is_cancelled": _not_cancelled,
}
