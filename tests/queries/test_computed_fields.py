"""The fields that the app computes, as of any date, on rows put in by hand."""

from datetime import date
from typing import Any

import pytest
from asking import AS_OF, metric, value_of
from databases import Database
from erpnext_tables import TABLES

from crm_success.scoring.engine.definitions import Scale, ScaleKind
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.computed import (
	COMPUTED_FIELDS,
	NEEDED_COLUMNS,
	computed_field,
	missing_columns,
)
from crm_success.scoring.queries.tables import Column, Table

OPEN = metric(doctype="Issue", filters=[("is_open", "=", 1)])
FEWER = Scale(ScaleKind.LINEAR, worst=5, best=0)
FAILED = metric(doctype="Issue", filters=[("is_sla_failed", "=", 1)])
HOURS = metric(Measure.AVERAGE, "Issue", value_field="hours_to_resolve")

RECEIVABLE = [("account_type", "=", "Receivable")]
BILLED = metric(Measure.SUM, "Payment Ledger Entry", value_field="billed_amount", filters=RECEIVABLE)
PAYMENTS = metric(doctype="Payment Ledger Entry", filters=[*RECEIVABLE, ("is_payment", "=", 1)])
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
	database: Database, name: str, amount: float, due: str | None, posting: str = "2024-05-01", **values: Any
) -> None:
	_invoice_alone(database, name, amount, due, posting, **values)
	_ledger(database, ("Sales Invoice", name), name, amount, posting)


def _invoice_alone(
	database: Database, name: str, amount: float, due: str | None, posting: str = "2024-05-01", **values: Any
) -> None:
	usual = {"customer": "A", "currency": "EUR", "party_account_currency": "EUR", "base_grand_total": amount}
	database.add("Sales Invoice", name=name, posting_date=posting, due_date=due, **usual | values)


def _instalments(database: Database, invoice: str, *parts: tuple[str, float]) -> None:
	for number, (due, amount) in enumerate(parts, start=1):
		database.add(
			"Payment Schedule",
			parent=invoice,
			idx=number,
			due_date=due,
			payment_amount=amount,
			base_payment_amount=amount,
		)


def _journal(database: Database, name: str, account_type: str) -> tuple[str, str]:
	"""A Journal Entry that debits an account of that type."""
	account = database.add("Account", account_type=account_type)
	database.add("Journal Entry Account", parent=name, account=account, debit=1)
	return ("Journal Entry", name)


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
		amount_in_account_currency=values.pop("in_account_currency", amount),
		account=values.pop("account", "Debtors"),
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


def test_erpnexts_own_time_is_taken_where_it_keeps_one(database: Database) -> None:
	kept = {"service_level_agreement": "SLA", "sla_resolution_date": "2024-06-03 10:00:00"}
	_issue(database, status="Closed", **kept, resolution_time=7200, modified="2024-06-20 10:00:00")
	assert value_of(database, HOURS) == 2


def test_time_on_hold_is_not_ours(database: Database) -> None:
	_issue(database, status="Closed", sla_resolution_date="2024-06-02 10:00:00", total_hold_time=18 * 3600)
	assert value_of(database, HOURS) == 24 - 18
	kept = {"service_level_agreement": "SLA", "sla_resolution_date": "2024-06-03 10:00:00"}
	_issue(database, status="Closed", **kept, resolution_time=4 * 3600, total_hold_time=3600)
	assert value_of(database, HOURS) == (6 + 3) / 2


def test_editing_a_closed_issue_moves_neither_its_day_nor_its_hours(database: Database) -> None:
	closed = {"status": "Closed", "health_closed_on": "2024-06-01 12:00:00"}
	_issue(database, **closed, modified="2024-06-25 10:00:00")
	assert value_of(database, OPEN, as_of=date(2024, 6, 1)) == 0
	assert value_of(database, HOURS) == 2


