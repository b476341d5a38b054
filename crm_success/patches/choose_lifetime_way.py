"""Sets how lifetime values come about, and their discount: a site whose administrator set a retention keeps going by it."""

import frappe
from frappe.utils import flt

from crm_success.record_names import SETTINGS
from crm_success.scoring.engine.definitions import LifetimeWay, Limits


def execute() -> None:
	settings = frappe.db.get_singles_dict(SETTINGS)
	# both are absent on a site from before them
	if not settings.get("lifetime_way"):
		by_hand = flt(settings.get("retention_percent")) > 0
		way = LifetimeWay.RETENTION if by_hand else LifetimeWay.FORECAST
		frappe.db.set_single_value(SETTINGS, "lifetime_way", way.value)
	if settings.get("discount_percent") is None:
		frappe.db.set_single_value(SETTINGS, "discount_percent", Limits.discount_percent)
