"""Adds the moment of closing to Issue. What was closed before keeps its last change until it is changed again."""

from crm_success.setup.custom_fields import make_custom_fields


def execute() -> None:
	make_custom_fields()
