"""Every measure, its window and the documents that count, on rows put in by hand."""

from datetime import date

import pytest
from asking import AS_OF, metric, value_of, values
from databases import Database

from crm_success.scoring.engine.definitions import CompanyRate, Filter, Metric, Money, Scale
from crm_success.scoring.engine.measure_table import Measure

NO_RETURNS = [("is_return", "=", 0)]


def test_a_window_ends_on_the_day_of_scoring_and_begins_after_the_day_n_days_before(
	database: Database,
) -> None:
	for day in ("2024-06-20", "2024-06-21", "2024-06-30", "2024-07-01"):
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=int(day[-2:]))
	assert value_of(database, metric(window_days=10)) == 2
	assert value_of(database, metric(Measure.SUM, value_field="base_net_total", window_days=10)) == 21 + 30
	assert value_of(database, metric(window_days=11)) == 3
	assert value_of(database, metric()) == 3


def test_a_window_over_datetimes_takes_whole_days(database: Database) -> None:
	moments = (
		"2024-06-20 23:59:59.999999",
		"2024-06-21 00:00:00",
		"2024-06-30 23:59:59.999999",
		"2024-07-01 00:00:00",
	)
	for moment in moments:
		database.add("Service Visit", party="A", visited_on=moment)
	assert value_of(database, metric(doctype="Service Visit", window_days=10)) == 2
	assert value_of(database, metric(Measure.DAYS_SINCE_LAST, "Service Visit")) == 0
	assert value_of(database, metric(Measure.DAYS_SINCE_FIRST, "Service Visit")) == 10


def test_a_window_longer_than_the_calendar_takes_everything(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="0001-01-02", base_net_total=5)
	database.add("Sales Invoice", customer="A", posting_date="9999-12-31", base_net_total=7)
	for days in (0, 800_000, 10**9):
		assert value_of(database, metric(window_days=days)) == 1
	change = metric(Measure.CHANGE, window_days=10**9)
	assert value_of(database, change) is None


@pytest.mark.parametrize(
	("measure", "expected"),
	[
		(Measure.COUNT, 4),
		(Measure.SUM, 100.5 + 20.25 - 30 + 0),
		(Measure.AVERAGE, (100.5 + 20.25 - 30) / 4),
		(Measure.MINIMUM, -30),
		(Measure.MAXIMUM, 100.5),
		(Measure.DISTINCT_COUNT, 4),
		(Measure.DAYS_SINCE_LAST, 30),
		(Measure.DAYS_SINCE_FIRST, 151),
	],
)
def test_each_simple_measure(database: Database, measure: Measure, expected: float) -> None:
	for day, amount in (("2024-01-31", 100.5), ("2024-05-01", 20.25), ("2024-05-31", -30), ("2024-05-31", 0)):
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=amount)
	value = value_of(database, metric(measure, value_field="base_net_total"))
	assert value == pytest.approx(expected, abs=1e-6)


def test_an_average_of_whole_numbers_has_all_its_decimals(database: Database) -> None:
	for number in (1, 1, 2):
		database.add("Sales Invoice", customer="A", posting_date="2024-06-01", items_count=number)
	assert value_of(database, metric(Measure.AVERAGE, value_field="items_count")) == 1.333333


def test_distinct_values_count_once_and_empty_ones_not_at_all(database: Database) -> None:
	for territory in ("North", "North", "South", "", None):
		database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory=territory)
	assert value_of(database, metric(Measure.DISTINCT_COUNT, value_field="territory")) == 2
	assert value_of(database, metric(Measure.DISTINCT_COUNT, value_field="posting_date")) == 1


def test_a_share_is_the_percentage_of_matching_documents(database: Database) -> None:
	for status, priority in (("Open", "High"), ("Closed", "High"), ("Closed", "Low"), ("Closed", None)):
		database.add("Issue", customer="A", opening_date="2024-06-01", status=status, priority=priority)
	high = [("priority", "in", ("High", "Urgent"))]
	assert value_of(database, metric(Measure.SHARE, "Issue", matching=high)) == 50
	closed = metric(Measure.SHARE, "Issue", filters=[("status", "=", "Closed")], matching=high)
	assert value_of(database, closed) == 33.333333
	nothing = metric(Measure.SHARE, "Issue", filters=[("status", "=", "On Hold")], matching=high)
	assert value_of(database, nothing) is None


