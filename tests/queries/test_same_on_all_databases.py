"""One random company on each database, against plain Python and against each other, value by value."""

import pandas as pd
import pytest
from asking import metric, values
from databases import Database
from random_company import AS_OF, RATES, Company, closed_on, expected_values, is_there

from crm_success.scoring.engine.definitions import CompanyRate, Metric, Money
from crm_success.scoring.engine.measure_table import Measure

MONEY = Money("EUR", tuple(RATES), tuple(CompanyRate(company, rate) for company, rate in RATES.items()))

_AMOUNT = {"value_field": "base_net_total"}
_PURCHASES = {"filters": [("is_purchase", "=", 1)]}
_RECEIVABLE = ("account_type", "=", "Receivable")


def _metrics() -> tuple[Metric, ...]:
	ledger, issue = "Payment Ledger Entry", "Issue"
	return (
		metric(Measure.SUM, key="revenue", window_days=365, **_AMOUNT),
		metric(key="frequency", window_days=365, **_PURCHASES),
		metric(Measure.DAYS_SINCE_LAST, key="recency", **_PURCHASES),
		metric(Measure.DAYS_SINCE_FIRST, key="tenure", **_PURCHASES),
		metric(Measure.CHANGE, key="change", window_days=90, **_AMOUNT),
		metric(Measure.DECLINING_MONTHS, key="declining", window_days=180, **_AMOUNT),
		metric(Measure.SHARE, key="return_share", window_days=365, matching=[("is_return", "=", 1)]),
		metric(Measure.AVERAGE, key="average_items", window_days=365, value_field="items_count"),
		metric(Measure.MINIMUM, key="smallest", window_days=365, **_AMOUNT),
		metric(Measure.MAXIMUM, key="largest", window_days=365, **_AMOUNT),
		metric(Measure.DISTINCT_COUNT, key="territories", value_field="territory"),
		metric(key="elsewhere", filters=[("territory", "!=", "North")]),
		metric(
			Measure.SUM,
			"Sales Invoice Item",
			key="quantity",
			parent_doctype="Sales Invoice",
			value_field="qty",
		),
		metric(Measure.SUM, ledger, key="overdue", value_field="overdue_amount", filters=[_RECEIVABLE]),
		metric(Measure.SUM, ledger, key="billed", value_field="billed_amount", filters=[_RECEIVABLE]),
		metric(Measure.AVERAGE, ledger, key="days_late", value_field="days_late", filters=[_RECEIVABLE]),
		metric(doctype=issue, key="open_issues", filters=[("is_open", "=", 1)]),
		metric(Measure.AVERAGE, issue, key="hours", value_field="hours_to_resolve"),
		metric(Measure.SHARE, issue, key="urgent_share", matching=[("priority", "in", ("High", "Urgent"))]),
		metric(Measure.SHARE, issue, key="failed_share", matching=[("is_sla_failed", "=", 1)]),
		metric(Measure.SUM, "Service Visit", key="visit_hours", value_field="duration"),
	)


def _read(database: Database, company: Company) -> pd.DataFrame:
	for doctype, rows in company.rows.items():
		database.add_all(doctype, rows)
	metrics = _metrics()
	# Issue and Service Visit name no company, or one that counts
	return values(database, *metrics, as_of=AS_OF, money=MONEY)


def test_a_random_company_gives_what_plain_python_gives(database: Database) -> None:
	company = Company()
	read = _read(database, company)
	expected = pd.DataFrame.from_dict(expected_values(company), orient="index").astype("float64")
	expected = expected.reindex(columns=read.columns)
	# a customer that no document names is in no answer of the database
	assert expected.loc[~expected.index.isin(read.index)].isna().all(axis=None)
	known = expected.loc[read.index]
	assert known.notna().sum().min() > 30
	pd.testing.assert_frame_equal(read, known, check_names=False, rtol=0, atol=1.01e-6)


def test_the_databases_agree_in_every_digit(request: pytest.FixtureRequest) -> None:
	answers = []
	for name in ("_sqlite", "_mariadb", "_postgres"):
		database: Database = request.getfixturevalue(name)
		try:
			answers.append(_read(database, Company(seed=11)))
		finally:
			database.forget()
	for answer in answers[1:]:
		pd.testing.assert_frame_equal(answer, answers[0], check_exact=True, check_index_type=False)


def test_the_past_of_a_company_does_not_see_its_future(database: Database) -> None:
	company, earlier = Company(), Company()
	day = str(AS_OF)
	for doctype, fieldname in (("Sales Invoice", "posting_date"), ("Payment Ledger Entry", "posting_date")):
		earlier.rows[doctype] = [row for row in earlier.rows[doctype] if row[fieldname] <= day]
	earlier.rows["Issue"] = [
		_as_it_was(row, day)
		for row in earlier.rows["Issue"]
		if row["opening_date"] <= day and is_there(row, AS_OF)
	]
	now = _read(database, company)
	database.forget()
	then = _read(database, earlier)
	both = now.index.union(then.index)
	pd.testing.assert_frame_equal(now.reindex(both), then.reindex(both), check_exact=True)


def _as_it_was(issue: dict[str, str | None], day: str) -> dict[str, str | None]:
	if (closed_on(issue) or "")[:10] > day:
		issue = issue | {"status": "Open", "sla_resolution_date": None, "health_closed_on": None}
	if (issue["first_responded_on"] or "")[:10] > day:
		issue = issue | {"first_responded_on": None}
	return issue
