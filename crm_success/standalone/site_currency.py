"""What a database tells of money: the default currency of Global Defaults, and its companies and rates where it has them."""

from datetime import date

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.queries.company_statements import site_currency_statement
from crm_success.scoring.shared.exchange_rates import money_on
from crm_success.scoring.shared.findings import Finding
from crm_success.standalone.connections import Database
from crm_success.standalone.database_tables import check_columns, find_table

_COLUMNS = {
	"Company": ("default_currency",),
	"Currency Exchange": ("date", "exchange_rate", "from_currency", "to_currency"),
	"Singles": ("doctype", "field", "value"),
}


def reporting_money(database: Database, as_of: date) -> tuple[Money, list[Finding]]:
	"""Money for all companies, and what there is to say about those whose currency has no exchange rate."""
	found = _checked_doctypes(database)
	currency = _site_currency(database) if "Singles" in found else ""
	return money_on(database, "", (), as_of, has_rates="Currency Exchange" in found, default=currency)


def _checked_doctypes(database: Database) -> set[str]:
	"""Those that the database has. Before anything is read: SQLite takes the name of a column that is missing for a text."""
	tables = {doctype: find_table(database, doctype) for doctype in _COLUMNS}
	for doctype, table in tables.items():
		if table is not None:
			check_columns(database, doctype, [name for name in _COLUMNS[doctype] if not table.has(name)])
	return {doctype for doctype, table in tables.items() if table is not None}


def _site_currency(database: Database) -> str:
	rows = database.execute(site_currency_statement(database.dialect)).rows
	return next((str(value or "") for (value,) in rows), "")
