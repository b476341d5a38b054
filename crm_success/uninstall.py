"""Takes back what installing and using the app left outside its own DocTypes, and says what it did with people's work."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

import click
import frappe
from frappe import _
from frappe.utils import get_datetime

from crm_success.batches.kinds import series_of
from crm_success.hooks import crm_success_work_kinds
from crm_success.record_names import MODULES, ROLES
from crm_success.setup.custom_fields import CUSTOM_FIELDS, our_fields, remove_custom_fields
from crm_success.setup.leftovers import HISTORY, Gone, Leftovers, Told
from crm_success.setup.mentions import Found, Mentions
from crm_success.setup.references import Reference, References

MODULE = "CRM Success"
APP = "crm_success"
# counters of our own names, as the DocTypes write them; nobody else's begin like these
_COUNTED = [
	*(series_of(kind).split(".")[0] for kind in crm_success_work_kinds),
	*(
		"SCORE-CALIBRATION-",
		"SCORE-BACK-TEST-",
		"POINTS-ADJUSTMENT-",
		"CUSTOMER-REFERRAL-",
		"POINTS-BACKFILL-",
		"LOYALTY-SWITCH-OVER-",
	),
]
NAMING_SERIES = re.compile(rf"({'|'.join(_COUNTED)})\d{{4}}-")

_HAVE_AN_APP = ("Desktop Icon", "Workspace Sidebar")
# of these nothing of people's is in our module
_OURS_WHOLLY = ("Custom Field", "DocType", "Module Def", "Onboarding Step", "Property Setter", *_HAVE_AN_APP)
# where a role is given to people, or was
_PEOPLES_ROLES = ("ToDo", "User Role")
# how many names are told of each DocType
_NAMED = 10


@dataclass(frozen=True)
class Remembered:
	"""What can only be asked while the app is there."""

	doctypes: list[str]
	records: Gone
	made_by_people: dict[str, list[str]]
	fields: dict[str, set[str]]
	roles: list[str]
	words: dict[str, str]


def before_uninstall() -> None:
	"""Remembers what is ours while it is still there. Deletes nothing: a dry run calls this too."""
	doctypes = our_doctypes()
	records = our_records(doctypes)
	frappe.flags.crm_success_remembered = Remembered(
		doctypes=doctypes,
		records=records,
		made_by_people=made_by_people(records),
		fields={doctype: our_fields(doctype) for doctype in CUSTOM_FIELDS},
		roles=our_roles(),
		words=words_for_afterwards(doctypes),
	)


def after_uninstall() -> None:
	ours = frappe.flags.crm_success_remembered
	if not ours or our_doctypes():
		return  # a dry run: nothing was uninstalled
	frappe.clear_cache()
	told = Told()
	told.deleted.update(ours.made_by_people)
	leftovers = Leftovers(ours.words, told)
	for doctype in ("Onboarding Step", *_HAVE_AN_APP):
		leftovers.delete_documents(doctype, sorted(ours.records.get(doctype, ())))
	leftovers.forget(ours.records)
	leftovers.forget({"Kanban Board": leftovers.delete_documents("Kanban Board", boards_on(ours.fields))})
	delete_rows_of(ours.doctypes)
	found = Mentions(ours.doctypes, ours.fields).disarm()
	remove_custom_fields(ours.fields)
	delete_starting_with("Scheduled Job Type", "method")
	delete_starting_with("Patch Log", "patch")
	kept_roles = delete_roles(ours.roles, leftovers)
	delete_naming_series()
	leave_app_choices()
	frappe.clear_cache()
	# the command ends here, and nothing commits after it
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	tell(told, found, kept_roles)


def our_doctypes() -> list[str]:
	return frappe.get_all("DocType", filters={"module": ("in", MODULES)}, pluck="name")


def our_records(doctypes: list[str]) -> Gone:
	"""All records that Frappe will delete with the module, and the others that came with the app."""
	records = {
		"DocType": set(doctypes),
		"Module Def": set(MODULES),
		"Onboarding Step": our_onboarding_steps(),
	}
	for reference in References().to("Module Def"):
		if not reference.in_table and not reference.in_single and reference.doctype != "DocType":
			in_modules = {reference.fieldname: ("in", MODULES)}
			records[reference.doctype] = set(frappe.get_all(reference.doctype, in_modules, pluck="name"))
	for doctype in _HAVE_AN_APP:
		if "app" in frappe.db.get_db_table_columns(f"tab{doctype}"):
			of_app = frappe.get_all(doctype, {"app": APP}, pluck="name")
			records[doctype] = records.get(doctype, set()) | set(of_app)
	return records


def made_by_people(records: Gone) -> dict[str, list[str]]:
	"""Those that did not come with the app: Frappe deletes them too, as it puts a report into the module of its DocType."""
	own = {
		doctype: sorted(name for name in names if not _is_ours(doctype, name))
		for doctype, names in records.items()
		if doctype not in _OURS_WHOLLY
	}
	return {doctype: names for doctype, names in own.items() if names}


def our_onboarding_steps() -> set[str]:
	"""The steps that came with the app. Frappe deletes none: it finds no module on them."""
	maps = frappe.get_all(
		"Onboarding Step Map", {"parenttype": "Module Onboarding"}, ["step", "parent"], order_by="name"
	)
	elsewhere = {row.step for row in maps if row.parent != MODULE}
	return {row.step for row in maps if _is_ours("Onboarding Step", row.step)} - elsewhere


def our_roles() -> list[str]:
	"""The roles that came with the app. One that was there before is somebody else's."""
	installed = get_datetime(frappe.db.get_value("Module Def", MODULE, "creation"))
	made = {role: frappe.db.get_value("Role", role, "creation") for role in ROLES}
	return [role for role, creation in made.items() if creation and get_datetime(creation) >= installed]


