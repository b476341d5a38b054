"""Keeps fields of Customer equal to those of a record of ours about the customer, where filters and rules can use them.

Writes only what differs, in the caller's transaction, and leaves `modified` alone: nobody's open form is outdated by
what we write. Never waits for a customer that somebody else is saving. Computes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import frappe
from pypika import Criterion
from pypika import Table as SqlTable
from pypika.functions import Coalesce
from pypika.terms import Bracket

from crm_success.database import reading
from crm_success.database.dialects import KeyRange, Statement, within
from crm_success.setup.custom_fields import can_hold, our_fields
from crm_success.setup.table_columns import columns_of

CUSTOMER = "Customer"

# what stands for NULL in a comparison, and is neither a score, a risk, a day nor a name
NO_NUMBER, NO_DAY, NO_TEXT = -1, "0001-01-01", ""

# names are up to 140 characters of four bytes: a statement stays far below MariaDB's default of 16 MB
_AT_ONCE = 5000


@dataclass(frozen=True)
class CustomerCopies:
	"""Fields of Customer by their source, a field of the DocType `source`, which has one record a customer.

	`links`: those that name a record of a DocType, which may be gone. `nothing`: what stands for NULL in those that are no
	texts. `about_busy` is called with the customers that somebody else holds, which keep what they have.
	"""

	source: str
	fields: Mapping[str, str]
	links: Mapping[str, str]
	nothing: Mapping[str, Any]
	about_busy: Callable[[Collection[str]], None]

	def update(self, keys: KeyRange) -> int:
		"""Copy the records of these customers to them, or clear what is there of those without; how many changed.

		The names are read first, without locks: the update then locks the customers that change, and no range. A customer
		that another transaction holds is left as it is: to wait for it could end the save of a person in a deadlock.
		"""
		fields = self._usable()
		# a field may have been renamed since this process read what there is
		columns = columns_of(CUSTOMER)
		fields = {fieldname: source for fieldname, source in fields.items() if fieldname in columns}
		if not fields:
			return 0
		changed = [row["name"] for row in reading.read_rows(self._differing(keys, fields))]
		for names in _chunks(changed):
			self._copy(names, fields)
		return len(changed)

	def values_of(self, customer: str) -> dict[str, Any]:
		"""What our fields of the customer have to hold; None wherever there is no record, or a field cannot hold it."""
		fields = self._usable()
		row = fields and frappe.db.get_value(
			self.source, {"customer": customer}, list(fields.values()), as_dict=True
		)
		values = {fieldname: row[source] if row else None for fieldname, source in fields.items()}
		for fieldname, doctype in self.links.items():
			if values.get(fieldname) and not frappe.db.exists(doctype, values[fieldname]):
				values[fieldname] = None
		return {**dict.fromkeys(our_fields(CUSTOMER).intersection(self.fields)), **values}

	def _usable(self) -> dict[str, str]:
		"""Without the fields that an administrator deleted or made unfit, or that another app brought under the same name."""
		ours = our_fields(CUSTOMER)
		return {
			fieldname: source
			for fieldname, source in self.fields.items()
			if fieldname in ours and can_hold(CUSTOMER, fieldname)
		}

	def _differing(self, keys: KeyRange, fields: Mapping[str, str]) -> Statement:
		bindings = reading.bindings()
		customer, record = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{self.source}")
		query = bindings.dialect.query.from_(customer).left_join(record).on(record.customer == customer.name)
		differences = []
		for fieldname, source in fields.items():
			nothing = bindings.bind(self.nothing.get(fieldname, NO_TEXT))
			differences.append(Coalesce(customer[fieldname], nothing) != Coalesce(record[source], nothing))
		query = query.select(customer.name).where(Criterion.any(differences))
		for condition in within(customer.name, keys, bindings):
			query = query.where(condition)
		return bindings.statement(query)

	def _copy(self, names: Sequence[str], fields: Mapping[str, str]) -> None:
		free = [row["name"] for row in reading.read_rows(_free_among(names))]
		if free:
			statement = self._copying(free, fields)
			reading.run(statement.sql, statement.parameters)
			frappe.db.after_commit.add(partial(_forget_cached, free))
		if busy := sorted(set(names).difference(free)):
			self.about_busy(busy)

	def _copying(self, names: Sequence[str], fields: Mapping[str, str]) -> Statement:
		"""One update for all of them. A subquery for each field is what MariaDB and PostgreSQL write alike."""
		bindings = reading.bindings()
		customer, record = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{self.source}")
		query = bindings.dialect.query.update(customer)
		for fieldname, source in fields.items():
			value = bindings.dialect.query.from_(record).select(record[source])
			value = value.where(record.customer == customer.name)
			query = query.set(customer[fieldname], Bracket(value))
		return bindings.statement(query.where(customer.name.isin(bindings.bind_all(names))))


def _free_among(names: Sequence[str]) -> Statement:
	"""Locks those of the customers that nobody else holds."""
	bindings = reading.bindings()
	customer = SqlTable(f"tab{CUSTOMER}")
	query = bindings.dialect.query.from_(customer).select(customer.name)
	query = query.where(customer.name.isin(bindings.bind_all(names))).for_update(skip_locked=True)
	return bindings.statement(query)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
	for start in range(0, len(names), _AT_ONCE):
		yield names[start : start + _AT_ONCE]


def _forget_cached(names: Sequence[str]) -> None:
	"""One command to Redis for all of them; frappe.clear_document_cache sends one for each, twice."""
	frappe.cache.delete_value([frappe.get_document_cache_key(CUSTOMER, name) for name in names])
