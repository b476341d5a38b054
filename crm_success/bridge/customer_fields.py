"""Keeps the health fields of Customer equal to Customer Health, where filters, rules and reports can use them.

Writes only what differs, in the caller's transaction, and leaves `modified` alone: nobody's open form is outdated by
a score. Computes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import frappe
from pypika import Criterion
from pypika import Table as SqlTable
from pypika.functions import Coalesce
from pypika.terms import Bracket

from crm_success.bridge import database
from crm_success.queries.statements import KeyRange, Statement, within
from crm_success.setup.custom_fields import our_fields

CUSTOMER = "Customer"
HEALTH = "Customer Health"

# field of Customer: field of Customer Health
SOURCES = {
	"health_band": "band",
	"health_score": "score",
	"customer_segment": "segment",
	"lifecycle_stage": "stage",
}
_NUMBERS = ("health_score",)
# what stands for NULL in a comparison, and is neither a score nor a name
_NO_NUMBER, _NO_TEXT = -1, ""

# names are up to 140 characters of four bytes: a statement stays far below MariaDB's default of 16 MB
_AT_ONCE = 5000


def update_customers(keys: KeyRange) -> int:
	"""Copy the health of these customers to them, or clear what is there of those without; how many changed.

	The names are read first, without locks: the update then locks the customers that change, and no range.
	"""
	sources = _sources()
	if not sources:
		return 0
	changed = [row["name"] for row in database.read_rows(_differing(keys, sources))]
	for names in _chunks(changed):
		statement = _copying(names, sources)
		frappe.db.sql(statement.sql, statement.parameters)
		frappe.db.after_commit.add(partial(_forget_cached, names))
	return len(changed)


def health_of(customer: str) -> dict[str, Any]:
	"""What the fields of the customer have to hold; None wherever there is no health."""
	sources = _sources()
	row = sources and frappe.db.get_value(HEALTH, {"customer": customer}, list(sources.values()))
	return dict(zip(sources, row or [None] * len(sources), strict=True))


def _sources() -> dict[str, str]:
	"""Without the fields that an administrator deleted, or that another app brought under the same name."""
	ours = our_fields(CUSTOMER)
	return {fieldname: source for fieldname, source in SOURCES.items() if fieldname in ours}


def _differing(keys: KeyRange, sources: Mapping[str, str]) -> Statement:
	bindings = database.bindings()
	customer, health = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(customer).left_join(health).on(health.customer == customer.name)
	differences = []
	for fieldname, source in sources.items():
		nothing = bindings.bind(_NO_NUMBER if fieldname in _NUMBERS else _NO_TEXT)
		differences.append(Coalesce(customer[fieldname], nothing) != Coalesce(health[source], nothing))
	query = query.select(customer.name).where(Criterion.any(differences))
	for condition in within(customer.name, keys, bindings):
		query = query.where(condition)
	return bindings.statement(query)


def _copying(names: Sequence[str], sources: Mapping[str, str]) -> Statement:
	"""One update for all of them. A subquery for each field is what MariaDB and PostgreSQL write alike."""
	bindings = database.bindings()
	customer, health = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.update(customer)
	for fieldname, source in sources.items():
		value = bindings.dialect.query.from_(health).select(health[source])
		value = value.where(health.customer == customer.name)
		query = query.set(customer[fieldname], Bracket(value))
	return bindings.statement(query.where(customer.name.isin(bindings.bind_all(names))))


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _AT_ONCE):
		yield names[start : start + _AT_ONCE]


def _forget_cached(names: Sequence[str]) -> None:
	"""One command to Redis for all of them; frappe.clear_document_cache sends one for each, twice."""
	frappe.cache.delete_value([frappe.get_document_cache_key(CUSTOMER, name) for name in names])