def test_a_share_of_an_amount_adds_the_amount(database: Database) -> None:
	for is_return, amount in ((0, 300), (0, 100), (1, -100)):
		database.add(
			"Sales Invoice",
			customer="A",
			posting_date="2024-06-01",
			is_return=is_return,
			base_net_total=amount,
		)
	returned = metric(Measure.SHARE, value_field="base_net_total", matching=[("is_return", "=", 1)])
	assert value_of(database, returned) == pytest.approx(-100 / 300 * 100, abs=1e-6)


def test_a_change_compares_a_window_with_the_one_before(database: Database) -> None:
	for day, amount in (("2024-06-20", 999), ("2024-06-21", 100), ("2024-06-30", 50), ("2024-06-11", 200)):
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=amount)
	# 21 to 30 June against 11 to 20 June
	change = metric(Measure.CHANGE, value_field="base_net_total", window_days=10)
	assert value_of(database, change) == pytest.approx(100 * (150 - 1199) / 1199, abs=1e-6)
	assert value_of(database, metric(Measure.CHANGE, window_days=10)) == 0


def test_a_change_from_nothing_is_missing_however_the_amounts_are_rounded(database: Database) -> None:
	for amount in (0.1, 0.2, -0.3):
		database.add("Sales Invoice", customer="A", posting_date="2024-06-15", base_net_total=amount)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-25", base_net_total=10)
	change = metric(Measure.CHANGE, value_field="base_net_total", window_days=10)
	assert value_of(database, change) is None


def test_declining_months_are_counted_back_from_the_last_complete_month(database: Database) -> None:
	amounts = {"2024-01-31": 10, "2024-02-01": 40, "2024-03-31": 30, "2024-04-15": 20, "2024-05-31": 19}
	for day, amount in amounts.items():
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=amount)
	declining = metric(Measure.DECLINING_MONTHS, value_field="base_net_total", window_days=180)
	# on the last day of June, June is complete and had nothing: below May, May below April, April below March ...
	assert value_of(database, declining, as_of=date(2024, 6, 30)) == 4
	assert value_of(database, declining, as_of=date(2024, 6, 29)) == 3
	assert value_of(database, declining, as_of=date(2024, 2, 29)) == 0


def test_equal_months_do_not_decline_however_their_sums_are_rounded(database: Database) -> None:
	for day, amount in (("2024-05-02", 0.1), ("2024-05-03", 0.2), ("2024-04-02", 0.3), ("2024-06-02", 0.3)):
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=amount)
	declining = metric(Measure.DECLINING_MONTHS, value_field="base_net_total", window_days=90)
	assert value_of(database, declining) == 0


def test_returns_count_in_net_revenue_and_not_in_frequency(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", base_net_total=100)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-20", base_net_total=-40, is_return=1)
	assert value_of(database, metric(Measure.SUM, value_field="base_net_total")) == 60
	assert value_of(database, metric(filters=NO_RETURNS)) == 1
	assert value_of(database, metric(Measure.DAYS_SINCE_LAST, filters=NO_RETURNS)) == 29


def test_who_only_brought_something_back_has_no_value_of_invoices_or_their_rows(database: Database) -> None:
	for row in ({"is_return": 1}, {"is_debit_note": 1}):
		name = database.add(
			"Sales Invoice", customer="A", posting_date="2024-06-20", base_net_total=-5, **row
		)
		database.add("Sales Invoice Item", parent=name, qty=1)
	items = metric(Measure.SUM, "Sales Invoice Item", parent_doctype="Sales Invoice", value_field="qty")
	for asked in (metric(), metric(Measure.SUM, value_field="base_net_total"), items):
		assert value_of(database, asked) is None
	name = database.add("Sales Invoice", customer="A", posting_date="2023-01-01", base_net_total=100)
	database.add("Sales Invoice Item", parent=name, qty=1)
	assert value_of(database, metric()) == 3
	assert value_of(database, metric(Measure.SUM, value_field="base_net_total", window_days=30)) == -10
	assert value_of(database, items) == 3


def test_a_window_without_any_document_never_speaks_for_a_customer(database: Database) -> None:
	database.add("Issue", customer="A", opening_date="2024-01-01", priority="High")
	asked = {"doctype": "Issue", "window_days": 30, "filters": [("priority", "=", "High")]}
	fewer, more = metric(scale=Scale(worst=10, best=0), **asked), metric(scale=Scale(best=10), **asked)
	assert (value_of(database, fewer), value_of(database, more)) == (None, 0)
	database.add("Issue", customer="A", opening_date="2024-06-10", priority="Low")
	assert (value_of(database, fewer), value_of(database, more)) == (0, 0)


