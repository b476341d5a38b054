"""Why a score is what it is, in the words of whoever reads it. Decides nothing."""

import json
from functools import partial

import frappe
from frappe import _
from frappe.utils import fmt_money

from crm_success.record_names import METRIC
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName


def driver_words() -> DriverWords:
	"""Words for drivers in the language of the request or the job. Reads the names of metrics once."""
	names = {
		row.metric_key: MetricName(_(row.name, context=METRIC), row.unit or "")
		for row in frappe.get_all(METRIC, fields=["metric_key", "name", "unit"])
	}
	return DriverWords(reader_language(), names)


def reader_language() -> Language:
	"""How the reader of the request, or the job, reads texts, numbers and amounts."""
	number_format = frappe.db.get_default("number_format") or "#,###.##"
	return Language(translate=_, number=partial(_formatted, number_format), money=_money_template)


def stored_drivers(facts: str | None) -> list[Driver]:
	"""The drivers of a Customer Health, as they are stored."""
	return json.loads(facts) if facts else []


def _formatted(number_format: str, value: float, digits: int) -> str:
	return fmt_money(value, precision=digits, format=number_format)


def _money_template(currency: str) -> str:
	"""An amount with its symbol where the currency has it, or where the site hides symbols without one.

	As Frappe writes amounts, but Frappe's own way asks the cache for every amount.
	"""
	if frappe.defaults.get_global_default("hide_currency_symbol") == "Yes":
		return "{0}"
	symbol, on_right = frappe.db.get_value("Currency", currency, ["symbol", "symbol_on_right"]) or (None, 0)
	shown = _(symbol or currency)
	return f"{{0}} {shown}" if on_right else f"{shown} {{0}}"
