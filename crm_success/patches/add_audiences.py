"""Audiences: the field on Customer, the default ones, and how long members that have left are kept."""

from crm_success.install import register_logs
from crm_success.record_names import AUDIENCE
from crm_success.setup.audience_defaults import AUDIENCES
from crm_success.setup.custom_fields import make_custom_fields
from crm_success.setup.seed import insert_missing


def execute() -> None:
	make_custom_fields()
	insert_missing(AUDIENCE, "audience_name", AUDIENCES)
	register_logs()
