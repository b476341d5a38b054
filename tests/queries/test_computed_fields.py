"""The fields that the app computes, as of any date, on rows put in by hand."""

from datetime import date
from typing import Any

import pytest
from asking import AS_OF, metric, value_of
from databases import Database
from erpnext_tables import TABLES

from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.computed import (
	COMPUTED_FIELDS,
	NEEDED_COLUMNS,
	computed_field,
	missing_columns,
)
from crm_success.scoring.queries.tables import Column, Table

OPEN = metric(doctype="Issue", filters=[("is_open", "=", 1)])
FAILED = metric(doctype="Issue", filters=[("is_sla_failed", "=", 1)])
HOURS = metric(Measure.AVERAGE, "Issue", value_field="hours_to_resolve")

RECEIVABLE = [("account_type", "=", "Receivable")]
BILLED = metric(Measure.SUM, "Payment Ledger Entry", value_field="billed_amount", filters=RECEIVABLE)
OVERDUE = metric(Measure.SUM, "Payment Ledger Entry", value_field="overdue_amount", filters=RECEIVABLE)
DAYS_LATE = metric(
	Measure.AVERAGE,
	"Payment Ledger Entry",
	value_field="days_late",
	filters=[*RECEIVABLE, ("is_payment", "=", 1)],
)


def _issue(database: Database, opening: str = "2024-06-01", **values: Any) -> None:
	database.add("Issue", customer="A", opening_date=opening, opening_time="10:00:00", **values)


def _invoice(
	database: Database, name: str, amount: float, due: str | None, posting: str = "2024-05-01"
) -> None:
	database.add("Sales Invoice", name=name, customer="A", posting_date=posting, due_date=due)
	_ledger(database, ("Sales Invoice", name), name, amount, posting)


def _ledger(
	database: Database, voucher: tuple[str, str], against: str, amount: float, day: str, **values: Any
) -> None:
	database.add(
		"Payment Ledger Entry",
		party="A",
		voucher_type=voucher[0],
		voucher_no=voucher[1],
		against_voucher_type=values.pop("against_type", "Sales Invoice"),
		against_voucher_no=against,
		amount=amount,
		posting_date=day,
		**values,
	)


def _pay(database: Database, against: str, amount: float, day: str, **values: Any) -> None:
	_ledger(database, ("Payment Entry", f"PAY-{day}"), against, -amount, day, **values)


@pytest.mark.parametrize("status", ["Open", "Replied", "On Hold"])
def test_an_issue_in_work_is_open(database: Database, status: str) -> None:
	_issue(database, status=status, modified="2024-06-02 10:00:00")
	assert value_of(database, OPEN) == 1
	assert value_of(database, HOURS) is None


@pytest.mark.parametrize("status", ["Resolved", "Closed"])
def test_an_issue_is_open_until_the_day_it_was_resolved(database: Database, status: str) -> None:
	_issue(database, status=status, sla_resolution_date="2024-06-10 09:00:00", modified="2024-06-25 00:00:00")
	assert value_of(database, OPEN, as_of=date(2024, 6, 9)) == 1
	assert value_of(database, OPEN, as_of=date(2024, 6, 10)) == 0
	assert value_of(database, OPEN, as_of=date(2024, 5, 31)) is None


def test_without_a_resolution_date_the_last_change_stands_in(database: Database) -> None:
	_issue(database, status="Closed", modified="2024-06-03 10:00:00")
	assert value_of(database, OPEN, as_of=date(2024, 6, 2)) == 1
	assert value_of(database, OPEN, as_of=date(2024, 6, 3)) == 0
	assert value_of(database, HOURS) == 48


def test_hours_run_from_opening_to_resolution_however_long(database: Database) -> None:
	_issue(database, "2024-01-01", status="Closed", sla_resolution_date="2024-06-01 11:30:00")
	# 152 days and an hour and a half, far beyond the 838 hours that a time can hold
	assert value_of(database, HOURS) == 152 * 24 + 1.5
	assert value_of(database, HOURS, as_of=date(2024, 5, 31)) is None


def test_hours_keep_their_seconds(database: Database) -> None:
	_issue(database, status="Closed", sla_resolution_date="2024-06-01 10:00:01")
	assert value_of(database, HOURS) == pytest.approx(1 / 3600, abs=1e-6)


