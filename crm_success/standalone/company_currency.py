"""The currency of all amounts, and what the currencies of the companies are worth in it."""

from dataclasses import dataclass
from datetime import date

from pypika import Table as SqlTable

from crm_success.database.dialects import Bindings, Statement
from crm_success.scoring.engine.definitions import CompanyRate, Money
from crm_success.standalone.connections import Database
from crm_success.standalone.database_tables import check_columns, find_table
from crm_success.standalone.quality import DataWarning

# names no company: with every company left out, "none named" would mean all of them
_NO_COMPANY = ("",)

_COLUMNS = {
	"Company": ("default_currency",),
	"Currency Exchange": ("date", "exchange_rate", "from_currency", "to_currency"),
	"Singles": ("doctype", "field", "value"),
}


@dataclass(frozen=True)
class _Companies:
	currencies: dict[str, str]
	reporting: str


def reporting_money(database: Database, as_of: date) -> tuple[Money, list[DataWarning]]:
	"""Money for all companies; a warning for each company whose currency has no exchange rate."""
	_check_columns(database)
	companies = _companies(database)
	if len(set(companies.currencies.values())) < 2:
		# one currency needs no rates, whatever the site's default is
		return Money(currency=next(iter(companies.currencies.values()), companies.reporting)), []
	rates, warnings = [], []
	for company, currency in companies.currencies.items():
		rate = _rate(database, currency, companies.reporting, as_of)
		if rate:
			rates.append(CompanyRate(company, rate))
		else:
			warnings.append(_without_rate(company, currency, companies.reporting))
	known = tuple(rate.company for rate in rates) or _NO_COMPANY
	return Money(companies.reporting, known, tuple(rates)), warnings


def _check_columns(database: Database) -> None:
	"""Before anything is read: SQLite takes the name of a column that is missing for a text."""
	for doctype, names in _COLUMNS.items():
		table = find_table(database, doctype)
		if table is not None:
			check_columns(database, doctype, [name for name in names if not table.has(name)])


def _companies(database: Database) -> _Companies:
	table = SqlTable("tabCompany")
	query = database.dialect.query.from_(table).select(table.name.as_("company"), table.default_currency)
	rows = database.execute(Statement(query.orderby(table.name).get_sql()))
	currencies = {str(row.company): str(row.default_currency or "") for row in rows.itertuples()}
	default = _site_currency(database)
	return _Companies(currencies, default or next(iter(currencies.values()), ""))


def _site_currency(database: Database) -> str:
	if find_table(database, "Singles") is None:
		return ""
	bindings, singles = Bindings(database.dialect), SqlTable("tabSingles")
	query = database.dialect.query.from_(singles).select(singles["value"])
	query = query.where(singles["doctype"] == bindings.bind("Global Defaults"))
	rows = database.execute(
		bindings.statement(query.where(singles["field"] == bindings.bind("default_currency")))
	)
	return str(rows["value"].iloc[0] or "") if len(rows) else ""


def _rate(database: Database, currency: str, reporting: str, as_of: date) -> float | None:
	"""The latest rate up to `as_of`, else the nearest later one; the other direction where that one is nearer."""
	if currency == reporting:
		return 1.0
	if not currency or find_table(database, "Currency Exchange") is None:
		return None
	direct, inverse = (
		_recorded(database, *pair, as_of) for pair in ((currency, reporting), (reporting, currency))
	)
	if direct and (not inverse or direct[0] <= inverse[0]):
		return direct[1]
	return 1 / inverse[1] if inverse else None


def _recorded(
	database: Database, source: str, target: str, as_of: date
) -> tuple[tuple[bool, int], float] | None:
	"""((whether it is of a later day, days away), rate), so that the smaller one is the better one."""
	bindings, rates = Bindings(database.dialect), SqlTable("tabCurrency Exchange")
	query = database.dialect.query.from_(rates).select(rates["date"], rates["exchange_rate"])
	query = query.where((rates["from_currency"] == bindings.bind(source)) & (rates["exchange_rate"] > 0))
	query = query.where(rates["to_currency"] == bindings.bind(target)).orderby(rates["date"])
	for is_later in (False, True):
		day = bindings.bind(as_of)
		side = query.where(rates["date"] > day if is_later else rates["date"] <= day)
		found = database.execute(bindings.statement(side))
		if len(found):
			nearest = found.iloc[0 if is_later else -1]
			away = abs((date.fromisoformat(str(nearest["date"])[:10]) - as_of).days)
			return (is_later, away), float(nearest["exchange_rate"])
	return None


def _without_rate(company: str, currency: str, reporting: str) -> DataWarning:
	return DataWarning(
		f"Company {company} keeps its books in {currency or 'no currency'}, and there is no exchange rate to {reporting}: "
		"its documents were left out. Enter a Currency Exchange in ERPNext."
	)
