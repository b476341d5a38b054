"""Why a score and a lapse risk are what they are, in the words of whoever reads them. Decides nothing."""

import json
from datetime import date
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.utils import fmt_money, getdate

from crm_success.record_names import CALIBRATION, METRIC
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.engine.forecast.fact_names import RiskFact
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName
from crm_success.scoring.shared.risk_words import RiskWords

# of Customer Health: what the words about a risk are made of
RISK_FIELDS = ("lapse_risk", "risk_facts", "usual_gap", "last_invoice", "currency", "as_of")


def driver_words() -> DriverWords:
	"""Words for drivers in the language of the request or the job. Reads the names of metrics once."""
	names = {
		row.metric_key: MetricName(_(row.name, context=METRIC), row.unit or "")
		for row in frappe.get_all(METRIC, fields=["metric_key", "name", "unit"])
	}
	return DriverWords(reader_language(), names)


def risk_words() -> RiskWords:
	"""Words for lapse risks, in the same language."""
	language = reader_language()
	return RiskWords(language, DriverWords(language, {}))


def stored_drivers(facts: str | None) -> list[Driver]:
	"""The drivers of a Customer Health, as they are stored."""
	return json.loads(facts) if facts else []


def stored_risk_facts(facts: str | None) -> list[RiskFact]:
	"""The same of its lapse risk."""
	return json.loads(facts) if facts else []


def risk_in_words(health: dict[str, Any]) -> dict[str, str]:
	"""From RISK_FIELDS of a health: `rhythm`, and `risk_drivers`, what moves the risk, or why a buyer's is not told."""
	words, last = risk_words(), health["last_invoice"]
	silent_for = (getdate(health["as_of"]) - getdate(last)).days if last else None
	drivers = words.lines(stored_risk_facts(health["risk_facts"]), health["currency"])
	if last and health["lapse_risk"] is None:
		drivers = "\n".join(words.told_by(learned_by(health["as_of"])))
	return {"rhythm": words.rhythm(health["usual_gap"], silent_for), "risk_drivers": drivers}


def learned_by(as_of: date) -> dict[str, Any] | None:
	"""What the newest calibration of that day has learned of the risk, as it is stored."""
	text = frappe.db.get_value(
		CALIBRATION, {"as_of": ("<=", as_of)}, "calibration", order_by="as_of desc, creation desc"
	)
	return json.loads(text).get("risk") if text else None


def reader_language() -> Language:
	"""How the reader of the request, or the job, reads texts, numbers and amounts."""
	number_format = frappe.db.get_default("number_format") or "#,###.##"
	number = partial(_formatted, number_format)
	return Language(translate=_, number=number, money=_money_template)


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
