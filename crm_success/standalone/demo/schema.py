"""The tables of the demonstration database: ERPNext's own names of tables and columns. Holds no rows."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from pypika import Column, Parameter, SQLLiteQuery
from pypika import Table as SqlTable

Row = Mapping[str, Any]

# what Frappe gives every table
_STANDARD = {
	"name": "varchar(140) NOT NULL PRIMARY KEY",
	"creation": "datetime(6)",
	"modified": "datetime(6)",
	"modified_by": "varchar(140)",
	"owner": "varchar(140)",
	"docstatus": "int(1) NOT NULL DEFAULT 0",
	"idx": "int(8) NOT NULL DEFAULT 0",
}
_DATA, _DATE, _MOMENT = "varchar(140)", "date", "datetime(6)"
_MONEY = "decimal(21,9) NOT NULL DEFAULT 0"
_CHECK = "int(1) NOT NULL DEFAULT 0"

COLUMNS: dict[str, dict[str, str]] = {
	"Company": {"company_name": _DATA, "abbr": _DATA, "default_currency": _DATA, "country": _DATA},
	"Currency Exchange": {
		"date": _DATE,
		"from_currency": _DATA,
		"to_currency": _DATA,
		"exchange_rate": _MONEY,
		"for_buying": _CHECK,
		"for_selling": _CHECK,
	},
	"Customer": {
		"customer_name": _DATA,
		"customer_type": _DATA,
		"customer_group": _DATA,
		"territory": _DATA,
		"account_manager": _DATA,
		"default_currency": _DATA,
		"is_internal_customer": _CHECK,
		"represents_company": _DATA,
		"disabled": _CHECK,
	},
	"Sales Invoice": {
		"customer": _DATA,
		"customer_name": "text",
		"company": _DATA,
		"posting_date": _DATE,
		"posting_time": "time(6)",
		"due_date": _DATE,
		"currency": _DATA,
		"party_account_currency": _DATA,
		"conversion_rate": _MONEY,
		"base_net_total": _MONEY,
		"net_total": _MONEY,
		"base_grand_total": _MONEY,
		"grand_total": _MONEY,
		"base_rounded_total": _MONEY,
		"outstanding_amount": _MONEY,
		"status": _DATA,
		"is_pos": _CHECK,
		"is_consolidated": _CHECK,
		"is_debit_note": _CHECK,
		"is_return": _CHECK,
		"return_against": _DATA,
		"is_opening": _DATA,
		"is_internal_customer": _CHECK,
		"customer_group": _DATA,
		"territory": _DATA,
	},
	"Payment Schedule": {
		"due_date": _DATE,
		"payment_amount": _MONEY,
		"base_payment_amount": _MONEY,
	},
	"Account": {"account_type": _DATA, "company": _DATA},
	"Journal Entry Account": {"account": _DATA, "debit": _MONEY},
	"Payment Ledger Entry": {
		"posting_date": _DATE,
		"account_type": _DATA,
		"account": _DATA,
		"party_type": _DATA,
		"party": _DATA,
		"voucher_type": _DATA,
		"voucher_no": _DATA,
		"against_voucher_type": _DATA,
		"against_voucher_no": _DATA,
		"amount": _MONEY,
		"account_currency": _DATA,
		"amount_in_account_currency": _MONEY,
		"due_date": _DATE,
		"delinked": _CHECK,
		"company": _DATA,
	},
	"Issue": {
		"subject": _DATA,
		"customer": _DATA,
		"raised_by": _DATA,
		"status": _DATA,
		"priority": _DATA,
		"issue_type": _DATA,
		"issue_split_from": _DATA,
		"company": _DATA,
		"opening_date": _DATE,
		"opening_time": "time(6)",
		"service_level_agreement": _DATA,
		"service_level_agreement_creation": _MOMENT,
		"total_hold_time": "decimal(21,9)",
		"response_by": _MOMENT,
		"first_responded_on": _MOMENT,
		"sla_resolution_by": _MOMENT,
		"sla_resolution_date": _MOMENT,
		"resolution_time": "decimal(21,9)",
		"agreement_status": _DATA,
	},
}

# their rows belong to documents
_CHILD_TABLES = ("Payment Schedule", "Journal Entry Account")
_CHILD = {"parent": _DATA, "parenttype": _DATA}

# as ERPNext has them
_INDEXES = (
	'CREATE INDEX "sales_invoice_customer" ON "tabSales Invoice" ("customer")',
	'CREATE INDEX "payment_schedule_parent" ON "tabPayment Schedule" ("parent")',
	'CREATE INDEX "journal_entry_account_parent" ON "tabJournal Entry Account" ("parent")',
	'CREATE INDEX "payment_ledger_entry_party" ON "tabPayment Ledger Entry" ("party")',
	'CREATE INDEX "payment_ledger_entry_against" ON "tabPayment Ledger Entry" ("against_voucher_no")',
	'CREATE INDEX "issue_customer" ON "tabIssue" ("customer")',
)
_SINGLES = {"doctype": "varchar(255)", "field": "varchar(255)", "value": "text"}


def create_tables(database: sqlite3.Connection) -> None:
	"""All tables, empty, with their indexes."""
	for doctype, columns in COLUMNS.items():
		_create(database, doctype, _STANDARD | (_CHILD if doctype in _CHILD_TABLES else {}) | columns)
	_create(database, "Singles", _SINGLES)
	for statement in _INDEXES:
		database.execute(statement)


def insert(database: sqlite3.Connection, doctype: str, rows: Iterable[Row]) -> None:
	"""Rows with any of the columns; those not named take the database's default."""
	by_columns: dict[tuple[str, ...], list[Row]] = {}
	for row in rows:
		by_columns.setdefault(tuple(row), []).append(row)
	for columns, alike in by_columns.items():
		places = [Parameter(f":{name}") for name in columns]
		query = SQLLiteQuery.into(SqlTable(f"tab{doctype}")).columns(*columns).insert(*places)
		database.executemany(query.get_sql(), alike)


def set_single(database: sqlite3.Connection, doctype: str, field: str, value: str) -> None:
	"""A value of a DocType that has only one record."""
	insert(database, "Singles", [{"doctype": doctype, "field": field, "value": value}])


def _create(database: sqlite3.Connection, doctype: str, columns: Mapping[str, str]) -> None:
	declared = [Column(name, kind) for name, kind in columns.items()]
	database.execute(SQLLiteQuery.create_table(f"tab{doctype}").columns(*declared).get_sql())