def test_hours_are_never_negative_and_a_missing_time_is_midnight(database: Database) -> None:
	_issue(database, status="Closed", sla_resolution_date="2024-06-01 09:00:00")
	assert value_of(database, HOURS) == 0
	database.add(
		"Issue",
		customer="B",
		opening_date="2024-06-01",
		opening_time=None,
		status="Closed",
		sla_resolution_date="2024-06-01 06:00:00",
	)
	assert value_of(database, HOURS, "B") == 6


def test_issues_can_be_counted_by_the_day_of_resolution(database: Database) -> None:
	for day in ("2024-06-20", "2024-06-21", "2024-06-30", "2024-07-01"):
		_issue(database, status="Closed", sla_resolution_date=f"{day} 12:00:00")
	_issue(database)
	assert value_of(database, metric(doctype="Issue", date_field="resolved_on", window_days=10)) == 2


@pytest.mark.parametrize(
	("values", "as_of", "expected"),
	[
		# resolved before, after, and after the day of scoring
		(
			{
				"sla_resolution_by": "2024-06-10 12:00:00",
				"status": "Closed",
				"sla_resolution_date": "2024-06-10 12:00:00",
			},
			AS_OF,
			0,
		),
		(
			{
				"sla_resolution_by": "2024-06-10 12:00:00",
				"status": "Closed",
				"sla_resolution_date": "2024-06-10 12:00:01",
			},
			AS_OF,
			1,
		),
		(
			{
				"sla_resolution_by": "2024-06-10 12:00:00",
				"status": "Closed",
				"sla_resolution_date": "2024-06-20 12:00:00",
			},
			date(2024, 6, 15),
			1,
		),
		(
			{
				"sla_resolution_by": "2024-06-10 12:00:00",
				"status": "Closed",
				"sla_resolution_date": "2024-06-20 12:00:00",
			},
			date(2024, 6, 9),
			0,
		),
		# not resolved: failed once the day of the limit is over
		({"sla_resolution_by": "2024-06-30 12:00:00"}, AS_OF, 0),
		({"sla_resolution_by": "2024-06-30 00:00:00"}, AS_OF, 0),
		({"sla_resolution_by": "2024-06-29 23:59:59"}, AS_OF, 1),
		# an answer in time does not save a late resolution
		(
			{
				"sla_resolution_by": "2024-06-10 12:00:00",
				"response_by": "2024-06-02 12:00:00",
				"first_responded_on": "2024-06-01 11:00:00",
			},
			AS_OF,
			1,
		),
		# only the answer has a limit
		({"response_by": "2024-06-02 12:00:00", "first_responded_on": "2024-06-02 12:00:00"}, AS_OF, 0),
		({"response_by": "2024-06-02 12:00:00", "first_responded_on": "2024-06-02 12:00:01"}, AS_OF, 1),
		(
			{"response_by": "2024-06-02 12:00:00", "first_responded_on": "2024-06-05 12:00:00"},
			date(2024, 6, 2),
			0,
		),
		(
			{"response_by": "2024-06-02 12:00:00", "first_responded_on": "2024-06-05 12:00:00"},
			date(2024, 6, 3),
			1,
		),
		(
			{
				"response_by": "2024-06-02 12:00:00",
				"status": "Closed",
				"sla_resolution_date": "2024-06-01 12:00:00",
			},
			AS_OF,
			0,
		),
		({"response_by": "2024-06-29 12:00:00"}, AS_OF, 1),
		({"response_by": "2024-06-30 12:00:00"}, AS_OF, 0),
		# no limit at all
		({}, AS_OF, 0),
		({"status": "Closed", "sla_resolution_date": "2024-06-20 12:00:00"}, AS_OF, 0),
		({"first_responded_on": "2024-06-20 12:00:00"}, AS_OF, 0),
	],
)
def test_a_failed_service_level_agreement(
	database: Database, values: dict[str, Any], as_of: date, expected: int
) -> None:
	_issue(database, **values)
	assert value_of(database, FAILED, as_of=as_of) == expected


