"""What a plan reads, and what it refuses to read. Needs no database."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from asking import metric
from erpnext_tables import TABLES

from crm_success.database.dialects import Bindings, Dialect
from crm_success.scoring.engine.definitions import Filter, Limits, Metric, Money
from crm_success.scoring.engine.errors import SourceError
from crm_success.scoring.engine.measure_table import Measure, Window
from crm_success.scoring.engine.pipeline import all_metrics
from crm_success.scoring.engine.profile import profile_metrics
from crm_success.scoring.queries.plan import measure_parts, plan_reads
from crm_success.scoring.queries.source_rows import window_bounds
from crm_success.scoring.queries.tables import Column, Table, kind_of
from crm_success.standalone.default_definitions import default_definitions

JUNE_30 = date(2024, 6, 30)


def _problem(asked: Metric) -> str:
	plan = plan_reads([asked], TABLES)
	assert plan.reads == ()
	assert [problem.metric for problem in plan.problems] == ["m"]
	return plan.problems[0].reason


def test_metrics_of_one_source_share_a_read_and_equal_aggregates_a_column() -> None:
	first = metric(Measure.SUM, value_field="base_net_total", window_days=365, key="a")
	same = metric(Measure.SUM, value_field="base_net_total", window_days=365, key="b")
	average = metric(Measure.AVERAGE, value_field="base_net_total", window_days=365, key="c")
	issues = metric(doctype="Issue", key="d")
	plan = plan_reads([first, same, average, issues], TABLES)
	assert [read.source.doctype for read in plan.reads] == ["Sales Invoice", "Issue"]
	# seen, seen in the window, sum and average; the sum serves two metrics
	assert len(plan.reads[0].aggregates) == 4
	sums = {part.aggregate for part in plan.reads[0].parts if part.part == "value" and part.metric in "ab"}
	assert len(sums) == 1


def test_the_whole_profile_can_be_read_in_three_statements() -> None:
	plan = plan_reads(profile_metrics(Limits()), TABLES)
	assert plan.problems == ()
	assert {read.source.doctype for read in plan.reads} == {"Sales Invoice", "Payment Ledger Entry", "Issue"}


def test_one_bad_metric_leaves_the_others_alone() -> None:
	bad = metric(Measure.SUM, value_field="gone", key="bad")
	plan = plan_reads([bad, metric()], TABLES)
	assert [problem.metric for problem in plan.problems] == ["bad"]
	assert [part.metric for part in plan.reads[0].parts] == ["m"] * 3


def test_what_tells_of_nothing_observed_costs_few_columns() -> None:
	plan = plan_reads(all_metrics(default_definitions(Money())), TABLES)
	context = {
		(read.source.doctype, part.aggregate)
		for read in plan.reads
		for part in read.parts
		if part.part in ("seen_in_window", "ever")
	}
	values = {
		(read.source.doctype, part.aggregate)
		for read in plan.reads
		for part in read.parts
		if part.part not in ("seen_in_window", "ever")
	}
	# purchases and debts of the year, and issues that were open within half a year
	assert sorted(doctype for doctype, _ in context - values) == [
		*("Issue", "Payment Ledger Entry", "Sales Invoice"),
	]


def test_expressions_read_nothing() -> None:
	assert plan_reads([metric(Measure.EXPRESSION, expression="a + b")], TABLES).reads == ()


@pytest.mark.parametrize(
	("fields", "reason"),
	[
		({"doctype": "Gone"}, "There is no table for DocType 'Gone'"),
		({"doctype": "Sales Invoice Item", "parent_doctype": "Gone"}, "There is no table for DocType 'Gone'"),
		({"customer_field": "debtor"}, "Sales Invoice has no column 'debtor'"),
		({"date_field": "shipped"}, "Sales Invoice has no column 'shipped'"),
		({"filters": [("colour", "=", "red")]}, "Sales Invoice has no column 'colour'"),
		({"matching": [("colour", "=", "red")]}, "Sales Invoice has no column 'colour'"),
		({"customer_field": ""}, "A date field and a customer field are needed"),
		({"date_field": ""}, "A date field and a customer field are needed"),
		({"date_field": "territory"}, "'territory' holds no dates"),
		({"measure": Measure.SUM}, "Sum needs a value field"),
		({"measure": Measure.DISTINCT_COUNT}, "Distinct Count needs a value field"),
		(
			{"measure": Measure.SUM, "value_field": "territory"},
			"'territory' holds no numbers: Sum needs some",
		),
		(
			{"measure": Measure.MAXIMUM, "value_field": "posting_date"},
			"'posting_date' holds no numbers: Maximum needs some",
		),
		({"measure": Measure.CHANGE}, "Change Against Previous Window needs a window of at least 1 days."),
		({"filters": [("total_qty", "=", "x")]}, "'x' is not a number"),
	],
)
def test_a_metric_that_cannot_be_read_is_a_problem_with_a_reason(fields: dict[str, Any], reason: str) -> None:
	assert _problem(metric(**fields)) == reason


def test_a_count_does_not_mind_what_its_value_field_holds() -> None:
	assert plan_reads([metric(value_field="territory")], TABLES).problems == ()


def test_a_computed_field_names_the_columns_it_lacks() -> None:
	issue = Table(
		"Issue", tuple(Column(name, kind_of("Date")) for name in ("name", "customer", "opening_date"))
	)
	plan = plan_reads([metric(doctype="Issue", filters=[("is_open", "=", 1)])], {"Issue": issue})
	assert plan.problems[0].reason == (
		"Issue has no column status, service_level_agreement, sla_resolution_date, modified"
	)
	overdue = metric(Measure.SUM, "Payment Ledger Entry", value_field="overdue_amount")
	lacking = {**TABLES, "Payment Schedule": Table("Payment Schedule", (Column("parent"), Column("idx")))}
	assert plan_reads([overdue], lacking).problems[0].reason == (
		"Payment Schedule has no column parenttype, due_date, payment_amount, base_payment_amount"
	)
	del lacking["Payment Schedule"]
	assert plan_reads([overdue], lacking).problems[0].reason == (
		"There is no table for DocType 'Payment Schedule'"
	)


def test_a_ledger_that_does_not_say_which_rows_were_delinked_is_not_read() -> None:
	ledger = TABLES["Payment Ledger Entry"]
	silent = Table(
		ledger.doctype,
		tuple(column for column in ledger.columns if column.name != "delinked"),
		party_fields=ledger.party_fields,
	)
	overdue = metric(Measure.SUM, "Payment Ledger Entry", value_field="overdue_amount")
	plan = plan_reads([overdue], {**TABLES, "Payment Ledger Entry": silent})
	assert plan.problems[0].reason == "Payment Ledger Entry has no column delinked"


def test_only_a_purchase_tells_something_of_a_customer_of_invoices_and_of_their_rows() -> None:
	purchases = measure_parts(metric(Measure.SUM, value_field="base_net_total", window_days=90))
	assert (
		purchases["seen"].filters == purchases["seen_in_window"].filters == (Filter("is_purchase", "=", 1),)
	)
	assert (purchases["value"].filters, purchases["seen_in_window"].window) == ((), Window(90))
	items = measure_parts(metric(doctype="Sales Invoice Item", parent_doctype="Sales Invoice"))
	assert items["seen"].filters == (Filter("is_return", "=", 0), Filter("is_debit_note", "=", 0))
	assert measure_parts(metric(doctype="Issue"))["seen"].filters == ()


def test_an_invoice_that_does_not_say_whether_it_is_a_purchase_is_not_read() -> None:
	invoice = TABLES["Sales Invoice"]
	columns = tuple(column for column in invoice.columns if column.name != "is_debit_note")
	plan = plan_reads([metric()], {**TABLES, "Sales Invoice": replace(invoice, columns=columns)})
	assert [problem.reason for problem in plan.problems] == ["Sales Invoice has no column is_debit_note"]


@pytest.mark.parametrize("measure", [measure for measure in Measure if measure.reads_documents])
def test_every_measure_has_parts_and_tells_whether_anything_was_seen(measure: Measure) -> None:
	parts = measure_parts(metric(measure, value_field="base_net_total", window_days=90))
	assert parts["seen"].window == Window()
	assert len(parts) > 1


@pytest.mark.parametrize(
	("window", "start", "end"),
	[
		(Window(), None, date(2024, 7, 1)),
		(Window(1), date(2024, 6, 30), date(2024, 7, 1)),
		(Window(10), date(2024, 6, 21), date(2024, 7, 1)),
		(Window(10, offset=10), date(2024, 6, 11), date(2024, 6, 21)),
		(Window(10**9), None, date(2024, 7, 1)),
		(Window(10**9, offset=10**9), None, date(1, 1, 1)),
		(Window(-5), None, date(2024, 7, 1)),
		(Window(month=0), date(2024, 6, 1), date(2024, 7, 1)),
		(Window(month=6), date(2023, 12, 1), date(2024, 1, 1)),
	],
)
def test_the_bounds_of_a_window(window: Window, start: date | None, end: date) -> None:
	assert window_bounds(window, JUNE_30) == (start, end)


def test_the_last_complete_month_is_the_one_before_unless_the_day_is_its_last() -> None:
	assert window_bounds(Window(month=0), date(2024, 6, 29)) == (date(2024, 5, 1), date(2024, 6, 1))
	assert window_bounds(Window(month=0), date(2024, 2, 29)) == (date(2024, 2, 1), date(2024, 3, 1))
	assert window_bounds(Window(month=0), date(2024, 1, 1)) == (date(2023, 12, 1), date(2024, 1, 1))


@pytest.mark.parametrize(
	"name", ["", " x", "a`b", 'a"b', "a;b", "a.b", "a)b", "a%sb", "a\nb", "a'b", "a:b", "-a"]
)
def test_a_name_that_frappe_would_not_allow_never_gets_into_a_statement(name: str) -> None:
	with pytest.raises(SourceError, match="cannot be the name of a DocType or a field"):
		Column(name)
	with pytest.raises(SourceError, match="cannot be the name of a DocType or a field"):
		Table(name, ())


@pytest.mark.parametrize(
	"name", ["customer", "Sales Invoice", "Kunden-Besuch", "顧客", "_user_tags", "custom_größe"]
)
def test_names_in_any_language_are_allowed(name: str) -> None:
	assert Table(name, (Column(name),)).has(name)


def test_equal_values_share_a_placeholder_and_equal_numbers_of_another_type_do_not() -> None:
	bindings = Bindings(Dialect.MARIADB)
	names = [str(bindings.bind(value)) for value in ("a", "a", 1, 1.0, True, date(2024, 1, 1), "2024-01-01")]
	assert names == ["%(p1)s", "%(p1)s", "%(p2)s", "%(p3)s", "%(p4)s", "%(p5)s", "%(p5)s"]
	assert str(Bindings(Dialect.SQLITE).bind("a")) == ":p1"
