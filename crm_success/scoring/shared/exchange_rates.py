"""Which companies count and what their currencies are worth on a day. Asks no service on the web for a rate."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from crm_success.database.port import DatabasePort
from crm_success.scoring.engine.definitions import CompanyRate, Money
from crm_success.scoring.queries.company_statements import companies_statement, rate_statement
from crm_success.scoring.shared.findings import WITHOUT_RATE, Finding, finding_of


def money_on(
	database: DatabasePort,
	reporting: str,
	chosen: Collection[str],
	as_of: date,
	has_rates: bool = True,
	default: str = "",
) -> tuple[Money, list[Finding]]:
	"""The chosen companies (none: all) and their rates to the reporting currency, as `reporting_currency` says.

	A company without a rate stays, without amounts, and is named. `has_rates` is false for a database without
	Currency Exchange.
	"""
	counted = _currencies(database, chosen)
	reporting = reporting_currency(counted.values(), reporting, default)
	companies = tuple(counted) if chosen else ()
	if all(currency == reporting for currency in counted.values()):
		return Money(reporting, companies), []
	asked = {*counted.values()} if has_rates else set()
	worth = {currency: exchange_rate(database, currency, reporting, as_of) for currency in asked}
	worth[reporting] = 1.0
	rates = tuple(CompanyRate(company, worth.get(currency)) for company, currency in counted.items())
	return Money(reporting, companies, rates), list(_without_rate(counted, rates, reporting))


def reporting_currency(currencies: Iterable[str], chosen: str, default: str) -> str:
	"""The one chosen, else the one in which all companies keep their books, else the default, else the first."""
	names = list(dict.fromkeys(currency for currency in currencies if currency))
	if chosen or not names:
		return chosen or default
	return names[0] if len(names) == 1 or not default else default


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


def _without_rate(
	currencies: Mapping[str, str], rates: Iterable[CompanyRate], reporting: str
) -> Iterator[Finding]:
	"""One for each currency, with its companies."""
	lost: dict[str, list[str]] = {}
	for rate in rates:
		if rate.rate is None:
			lost.setdefault(currencies[rate.company], []).append(rate.company)
	for currency, companies in lost.items():
		yield finding_of(WITHOUT_RATE, "Company", companies, about=f"{currency or '?'} → {reporting}")


def _currencies(database: DatabasePort, chosen: Collection[str]) -> dict[str, str]:
	"""The currency of each company that counts."""
	rows = database.execute(companies_statement(database.dialect)).records()
	currencies = {row["company"]: row["currency"] or "" for row in rows}
	return {name: currency for name, currency in currencies.items() if name in chosen or not chosen}


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
