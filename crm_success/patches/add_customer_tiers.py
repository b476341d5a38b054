"""Customer tiers: the fields on Customer, the default tiers, and settings under which nobody is given one yet."""

import frappe

from crm_success.record_names import LOYALTY_SETTINGS, TIER
from crm_success.setup.custom_fields import make_custom_fields
from crm_success.setup.loyalty_defaults import TIERS
from crm_success.setup.seed import insert_missing

FIELDS = ("customer_tier", "tier_since")


def execute() -> None:
	# a field that an administrator deleted does not come back
	make_custom_fields(only=FIELDS, on=("Customer",))
	insert_missing(TIER, "tier_name", TIERS)
	store_settings()


def store_settings() -> None:
	"""As installing does for settings that were never saved: else a single value of theirs would stand alone."""
	if not frappe.db.get_singles_dict(LOYALTY_SETTINGS):
		frappe.new_doc(LOYALTY_SETTINGS).save(ignore_permissions=True)
