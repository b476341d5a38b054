"""Why a score, a lapse risk, a value and a stage are what they are, in the words of whoever reads them. Decides nothing."""

import json
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.utils import fmt_money, getdate

from crm_success.record_names import CALIBRATION, HEALTH, METRIC, SETTINGS
from crm_success.scoring.engine.definitions import LifetimeWay
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.engine.forecast.fact_names import RiskFact
from crm_success.scoring.overrides import is_in_force
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName
from crm_success.scoring.shared.risk_words import RiskWords
from crm_success.scoring.shared.stage_words import StageWords, Standing
from crm_success.scoring.shared.value_words import ValueWords

# of Customer Health: what the words about a risk are made of
VALUE_FIELDS = ("expected_spend", "lapse_risk", "last_invoice", "currency", "as_of")
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


def value_words() -> ValueWords:
	"""Words for expected spend and lifetime values, in the same language."""
	language = reader_language()
	return ValueWords(language, DriverWords(language, {}))


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
		drivers = "\n".join(words.told_by(learned_by(health["as_of"]).get("risk")))
	return {"rhythm": words.rhythm(health["usual_gap"], silent_for), "risk_drivers": drivers}


def stage_words() -> StageWords:
	"""Words for a stage beside a band, in the language of the request or the job."""
	return StageWords(_, partial(_, context=HEALTH))


def standing_of(health: Mapping[str, Any]) -> Standing:
	"""How a customer stands, by the fields stage, band, last_invoice, as_of and override_until of Customer Health."""
	last, as_of = health.get("last_invoice"), health.get("as_of")
	return Standing(
		stage=health.get("stage"),
		band=health.get("band"),
		days_since_last=(getdate(as_of) - getdate(last)).days if last and as_of else None,
		is_set_by_hand=is_in_force(health.get("override_until"), getdate()),
	)


def value_in_words(health: dict[str, Any]) -> str:
	"""From VALUE_FIELDS of a health: where a buyer's value comes from, or why it is not told better; else nothing."""
	if not health["last_invoice"]:
		return ""
	words, learned = value_words(), learned_by(health["as_of"])
	spend, settings = health["expected_spend"], frappe.get_cached_doc(SETTINGS)
	is_forecast = spend is not None and settings.lifetime_way != LifetimeWay.RETENTION.value
	about_lifetime = words.lifetime(is_forecast, settings.discount_percent, settings.lifetime_years_cap)
	model = (learned.get("risk") or {}).get("model")
	if spend is None or not model:
		return "\n".join(words.told_by(learned.get("spend"), learned.get("risk")))
	expected = words.expected(spend, health["lapse_risk"], model["horizon"], health["currency"])
	return f"{expected}\n{about_lifetime}"


def learned_by(as_of: date) -> dict[str, Any]:
	"""What the newest calibration of that day holds, as it is stored; nothing where there is none."""
	text = frappe.db.get_value(
		CALIBRATION, {"as_of": ("<=", as_of)}, "calibration", order_by="as_of desc, creation desc"
	)
	return json.loads(text) if text else {}


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
