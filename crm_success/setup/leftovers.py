"""Takes back the rows of other DocTypes that name records which are gone, and notes what it did with people's own.

What is ours, or shows nothing any more, is deleted; a ToDo is closed; all else keeps its row and loses the reference.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import frappe

from crm_success.setup.references import Reference, References

Gone = dict[str, set[str]]
Filters = dict[str, Any]

# what happened on the site
HISTORY = ("Access Log", "Activity Log", "Error Log", "Scheduled Job Log")

# about a document and nothing by themselves: deleted at once, however many, and not told
_ABOUT_A_DOCUMENT = (
	"Comment",
	"Custom DocPerm",
	"Custom Field",
	"Deleted Document",
	"DocShare",
	"Document Follow",
	"Document Share Key",
	"Email Unsubscribe",
	"List Filter",
	"List View Settings",
	"Milestone",
	"Notification Log",
	"Permission Log",
	"Property Setter",
	"Tag Link",
	"Translation",
	"User Permission",
	"Version",
	"View Log",
)
# deleted one by one with their own rows, and not told
_QUIET = (
	"Desktop Icon",
	"Onboarding Step",
	"Prepared Report",
	"Submission Queue",
	"Workflow Action",
	"Workspace Sidebar",
)
# nothing works without these links, mandatory or not
_USELESS_WITHOUT = (
	*_QUIET,
	"Accounting Dimension",
	"Custom Role",
	"Dashboard Chart",
	"Dashboard Chart Link",
	"DocType Link",
	"Form Tour",
	"Global Search DocType",
	"Has Role",
	"Inventory Dimension",
	"Number Card",
	"Number Card Link",
	"Party Type",
	"Portal Menu Item",
	"Print Format",
	"Server Script",
	"Service Level Agreement",
	"Sidebar Item Group Link",
	"Workspace Link",
	"Workspace Shortcut",
	"Workspace Sidebar Item",
)
# plain fields that mean nothing once the reference is empty
_COMPANIONS = {"File": ("attached_to_field",)}

# the kind of a block on a workspace's page, and what it calls the row that it shows
_BLOCKS = {
	"Workspace Chart": ("chart", "chart_name"),
	"Workspace Number Card": ("number_card", "number_card_name"),
	"Workspace Quick List": ("quick_list", "quick_list_name"),
	"Workspace Shortcut": ("shortcut", "shortcut_name"),
}


@dataclass
class Told:
	"""What was done with what people made, by DocType."""

	deleted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
	closed: int = 0
	kept: dict[str, int] = field(default_factory=lambda: defaultdict(int))
	failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Leftovers:
	"""Follows the references from what is gone to what goes with it, until nothing names any of it."""

	def __init__(self, words: Mapping[str, str], told: Told) -> None:
		self.references = References()
		self.words = words
		self.told = told

	def forget(self, gone: Mapping[str, Iterable[str]]) -> None:
		"""`gone` names records by DocType."""
		wave: Gone = {doctype: set(names) for doctype, names in gone.items() if names}
		while wave:
			following: Gone = defaultdict(set)
			for reference, filters in self._rows_naming(wave):
				following[reference.doctype] |= self._settle_whole(reference, filters)
			wave = {doctype: names for doctype, names in following.items() if names}

	def _rows_naming(self, gone: Gone) -> Iterable[tuple[Reference, Filters]]:
		# the name before the DocType: emptying a DocType takes the name with it
		for reference in self.references.dynamic:
			for doctype in self._types_in(reference, gone):
				names = ("in", sorted(gone[doctype]))
				yield reference, {reference.type_field: doctype, reference.fieldname: names}
		for doctype, names in gone.items():
			for reference in self.references.to(doctype):
				yield reference, {reference.fieldname: ("in", sorted(names))}

	def _types_in(self, reference: Reference, gone: Gone) -> list[str]:
		filters = {reference.type_field: ("in", sorted(gone))}
		return _values(reference.doctype, reference.type_field, filters)

	def _settle_whole(self, reference: Reference, filters: Filters) -> set[str]:
		"""What cannot be settled in one DocType, of whatever app, keeps no other from it."""
		try:
			with _whole("crm_success_reference"):
				return self._settle(reference, filters)
		except Exception:
			frappe.log_error(title=f"Uninstalling CRM Success: {reference.doctype} {reference.fieldname}")
			self.told.failed[reference.doctype].append(reference.fieldname)
			return set()

	def _settle(self, reference: Reference, filters: Filters) -> set[str]:
		"""Do with these rows what their DocType needs. Returns the names of documents that are gone with it."""
		doctype = reference.doctype
		if doctype in HISTORY:
			return set()
		if reference.in_single:
			_empty_single(reference, filters)
		elif doctype == "ToDo" and reference.fieldname != "assignment_rule":
			self._close(filters)
		elif doctype in _ABOUT_A_DOCUMENT:
			frappe.db.delete(doctype, filters)
		elif not _is_useless_without(reference):
			self._empty(reference, filters)
		elif reference.in_table:
			self._delete_rows(doctype, filters)
		else:
			return self.delete_documents(doctype, _values(doctype, "name", filters))
		return set()

	def delete_documents(self, doctype: str, names: Iterable[str]) -> set[str]:
		"""Deletes documents with all that belongs to them. One that is submitted, or will not go, is told as such."""
		deleted = set()
		for name in names:
			is_draft = frappe.db.get_value(doctype, name, "docstatus") == 0
			if is_draft and _could_delete(doctype, name):
				deleted.add(name)
			else:
				self.told.failed[doctype].append(name)
		if doctype not in _QUIET:
			self.told.deleted[doctype] += sorted(deleted)
		return deleted

	def _delete_rows(self, doctype: str, filters: Filters) -> None:
		if doctype in _BLOCKS:
			_take_blocks_away(doctype, filters)
		if doctype == "Workspace Link":
			_count_links_anew(filters)
		frappe.db.delete(doctype, {**filters, "docstatus": 0})

	def _empty(self, reference: Reference, filters: Filters) -> None:
		count = frappe.db.count(reference.doctype, filters)
		if not count:
			return
		fieldnames = [reference.fieldname, *_COMPANIONS.get(reference.doctype, ())]
		fieldnames += [reference.type_field] if reference.type_field else self.references.driven_by(reference)
		values = dict.fromkeys(fieldnames)
		frappe.db.set_value(reference.doctype, filters, values, update_modified=False)
		if not reference.in_table:
			self.told.kept[reference.doctype] += count

	def _close(self, filters: Filters) -> None:
		"""Its reference would keep a ToDo from ever being saved; so the text says what it was about."""
		fields = ("name", "status", "description", "reference_type", "reference_name")
		for name, status, description, doctype, record in _values("ToDo", fields, filters):
			about = self.words["about"].format(self.words.get(doctype, doctype), record or "")
			values = {"description": f"{description or ''}<p>{frappe.utils.escape_html(about.strip())}</p>"}
			if status == "Open":
				values["status"] = "Closed"
				self.told.closed += 1
			values |= {"reference_type": None, "reference_name": None}
			frappe.db.set_value("ToDo", name, values)


def _is_useless_without(reference: Reference) -> bool:
	"""Documents of ERPNext, other apps and custom DocTypes are people's work, and stay even with a mandatory link empty."""
	if reference.doctype in _USELESS_WITHOUT:
		return True
	return reference.required and (reference.of_frappe or reference.in_table)


