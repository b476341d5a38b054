"""The site's reporting currency and the companies that its settings choose. What currencies are worth is worked out elsewhere."""

from datetime import date

import frappe

from crm_success.batches.messages import Message
from crm_success.database import reading
from crm_success.record_names import SETTINGS
from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.finding_messages import as_message
from crm_success.scoring.shared import exchange_rates


def money_on(as_of: date) -> tuple[Money, list[Message]]:
	"""Companies, reporting currency and rates; companies without a rate are named."""
	money, findings = exchange_rates.money_on(
		reading.SITE, _chosen_currency(), _chosen_companies(), as_of, default=_default_currency()
	)
	return money, [as_message(finding) for finding in findings]


def reporting_currency() -> str:
	"""The currency of the settings, else that of all companies that count, else the site's."""
	companies = _chosen_companies()
	filters = {"name": ("in", companies)} if companies else {}
	currencies = frappe.get_all("Company", filters, pluck="default_currency", order_by="name")
	return exchange_rates.reporting_currency(currencies, _chosen_currency(), _default_currency())


def _chosen_companies() -> list[str]:
	return frappe.get_all("CRM Success Company", filters={"parent": SETTINGS}, pluck="company")


def _chosen_currency() -> str:
	return frappe.db.get_single_value(SETTINGS, "reporting_currency") or ""


def _default_currency() -> str:
	return frappe.db.get_default("currency") or ""
