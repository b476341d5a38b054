"""Which referrals are to be looked at because something changed, and the job that does so. Decides nothing about them.

The watcher of referrals, as hooks.py names it under `crm_success_watchers`. Nothing of it is part of a user's save: referrals
are marked once that is committed. A mark has its moment, and a job takes away only the one that it saw.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import frappe
from frappe.model.document import Document

from crm_success.batches import piecewise, queueing
from crm_success.batches.scheduled import logged
from crm_success.customer_loyalty.earning.due_documents import TELL_OF_INVOICES, Key, documents_of
from crm_success.customer_loyalty.referrals.conversion import bring_up
from crm_success.database import clock, conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.record_names import REFERRAL
from crm_success.watching.watched_doctypes import ask_again

_JOB = "crm_success.customer_loyalty.referrals.due_referrals.convert_due_referrals"
_JOB_SECONDS = 3600
AT_ONCE = 200


def watched_doctypes() -> dict[str, Any]:
	"""Invoices, and what changes what is owed for them; nothing where nobody refers anybody."""
	return {doctype: {} for doctype in TELL_OF_INVOICES} if has_referrals() else {}


def has_referrals(without: str = "") -> bool:
	"""Whether anybody referred anybody, one referral left out."""
	return bool(frappe.get_all(REFERRAL, {"name": ("!=", without)}, limit=1, order_by=None))


def begin_to_watch(doc: Document) -> None:
	"""From the first referral on, invoices and payments are watched."""
	if not has_referrals(without=doc.name):
		ask_again()


def note_document(doc: Document, at_hand: Mapping[str, Any]) -> None:
	"""Whenever such a document changes: it, or the invoices that it names."""
	_TO_MARK.note(documents_of(doc))


def note_documents(
	doctype: str, names: Collection[str], customers: Collection[str], at_hand: Mapping[str, Any]
) -> None:
	"""The same for documents that were written without events."""
	_TO_MARK.note((doctype, name) for name in names)


def look_soon(doc: Document) -> None:
	"""A referral that is being saved: its customer may have bought already."""
	doc.due_since = clock.now()
	frappe.db.after_commit.add(_queue)


def mark_referrals_of(customers: Collection[str]) -> None:
	"""Part of the caller's transaction: those in which these were referred."""
	rows = frappe.qb.DocType(REFERRAL)
	query = frappe.qb.update(rows).set(rows.due_since, clock.now())
	query.where(rows.customer.isin(sorted(customers))).run()
	frappe.db.after_commit.add(_queue)


@logged
def convert_due_referrals() -> None:
	"""Every five minutes, and soon after something changed: until nothing is due. Commits."""
	while due := _next():
		_work_through(due)


def bring_up_all(sign_of_life: Callable[[], None]) -> None:
	"""Every night: all of them, whatever was heard of. Commits, piece by piece."""
	last = ""
	while found := frappe.get_all(
		REFERRAL, {"name": (">", last)}, ["name", "due_since"], order_by="name", limit=AT_ONCE
	):
		_work_through(found)
		sign_of_life()
		last = found[-1].name


def _next() -> list[frappe._dict]:
	# a new transaction sees what others have marked
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	filters = {"due_since": ("is", "set")}
	return frappe.get_all(REFERRAL, filters, ["name", "due_since"], order_by="due_since, name", limit=AT_ONCE)


def _work_through(due: Sequence[frappe._dict]) -> None:
	piecewise.work_through(due, _bring_up, _leave_to_the_night)


def _bring_up(due: Sequence[frappe._dict]) -> None:
	# a new transaction, in which the referrals are held before anything else is read
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	bring_up([row.name for row in due])
	_unmark(due)


def _unmark(due: Iterable[frappe._dict]) -> None:
	"""They are done, unless somebody marked one anew meanwhile."""
	rows = frappe.qb.DocType(REFERRAL)
	for row in due:
		if row.due_since:
			query = frappe.qb.update(rows).set(rows.due_since, None)
			query.where((rows.name == row.name) & (rows.due_since == row.due_since)).run()


def _leave_to_the_night(row: frappe._dict, error: Exception) -> None:
	"""Tried every five minutes, it would fill the log: it is looked at again at night, or when something else changes."""
	frappe.log_error(title=f"Referral {row.name} could not be looked at"[:140])
	_unmark([row])


def _mark_or_queue(documents: Collection[Key]) -> None:
	names = _about(documents)
	if not names:
		return
	try:
		with conflicts.impatient():
			_mark(names)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.enqueue(mark_later, queue="short", timeout=300, referrals=names)
	else:
		_queue()


def _about(keys: Collection[Key]) -> list[str]:
	"""The referrals of the customers of these invoices, and those that one of them has converted, which may be gone."""
	names: dict[str, list[str]] = {}
	for doctype, name in sorted(keys):
		names.setdefault(doctype, []).append(name)
	rows, found = frappe.qb.DocType(REFERRAL), set()
	for doctype, some in names.items():
		invoices = frappe.qb.DocType(doctype)
		customers = frappe.qb.from_(invoices).select(invoices.customer).where(invoices.name.isin(some))
		for condition in (rows.customer.isin(customers), rows.invoice.isin(some)):
			found.update(frappe.qb.from_(rows).select(rows.name).where(condition).run(pluck=True))
	return sorted(found)


def mark_later(referrals: list[str]) -> None:
	"""Background job: mark referrals whose rows were locked when a document was saved."""

	def mark() -> None:
		_mark(referrals)
		# tried again after a conflict, as a whole transaction
		frappe.db.commit()  # nosemgrep: frappe-manual-commit

	conflicts.again_after_conflict(mark)
	_queue()


def _mark(names: Collection[str]) -> None:
	rows = frappe.qb.DocType(REFERRAL)
	query = frappe.qb.update(rows).set(rows.due_since, clock.now())
	query.where(rows.name.isin(sorted(names))).run()


def _queue() -> None:
	"""One job looks at all that is due, however many ask for it, and the scheduler where the queue takes none."""
	with queueing.if_there_is_room():
		queueing.enqueue(_JOB, _JOB_SECONDS, "crm_success_referrals", deduplicate=True)


_TO_MARK = AfterCommit("crm_success_documents_of_referrals", _mark_or_queue, "Referrals could not be marked")
