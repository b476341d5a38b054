"""Takes back what installing and using the app left outside its own DocTypes, which Frappe removes itself."""

import frappe

from crm_success.install import ROLES
from crm_success.setup.custom_fields import CUSTOM_FIELDS, our_fields, remove_custom_fields

MODULE = "CRM Success"
APP = "crm_success"
ONBOARDING = "CRM Success"
NAMING_SERIES = ("SR-____-", "CAL-____-")

# DocTypes of Frappe with rows about our DocTypes, and the field that names those
LEFT_BEHIND = (
	("Custom DocPerm", "parent"),
	("Custom Field", "dt"),
	("Property Setter", "doc_type"),
	("Logs To Clear", "ref_doctype"),
	("User Permission", "allow"),
	("User Permission", "applicable_for"),
	("DocShare", "share_doctype"),
	("List View Settings", "name"),
	("List Filter", "reference_doctype"),
	("Version", "ref_doctype"),
	("Comment", "reference_doctype"),
	("Communication Link", "link_doctype"),
	("View Log", "reference_doctype"),
	("Document Follow", "ref_doctype"),
	("Tag Link", "document_type"),
	("Deleted Document", "deleted_doctype"),
	("Singles", "doctype"),
)


def before_uninstall() -> None:
	"""Remembers our DocTypes, onboarding steps and fields while they are still there. Deletes nothing: a dry run calls this too."""
	frappe.flags.crm_success_doctypes = our_doctypes()
	frappe.flags.crm_success_steps = frappe.get_all(
		"Onboarding Step Map", {"parent": ONBOARDING, "parenttype": "Module Onboarding"}, pluck="step"
	)
	frappe.flags.crm_success_fields = {doctype: our_fields(doctype) for doctype in CUSTOM_FIELDS}


def after_uninstall() -> None:
	if our_doctypes():
		return  # a dry run: nothing was uninstalled
	remove_custom_fields(frappe.flags.crm_success_fields or {})
	delete_rows_about(frappe.flags.crm_success_doctypes or [])
	delete_onboarding_steps(frappe.flags.crm_success_steps or [])
	delete_scheduled_jobs()
	delete_roles()
	delete_naming_series()
	frappe.db.delete("Patch Log", {"patch": ("like", f"{APP}.%")})
	frappe.clear_cache()
	frappe.db.commit()  # the command ends here, and nothing commits after it


def our_doctypes() -> list[str]:
	return frappe.get_all("DocType", filters={"module": MODULE}, pluck="name")


def delete_rows_about(doctypes: list[str]) -> None:
	if not doctypes:
		return
	for doctype, fieldname in LEFT_BEHIND:
		if doctype == "Singles" or frappe.db.table_exists(doctype):
			frappe.db.delete(doctype, {fieldname: ("in", doctypes)})
	for name in ("__UserSettings", "__global_search"):
		table = frappe.qb.Table(name)
		frappe.qb.from_(table).delete().where(table.doctype.isin(doctypes)).run()


def delete_onboarding_steps(steps: list[str]) -> None:
	"""Frappe does not: it finds no module on them."""
	for step in steps:
		frappe.delete_doc("Onboarding Step", step, ignore_permissions=True, force=True, ignore_missing=True)


def delete_scheduled_jobs() -> None:
	for name in frappe.get_all("Scheduled Job Type", {"method": ("like", f"{APP}.%")}, pluck="name"):
		frappe.delete_doc("Scheduled Job Type", name, ignore_permissions=True, force=True)


def delete_roles() -> None:
	"""A role that somebody also uses for a DocType, page or report of another app stays."""
	for role in ROLES:
		if frappe.db.exists("Role", role) and not is_used_elsewhere(role):
			frappe.db.delete("Has Role", {"role": role})
			frappe.delete_doc("Role", role, ignore_permissions=True, force=True)


def is_used_elsewhere(role: str) -> bool:
	if any(frappe.db.exists(permission, {"role": role}) for permission in ("DocPerm", "Custom DocPerm")):
		return True
	return bool(frappe.db.exists("Has Role", {"role": role, "parenttype": ("in", ("Page", "Report"))}))


def delete_naming_series() -> None:
	series = frappe.qb.DocType("Series")
	for pattern in NAMING_SERIES:
		frappe.qb.from_(series).delete().where(series.name.like(pattern)).run()
