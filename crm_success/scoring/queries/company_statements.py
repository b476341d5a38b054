"""The statements about companies and currencies: what books are kept in, and what one currency is worth in another."""

from datetime import date

from pypika import Order
from pypika import Table as SqlTable

from crm_success.database.dialects import Bindings, Dialect, Statement


def companies_statement(dialect: Dialect) -> Statement:
	"""All companies by name, columns `company` and `currency`."""
	companies = SqlTable("tabCompany")
	query = dialect.query.from_(companies).orderby(companies.name)
	columns = [companies.name.as_("company"), companies.default_currency.as_("currency")]
	return Statement(query.select(*columns).get_sql())


def rate_statement(source: str, target: str, as_of: date, dialect: Dialect, later: bool = False) -> Statement:
	"""The newest rate up to `as_of`, or the first one `later`: at most one row, columns `date` and `rate`.

	Of one day, a rate for buying only comes last: ERPNext writes into the name what a rate is for.
	"""
	bindings, rates = Bindings(dialect), SqlTable("tabCurrency Exchange")
	query = dialect.query.from_(rates).select(rates["date"], rates["exchange_rate"].as_("rate"))
	query = query.where((rates["from_currency"] == bindings.bind(source)) & (rates["exchange_rate"] > 0))
	query = query.where(rates["to_currency"] == bindings.bind(target))
	day = bindings.bind(as_of)
	query = query.where(rates["date"] > day if later else rates["date"] <= day)
	query = query.orderby(rates["date"], order=Order.asc if later else Order.desc)
	return bindings.statement(query.orderby(rates["name"], order=Order.desc).limit(1))


def site_currency_statement(dialect: Dialect) -> Statement:
	"""The default currency of Global Defaults: at most one row, column `currency`."""
	bindings, singles = Bindings(dialect), SqlTable("tabSingles")
	query = dialect.query.from_(singles).select(singles["value"].as_("currency"))
	query = query.where(singles["doctype"] == bindings.bind("Global Defaults"))
	return bindings.statement(query.where(singles["field"] == bindings.bind("default_currency")))
