"""What a Health Metric may read: DocTypes with a customer, and their fields. Decides nothing about a metric."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import frappe
from frappe import _
from frappe.model import no_value_fields, table_fields

from crm_success.scoring.queries.computed import COMPUTED_FIELDS
from crm_success.scoring.source_tables import parents_of

CUSTOMER = "Customer"
NUMBERS = frozenset({"Currency", "Int", "Long Int", "Float", "Percent", "Duration", "Check", "Rating"})
DATES = frozenset({"Date", "Datetime"})
PREFERRED_DATES = ("posting_date", "transaction_date", "opening_date")
RECORD_DATES = ("creation", "modified")
COMPANY_CURRENCY = ":default_currency"
# how sure it is that a Dynamic Link holds customers
NO_CUSTOMER, ANYTHING, PARTY = range(3)
PARTY_WORD = re.compile("(^|_)party(_|$)")


@dataclass(frozen=True)
class SourceField:
	"""A field of a source; `refused` says in words why it cannot be read, or nothing. `text`: its label before it is
	translated, with the `context` of that.
	"""

	fieldname: str
	text: str
	fieldtype: str
	options: str = ""
	refused: str = ""
	context: str | None = None

	@property
	def label(self) -> str:
		"""What the user reads. Translated when it is asked for, as most fields of a source never are."""
		return _(self.text, context=self.context)

	@property
	def is_number(self) -> bool:
		return self.fieldtype in NUMBERS

	@property
	def is_date(self) -> bool:
		return self.fieldtype in DATES

	@property
	def is_in_document_currency(self) -> bool:
		"""Whether amounts of different documents cannot be added up: each has a currency of its own."""
		if self.fieldtype != "Currency" or not self.options:
			return False
		return not (self.options.startswith("Company:") and self.options.endswith(COMPANY_CURRENCY))

	@property
	def is_addable(self) -> bool:
		"""Whether a measure can add its values up."""
		return self.is_number and not self.refused and not self.is_in_document_currency


def fields_of(doctype: str, parent_doctype: str = "") -> dict[str, SourceField]:
	"""Fields by name: computed ones, the DocType's own and, for a child table, those of its parent."""
	fields = {field.fieldname: field for field in _real_fields(parent_doctype)} if parent_doctype else {}
	fields.update({field.fieldname: field for field in _real_fields(doctype)})
	fields.update({field.fieldname: field for field in _computed_fields(doctype)})
	return fields


def customer_fields(doctype: str, parent_doctype: str = "") -> list[str]:
	"""The fields that can name the customer, plain links first.

	Many Dynamic Links may hold any DocType, a voucher as well as a party. They count only where none is a party.
	"""
	if doctype == CUSTOMER:
		return ["name"]
	fields = [field for field in fields_of(doctype, parent_doctype).values() if not field.refused]
	links = [field.fieldname for field in fields if field.fieldtype == "Link" and field.options == CUSTOMER]
	owners = [doctype, *([parent_doctype] if parent_doctype else [])]
	ranks = {field.fieldname: _rank_as_customer(field, owners) for field in fields}
	best = max(ranks.values(), default=NO_CUSTOMER)
	return links + [name for name, rank in ranks.items() if rank == best != NO_CUSTOMER]


def date_fields(doctype: str, parent_doctype: str = "") -> list[str]:
	"""The fields that can place a document in time, the usual ones first."""
	names = [field.fieldname for field in usable_fields(doctype, parent_doctype) if field.is_date]
	return sorted(names, key=lambda name: (name not in PREFERRED_DATES, name in RECORD_DATES))


def usable_fields(doctype: str, parent_doctype: str = "") -> list[SourceField]:
	return [field for field in fields_of(doctype, parent_doctype).values() if not field.refused]


def measurable_doctypes(searched: str = "") -> list[str]:
	"""DocTypes that hold documents of customers, and child tables of those, by name."""
	filters = {"issingle": 0, "is_virtual": 0, "name": ("like", f"%{searched}%")}
	names = frappe.get_all("DocType", filters=filters, fields=["name", "istable"], order_by="name")
	parents = _doctypes_with_customer()
	children = _child_tables_of(parents)
	return [row.name for row in names if row.name in parents or (row.istable and row.name in children)]


def parents_with_customer(child_doctype: str) -> list[str]:
	"""The DocTypes that have the child table and name a customer for its rows, by name."""
	return [parent for parent in parents_of(child_doctype) if customer_fields(child_doctype, parent)]


def _real_fields(doctype: str) -> Iterator[SourceField]:
	yield SourceField("name", "ID", "Data")
	yield SourceField("owner", "Created By", "Link", "User")
	yield SourceField("creation", "Created On", "Datetime")
	yield SourceField("modified", "Last Updated On", "Datetime")
	for df in frappe.get_meta(doctype).fields:
		if df.fieldtype not in no_value_fields and df.fieldtype not in table_fields:
			text, options = df.label or df.fieldname, df.options or ""
			yield SourceField(df.fieldname, text, df.fieldtype, options, _why_refused(df), doctype)


def _computed_fields(doctype: str) -> Iterator[SourceField]:
	for fieldname, (label, fieldtype) in COMPUTED_FIELDS.get(doctype, {}).items():
		yield SourceField(fieldname, label, fieldtype)


def _why_refused(df) -> str:
	if df.fieldtype == "Password":
		return _("it holds a password")
	if df.get("is_virtual"):
		return _("it is virtual, so the database does not have it")
	if df.permlevel:
		return _("it is protected by permission level {0}").format(df.permlevel)
	return ""


def _rank_as_customer(field: SourceField, owners: list[str]) -> int:
	"""What the field beside a Dynamic Link says about it: no customers, anything, or parties like Customer."""
	if field.fieldtype != "Dynamic Link":
		return NO_CUSTOMER
	# a child table's own field hides one of the same name in its parent
	owner = next(meta for name in owners if (meta := frappe.get_meta(name)).has_field(field.fieldname))
	type_field = owner.get_field(field.options)
	if not type_field:
		return NO_CUSTOMER
	if type_field.fieldtype == "Select":
		return PARTY if CUSTOMER in (type_field.options or "").split("\n") else NO_CUSTOMER
	return PARTY if _is_for_parties(field.fieldname, type_field) else ANYTHING


def _is_for_parties(fieldname: str, type_field) -> bool:
	"""Whether the DocType beside a Dynamic Link is Customer or its like: ERPNext's names tell, or its default."""
	names = (fieldname, type_field.fieldname)
	return any(PARTY_WORD.search(name) for name in names) or type_field.default == CUSTOMER


def _doctypes_with_customer() -> set[str]:
	found = {CUSTOMER}
	for meta_doctype, parent in (("DocField", "parent"), ("Custom Field", "dt")):
		links = {"fieldtype": "Link", "options": CUSTOMER}
		found.update(frappe.get_all(meta_doctype, filters=links, pluck=parent))
		found.update(frappe.get_all(meta_doctype, filters={"fieldtype": "Dynamic Link"}, pluck=parent))
	return found


def _child_tables_of(parents: set[str]) -> set[str]:
	found: set[str] = set()
	for meta_doctype, parent in (("DocField", "parent"), ("Custom Field", "dt")):
		filters = {"fieldtype": ("in", table_fields), parent: ("in", sorted(parents))}
		found.update(frappe.get_all(meta_doctype, filters=filters, pluck="options"))
	return found
