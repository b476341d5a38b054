"""Adds the coverage of scores. Those that are there have none until they are computed again, and none is not zero."""

from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.setup.table_columns import add_empty_number


def execute() -> None:
	for doctype in (HEALTH, SNAPSHOT):
		add_empty_number(doctype, "coverage")
