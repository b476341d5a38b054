"""Carries statements out on the site's database. Builds no SQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import frappe
from pypika import Table as SqlTable

from crm_success.database.dialects import Bindings, Dialect, Statement
from crm_success.database.port import Answer


class SiteDatabase:
	"""The site's database as the code that is shared with the standalone command reads it. Checks no permission."""

	@property
	def dialect(self) -> Dialect:
		"""The dialect of the site's database."""
		return dialect()

	def execute(self, statement: Statement) -> Answer:
		"""The rows of a statement."""
		rows = run(statement.sql, statement.parameters)
		return Answer(tuple(column[0] for column in frappe.db.get_description()), rows)


SITE = SiteDatabase()


def dialect() -> Dialect:
	"""The dialect of the site's database."""
	return Dialect(frappe.db.db_type)


def bindings() -> Bindings:
	"""Empty bindings for a statement on the site's database."""
	return Bindings(dialect())


def read_rows(statement: Statement) -> list[dict[str, Any]]:
	"""The statement's rows as dicts, for the few places of the site's own that need no frame."""
	return run(statement.sql, statement.parameters, as_dict=True)


def run(sql: str, parameters: Sequence[Any] | Mapping[str, Any], as_dict: bool = False) -> Any:
	"""The one way to the database for statements that PyPika has built, every value of theirs bound.

	frappe.qb builds for a site alone: these are built for the command without Frappe too, or filled in many times.
	"""
	return frappe.db.sql(sql, parameters, as_dict=as_dict)  # nosemgrep: frappe-using-db-sql


def hold(doctype: str, names: Iterable[str]) -> list[str]:
	"""Those of the records that exist; nobody changes, renames or deletes them until the transaction ends.

	Others may hold them at the same time: workers do not wait for each other.
	"""
	names = sorted(names)
	if not names:
		return []
	held, table = bindings(), SqlTable(f"tab{doctype}")
	query = held.dialect.query.from_(table).select(table.name).where(table.name.isin(held.bind_all(names)))
	return [row["name"] for row in read_rows(held.holding(query))]
