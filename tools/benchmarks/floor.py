"""The floor under a scoring run: the bare statements, without frames, scores, words or batches.

Reads: the grouped statements of the plan, each once for all customers. Writes: the rows that a run wrote, as they
lie there with another stamp, in plain multi-row upserts. Nobody can score these customers with less.
"""

import time
from collections.abc import Sequence

import frappe
from frappe.utils import getdate, now

from crm_success.database import reading
from crm_success.database.dialects import EVERYBODY, KeyRange, Statement
from crm_success.scoring.engine.pipeline import all_metrics
from crm_success.scoring.frozen_definitions import freeze, plan_for
from crm_success.scoring.queries.read_statements import customers_statement, read_statement

ROWS_AT_ONCE = 2000


def bare_reads(keys: KeyRange = EVERYBODY) -> float:
	"""Seconds for the customers and every source of the plan; what it takes to know the statements does not count."""
	as_of = getdate()
	frozen = freeze(as_of)
	definitions, tables = frozen.definitions, frozen.tables_by_doctype
	plan = plan_for(all_metrics(definitions), frozen, as_of)
	statements = [customers_statement(definitions.scorecards, tables["Customer"], reading.dialect(), keys)]
	for read in plan.reads:
		statements.append(read_statement(read, tables, as_of, reading.dialect(), definitions.money, keys))
	return sum(seconds_of(statement) for statement in statements)


def seconds_of(statement: Statement) -> float:
	start = time.perf_counter()
	frappe.db.sql(statement.sql, statement.parameters)
	return time.perf_counter() - start


def bare_upsert(customers: Sequence[str] = (), doctype: str = "Customer Health") -> float:
	"""Seconds to write rows of the DocType over themselves, all or those of some customers, a commit every ROWS_AT_ONCE
	rows.
	"""
	some = "WHERE customer IN %(customers)s" if customers else ""
	rows = frappe.db.sql(f"SELECT * FROM `tab{doctype}` {some} ORDER BY name", {"customers": customers})
	columns = [column[0] for column in frappe.db.get_description()]
	stamp, place = now(), columns.index("modified")
	rows = [(*row[:place], stamp, *row[place + 1 :]) for row in rows]
	names = ", ".join(f"`{column}`" for column in columns)
	values = ", ".join(["%s"] * len(columns))
	updates = ", ".join(f"`{column}` = VALUES(`{column}`)" for column in columns if column != "name")
	sql = f"INSERT INTO `tab{doctype}` ({names}) VALUES ({values}) ON DUPLICATE KEY UPDATE {updates}"
	cursor = frappe.db._conn.cursor()
	start = time.perf_counter()
	for first in range(0, len(rows), ROWS_AT_ONCE):
		cursor.executemany(sql, rows[first : first + ROWS_AT_ONCE])
		frappe.db.commit()
	return time.perf_counter() - start
