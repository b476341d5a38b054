"""Keeps what breaks in a hook of ours away from the document of others that it hangs on. Decides nothing else.

A hook that fails is undone alone and written to the Error Log; the document is saved, and its customers are scored
again soon. What a lost transaction took with it cannot be saved by anybody: such an error goes on to the user.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import frappe
from frappe.model.document import Document

from crm_success.database.conflicts import raise_if_out_of_time, undo_or_raise
from crm_success.scoring.stale import note_stale

CUSTOMER = "Customer"

# the tables of Journal Entry and Unreconcile Payment whose rows name a party
_TABLES = ("accounts", "allocations")

_SAVEPOINT = "crm_success_hook"

Hook = Callable[..., None]
T = TypeVar("T")


def never_stops_saving(hook: Hook) -> Hook:
	"""For functions that Frappe calls at events of documents that are not ours."""

	@wraps(hook)
	def call(doc: Document, *arguments: Any, **named: Any) -> None:
		shown = list(frappe.local.message_log)
		frappe.db.savepoint(_SAVEPOINT)
		try:
			hook(doc, *arguments, **named)
		except Exception as error:
			raise_if_out_of_time(error)
			undo_or_raise(_SAVEPOINT, error)
			frappe.local.message_log = shown
			_remember_failure(hook, doc)

	return call


def answers_anyway(otherwise: Callable[..., T]) -> Callable[[Callable[..., T]], Callable[..., T]]:
	"""For functions that a page of others asks for something: where one fails, `otherwise` answers the same question."""

	def decorate(function: Callable[..., T]) -> Callable[..., T]:
		@wraps(function)
		def call(*arguments: Any, **named: Any) -> T:
			try:
				return function(*arguments, **named)
			except Exception as error:
				raise_if_out_of_time(error)
				frappe.log_error(title=f"{function.__name__} failed", defer_insert=True)
				return otherwise(*arguments, **named)

		return call

	return decorate


def customers_in(doc: Document) -> Iterator[str]:
	"""The customers that a document of ERPNext names: itself, in its customer, as its party or in its rows."""
	if doc.doctype == CUSTOMER and doc.name:
		yield doc.name
	for row in (doc, *(row for table in _TABLES for row in doc.get(table) or ())):
		if row.get("customer"):
			yield row.get("customer")
		if row.get("party_type") == CUSTOMER and row.get("party"):
			yield row.get("party")


def _remember_failure(hook: Hook, doc: Document) -> None:
	"""Once the document is saved: a row of the Error Log written now would be part of its transaction."""
	failure = {
		"title": f"{hook.__module__.rpartition('.')[2]}.{hook.__name__} failed; the document was saved",
		"message": frappe.get_traceback(with_context=True),
		"reference_doctype": doc.doctype,
		"reference_name": doc.name,
	}
	frappe.db.after_commit.add(lambda: _log(failure))
	note_stale(customers_in(doc))


def _log(failure: dict[str, Any]) -> None:
	try:
		frappe.log_error(**failure)
		# the document's own commit is over, and nothing commits after it
		frappe.db.commit()
	except Exception as error:
		raise_if_out_of_time(error)
		frappe.logger("crm_success").error(failure["message"])
