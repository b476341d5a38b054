"""The one door through which the parts hear of documents of any DocType that change. Decides nothing about them.

A part, or another app, names its functions in its hooks.py:

    crm_success_watchers = {
        "My Rules": {
            "watched": "my_app.my_module.watched_doctypes",
            "changed": "my_app.my_module.document_changed",
            "written": "my_app.my_module.documents_written",
        }
    }

`watched_doctypes()` answers with a dict: the DocTypes to hear of, and for each what is to be at hand then, of values
that JSON can hold. It is seldom asked; whoever changes its answer calls `watched_doctypes.ask_again`.

`document_changed(doc, at_hand)` is called after each insert, save, submit, update after submit and cancel, after a value
is set on the document (`db_set`), and before it is deleted (`doc.flags.in_delete`); several times in a save of ERPNext that
sets values meanwhile. `doc.get_doc_before_save()` is the document before, or None. Renaming, and what is written past the
documents, is not told.

`documents_written(doctype, names, customers, at_hand)` is called for documents that our own bulk writers wrote.

All of it happens within the user's transaction, and must not commit. Where one fails, what it wrote is taken back, the
Error Log names it, the document is saved and the other watchers are called. A watcher whose functions only read and note
says so with `"writes": "nothing"`, which spares each save a savepoint.
"""

from collections.abc import Collection
from typing import Any

import frappe
from frappe.model.document import Document

from crm_success.watching.undone_alone import is_logging_a_failure, undone_alone
from crm_success.watching.watched_doctypes import (
	is_setting_up,
	watched_doctypes,
	watcher_function,
	writes_nothing,
)


def tell_watchers(doc: Document, method: str | None = None) -> None:
	"""on_change of every document: who watches its DocType is told."""
	if _is_anybody_told():
		for watcher, at_hand in watched_doctypes().get(doc.doctype, {}).items():
			_call(watcher, "changed", (doc, at_hand), doc=doc)


def tell_of_written(doctype: str, names: Collection[str], customers: Collection[str]) -> None:
	"""For our own bulk writers, which raise no events: documents of a DocType were written, added or deleted, which are of
	these customers. Part of the writer's transaction.
	"""
	if _is_anybody_told() and names:
		for watcher, at_hand in watched_doctypes().get(doctype, {}).items():
			_call(watcher, "written", (doctype, names, customers, at_hand), customers=customers)


def _is_anybody_told() -> bool:
	return not (is_setting_up() or is_logging_a_failure())


def _call(watcher: str, function: str, arguments: tuple[Any, ...], **about: Any) -> None:
	if path := watcher_function(watcher, function):
		with undone_alone(path, writes=not writes_nothing(watcher), **about):
			frappe.get_attr(path)(*arguments)
