"""Which companies count and what their currencies are worth on a day. Asks no service on the web for a rate."""

from collections.abc import Collection
from datetime import date

from crm_success.database.port import DatabasePort
from crm_success.scoring.engine.definitions import CompanyRate, Money
from crm_success.scoring.queries.company_statements import companies_statement, rate_statement
from crm_success.scoring.shared.findings import WITHOUT_RATE, Finding, finding_of

# names no company: with every company left out, "none named" would mean all of them
_NO_COMPANY = ("",)


def money_on(
	database: DatabasePort, reporting: str, chosen: Collection[str], as_of: date, has_rates: bool = True
) -> tuple[Money, list[Finding]]:
	"""The chosen companies (none: all) and their rates to the reporting currency ("": that of the first company).

	Companies without a rate are left out and named. `has_rates` is false for a database without Currency Exchange.
	"""
	currencies = _currencies(database)
	counted = {name: currency for name, currency in currencies.items() if name in chosen or not chosen}
	reporting = reporting or next(iter(counted.values()), "")
	if all(currency == reporting for currency in counted.values()):
		return Money(reporting, tuple(counted) if chosen else ()), []
	asked = {*counted.values()} if has_rates else set()
	worth = {currency: exchange_rate(database, currency, reporting, as_of) for currency in asked}
	worth[reporting] = 1.0
	rates = {company: worth.get(currency) for company, currency in counted.items()}
	known = tuple(CompanyRate(company, rate) for company, rate in rates.items() if rate)
	left_out = [company for company, rate in rates.items() if not rate]
	companies = tuple(rate.company for rate in known) or _NO_COMPANY
	findings = [finding_of(WITHOUT_RATE, "Company", left_out, about=reporting)] if left_out else []
	return Money(reporting, companies, known), findings


def exchange_rate(database: DatabasePort, source: str, target: str, as_of: date) -> float | None:
	"""What one unit of `source` is worth in `target`: the latest rate up to `as_of`, else the nearest later one.

	The inverse of a rate the other way serves where that one is nearer.
	"""
	if source == target:
		return 1.0
	direct, inverse = (
		_recorded_rate(database, *pair, as_of) for pair in ((source, target), (target, source))
	)
	if direct and (not inverse or direct[0] <= inverse[0]):
		return direct[1]
	return 1 / inverse[1] if inverse else None


def _currencies(database: DatabasePort) -> dict[str, str]:
	rows = database.execute(companies_statement(database.dialect)).records()
	return {row["company"]: row["currency"] or "" for row in rows}


def _recorded_rate(
	database: DatabasePort, source: str, target: str, as_of: date
) -> tuple[tuple[bool, int], float] | None:
	"""((whether it is of a later day, days away), rate), so that the smaller one is the better one."""
	for later in (False, True):
		statement = rate_statement(source, target, as_of, database.dialect, later)
		for row in database.execute(statement).records():
			# SQLite answers with texts
			day = date.fromisoformat(str(row["date"])[:10])
			return (later, abs((day - as_of).days)), float(row["rate"])
	return None
