"""The tier of the customer on the documents of ERPNext that are priced or served by it. Documents that are there have none."""

from crm_success.setup.custom_fields import DOCUMENTS_WITH_TIER, TIER_FIELD, make_custom_fields


def execute() -> None:
	make_custom_fields(only=(TIER_FIELD,), on=DOCUMENTS_WITH_TIER)
