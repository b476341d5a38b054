"""Keeps the health fields of Customer equal to Customer Health, where filters, rules and reports can use them.

Writes only what differs, in the caller's transaction, and leaves `modified` alone: nobody's open form is outdated by
a score. Never waits for a customer that somebody else is saving. Computes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import frappe
from pypika import Criterion
from pypika import Table as SqlTable
from pypika.functions import Coalesce
from pypika.terms import Bracket

from crm_success.database import reading
from crm_success.database.dialects import KeyRange, Statement, within
from crm_success.record_names import HEALTH, SEGMENT
from crm_success.scoring.stale import mark_again
from crm_success.setup.custom_fields import can_hold, our_fields
from crm_success.setup.table_columns import columns_of

CUSTOMER = "Customer"

SCORE = "health_score"
RISK = "lapse_risk"
SEGMENT_FIELD = "customer_segment"

# field of Customer: field of Customer Health
SOURCES = {
	"health_band": "band",
	SCORE: "score",
	RISK: "lapse_risk",
	SEGMENT_FIELD: "segment",
	"lifecycle_stage": "stage",
	# written there by audiences/
	"customer_audiences": "audiences",
}
NUMBERS = (SCORE, RISK)
# what stands for NULL in a comparison, and is neither a score, a risk nor a name
_NO_NUMBER, _NO_TEXT = -1, ""

# names are up to 140 characters of four bytes: a statement stays far below MariaDB's default of 16 MB
_AT_ONCE = 5000


def update_customers(keys: KeyRange) -> int:
	"""Copy the health of these customers to them, or clear what is there of those without; how many changed.

	The names are read first, without locks: the update then locks the customers that change, and no range. A
	customer that another transaction holds is left as it is and marked for scoring: to wait for it could end the
	save of a person in a deadlock.
	"""
	sources = _sources()
	# a field may have been renamed since this process read what there is
	columns = columns_of(CUSTOMER)
	sources = {fieldname: source for fieldname, source in sources.items() if fieldname in columns}
	if not sources:
		return 0
	changed = [row["name"] for row in reading.read_rows(_differing(keys, sources))]
	for names in _chunks(changed):
		_copy(names, sources)
	return len(changed)


def health_of(customer: str) -> dict[str, Any]:
	"""What our fields of the customer have to hold; None wherever there is no health, or a field cannot hold it."""
	sources = _sources()
	row = sources and frappe.db.get_value(
		HEALTH, {"customer": customer}, list(sources.values()), as_dict=True
	)
	values = {fieldname: row[source] if row else None for fieldname, source in sources.items()}
	segment = values.get(SEGMENT_FIELD)
	if segment and not frappe.db.exists(SEGMENT, segment):
		values[SEGMENT_FIELD] = None
	return {**dict.fromkeys(our_fields(CUSTOMER).intersection(SOURCES)), **values}


def _sources() -> dict[str, str]:
	"""Without the fields that an administrator deleted or made unfit, or that another app brought under the same name."""
	ours = our_fields(CUSTOMER)
	return {
		fieldname: source
		for fieldname, source in SOURCES.items()
		if fieldname in ours and can_hold(CUSTOMER, fieldname)
	}


def _copy(names: Sequence[str], sources: Mapping[str, str]) -> None:
	free = [row["name"] for row in reading.read_rows(_free_among(names))]
	if free:
		statement = _copying(free, sources)
		reading.run(statement.sql, statement.parameters)
		frappe.db.after_commit.add(partial(_forget_cached, free))
	if busy := sorted(set(names).difference(free)):
		mark_again(busy)


def _free_among(names: Sequence[str]) -> Statement:
	"""Locks those of the customers that nobody else holds."""
	bindings = reading.bindings()
	customer = SqlTable(f"tab{CUSTOMER}")
	query = bindings.dialect.query.from_(customer).select(customer.name)
	query = query.where(customer.name.isin(bindings.bind_all(names))).for_update(skip_locked=True)
	return bindings.statement(query)


def _differing(keys: KeyRange, sources: Mapping[str, str]) -> Statement:
	bindings = reading.bindings()
	customer, health = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(customer).left_join(health).on(health.customer == customer.name)
	differences = []
	for fieldname, source in sources.items():
		nothing = bindings.bind(_NO_NUMBER if fieldname in NUMBERS else _NO_TEXT)
		differences.append(Coalesce(customer[fieldname], nothing) != Coalesce(health[source], nothing))
	query = query.select(customer.name).where(Criterion.any(differences))
	for condition in within(customer.name, keys, bindings):
		query = query.where(condition)
	return bindings.statement(query)


def _copying(names: Sequence[str], sources: Mapping[str, str]) -> Statement:
	"""One update for all of them. A subquery for each field is what MariaDB and PostgreSQL write alike."""
	bindings = reading.bindings()
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
