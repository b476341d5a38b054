"""Number columns that may be empty. Frappe makes every number column NOT NULL, but "no score" is not zero."""

import frappe

# the type and default of a Float with no precision of its own: Frappe then sees nothing to change at a migrate
_FLOAT = "decimal(21,9)"


def allow_null(doctype: str, fieldnames: tuple[str, ...]) -> None:
	"""Let these Float or Currency columns hold NULL. Called from on_doctype_update, at each sync of the DocType.

	The fields need an explicit default of 0 in the DocType, or Frappe would make them NOT NULL again.
	"""
	for fieldname in fieldnames:
		if not _is_nullable(doctype, fieldname):
			frappe.db.sql_ddl(_statement(doctype, fieldname))


def _statement(doctype: str, fieldname: str) -> str:
	"""The names come from our own controllers only."""
	if frappe.db.db_type == "postgres":
		return f'ALTER TABLE "tab{doctype}" ALTER COLUMN "{fieldname}" DROP NOT NULL'
	return f"ALTER TABLE `tab{doctype}` MODIFY `{fieldname}` {_FLOAT} NULL DEFAULT 0"


def _is_nullable(doctype: str, fieldname: str) -> bool:
	columns = frappe.qb.Schema("information_schema").columns
	query = frappe.qb.from_(columns).select(columns.is_nullable).where(columns.table_name == f"tab{doctype}")
	query = query.where(columns.column_name == fieldname)
	if frappe.db.db_type != "postgres":
		query = query.where(columns.table_schema == frappe.conf.db_name)
	return query.run(pluck=True) == ["YES"]
