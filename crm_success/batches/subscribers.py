"""Tells the functions that parts and other apps have registered under a hook what was just written, in its transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

import frappe

from crm_success.batches.messages import WARNING, Message
from crm_success.database import conflicts

_SAVEPOINT = "crm_success_told"


def tell_subscribers(hook: str, changes: Iterable[Any], reason: str) -> list[Message]:
	"""Call each of them with the list of changes, if there are any.

	What one that fails wrote is taken back, and `reason` says so, with its path in the place of {0}.
	"""
	told = list(changes)
	if not told:
		return []
	return [message for path in frappe.get_hooks(hook) for message in _call(path, told, reason)]


def _call(path: str, changes: Sequence[Any], reason: str) -> list[Message]:
	frappe.db.savepoint(_SAVEPOINT)
	try:
		frappe.get_attr(path)(list(changes))
	except Exception as error:
		conflicts.raise_if_out_of_time(error)
		conflicts.undo_or_raise(_SAVEPOINT, error)
		frappe.log_error(title=f"{path} failed when it was told what changed")
		return [Message(WARNING, reason.format(path), "Error Log")]
	return []
