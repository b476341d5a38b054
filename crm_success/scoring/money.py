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
	"""Companies, reporting currency and rates; companies without a rate are left out and named."""
	chosen = frappe.get_all("CRM Success Company", filters={"parent": SETTINGS}, pluck="company")
	money, findings = exchange_rates.money_on(reading.SITE, reporting_currency(), chosen, as_of)
	return money, [as_message(finding) for finding in findings]


def reporting_currency() -> str:
	"""The currency of the settings, else the site's."""
	chosen = frappe.db.get_single_value(SETTINGS, "reporting_currency")
	return chosen or frappe.db.get_default("currency") or ""