def test_nothing_in_two_windows_is_a_fall_for_who_had_something_of_the_kind(database: Database) -> None:
	database.add(
		"Sales Invoice", customer="A", posting_date="2024-01-01", base_net_total=50, territory="North"
	)
	change = {"measure": Measure.CHANGE, "window_days": 10, "value_field": "base_net_total"}
	assert value_of(database, metric(**change)) == -100
	assert value_of(database, metric(filters=[("territory", "=", "South")], **change)) is None
	database.add("Sales Invoice", customer="A", posting_date="2024-06-30", base_net_total=1)
	assert value_of(database, metric(**change)) is None
	database.add("Sales Invoice", customer="A", posting_date="2024-06-20", base_net_total=2)
	assert value_of(database, metric(**change)) == -50


@pytest.mark.parametrize(
	"never_counts", [{"docstatus": 0}, {"docstatus": 2}, {"is_opening": "Yes"}, {"is_internal_customer": 1}]
)
def test_drafts_cancelled_opening_and_internal_documents_never_count(
	database: Database, never_counts: dict[str, object]
) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01")
	database.add("Sales Invoice", customer="A", posting_date="2024-06-02", is_opening=None)
	database.add("Sales Invoice", customer="A", posting_date="2024-06-03", **never_counts)
	assert value_of(database, metric()) == 2


def test_documents_that_cannot_be_submitted_count_unless_cancelled(database: Database) -> None:
	database.add("Issue", customer="A", opening_date="2024-06-01")
	database.add("Issue", customer="A", opening_date="2024-06-01", docstatus=2)
	assert value_of(database, metric(doctype="Issue")) == 1


def test_documents_without_a_customer_or_a_date_count_for_nobody(database: Database) -> None:
	for customer in (None, "", "A"):
		database.add("Sales Invoice", customer=customer, posting_date="2024-06-01")
	database.add("Sales Invoice", customer="A", posting_date=None)
	found = values(database, metric())
	assert found["m"].to_dict() == {"A": 1}


def test_a_customer_with_only_later_documents_has_no_value(database: Database) -> None:
	database.add("Issue", customer="A", opening_date="2024-07-01")
	assert value_of(database, metric(doctype="Issue")) is None
	database.add("Issue", customer="A", opening_date="2024-06-01", status="Closed")
	assert value_of(database, metric(doctype="Issue", filters=[("status", "=", "Open")])) == 0


def test_rows_of_a_child_table_take_customer_date_and_status_from_their_parent(database: Database) -> None:
	kept = database.add("Sales Invoice", customer="A", posting_date="2024-06-01")
	cancelled = database.add("Sales Invoice", customer="A", posting_date="2024-06-01", docstatus=2)
	opening = database.add("Sales Invoice", customer="A", posting_date="2024-06-01", is_opening="Yes")
	for parent in (kept, kept, cancelled, opening):
		database.add(
			"Sales Invoice Item", parent=parent, docstatus=1, qty=2, item_group="Paper", base_net_amount=9
		)
	database.add("Sales Invoice Item", parent=kept, docstatus=1, parenttype="Quotation", qty=100)
	asked = {"doctype": "Sales Invoice Item", "parent_doctype": "Sales Invoice", "window_days": 60}
	assert value_of(database, metric(Measure.SUM, value_field="qty", **asked)) == 4
	paper = metric(filters=[("item_group", "=", "Paper"), ("company", "=", "Main")], **asked)
	assert value_of(database, paper) == 2
	assert value_of(database, metric(Measure.SUM, value_field="base_net_amount", **asked)) == 18


def test_other_parties_of_a_dynamic_link_are_not_customers(database: Database) -> None:
	database.add("Service Visit", party="A", visited_on="2024-06-01 10:00:00")
	database.add("Service Visit", party="A", visited_on="2024-06-02 10:00:00", party_type="Supplier")
	assert value_of(database, metric(doctype="Service Visit")) == 1


def test_the_dynamic_link_of_a_child_row_says_what_it_links_to(database: Database) -> None:
	entry = database.add("Journal Entry", posting_date="2024-06-01")
	database.add("Journal Entry Account", parent=entry, party="A", credit=10)
	database.add("Journal Entry Account", parent=entry, party="A", credit=99, party_type="Supplier")
	asked = {"doctype": "Journal Entry Account", "parent_doctype": "Journal Entry", "value_field": "credit"}
	assert value_of(database, metric(Measure.SUM, **asked)) == 10


