"""Sales at a till beside the invoices: each counts once, when it happened.

ERPNext keeps a POS Invoice for each sale and, once the shift is closed, puts those of a customer together in one Sales
Invoice of that day (`is_consolidated`). Where a till writes Sales Invoices directly, as it may from ERPNext 16 on, these
are not consolidated, and count as they are.
"""

from collections.abc import Collection

from pypika import Table as SqlTable
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, NullValue, Term, ValueWrapper

from crm_success.database.dialects import Bindings
from crm_success.scoring.queries.tables import NUMBER, Column, Table

TILL = "POS Invoice"
CONSOLIDATED = "is_consolidated"


def are_consolidated(invoices: Table, till: Table | None, customer_field: str) -> bool:
	"""Whether the sales can stand in for the invoices that hold them."""
	return till is not None and till.has(customer_field) and invoices.has(CONSOLIDATED)


def with_till_sales(
	invoices: SqlTable,
	columns: Collection[Column],
	counting: Criterion,
	till: tuple[Table, SqlTable],
	counting_at_till: Criterion,
	bindings: Bindings,
) -> Term:
	"""The columns of the invoices that count and hold no sales of a shift, and of the sales, with `document_type`."""
	table, sales = till
	direct = (invoices[CONSOLIDATED] == 0) | invoices[CONSOLIDATED].isnull()
	invoiced = _select(invoices, "Sales Invoice", [invoices[column.name] for column in columns], bindings)
	sold = [_at_till(column, table, sales) for column in columns]
	at_till = _select(sales, TILL, sold, bindings).where(counting_at_till)
	return invoiced.where(counting & direct).union_all(at_till)


def _select(rows: SqlTable, doctype: str, columns: Collection[Term], bindings: Bindings) -> QueryBuilder:
	query = bindings.dialect.query.from_(rows)
	# SQLite knows no brackets around the parts of a union
	query.wrap_set_operation_queries = False
	return query.select(ValueWrapper(doctype).as_("document_type"), *columns)


def _at_till(column: Column, table: Table, sales: SqlTable) -> Term:
	"""The column of a sale; what a POS Invoice does not have is empty."""
	if table.has(column.name):
		return sales[column.name]
	return (ValueWrapper(0) if column.kind == NUMBER else NullValue()).as_(column.name)
