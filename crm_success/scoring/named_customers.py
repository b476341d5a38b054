"""Where documents name their customers, and whom a document names. Knows nothing of metrics, and marks nobody."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import frappe
from frappe.model.document import Document

CUSTOMER = "Customer"


@dataclass(frozen=True)
class CustomerField:
	"""A field of a document that names a customer."""

	fieldname: str
	# the field beside it that says of which DocType the name is; "" where it can only be a customer
	type_field: str = ""
	# the table of the document whose rows have the field; "" where the document itself has it
	table: str = ""
	# for a row of a table: the DocType of its document, where that has the field; "" where the row itself has it
	parent_doctype: str = ""


_CUSTOMER = CustomerField("customer")
_PARTY = CustomerField("party", "party_type")

# the documents that every score is read from, and what changes their ledger
OF_EVERY_SCORE: Mapping[str, tuple[CustomerField, ...]] = {
	"Sales Invoice": (_CUSTOMER,),
	"POS Invoice": (_CUSTOMER,),
	"Payment Entry": (_PARTY,),
	"Journal Entry": (CustomerField("party", "party_type", "accounts"),),
	# whatever else posts to the ledger: a repost, a reconciliation, an Invoice Discounting
	"Payment Ledger Entry": (_PARTY,),
	# the one that changes the ledger's rows and adds none
	"Unreconcile Payment": (CustomerField("party", "party_type", "allocations"),),
	"Issue": (_CUSTOMER,),
}
_USUAL = (_CUSTOMER, _PARTY)


def customers_in(doc: Document) -> Iterator[str]:
	"""The customers that a document most likely is about, whether or not anything is declared for its DocType."""
	if doc.doctype == CUSTOMER and doc.name:
		yield doc.name
	yield from customers_named(doc, OF_EVERY_SCORE.get(doc.doctype, _USUAL))


def customers_named(doc: Document, fields: Iterable[CustomerField]) -> Iterator[str]:
	"""The customers in these fields of a document as it stands; those of a row's document as the database has it."""
	for field in fields:
		for row in _rows(doc, field):
			name = row.get(field.fieldname)
			if name and (not field.type_field or row.get(field.type_field) == CUSTOMER):
				yield name


def _rows(doc: Document, field: CustomerField) -> Iterable[Mapping[str, Any] | Document]:
	if field.table:
		return doc.get(field.table) or ()
	return _parent_of(doc, field) if field.parent_doctype else (doc,)


def _parent_of(row: Document, field: CustomerField) -> Iterable[Mapping[str, Any]]:
	"""A row that is saved by itself does not bring its document with it."""
	if row.get("parenttype") != field.parent_doctype or not row.get("parent"):
		return ()
	asked = [field.fieldname, field.type_field] if field.type_field else [field.fieldname]
	values = frappe.db.get_value(field.parent_doctype, row.parent, asked, as_dict=True)
	return (values,) if values else ()