def words_for_afterwards(doctypes: Iterable[str]) -> dict[str, str]:
	"""Texts of ours in the language of the site; afterwards their translations are gone."""
	language = frappe.db.get_single_value("System Settings", "language") or "en"
	about = _("This was about {0} {1}, which went when CRM Success was uninstalled.", lang=language)
	return {"about": about, **{doctype: _(doctype, lang=language) for doctype in doctypes}}


def boards_on(fields: dict[str, set[str]]) -> list[str]:
	"""The boards whose columns are the values of a field that goes."""
	boards = (
		{"reference_doctype": doctype, "field_name": ("in", names)} for doctype, names in fields.items()
	)
	return [name for board in boards for name in frappe.get_all("Kanban Board", board, pluck="name")]


def delete_rows_of(doctypes: list[str]) -> None:
	"""Rows of tables that are no DocTypes."""
	if not doctypes:
		return
	for name in ("Singles", "__UserSettings", "__global_search"):
		table = frappe.qb.DocType(name) if name == "Singles" else frappe.qb.Table(name)
		frappe.qb.from_(table).delete().where(table.doctype.isin(doctypes)).run()


def delete_starting_with(doctype: str, fieldname: str) -> None:
	"""Compared here and not by the database, whose patterns take the app's underscore for any character."""
	for name, path in frappe.get_all(doctype, fields=["name", fieldname], order_by="name", as_list=True):
		if (path or "").startswith(f"{APP}."):
			frappe.delete_doc(doctype, name, ignore_permissions=True, force=True)


def delete_roles(roles: Iterable[str], leftovers: Leftovers) -> list[str]:
	"""Takes them from everybody. Returns those that stay: somebody uses them for more than people."""
	kept = [role for role in ROLES if role not in roles and frappe.db.exists("Role", role)]
	users = leftovers.references.to("Role")
	for role in roles:
		if any(_uses(reference, role) for reference in users):
			kept.append(role)
		else:
			frappe.delete_doc("Role", role, ignore_permissions=True, force=True)
			leftovers.forget({"Role": [role]})
	return kept


def delete_naming_series() -> None:
	"""Nobody's counter is ever started anew: what does not look exactly like ours stays."""
	series = frappe.qb.DocType("Series")
	for name in frappe.qb.from_(series).select(series.name).run(pluck=True):
		if NAMING_SERIES.fullmatch(name):
			frappe.qb.from_(series).delete().where(series.name == name).run()


def leave_app_choices() -> None:
	"""Who opened the desk with this app opens it as everybody else does."""
	if frappe.get_meta("User").has_field("default_app"):
		frappe.db.set_value("User", {"default_app": APP}, "default_app", "")
	frappe.db.delete("Singles", {"doctype": "System Settings", "field": "default_app", "value": APP})


def tell(told: Told, found: Found, kept_roles: list[str]) -> None:
	"""What happened to things that people made."""
	kept = {doctype: [str(count)] for doctype, count in told.kept.items()}
	say("Deleted, since they were about CRM Success; Deleted Document has them", told.deleted)
	say("Closed, with a word on what they were about", {"ToDo": [str(told.closed)] if told.closed else []})
	say("Switched off, since they count on what is gone", found.switched_off)
	say("Text from now on, since they linked to what is gone", {"Field": found.turned_to_text})
	say("No longer fetched from what is gone", {"Field": found.no_longer_fetched})
	say("Kept, without their reference to CRM Success", kept)
	say("Kept, though they name what is gone: look at them", found.to_look_at)
	say("Kept, since they are submitted or could not be deleted", told.failed)
	say("Kept, since others use them", {"Role": kept_roles})
	click.echo(f"Kept as history, with what they say of CRM Success: {', '.join(HISTORY)}")


def say(what: str, names_by_doctype: dict[str, list[str]]) -> None:
	lines = [
		f"  {doctype}: {shortened(names)}" for doctype, names in sorted(names_by_doctype.items()) if names
	]
	if lines:
		click.echo("\n".join([f"{what}:", *lines]))


def shortened(names: list[str]) -> str:
	more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
	return ", ".join(names[:_NAMED]) + more


def _is_ours(doctype: str, name: str) -> bool:
	"""Whether the record came with the app, as a file."""
	folder = (frappe.scrub(doctype), frappe.scrub(name))
	return any(os.path.exists(frappe.get_module_path(module, *folder)) for module in MODULES)


def _uses(reference: Reference, role: str) -> bool:
	"""Whether this field gives the role a meaning of its own, beyond who has it."""
	if reference.in_single:
		return bool(
			frappe.db.exists(
				"Singles", {"doctype": reference.doctype, "field": reference.fieldname, "value": role}
			)
		)
	filters = {reference.fieldname: role}
	if reference.doctype in _PEOPLES_ROLES:
		return False
	if reference.doctype == "Has Role":
		filters["parenttype"] = ("not in", ("User", "Role Profile"))
	return bool(frappe.get_all(reference.doctype, filters, limit=1, order_by=None))