@pytest.mark.parametrize("columns", ["without it", "of another kind"])
def test_a_database_without_the_moment_of_closing_has_the_last_change(
	database: Database, columns: str
) -> None:
	"""One that the app is not installed in, or where somebody made another field of ours."""
	_issue(database, status="Closed", health_closed_on="2024-06-01 12:00:00", modified="2024-06-03 10:00:00")
	kept = [column for column in TABLES["Issue"].columns if column.name != "health_closed_on"]
	if columns == "of another kind":
		kept.append(Column("health_closed_on"))
	tables = {**TABLES, "Issue": Table("Issue", tuple(kept))}
	assert value_of(database, HOURS, tables=tables) == 48


def test_a_closing_without_an_agreement_is_not_that_of_an_agreement_before(database: Database) -> None:
	"""Closed under an agreement, which was then switched off; opened again, and closed again after two days more."""
	before = {"sla_resolution_date": "2024-06-01 12:00:00", "resolution_time": 7200}
	_issue(database, status="Closed", **before, health_closed_on="2024-06-03 12:00:00")
	assert value_of(database, OPEN, as_of=date(2024, 6, 2)) == 1
	assert value_of(database, HOURS) == 50


SPLIT_OFF = {"issue_split_from": "ISS-1", "creation": "2024-06-20 10:00:00"}


def test_the_time_of_a_split_issue_begins_when_it_was_split_off(database: Database) -> None:
	_issue(database, "2024-05-01", **SPLIT_OFF, status="Closed", health_closed_on="2024-06-20 12:00:00")
	assert value_of(database, HOURS) == 2
	begun = {"service_level_agreement_creation": "2024-06-20 11:00:00"}
	_issue(
		database, "2024-05-01", **SPLIT_OFF, **begun, status="Closed", health_closed_on="2024-06-20 12:00:00"
	)
	assert value_of(database, HOURS) == 1.5


def test_a_split_issue_was_not_there_before(database: Database) -> None:
	_issue(database, "2024-05-01", name="ISS-1")
	_issue(database, "2024-05-01", **SPLIT_OFF)
	assert value_of(database, OPEN, as_of=date(2024, 6, 19)) == 1
	assert value_of(database, OPEN, as_of=date(2024, 6, 20)) == 2
	assert value_of(database, metric(doctype="Issue"), as_of=date(2024, 6, 19)) == 1


@pytest.mark.parametrize(
	("original", "hours"),
	[
		# ERPNext copied two of the five hours on hold
		({"name": "ISS-1", "total_hold_time": 2 * 3600}, 10 - 3),
		({"name": "ISS-1", "total_hold_time": None}, 10 - 5),
		# it went on waiting: nobody knows how much of it was copied
		({"name": "ISS-1", "total_hold_time": 9 * 3600}, 10),
		({"name": "ISS-OTHER", "total_hold_time": 2 * 3600}, 10),
	],
)
def test_time_on_hold_before_the_split_is_not_taken_off_again(
	database: Database, original: dict[str, Any], hours: float
) -> None:
	_issue(database, **original)
	closed = {"status": "Closed", "health_closed_on": "2024-06-20 20:00:00"}
	_issue(database, "2024-05-01", **SPLIT_OFF, **closed, total_hold_time=5 * 3600)
	assert value_of(database, HOURS) == hours


def test_issues_can_be_counted_by_the_day_of_resolution(database: Database) -> None:
	for day in ("2024-06-20", "2024-06-21", "2024-06-30", "2024-07-01"):
		_issue(database, status="Closed", sla_resolution_date=f"{day} 12:00:00")
	_issue(database)
	assert value_of(database, metric(doctype="Issue", date_field="resolved_on", window_days=10)) == 2


OPEN_LATELY = metric(
	doctype="Issue", date_field="open_until", window_days=10, filters=[("is_open", "=", 1)], scale=FEWER
)


def test_an_issue_counts_as_open_however_old_it_is(database: Database) -> None:
	_issue(database, "2022-01-01")
	assert value_of(database, OPEN_LATELY) == 1
	# as of a day before it was opened there was none
	assert value_of(database, OPEN_LATELY, as_of=date(2021, 12, 31)) is None


