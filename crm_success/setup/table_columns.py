"""What the columns of a table are: which there are, their changes, and numbers that may be empty, because "no score" is
not zero.

Frappe makes every number column NOT NULL.
"""

import frappe
from pypika.queries import QueryBuilder


def allow_null(doctype: str, fieldnames: tuple[str, ...]) -> None:
	"""Let these Float or Currency columns hold NULL. Called from on_doctype_update, at each sync of the DocType.

	The fields need an explicit default of 0, and no precision, in the DocType: otherwise a later sync sees another
	default or type than the column has, and makes it NOT NULL again.
	"""
	for fieldname in fieldnames:
		if not _is_nullable(doctype, fieldname):
			change_table(_statement(doctype, fieldname))


def add_empty_number(doctype: str, fieldname: str) -> None:
	"""Give a table that is there a Float or Percent column that holds nothing yet, as `allow_null` leaves it, where a sync
	would fill it with zeros: for patches that run before it. No row is touched, however many there are.
	"""
	if not frappe.db.table_exists(doctype) or fieldname in columns_of(doctype):
		return
	for statement in _adding(doctype, fieldname):
		change_table(statement)


def change_table(statement: str) -> None:
	"""The one way to change what a table is; commits. No name in the statement comes from a user."""
	# the builder makes and drops whole tables only
	frappe.db.sql_ddl(statement)  # nosemgrep: frappe-using-db-sql


def columns_of(doctype: str) -> set[str]:
	"""The columns that the table has at this moment; Frappe's own answer may be as old as the process."""
	columns = frappe.qb.Schema("information_schema").columns
	return set(_in_table(doctype).select(columns.column_name).run(pluck=True))


def _adding(doctype: str, fieldname: str) -> tuple[str, str]:
	"""The names come from our own patches only. A default of a statement of its own fills no row."""
	quote = '"' if frappe.db.db_type == "postgres" else "`"
	table, column = f"{quote}tab{doctype}{quote}", f"{quote}{fieldname}{quote}"
	return (
		f"ALTER TABLE {table} ADD COLUMN {column} decimal(21,9) NULL",
		f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT 0",
	)


def _statement(doctype: str, fieldname: str) -> str:
	"""The names come from our own controllers only."""
	if frappe.db.db_type == "postgres":
		return f'ALTER TABLE "tab{doctype}" ALTER COLUMN "{fieldname}" DROP NOT NULL'
	column_type = _described(doctype, fieldname, "column_type")
	return f"ALTER TABLE `tab{doctype}` MODIFY `{fieldname}` {column_type} NULL DEFAULT 0"


def _is_nullable(doctype: str, fieldname: str) -> bool:
	return _described(doctype, fieldname, "is_nullable") == "YES"


def _described(doctype: str, fieldname: str, what: str) -> str:
	"""What the database knows of a column."""
	columns = frappe.qb.Schema("information_schema").columns
	return _in_table(doctype).select(columns[what]).where(columns.column_name == fieldname).run(pluck=True)[0]


def _in_table(doctype: str) -> QueryBuilder:
	columns = frappe.qb.Schema("information_schema").columns
	query = frappe.qb.from_(columns).where(columns.table_name == f"tab{doctype}")
	if frappe.db.db_type != "postgres":
		query = query.where(columns.table_schema == frappe.conf.db_name)
	return query
