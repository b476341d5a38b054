"""Keeps what breaks in a hook of ours away from the document or page of others that it hangs on. Decides nothing else."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import frappe
from frappe.model.document import Document

from crm_success.database.conflicts import raise_if_out_of_time
from crm_success.watching.undone_alone import undone_alone

Hook = Callable[..., None]
T = TypeVar("T")


def never_stops_saving(hook: Hook) -> Hook:
	"""For functions that Frappe calls at events of documents that are not ours."""
	name = f"{hook.__module__.rpartition('.')[2]}.{hook.__name__}"

	@wraps(hook)
	def call(doc: Document, *arguments: Any, **named: Any) -> None:
		with undone_alone(name, doc):
			hook(doc, *arguments, **named)

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
