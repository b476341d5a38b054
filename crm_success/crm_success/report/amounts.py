"""How reports, cards and charts write numbers and amounts, and the currency of what they add up. Adds up nothing."""

import frappe
from frappe.utils import fmt_money

from crm_success.record_names import HEALTH
from crm_success.scoring.money import reporting_currency


def currency_of_scores() -> str:
	"""The currency in which the last scoring left its amounts; before the first, the one that it will use."""
	stored = frappe.db.get_value(HEALTH, {"currency": ("is", "set")}, "currency", order_by=None)
	return stored or reporting_currency()


def grouped(number: float, decimals: int = 0) -> str:
	"""A number as the site writes numbers, 12,345.6."""
	return fmt_money(number, precision=decimals)


def whole_amount(amount: float | None, currency: str) -> str:
	"""An amount without decimals, to be read at a glance."""
	return fmt_money(amount or 0, precision=0, currency=currency or None)
