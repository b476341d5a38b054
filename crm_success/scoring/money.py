"""Which companies count and what their currencies are worth on a day. Asks no service on the web for a rate."""

from collections.abc import Iterable
from datetime import date

import frappe
from frappe import _

from crm_success.batches.messages import EXAMPLES, WARNING, Message
from crm_success.record_names import SETTINGS
from crm_success.scoring.engine.definitions import CompanyRate, Money

# names no company: with every company left out, "none named" would mean all of them
_NO_COMPANY = ("",)


def money_on(as_of: date) -> tuple[Money, list[Message]]:
	"""Companies, reporting currency and rates; companies without a rate are left out and named."""
	currency = reporting_currency()
	chosen = frappe.get_all("CRM Success Company", filters={"parent": SETTINGS}, pluck="company")
	currencies = dict(
		frappe.get_all("Company", fields=["name", "default_currency"], as_list=True, order_by="name")
	)
	counted = [company for company in currencies if company in chosen or not chosen]
	if all(currencies[company] == currency for company in counted):
		return Money(currency, tuple(counted) if chosen else ()), []
	rates = {company: exchange_rate(currencies[company], currency, as_of) for company in counted}
	known = tuple(CompanyRate(company, rate) for company, rate in rates.items() if rate)
	left_out = [company for company, rate in rates.items() if not rate]
	companies = tuple(rate.company for rate in known) or _NO_COMPANY
	return Money(currency, companies, known), _without_rate(left_out, currency)


def reporting_currency() -> str:
	"""The currency of the settings, else the site's."""
	chosen = frappe.db.get_single_value(SETTINGS, "reporting_currency")
	return chosen or frappe.db.get_default("currency") or ""


def exchange_rate(source: str, target: str, as_of: date) -> float | None:
	"""What one unit of `source` is worth in `target`: the latest rate up to `as_of`, else the nearest later one."""
	if source == target:
		return 1.0
	direct, inverse = _recorded_rate(source, target, as_of), _recorded_rate(target, source, as_of)
	if direct and (not inverse or direct[0] <= inverse[0]):
		return direct[1]
	return 1 / inverse[1] if inverse else None


def _recorded_rate(source: str, target: str, as_of: date) -> tuple[tuple[bool, int], float] | None:
	"""((whether it is of a later day, days away), rate), so that the smaller one is the better one."""
	filters = {"from_currency": source, "to_currency": target, "exchange_rate": (">", 0)}
	for operator, order, later in (("<=", "date desc", False), (">", "date asc", True)):
		rows = frappe.get_all(
			"Currency Exchange",
			filters={**filters, "date": (operator, as_of)},
			fields=["date", "exchange_rate"],
			order_by=order,
			limit=1,
		)
		if rows:
			return (later, abs((rows[0].date - as_of).days)), rows[0].exchange_rate
	return None


def _without_rate(companies: Iterable[str], currency: str) -> list[Message]:
	companies = list(companies)
	if not companies:
		return []
	reason = _(
		"No exchange rate to {0} is recorded for the currency of a company: its amounts are left out. Enter a Currency Exchange."
	).format(currency)
	return [Message(WARNING, reason, "Company", len(companies), tuple(companies[:EXAMPLES]))]
