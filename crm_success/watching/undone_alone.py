"""Keeps what breaks in a function of ours or of another app away from the document that is being saved. Decides nothing else.

What fails is undone alone and written to the Error Log; the document is saved, and its customers are scored again soon.
What a lost transaction took with it cannot be saved by anybody: such an error goes on to the user.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.model.document import Document

from crm_success.database.conflicts import is_passing, raise_if_out_of_time, undo_or_raise
from crm_success.database.dialects import Dialect
from crm_success.database.reading import dialect
from crm_success.scoring.named_customers import customers_in
from crm_success.scoring.stale import note_stale

_SAVEPOINT = "crm_success_hook"
# how many are at work, one within the other
_DEPTH = "crm_success_hook_depth"
_LOGGING = "crm_success_logging_failure"


@contextmanager
def undone_alone(
	name: str, doc: Document | None = None, customers: Iterable[str] = (), writes: bool = True
) -> Iterator[None]:
	"""What fails inside takes nothing else with it. `name` is what the Error Log calls it; it was about the document, or
	about documents of these customers. What writes nothing needs no savepoint, except on PostgreSQL, where a question
	that fails spoils the whole transaction.
	"""
	undo = writes or dialect() is Dialect.POSTGRES
	shown, depth = list(frappe.local.message_log), frappe.flags.get(_DEPTH) or 0
	# of two with the same name the database forgets the first: to undo the outer hook would leave half of it
	savepoint = f"{_SAVEPOINT}_{depth}"
	if undo:
		frappe.db.savepoint(savepoint)
	frappe.flags[_DEPTH] = depth + 1
	try:
		yield
	except Exception as error:
		raise_if_out_of_time(error)
		if undo:
			undo_or_raise(savepoint, error)
		elif is_passing(error):
			# the transaction may be lost, and no savepoint tells
			raise
		frappe.local.message_log = shown
		_remember_failure(name, doc, customers)
	finally:
		frappe.flags[_DEPTH] = depth


def is_logging_a_failure() -> bool:
	"""Whether the documents saved right now come of the log of a failure: what fails at those would be logged for ever."""
	return bool(frappe.flags.get(_LOGGING))


def _remember_failure(name: str, doc: Document | None, customers: Iterable[str]) -> None:
	"""Once the document is saved: a row of the Error Log written now would be part of its transaction."""
	failure = {
		"title": f"{name} failed; the document was saved",
		"message": frappe.get_traceback(with_context=True),
		"reference_doctype": doc.doctype if doc else None,
		"reference_name": doc.name if doc else None,
	}
	frappe.db.after_commit.add(lambda: _log(failure))
	note_stale(customers_in(doc) if doc else customers)


def _log(failure: dict[str, Any]) -> None:
	try:
		_write(failure)
		# the document's own commit is over, and nothing commits after it
		frappe.db.commit()
	except Exception as error:
		raise_if_out_of_time(error)
		frappe.logger("crm_success").error(failure["message"])


def _write(failure: dict[str, Any]) -> None:
	frappe.flags[_LOGGING] = True
	try:
		frappe.log_error(**failure)
	finally:
		frappe.flags[_LOGGING] = False
