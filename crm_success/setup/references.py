"""Which fields of other DocTypes name a record, asked of the site's own DocTypes. Reads and changes no record."""

from dataclasses import dataclass
from functools import cached_property

import frappe


@dataclass(frozen=True)
class Reference:
	"""A field that names records: of one DocType, or of the one that `type_field` says."""

	doctype: str
	fieldname: str
	required: bool = False
	in_table: bool = False
	in_single: bool = False
	of_frappe: bool = True
	type_field: str = ""


# fields that name a record and are plain text
UNDECLARED = {
	"DocType": (
		Reference("Custom DocPerm", "parent", required=True),
		Reference("Deleted Document", "deleted_doctype", required=True),
		Reference("List View Settings", "name", required=True),
		Reference("Translation", "context", required=True),
	),
	"Module Def": (Reference("Block Module", "module", required=True, in_table=True),),
	"Report": (Reference("Prepared Report", "report_name", required=True),),
	"Workspace": (Reference("Workspace", "parent_page"),),
}
_UNDECLARED_DYNAMIC = (
	Reference("Email Queue", "reference_name", type_field="reference_doctype"),
	Reference("File", "attached_to_name", type_field="attached_to_doctype"),
	Reference("Milestone", "reference_name", type_field="reference_type"),
	Reference("Notification Log", "document_name", type_field="document_type"),
	Reference("Version", "docname", type_field="ref_doctype"),
)


class References:
	"""The fields of this site that name records, standard and custom ones."""

	def to(self, target: str) -> list[Reference]:
		"""The fields that always name a record of `target`."""
		declared = [self._reference(field) for field in _fields("Link", {"options": target})]
		found = {reference for reference in declared if reference} | set(UNDECLARED.get(target, ()))
		return [reference for reference in _ordered(found) if _has_table(reference)]

	@cached_property
	def dynamic(self) -> list[Reference]:
		"""The fields that name a record of whatever DocType another field says."""
		declared = [self._reference(field, type_field=field.options) for field in _fields("Dynamic Link", {})]
		found = {reference for reference in declared if reference} | set(_UNDECLARED_DYNAMIC)
		return [ref for ref in _ordered(found) if _has_table(ref) and not ref.in_single]

	def driven_by(self, reference: Reference) -> list[str]:
		"""The fields of the same row that mean nothing once this one is empty."""
		same_row = [other for other in self.dynamic if other.doctype == reference.doctype]
		return [other.fieldname for other in same_row if other.type_field == reference.fieldname]

	@cached_property
	def _doctypes(self) -> dict[str, frappe._dict]:
		fields = ["name", "istable", "issingle", "is_virtual", "custom", "module"]
		return {row.name: row for row in frappe.get_all("DocType", fields=fields)}

	@cached_property
	def _modules_of_frappe(self) -> set[str]:
		return set(frappe.get_all("Module Def", {"app_name": "frappe"}, pluck="name"))

	def _reference(self, field: frappe._dict, type_field: str = "") -> Reference | None:
		"""None for a field of a DocType that keeps no rows, or of one that is gone."""
		doctype = self._doctypes.get(field.doctype)
		if not doctype or doctype.is_virtual:
			return None
		return Reference(
			doctype=field.doctype,
			fieldname=field.fieldname,
			required=bool(field.reqd),
			in_table=bool(doctype.istable),
			in_single=bool(doctype.issingle),
			of_frappe=not doctype.custom and doctype.module in self._modules_of_frappe,
			type_field=type_field,
		)


def _fields(fieldtype: str, filters: dict[str, str]) -> list[frappe._dict]:
	filters = {"fieldtype": fieldtype, **filters}
	fields = ["fieldname", "options", "reqd"]
	standard = frappe.get_all("DocField", filters, ["parent as doctype", *fields])
	return standard + frappe.get_all("Custom Field", filters, ["dt as doctype", *fields])


def _ordered(references: set[Reference]) -> list[Reference]:
	return sorted(references, key=lambda reference: (reference.doctype, reference.fieldname))


def _has_table(reference: Reference) -> bool:
	if reference.in_single:
		return True
	needed = {reference.fieldname, reference.type_field} - {""}
	return needed.issubset(frappe.db.get_db_table_columns(f"tab{reference.doctype}"))
