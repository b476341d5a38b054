"""Which documents may earn points or lose them because something changed, until a job has looked. Earns nothing itself.

The watcher of points, as hooks.py names it under `crm_success_watchers`. Nothing of it is part of a user's save: documents are
noted once that is committed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import frappe
from frappe.model.document import Document

from crm_success.batches import queueing
from crm_success.customer_loyalty.earning.earning_documents import INVOICES
from crm_success.customer_loyalty.earning.earning_records import rules_of_now
from crm_success.customer_loyalty.earning.earning_values import OF_INVOICES, Event
from crm_success.database import clock, conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.database.upsert import take_the_offer, upsert
from crm_success.record_names import DUE_DOCUMENT

# a DocType and the name of a document
Key = tuple[str, str]

_JOB = "crm_success.customer_loyalty.earning.due_earning.earn_due_documents"
_JOB_SECONDS = 3600
_AT_ONCE = 5000

# where documents that change what is owed name invoices: (table, field of the name, field of the DocType)
_NAMES_INVOICES: Mapping[str, tuple[str, str, str]] = {
	"Payment Entry": ("references", "reference_name", "reference_doctype"),
	"Journal Entry": ("accounts", "reference_name", "reference_type"),
	"Unreconcile Payment": ("allocations", "reference_name", "reference_doctype"),
	"Payment Ledger Entry": ("", "against_voucher_no", "against_voucher_type"),
}


# whoever of these changes may change an invoice, or what is owed for one
TELL_OF_INVOICES = (*INVOICES, *_NAMES_INVOICES)


def watched_doctypes() -> dict[str, Any]:
	"""The DocTypes whose documents earn by a rule, and where invoices earn what changes what is owed for them."""
	watched: dict[str, Any] = {}
	# what was earned by a rule that is disabled since is still taken back
	for rule in rules_of_now(with_disabled=True):
		if rule.event in OF_INVOICES:
			watched.update({doctype: {} for doctype in TELL_OF_INVOICES})
		elif rule.event is not Event.YEARLY:
			watched[rule.doctype] = {}
	return watched


def note_document(doc: Document, at_hand: Mapping[str, Any]) -> None:
	"""Whenever such a document changes: it, or the invoices that it names."""
	_TO_NOTE.note(documents_of(doc))


def note_documents(
	doctype: str, names: Collection[str], customers: Collection[str], at_hand: Mapping[str, Any]
) -> None:
	"""The same for documents that were written without events."""
	_TO_NOTE.note((doctype, name) for name in names)


def documents_of(doc: Document) -> Iterator[Key]:
	"""The documents whose points may change with this one."""
	if place := _NAMES_INVOICES.get(doc.doctype):
		table, name_field, type_field = place
		for row in doc.get(table) if table else [doc]:
			if row.get(type_field) in INVOICES and row.get(name_field):
				yield row.get(type_field), row.get(name_field)
		return
	if doc.docstatus == 0 and doc.meta.is_submittable:
		return
	yield doc.doctype, doc.name
	if doc.doctype in INVOICES and doc.get("return_against"):
		yield doc.doctype, doc.return_against


def note(documents: Iterable[Key], finish: Any = str) -> None:
	"""Part of the caller's transaction: each is there once, as new as this."""
	moment, user = clock.now(), frappe.session.user
	rows = [
		{
			"name": frappe.generate_hash(length=20),
			**{"creation": moment, "modified": moment, "owner": user, "modified_by": user},
			"reference_doctype": doctype,
			"reference_name": name,
			"attempts": 0,
			"error": None,
		}
		for doctype, name in sorted(set(documents))
	]
	choices = dict.fromkeys(("modified", "attempts", "error"), take_the_offer)
	upsert(DUE_DOCUMENT, rows, ["reference_doctype", "reference_name"], choices, finish)


def note_in_pieces(documents: Iterable[Key]) -> None:
	"""The same for any number. Commits, piece by piece."""
	remaining = iter(documents)
	while piece := list(islice(remaining, _AT_ONCE)):
		note(piece)
		# each piece is kept as it is done
		frappe.db.commit()  # nosemgrep: frappe-manual-commit


def queue_earning() -> None:
	"""One job looks at all that is due, however many ask for it, and the scheduler where the queue takes none."""
	with queueing.if_there_is_room():
		queueing.enqueue(_JOB, _JOB_SECONDS, "crm_success_points", deduplicate=True)


def note_later(documents: list[list[str]]) -> None:
	"""Background job: note documents whose rows were locked when they were saved."""

	def write() -> None:
		note((doctype, name) for doctype, name in documents)
		# tried again after a conflict, as a whole transaction
		frappe.db.commit()  # nosemgrep: frappe-manual-commit

	conflicts.again_after_conflict(write)
	queue_earning()


def _note_or_queue(documents: Collection[Key]) -> None:
	try:
		note(documents, conflicts.impatiently)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.enqueue(note_later, queue="short", timeout=300, documents=sorted([*key] for key in documents))
	else:
		queue_earning()


_TO_NOTE = AfterCommit("crm_success_due_documents", _note_or_queue, "Documents could not be noted for points")
