"""Reads which tables and columns a database has, in the form that the query builders take."""

from collections.abc import Iterable
from dataclasses import dataclass

from crm_success.database.dialects import Dialect, Statement
from crm_success.scoring.engine.errors import SourceError
from crm_success.scoring.queries.read_statements import any_till_sale_statement
from crm_success.scoring.queries.tables import (
	CURRENCY,
	DATE,
	DATETIME,
	NUMBER,
	TEXT,
	Column,
	PartyField,
	Table,
)
from crm_success.scoring.queries.till_sales import TILL
from crm_success.standalone.command_errors import CommandError
from crm_success.standalone.connections import Database


@dataclass(frozen=True)
class Trait:
	"""Facts about a DocType that its table does not show; `flags` are columns without which rows would count that must not."""

	submittable: bool = False
	party_fields: tuple[PartyField, ...] = ()
	currency_fields: frozenset[str] = frozenset()
	flags: tuple[str, ...] = ()


_AMOUNTS = frozenset(
	("base_total", "base_net_total", "base_grand_total", "base_rounded_total", "base_discount_amount")
)

TRAITS = {
	"Customer": Trait(flags=("is_internal_customer",)),
	"Sales Invoice": Trait(
		submittable=True,
		currency_fields=_AMOUNTS,
		flags=("is_opening", "is_internal_customer", "is_return", "is_debit_note", "is_consolidated"),
	),
	"POS Invoice": Trait(submittable=True, currency_fields=_AMOUNTS, flags=("is_opening", "is_return")),
	"Payment Ledger Entry": Trait(
		party_fields=(PartyField("party", "party_type"),),
		currency_fields=frozenset(("amount",)),
		flags=("delinked",),
	),
}

# every table of Frappe has these, and the queries rely on them
_STANDARD_COLUMNS = ("name", "docstatus", "modified")

_COLUMNS_SQL = {
	Dialect.SQLITE: 'SELECT name AS "column", type AS "kind" FROM pragma_table_info(:table)',
	Dialect.MARIADB: (
		"SELECT column_name AS `column`, data_type AS `kind` FROM information_schema.columns "
		"WHERE table_schema = DATABASE() AND table_name = %(table)s ORDER BY ordinal_position"
	),
	Dialect.POSTGRES: (
		'SELECT column_name AS "column", data_type AS "kind" FROM information_schema.columns '
		"WHERE table_schema = ANY (current_schemas(false)) AND table_name = %(table)s ORDER BY ordinal_position"
	),
}

# in this order: a datetime is called a date too
_KINDS = (
	(("datetime", "timestamp"), DATETIME),
	(("date",), DATE),
	(("int", "dec", "num", "real", "float", "double"), NUMBER),
)


def read_tables(database: Database, doctypes: Iterable[str]) -> dict[str, Table]:
	"""The tables of the DocTypes, and of the sales at a till where there are any.

	Raises a CommandError that names all missing tables, or the missing columns that every table, or this one, needs.
	"""
	tables = {doctype: find_table(database, doctype) for doctype in doctypes}
	missing = [f"tab{doctype}" for doctype, table in tables.items() if table is None]
	if missing:
		raise CommandError(
			f"The {database.label} has no table {', '.join(missing)}. Give the database of an ERPNext site; "
			"its name stands in the site's site_config.json."
		)
	found = {doctype: table for doctype, table in tables.items() if table is not None}
	till = find_table(database, TILL)
	if till and database.execute(any_till_sale_statement(database.dialect)).rows:
		found[TILL] = till
	for doctype, table in found.items():
		needed = (*_STANDARD_COLUMNS, *TRAITS.get(doctype, Trait()).flags)
		check_columns(database, doctype, [name for name in needed if not table.has(name)])
	return found


def find_table(database: Database, doctype: str) -> Table | None:
	"""The table of one DocType, or None where the database has none."""
	statement = Statement(_COLUMNS_SQL[database.dialect], {"table": f"tab{doctype}"})
	rows = database.execute(statement).records()
	trait = TRAITS.get(doctype, Trait())
	columns = [_column(str(row["column"]), str(row["kind"]), trait) for row in rows]
	if not columns:
		return None
	return Table(
		doctype,
		tuple(column for column in columns if column),
		submittable=trait.submittable,
		party_fields=trait.party_fields,
	)


def check_columns(database: Database, doctype: str, missing: list[str]) -> None:
	"""Raises CommandError where columns are missing."""
	if missing:
		raise CommandError(
			f"tab{doctype} in the {database.label} has no column {', '.join(missing)}. "
			"Score a database of ERPNext 15 or 16 that was migrated completely."
		)


def _column(name: str, kind: str, trait: Trait) -> Column | None:
	try:
		return Column(name, CURRENCY if name in trait.currency_fields else _kind(kind))
	except SourceError:
		# a column that Frappe could not have made is no field of anything
		return None


def _kind(declared: str) -> str:
	lowered = declared.lower()
	return next((kind for words, kind in _KINDS if any(word in lowered for word in words)), TEXT)
