"""Asks the functions that parts and other apps have registered under a hook. One that fails is left out and logged."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import frappe

from crm_success.database.conflicts import raise_if_out_of_time

T = TypeVar("T")


def asked(hook: str, kind: type[T], *arguments: Any) -> Iterator[T]:
	"""What each source answers to these arguments. A source returns values of `kind`; all of its answer, or none, is taken."""
	for path in frappe.get_hooks(hook):
		yield from _answer(path, kind, arguments)


def _answer(path: str, kind: type[T], arguments: tuple[Any, ...]) -> Iterable[T]:
	try:
		answer = list(frappe.get_attr(path)(*arguments))
		if not all(isinstance(value, kind) for value in answer):
			raise TypeError(f"{path} must return values of {kind.__name__}")
	except Exception as error:
		raise_if_out_of_time(error)
		frappe.log_error(title=f"{path} failed", defer_insert=True)
		return []
	return answer