def _values(doctype: str, fields: str | tuple[str, ...], filters: Filters) -> list[Any]:
	"""The rows that match, or the values of one field, each once."""
	if isinstance(fields, str):
		return frappe.get_all(doctype, filters, pluck=fields, distinct=True, order_by=fields)
	return frappe.get_all(doctype, filters, fields, order_by="name", as_list=True)


@contextmanager
def _whole(savepoint: str) -> Iterator[None]:
	"""All of it or nothing."""
	frappe.db.savepoint(savepoint)
	try:
		yield
	except Exception:
		# to the savepoint: what was done before is kept
		frappe.db.rollback(save_point=savepoint)
		raise


def _could_delete(doctype: str, name: str) -> bool:
	"""Without their own on_trash: it may look for the DocType that is gone."""
	try:
		with _whole("crm_success_document"):
			frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, ignore_on_trash=True)
	except Exception:
		frappe.log_error(title=f"Uninstalling CRM Success: {doctype} {name}")
		return False
	return True


def _empty_single(reference: Reference, filters: Filters) -> None:
	rows = {"doctype": reference.doctype, "field": reference.fieldname, "value": filters[reference.fieldname]}
	frappe.db.delete("Singles", rows)


def _take_blocks_away(doctype: str, filters: Filters) -> None:
	"""A workspace's page is JSON, with a block for each of these rows."""
	kind, key = _BLOCKS[doctype]
	labels = defaultdict(set)
	for workspace, label in _values(doctype, ("parent", "label"), filters):
		labels[workspace].add(label)
	for workspace, gone in labels.items():
		blocks = frappe.parse_json(frappe.db.get_value("Workspace", workspace, "content") or "[]")
		left = [
			block for block in blocks if block["type"] != kind or block.get("data", {}).get(key) not in gone
		]
		if len(left) < len(blocks):
			frappe.db.set_value("Workspace", workspace, "content", json.dumps(left))


def _count_links_anew(filters: Filters) -> None:
	"""Where a card does not know the number of its links, the desk counts them; a wrong one would take others along."""
	for workspace in _values("Workspace Link", "parent", filters):
		cards = {"parent": workspace, "type": "Card Break"}
		frappe.db.set_value("Workspace Link", cards, "link_count", 0, update_modified=False)
