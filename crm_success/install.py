"""What installing does beyond Frappe's own work: roles, custom fields, default records, how long logs are kept."""

import frappe

from crm_success.record_names import ROLES
from crm_success.setup.custom_fields import allow_missing_numbers, make_custom_fields
from crm_success.setup.log_days import LOG_DAYS
from crm_success.setup.seed import seed_defaults
from crm_success.watching.watched_doctypes import ask_again


def after_install() -> None:
	make_roles()
	make_custom_fields()
	seed_defaults()
	register_logs()


def after_migrate() -> None:
	allow_missing_numbers()
	ask_again()


def make_roles() -> None:
	"""Frappe makes the roles of DocType permissions by itself; this makes sure they open the desk."""
	for role in ROLES:
		if not frappe.db.exists("Role", role):
			frappe.get_doc({"doctype": "Role", "role_name": role, "desk_access": 1}).insert(
				ignore_permissions=True
			)


def register_logs() -> None:
	"""Let Log Settings delete old records from the first day on, not only from its next daily run."""
	log_settings = frappe.get_doc("Log Settings")
	registered = {row.ref_doctype for row in log_settings.logs_to_clear}
	for doctype, days in LOG_DAYS.items():
		if doctype not in registered:
			log_settings.register_doctype(doctype, days)
	log_settings.flags.ignore_permissions = True
	log_settings.save()