def test_an_invoice_is_overdue_from_the_day_after_its_due_date(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-06-15")
	assert value_of(database, BILLED) == 100
	assert value_of(database, OVERDUE, as_of=date(2024, 6, 15)) == 0
	assert value_of(database, OVERDUE, as_of=date(2024, 6, 16)) == 100


def test_a_part_payment_leaves_the_rest_overdue_and_a_later_one_is_not_seen_yet(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "SINV-1", 30, "2024-06-10")
	_pay(database, "SINV-1", 70, "2024-07-05")
	assert value_of(database, OVERDUE, as_of=date(2024, 6, 9)) == 100
	assert value_of(database, OVERDUE) == 70
	assert value_of(database, OVERDUE, as_of=date(2024, 7, 5)) == 0
	assert value_of(database, BILLED) == 100


def test_an_overpayment_is_a_negative_amount(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "SINV-1", 130, "2024-06-10")
	assert value_of(database, OVERDUE) == -30


def test_a_credit_note_against_an_invoice_takes_off_what_is_owed_and_is_no_payment(
	database: Database,
) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_ledger(database, ("Sales Invoice", "SINV-RET"), "SINV-1", -40, "2024-06-05")
	assert value_of(database, OVERDUE) == 60
	assert value_of(database, BILLED) == 100
	assert value_of(database, DAYS_LATE) is None


def test_an_invoice_that_is_paid_on_the_spot_is_billed_and_not_owed(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_ledger(database, ("Sales Invoice", "SINV-1"), "SINV-1", -100, "2024-05-01")
	assert value_of(database, BILLED) == 100
	assert value_of(database, OVERDUE) == 0
	assert value_of(database, DAYS_LATE) is None


def test_what_does_not_settle_an_invoice_is_neither_billed_nor_overdue(database: Database) -> None:
	_invoice(database, "SINV-1", 100, None)
	_pay(database, "PAY-ADVANCE", 500, "2024-05-01", against_type="Payment Entry")
	_ledger(database, ("Journal Entry", "JV-1"), "JV-1", 250, "2024-05-01", against_type="Journal Entry")
	# a name of an invoice in another kind of voucher is not that invoice
	_pay(database, "SINV-1", 999, "2024-05-01", against_type="Purchase Invoice")
	_invoice(database, "SINV-2", 10, "2024-05-31")
	assert value_of(database, OVERDUE) == 10
	assert value_of(database, BILLED) == 110


def test_delinked_and_payable_rows_and_suppliers_do_not_count(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "SINV-1", 100, "2024-06-01", delinked=1)
	_pay(database, "SINV-1", 100, "2024-06-01", account_type="Payable")
	_pay(database, "SINV-1", 100, "2024-06-01", party_type="Supplier")
	assert value_of(database, OVERDUE) == 100


def test_days_late_are_the_mean_over_payments_and_early_ones_count_as_zero(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_invoice(database, "SINV-2", 100, "2024-05-31")
	_pay(database, "SINV-1", 50, "2024-05-10")
	_pay(database, "SINV-1", 50, "2024-06-10")
	assert value_of(database, DAYS_LATE) == 5
	_ledger(database, ("Journal Entry", "JV-2"), "SINV-2", -100, "2024-06-20")
	assert value_of(database, DAYS_LATE) == 10
	_pay(database, "SINV-2", 1, "2024-07-30")
	assert value_of(database, DAYS_LATE) == 10


def test_a_payment_of_an_invoice_without_a_due_date_has_no_days(database: Database) -> None:
	_invoice(database, "SINV-1", 100, None)
	_pay(database, "SINV-1", 50, "2024-05-10")
	assert value_of(database, DAYS_LATE) is None
	assert value_of(database, metric(doctype="Payment Ledger Entry", filters=[("is_payment", "=", 1)])) == 1


def test_a_refund_is_no_payment(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "SINV-1", -20, "2024-06-10")
	assert value_of(database, DAYS_LATE) is None
	assert value_of(database, OVERDUE) == 120


def test_every_computed_field_names_its_columns_and_has_a_kind() -> None:
	for doctype, declared in COMPUTED_FIELDS.items():
		assert set(declared) == set(NEEDED_COLUMNS[doctype])
		for name in declared:
			found = computed_field(doctype, name)
			assert found is not None
			assert found.kind in ("number", "currency", "datetime")
			assert missing_columns(TABLES[doctype], name) == []
			assert missing_columns(Table(doctype, (Column("name"),)), name) == list(
				NEEDED_COLUMNS[doctype][name]
			)
	assert computed_field("Issue", "status") is None
	assert computed_field("Sales Invoice", "is_open") is None
