"""Tells other parts, and other apps, what changed about a customer's health. Decides nothing and stores nothing.

Whoever wants to know names a function in its hooks.py:

    customer_health_changed = ["my_app.my_module.my_function"]

It is called once for each batch of customers, inside the transaction that writes their scores, as
`my_function(changes)` with a list of `HealthChange`. It must not commit. Where it fails, what it wrote is taken back,
the scores stay, and the run names it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from pypika import Table as SqlTable

from crm_success.batches.messages import Message
from crm_success.batches.subscribers import tell_subscribers
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within
from crm_success.record_names import HEALTH

HOOK = "customer_health_changed"

# the fields of Customer Health whose changes are told
WATCHED = ("score", "band", "segment", "stage", "value_class")

_ASKED = ("customer", "as_of", "definitions_version", *WATCHED)
_AT_ONCE = 5000

Row = Mapping[str, Any]


@dataclass(frozen=True)
class HealthChange:
	"""One field of one customer, before and after; None where there was or is no value.

	`by_definitions` is true where metrics, weights, segments or limits differ from those of the value before: it may
	well have changed for that reason alone.
	"""

	customer: str
	fieldname: str
	before: Any
	after: Any
	by_definitions: bool = False


def is_anybody_listening() -> bool:
	"""Whether any installed app wants to know."""
	return bool(frappe.get_hooks(HOOK))


class Watch:
	"""Sees how the customers of a range stand before they are written, and tells what is different afterwards."""

	def __init__(self, keys: KeyRange) -> None:
		self._before = {row["customer"]: row for row in _held(keys)} if is_anybody_listening() else {}

	def tell(self) -> list[Message]:
		"""Tell everybody; what to say of those who failed. A customer that had no score before is no news."""
		known = [customer for customer, row in self._before.items() if row["as_of"]]
		return tell(
			change for row in _rows_of(known) for change in _changes(self._before[row["customer"]], row)
		)


def tell(changes: Iterable[HealthChange]) -> list[Message]:
	"""Call every subscriber with the changes, if there are any; what to say of those who failed."""
	reason = _("{0} failed when it was told what changed. The scores are right; read the Error Log.")
	return tell_subscribers(HOOK, changes, reason)


def _changes(before: Row, after: Row) -> Iterator[HealthChange]:
	by_definitions = before["definitions_version"] != after["definitions_version"]
	return (
		HealthChange(after["customer"], fieldname, before[fieldname], after[fieldname], by_definitions)
		for fieldname in WATCHED
		if before[fieldname] != after[fieldname]
	)


def _held(keys: KeyRange) -> list[Row]:
	"""The rows of a range, which nobody else changes until the transaction ends.

	Their names are read first, without locks: to lock a range would lock the gaps between its rows, for which workers
	on neighbouring ranges would wait.
	"""
	bindings, health = reading.bindings(), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(health).select(health.customer)
	for condition in within(health.customer, keys, bindings):
		query = query.where(condition)
	names = [row["customer"] for row in reading.read_rows(bindings.statement(query))]
	return list(_rows_of(names, for_update=True))


def _rows_of(customers: Sequence[str], for_update: bool = False) -> Iterator[Row]:
	for start in range(0, len(customers), _AT_ONCE):
		bindings, health = reading.bindings(), SqlTable(f"tab{HEALTH}")
		query = bindings.dialect.query.from_(health).select(*(health[name] for name in _ASKED))
		some = bindings.bind_all(customers[start : start + _AT_ONCE])
		query = query.where(health.customer.isin(some)).orderby(health.customer)
		yield from reading.read_rows(bindings.statement(query.for_update() if for_update else query))
