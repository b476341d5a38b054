"""Why a score, and the stage beside it, are what they are, in the words of whoever reads it. Decides nothing."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import frappe
from frappe import _
from frappe.utils import date_diff, fmt_money, getdate

from crm_success.record_names import HEALTH, METRIC
from crm_success.scoring.engine.drivers import Driver
from crm_success.scoring.overrides import is_in_force
from crm_success.scoring.shared.driver_words import DriverWords, Language, MetricName
from crm_success.scoring.shared.stage_words import StageWords, Standing


def driver_words() -> DriverWords:
	"""Words for drivers in the language of the request or the job. Reads the names of metrics once."""
	names = {
		row.metric_key: MetricName(_(row.name, context=METRIC), row.unit or "")
		for row in frappe.get_all(METRIC, fields=["metric_key", "name", "unit"])
	}
	number_format = frappe.db.get_default("number_format") or "#,###.##"
	number = partial(_formatted, number_format)
	return DriverWords(Language(translate=_, number=number, money=_money_template), names)


def stored_drivers(facts: str | None) -> list[Driver]:
	"""The drivers of a Customer Health, as they are stored."""
	return json.loads(facts) if facts else []


def stage_words() -> StageWords:
	"""Words for a stage beside a band, in the language of the request or the job."""
	return StageWords(_, partial(_, context=HEALTH))


def standing_of(health: Mapping[str, Any]) -> Standing:
	"""How a customer stands, by the fields stage, band, last_invoice, as_of and override_until of Customer Health."""
	last, as_of = health.get("last_invoice"), health.get("as_of")
	return Standing(
		stage=health.get("stage"),
		band=health.get("band"),
		days_since_last=date_diff(as_of, last) if last and as_of else None,
		is_set_by_hand=is_in_force(health.get("override_until"), getdate()),
	)


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
