"""What people made for other DocTypes that counts on ours, or on our fields: made harmless before it stops a document.

Texts are searched for the quoted name of a DocType of ours and, where they belong to a DocType that had fields of ours,
for the names of these. A script that puts a name together from pieces is not found.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe.model import table_fields

# the DocTypes that hold fields, and where they name the DocType of a field
_FIELDS = {"Custom Field": "dt", "DocField": "parent"}
_CODE_FIELDTYPES = ("Code", "Long Text", "Small Text", "Text", "JSON", "Data", "Select", "HTML Editor")
# what runs while documents are saved, the field with the DocType that it runs for (None: for many), and what switches it off
_RUNNING = {
	"Notification": ("document_type", {"enabled": 0}),
	# a price or a promise by a field that is gone is given to nobody
	"Pricing Rule": (None, {"disable": 1}),
	"Server Script": ("reference_doctype", {"disabled": 1}),
	"Service Level Agreement": ("document_type", {"enabled": 0}),
	"Webhook": ("webhook_doctype", {"enabled": 0}),
}
# what only shows something, or runs in a browser
_SHOWING = {
	"Assignment Rule": "document_type",
	"Client Script": "dt",
	"Dashboard Chart": "document_type",
	"Kanban Board": "reference_doctype",
	"List Filter": "reference_doctype",
	"Number Card": "document_type",
	"Print Format": "doc_type",
	"Report": "ref_doctype",
}


@dataclass
class Found:
	"""What was made harmless, and what only names something that is gone; by DocType."""

	turned_to_text: list[str] = field(default_factory=list)
	no_longer_fetched: list[str] = field(default_factory=list)
	switched_off: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
	to_look_at: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Mentions:
	"""Looks for the names of these DocTypes, and of these fields by the DocType that had them."""

	def __init__(self, doctypes: Iterable[str], fields: Mapping[str, set[str]]) -> None:
		self.doctypes = sorted(doctypes)
		self.fields = fields
		self.found = Found()
		names = "|".join(re.escape(name) for name in self.doctypes)
		self._names = re.compile(rf"""["'`](?:tab)?(?:{names})["'`]""")

	def disarm(self) -> Found:
		links = self._links_to_ours()
		self._stop_fetching(links)
		self._turn_into_text(links)
		for doctype, (owner_field, switch) in _RUNNING.items():
			for name in self._mentioning(doctype, owner_field, switch):
				frappe.db.set_value(doctype, name, switch)
				self.found.switched_off[doctype].append(name)
		for doctype, owner_field in _SHOWING.items():
			self.found.to_look_at[doctype] += self._mentioning(doctype, owner_field)
		return self.found

	def _links_to_ours(self) -> list[frappe._dict]:
		filters = {"fieldtype": "Link", "options": ("in", self.doctypes)}
		return [row for kind in _FIELDS for row in _fields(kind, filters)]

	def _stop_fetching(self, links: list[frappe._dict]) -> None:
		"""A field fetched from one that is gone would stop every document with it."""
		to_ours = {(link.doctype, link.fieldname) for link in links}
		for kind in _FIELDS:
			for row in _fields(kind, {"fetch_from": ("like", "%.%")}):
				if self._is_gone(row, to_ours):
					frappe.db.set_value(kind, row.name, "fetch_from", None)
					self.found.no_longer_fetched.append(f"{row.doctype}: {row.fieldname}")
		fields = ["name", "doc_type as doctype", "field_name as fieldname", "value as fetch_from"]
		for row in frappe.get_all("Property Setter", {"property": "fetch_from"}, fields):
			if self._is_gone(row, to_ours):
				frappe.db.delete("Property Setter", {"name": row.name})
				self.found.no_longer_fetched.append(f"{row.doctype}: {row.fieldname}")

	def _is_gone(self, row: frappe._dict, links_to_ours: set[tuple[str, str]]) -> bool:
		link, _, source = (row.fetch_from or "").partition(".")
		if (row.doctype, link) in links_to_ours:
			return True
		owners = {doctype for doctype, fields in self.fields.items() if source in fields}
		if not owners:
			return False
		linked = frappe.get_meta(row.doctype).get_field(link)
		return bool(linked) and linked.options in owners

	def _turn_into_text(self, links: list[frappe._dict]) -> None:
		"""A link to a DocType that is gone would stop every document with a value in it; as text the value stays."""
		frappe.db.delete("Property Setter", {"property": "options", "value": ("in", self.doctypes)})
		for kind in _FIELDS:
			rows = {"options": ("in", self.doctypes), "fieldtype": ("in", table_fields)}
			frappe.db.delete(kind, rows)
		for link in links:
			frappe.db.set_value(link.kind, link.name, {"fieldtype": "Data", "options": None})
			self.found.turned_to_text.append(f"{link.doctype}: {link.fieldname}")

	def _mentioning(
		self, doctype: str, owner_field: str | None, switch: Mapping[str, int] | None = None
	) -> list[str]:
		"""Records of this DocType, those that are switched off already left out."""
		texts = [field.fieldname for field in frappe.get_meta(doctype).fields if may_mention(field)]
		is_on = {fieldname: ("!=", off) for fieldname, off in (switch or {}).items()}
		owners = [owner_field] if owner_field else []
		rows = frappe.get_all(doctype, is_on, ["name", *owners, *texts], order_by="name")
		return [
			row.name
			for row in rows
			if self._mentions(self._fields_for(row, owner_field), (row[text] for text in texts))
		]

	def _fields_for(self, row: frappe._dict, owner_field: str | None) -> set[str]:
		return self.fields.get(row[owner_field], set()) if owner_field else set().union(*self.fields.values())

	def _mentions(self, fields: set[str], texts: Iterable[str | None]) -> bool:
		text = "\n".join(text for text in texts if text)
		if self._names.search(text):
			return True
		return any(re.search(rf"\b{re.escape(fieldname)}\b", text) for fieldname in fields)


def may_mention(field: frappe._dict) -> bool:
	"""Whether a field holds text that may name a DocType or a field."""
	return field.fieldtype in _CODE_FIELDTYPES and not field.get("is_virtual")


def _fields(kind: str, filters: Mapping[str, Any]) -> list[frappe._dict]:
	fields = ["name", f"{_FIELDS[kind]} as doctype", "fieldname", "fetch_from"]
	rows = frappe.get_all(kind, filters, fields, order_by="name")
	return [frappe._dict(row, kind=kind) for row in rows]
