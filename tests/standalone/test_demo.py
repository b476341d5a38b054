"""The demonstration database: the same for the same seed, and with what real databases have."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from crm_success.standalone import demo
from crm_success.standalone.demo.schema import COLUMNS

AS_OF = date(2026, 1, 31)
BENCH = Path(os.environ.get("FRAPPE_BENCH") or Path.home() / "frappe-bench")


def build(path, customers=40, seed=7, as_of=AS_OF):
	demo.build(path, customers, seed, as_of)
	return path


def rows(path, sql, *values):
	with closing(sqlite3.connect(path)) as database:
		return database.execute(sql, values).fetchall()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
	return build(tmp_path_factory.mktemp("demo") / "erpnext.db")


def test_the_same_seed_gives_the_same_file(database, tmp_path):
	again = build(tmp_path / "again.db")
	assert again.read_bytes() == database.read_bytes()


def test_another_seed_gives_another_company(database, tmp_path):
	other = build(tmp_path / "other.db", seed=8)
	names = 'SELECT name FROM "tabCustomer" ORDER BY name'
	assert rows(other, names) != rows(database, names)


def test_makes_as_many_customers_as_asked_and_an_internal_one(database):
	external = 'SELECT COUNT(*) FROM "tabCustomer" WHERE is_internal_customer = ?'
	assert rows(database, external, 0) == [(40,)]
	assert rows(database, external, 1) == [(1,)]


def test_outstanding_amounts_agree_with_the_payment_ledger(database):
	sql = """
		SELECT invoice.name, invoice.outstanding_amount, ROUND(SUM(entry.amount), 2)
		FROM "tabSales Invoice" invoice
		JOIN "tabPayment Ledger Entry" entry ON entry.against_voucher_no = invoice.name AND entry.delinked = 0
		WHERE invoice.docstatus = 1 AND invoice.is_return = 0 AND invoice.is_opening = 'No'
		GROUP BY invoice.name
	"""
	found = rows(database, sql)
	assert len(found) > 300
	assert [name for name, stored, owed in found if abs(stored - owed) > 0.005] == []


def test_has_returns_overdue_invoices_and_issues_in_every_state(database):
	statuses = {status for (status,) in rows(database, 'SELECT DISTINCT status FROM "tabSales Invoice"')}
	assert {"Paid", "Overdue", "Unpaid", "Return"} <= statuses
	agreements = {status for (status,) in rows(database, 'SELECT DISTINCT agreement_status FROM "tabIssue"')}
	assert {"Fulfilled", "Failed", None} <= agreements


def test_has_the_bad_rows_that_real_databases_have(database):
	assert rows(database, 'SELECT COUNT(*) FROM "tabSales Invoice" WHERE customer IS NULL') == [(3,)]
	deleted = rows(database, 'SELECT COUNT(*) FROM "tabSales Invoice" WHERE customer = ?', "Old Mill Trading")
	assert deleted == [(2,)]
	future = rows(
		database, 'SELECT COUNT(*) FROM "tabSales Invoice" WHERE posting_date > ?', AS_OF.isoformat()
	)
	assert future == [(1,)]
	awkward = rows(
		database, 'SELECT name FROM "tabCustomer" WHERE name LIKE ? OR name LIKE ?', "%🚀", "%<b>%"
	)
	assert len(awkward) == 2


def test_only_the_one_odd_invoice_is_dated_after_the_scoring_date(database):
	later = 'SELECT COUNT(*) FROM "tabPayment Ledger Entry" WHERE posting_date > ?'
	assert rows(database, later, AS_OF.isoformat()) == [(0,)]
	assert rows(database, 'SELECT COUNT(*) FROM "tabIssue" WHERE opening_date > ?', AS_OF.isoformat()) == [
		(0,)
	]


def test_a_single_customer_is_enough(tmp_path):
	assert rows(build(tmp_path / "one.db", customers=1), 'SELECT COUNT(*) FROM "tabCustomer"') == [(2,)]


@pytest.mark.skipif(not BENCH.is_dir(), reason="needs the sources of ERPNext in a bench (FRAPPE_BENCH)")
def test_tables_and_columns_have_the_names_of_erpnext():
	folders = BENCH / "apps" / "erpnext" / "erpnext"
	for doctype, columns in COLUMNS.items():
		scrubbed = doctype.lower().replace(" ", "_")
		(path,) = folders.glob(f"*/doctype/{scrubbed}/{scrubbed}.json")
		fields = {field["fieldname"] for field in json.loads(path.read_text())["fields"]}
		assert set(columns) - fields == set(), doctype