def test_customer_itself_can_be_the_source(database: Database) -> None:
	database.add("Customer", name="A", creation="2024-06-20 15:00:00")
	assert value_of(database, metric(Measure.DAYS_SINCE_FIRST, "Customer")) == 10


def test_durations_are_hours(database: Database) -> None:
	for seconds in (5400, 1800, None):
		database.add("Service Visit", party="A", visited_on="2024-06-01 10:00:00", duration=seconds)
	longer = [("duration", ">", 3600)]
	assert value_of(database, metric(Measure.SUM, "Service Visit", value_field="duration")) == 2
	assert value_of(database, metric(Measure.AVERAGE, "Service Visit", value_field="duration")) == 1
	assert value_of(database, metric(Measure.MAXIMUM, "Service Visit", value_field="duration")) == 1.5
	assert value_of(database, metric(doctype="Service Visit", filters=longer)) == 1


def test_amounts_of_several_companies_are_converted_and_one_without_a_rate_is_left_out(
	database: Database,
) -> None:
	for company, amount in (("Main", 100), ("Branch", 100), ("Unknown", 5000)):
		row = {"customer": "A", "company": company, "posting_date": "2024-06-01", "total_qty": 1}
		name = database.add("Sales Invoice", base_net_total=amount, **row)
		database.add("Sales Invoice Item", parent=name, base_net_amount=amount)
	rates = (CompanyRate("Main", 1.0), CompanyRate("Branch", 0.85))
	revenue = metric(Measure.SUM, value_field="base_net_total")
	assert value_of(database, revenue, money=Money("EUR", rates=rates)) == 185
	assert value_of(database, revenue) == 5200
	# a number that is no amount of money needs no rate, and a named company counts alone
	quantity = metric(Measure.SUM, value_field="total_qty")
	assert value_of(database, quantity, money=Money("EUR", rates=rates)) == 3
	assert value_of(database, revenue, money=Money("EUR", companies=("Branch",))) == 100
	items = metric(
		Measure.SUM,
		"Sales Invoice Item",
		parent_doctype="Sales Invoice",
		value_field="base_net_amount",
		customer_field="customer",
	)
	assert value_of(database, items, money=Money("EUR", rates=rates)) == 185


def test_absurd_amounts_and_customer_names_pass_through(database: Database) -> None:
	names = ['O\'Brien "& Sons" %s \\', "😀 Emoji", "x" * 140, "%(p1)s :p1", "-- ; DROP TABLE"]
	for name in names:
		database.add(
			"Sales Invoice", customer=name, posting_date="2024-06-01", base_net_total=999999999999.123456789
		)
	found = values(database, metric(Measure.SUM, value_field="base_net_total"))
	assert sorted(found.index) == sorted(names)
	assert found["m"].round(2).unique().tolist() == [999999999999.12]


def test_the_past_looks_as_it_did(database: Database) -> None:
	for day in ("2023-12-31", "2024-01-01", "2024-06-01"):
		database.add("Sales Invoice", customer="A", posting_date=day, base_net_total=10)
	for as_of, documents, days in ((date(2023, 12, 31), 1, 0), (date(2024, 5, 31), 2, 151), (AS_OF, 3, 29)):
		assert value_of(database, metric(), as_of=as_of) == documents
		assert value_of(database, metric(Measure.DAYS_SINCE_LAST), as_of=as_of) == days
	assert value_of(database, metric(), as_of=date(2023, 12, 30)) is None


def test_metrics_with_two_date_fields_read_together(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", delivered_on="2024-07-05 10:00:00")
	database.add("Sales Invoice", customer="B", posting_date="2024-07-02", delivered_on="2024-06-05 10:00:00")
	posted = metric()
	delivered = Metric(**{**vars(metric()), "key": "delivered", "date_field": "delivered_on"})
	found = values(database, posted, delivered)
	assert found.loc["A"].fillna(-1).to_dict() == {"m": 1, "delivered": -1}
	assert found.loc["B"].fillna(-1).to_dict() == {"m": -1, "delivered": 1}


def test_filters_are_part_of_what_an_aggregate_is(database: Database) -> None:
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory="North")
	database.add("Sales Invoice", customer="A", posting_date="2024-06-01", territory="South")
	north = metric(filters=[Filter("territory", "=", "North").__dict__.values()])
	assert value_of(database, north) == 1