@pytest.mark.parametrize(("resolved_on", "value"), [("2024-06-21", 0), ("2024-06-20", None)])
def test_that_nothing_is_open_is_known_of_who_had_something_lately(
	database: Database, resolved_on: str, value: int | None
) -> None:
	_issue(database, "2022-01-01", status="Closed", sla_resolution_date=f"{resolved_on} 12:00:00")
	assert value_of(database, OPEN_LATELY) == value
	assert value_of(database, OPEN_LATELY, as_of=date(2024, 6, 19)) == 1


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


def test_who_overpaid_one_invoice_still_owes_another(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_invoice(database, "SINV-2", 50, "2024-05-31")
	_pay(database, "SINV-1", 130, "2024-06-10")
	assert value_of(database, OVERDUE) == 50


def test_of_instalments_those_past_their_day_are_overdue_and_payments_settle_the_earliest(
	database: Database,
) -> None:
	_invoice(database, "SINV-1", 300, "2024-07-20")
	_instalments(database, "SINV-1", ("2024-05-20", 100), ("2024-06-20", 100), ("2024-07-20", 100))
	assert value_of(database, OVERDUE, as_of=date(2024, 5, 20)) == 0
	assert value_of(database, OVERDUE) == 200
	_pay(database, "SINV-1", 150, "2024-06-25")
	assert value_of(database, OVERDUE) == 50
	_pay(database, "SINV-1", 100, "2024-06-26")
	assert value_of(database, OVERDUE) == 0
	assert value_of(database, OVERDUE, as_of=date(2024, 7, 21)) == 50


def test_days_late_are_those_of_the_instalments_that_a_payment_settles(database: Database) -> None:
	_invoice(database, "SINV-1", 200, "2024-06-10")
	_instalments(database, "SINV-1", ("2024-05-10", 100), ("2024-06-10", 100))
	_pay(database, "SINV-1", 100, "2024-06-19")
	assert value_of(database, DAYS_LATE) == 40
	# the second is paid on its day
	_pay(database, "SINV-1", 100, "2024-06-10")
	assert value_of(database, DAYS_LATE, as_of=date(2024, 6, 10)) == 31


def test_a_payment_over_two_instalments_is_as_late_as_the_earliest_that_was_open(database: Database) -> None:
	_invoice(database, "SINV-1", 200, "2024-06-10")
	_instalments(database, "SINV-1", ("2024-05-10", 100), ("2024-06-10", 100))
	_pay(database, "SINV-1", 50, "2024-05-10")
	_pay(database, "SINV-1", 150, "2024-06-20")
	assert value_of(database, DAYS_LATE) == (0 + 41) / 2


def test_payments_of_one_day_settle_in_the_order_in_which_they_were_made(database: Database) -> None:
	_invoice(database, "SINV-1", 200, "2024-06-10")
	_instalments(database, "SINV-1", ("2024-05-10", 100), ("2024-06-10", 100))
	# names are drawn at random
	_pay(database, "SINV-1", 150, "2024-06-19", name="second", creation="2024-06-20 10:00:00.000001")
	_pay(database, "SINV-1", 50, "2024-06-19", name="first", creation="2024-06-20 10:00:00.000002")
	assert value_of(database, DAYS_LATE) == (40 + 9) / 2


def test_instalments_of_an_account_in_another_currency_are_compared_in_it(database: Database) -> None:
	usd = {"currency": "USD", "party_account_currency": "USD"}
	_invoice_alone(database, "SINV-1", 160, "2024-06-10", **usd)
	_ledger(database, ("Sales Invoice", "SINV-1"), "SINV-1", 160, "2024-05-01", in_account_currency=200)
	for number, due in ((1, "2024-05-10"), (2, "2024-06-10")):
		amounts = {"payment_amount": 100, "base_payment_amount": 80}
		database.add("Payment Schedule", parent="SINV-1", idx=number, due_date=due, **amounts)
	# paid at another rate; the difference of exchange is no money
	_pay(database, "SINV-1", 90, "2024-05-20", in_account_currency=-100)
	_ledger(
		database,
		_journal(database, "JV-1", "Income Account"),
		"SINV-1",
		10,
		"2024-05-20",
		in_account_currency=0,
	)
	assert value_of(database, DAYS_LATE) == 10
	assert value_of(database, OVERDUE) == 80


def test_what_an_account_currency_does_not_owe_is_not_overdue(database: Database) -> None:
	_invoice_alone(database, "SINV-1", 100, "2024-05-31", currency="USD", party_account_currency="USD")
	_ledger(database, ("Sales Invoice", "SINV-1"), "SINV-1", 100, "2024-05-01", in_account_currency=120)
	_pay(database, "SINV-1", 95, "2024-06-01", in_account_currency=-120)
	assert value_of(database, OVERDUE) == 0


def test_a_journal_entry_that_debits_the_customer_is_a_debt(database: Database) -> None:
	journal = {"against_type": "Journal Entry", "due_date": "2024-06-15"}
	_ledger(database, ("Journal Entry", "JV-1"), "JV-1", 1000, "2024-05-01", **journal)
	assert value_of(database, OVERDUE, as_of=date(2024, 6, 15)) == 0
	assert value_of(database, OVERDUE) == 1000
	assert value_of(database, BILLED) == 0
	_pay(database, "JV-1", 400, "2024-06-20", against_type="Journal Entry")
	assert value_of(database, OVERDUE) == 600
	assert value_of(database, DAYS_LATE) == 5


def test_whom_nothing_was_charged_has_no_value(database: Database) -> None:
	_pay(database, "PAY-ADVANCE", 500, "2024-05-01", against_type="Payment Entry")
	assert value_of(database, OVERDUE) is None
	assert value_of(database, BILLED) is None


@pytest.mark.parametrize(
	("account_type", "payments"),
	[("Bank", 1), ("Cash", 1), ("Expense Account", 0), ("Receivable", 0), (None, 0)],
)
def test_a_journal_entry_is_a_payment_where_money_came_in(
	database: Database, account_type: str, payments: int
) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_ledger(database, _journal(database, "JV-1", account_type), "SINV-1", -100, "2024-06-20")
	assert value_of(database, PAYMENTS) == payments
	assert value_of(database, DAYS_LATE) == (20 if payments else None)
	assert value_of(database, OVERDUE) == 0


def test_a_sale_at_the_till_is_billed_once_and_paid_at_once(database: Database) -> None:
	_invoice_alone(database, "SINV-1", 10.4, "2024-05-01", is_pos=1, base_rounded_total=10)
	# a note of 20, so that the change is as much as the total
	for amount in (10, -20, 10):
		_ledger(database, ("Sales Invoice", "SINV-1"), "SINV-1", amount, "2024-05-01")
	assert value_of(database, BILLED) == 10
	assert value_of(database, OVERDUE) == 0
	assert value_of(database, PAYMENTS) == 1
	assert value_of(database, DAYS_LATE) == 0


def test_money_given_back_at_the_till_is_not_billed(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-01", is_pos=1)
	_ledger(database, ("Sales Invoice", "SINV-1"), "SINV-1", -100, "2024-05-01")
	_invoice_alone(
		database, "RET-1", -100, "2024-05-09", "2024-05-09", is_pos=1, is_return=1, return_against="SINV-1"
	)
	for amount in (-100, 100):
		_ledger(database, ("Sales Invoice", "RET-1"), "RET-1", amount, "2024-05-09")
	assert value_of(database, BILLED) == 100
	assert value_of(database, OVERDUE) == 0
	assert value_of(database, PAYMENTS) == 1


def test_a_credit_note_that_stands_by_itself_settles_its_invoice_on_the_day(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_invoice_alone(database, "RET-1", -100, "2024-06-30", "2024-06-30", is_return=1, return_against="SINV-1")
	_ledger(database, ("Sales Invoice", "RET-1"), "RET-1", -100, "2024-06-30")
	assert value_of(database, OVERDUE, as_of=date(2024, 6, 29)) == 100
	assert value_of(database, OVERDUE) == 0
	# the money goes back, so the invoice is settled by nothing any more
	_pay(database, "RET-1", -100, "2024-07-02")
	assert value_of(database, OVERDUE, as_of=date(2024, 7, 2)) == 100


@pytest.mark.parametrize(("flag", "expected"), [("is_return", 1), ("is_debit_note", 1), (None, 2)])
def test_neither_a_return_nor_the_correction_of_a_price_is_a_purchase(
	database: Database, flag: str | None, expected: int
) -> None:
	# whom nothing was ever sold has no value at all
	database.add("Sales Invoice", customer="A", posting_date="2024-05-01")
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", **({flag: 1} if flag else {}))
	assert value_of(database, metric(filters=[("is_purchase", "=", 1)])) == expected


def test_rows_that_a_ledger_has_cancelled_never_count(database: Database) -> None:
	for cancelled in (0, 1):
		values = {"party": "A", "posting_date": "2024-06-01", "is_cancelled": cancelled}
		database.add("GL Entry", debit=100 + cancelled, **values)
	assert value_of(database, metric(Measure.SUM, "GL Entry", value_field="debit")) == 100


def test_a_credit_note_against_an_invoice_takes_off_what_is_owed_and_is_no_payment(
	database: Database,
) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_ledger(database, ("Sales Invoice", "SINV-RET"), "SINV-1", -40, "2024-06-05")
	assert value_of(database, OVERDUE) == 60
	assert value_of(database, BILLED) == 100
	assert value_of(database, DAYS_LATE) is None


def test_what_settles_no_debt_takes_off_none(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "PAY-ADVANCE", 500, "2024-05-01", against_type="Payment Entry")
	# a name of an invoice in another kind of voucher is not that invoice
	_pay(database, "SINV-1", 999, "2024-05-01", against_type="Purchase Invoice")
	assert value_of(database, OVERDUE) == 100
	assert value_of(database, BILLED) == 100
	assert value_of(database, DAYS_LATE) is None


def test_delinked_and_payable_rows_and_suppliers_do_not_count(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_pay(database, "SINV-1", 100, "2024-06-01", delinked=1)
	_pay(database, "SINV-1", 100, "2024-06-01", account_type="Payable", account="Creditors")
	_pay(database, "SINV-1", 100, "2024-06-01", party_type="Supplier")
	assert value_of(database, OVERDUE) == 100


def test_days_late_are_the_mean_over_payments_and_early_ones_count_as_zero(database: Database) -> None:
	_invoice(database, "SINV-1", 100, "2024-05-31")
	_invoice(database, "SINV-2", 100, "2024-05-31")
	_pay(database, "SINV-1", 50, "2024-05-10")
	_pay(database, "SINV-1", 50, "2024-06-10")
	assert value_of(database, DAYS_LATE) == 5
	_ledger(database, _journal(database, "JV-2", "Bank"), "SINV-2", -100, "2024-06-20")
	assert value_of(database, DAYS_LATE) == 10
	_pay(database, "SINV-2", 1, "2024-07-30")
	assert value_of(database, DAYS_LATE) == 10


def test_a_payment_of_an_invoice_without_a_due_date_has_no_days(database: Database) -> None:
	_invoice(database, "SINV-1", 100, None)
	_pay(database, "SINV-1", 50, "2024-05-10")
	assert value_of(database, DAYS_LATE) is None
	assert value_of(database, PAYMENTS) == 1


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
			assert missing_columns(Table(doctype, (Column("anything"),)), name) == list(
				NEEDED_COLUMNS[doctype][name]
			)
	assert computed_field("Issue", "status") is None
	assert computed_field("Sales Invoice", "is_open") is None
