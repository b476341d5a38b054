"""Net revenue in spans of days, on the databases: as scores count it, and as a loop over the invoices counts it."""

import random
from datetime import date, timedelta
from typing import Any

from asking import AS_OF, NO_MONEY, metric, values
from databases import Database
from erpnext_tables import TABLES

from crm_success.customer_loyalty.tiers.tier_periods import Period, counted_days
from crm_success.database.dialects import EVERYBODY, KeyRange
from crm_success.scoring.engine.definitions import CompanyRate, Money
from crm_success.scoring.engine.measure_table import Measure
from crm_success.scoring.queries.span_revenue import Spans, revenue_statement

YEAR = Spans(days=((date(2023, 7, 1), AS_OF),))
OF_CUSTOMERS = Spans(of_customers=True)


def read(
	database: Database, spans: Spans, as_of: date = AS_OF, money: Money = NO_MONEY, keys: KeyRange = EVERYBODY
) -> dict[str, list[Any]]:
	statement = revenue_statement(spans, TABLES, as_of, money, database.dialect, keys)
	return {row[0]: [plain(value) for value in row[1:]] for row in database.execute(statement).rows}


def plain(value: Any) -> Any:
	if value is None or isinstance(value, str):
		return value
	return str(value)[:10] if isinstance(value, date) else float(value)


def invoice(database: Database, customer: str, day: str, amount: float, **more: Any) -> None:
	row = {"customer": customer, "posting_date": day, "base_net_total": amount, "docstatus": 1, **more}
	database.add("Sales Invoice", **row)


def test_a_span_has_both_its_ends_and_nothing_else(database: Database):
	for day in ("2023-06-30", "2023-07-01", "2024-06-30", "2024-07-01"):
		invoice(database, "A", day, 100)
	assert read(database, YEAR) == {"A": [200]}


def test_returns_are_taken_off_and_drafts_and_openings_do_not_count(database: Database):
	invoice(database, "A", "2024-01-01", 100)
	invoice(database, "A", "2024-02-01", -30, is_return=1)
	invoice(database, "A", "2024-02-01", 1_000, docstatus=0)
	invoice(database, "A", "2024-02-01", 1_000, is_opening="Yes")
	assert read(database, YEAR) == {"A": [70]}


def test_two_spans_are_read_at_once(database: Database):
	invoice(database, "A", "2023-12-31", 100)
	invoice(database, "A", "2024-01-01", 10)
	spans = Spans(days=((date(2024, 1, 1), AS_OF), (date(2023, 1, 1), date(2023, 12, 31))))
	assert read(database, spans) == {"A": [10, 100]}


def test_the_first_purchase_is_no_return(database: Database):
	invoice(database, "A", "2020-02-01", -5, is_return=1)
	invoice(database, "A", "2021-03-01", 10)
	invoice(database, "A", "2024-03-01", 10)
	days = ((date(2024, 1, 1), AS_OF),)
	assert read(database, Spans(days=days, with_first=True)) == {"A": [10, "2021-03-01"]}


def test_years_of_a_customer_begin_with_its_first_purchase(database: Database):
	"""Of 15 August: on 30 June 2024 the year since 15 August 2023 runs."""
	for day, amount in (("2019-08-15", 1), ("2022-08-15", 10), ("2023-08-14", 100), ("2023-08-15", 1_000)):
		invoice(database, "A", day, amount)
	invoice(database, "A", "2024-06-30", 10_000)
	invoice(database, "A", "2024-07-01", 100_000)
	assert read(database, OF_CUSTOMERS) == {"A": [11_000, 110, "2019-08-15"]}


def test_a_year_without_a_leap_day_begins_on_the_first_of_march(database: Database):
	for day, amount in (("2020-02-29", 1), ("2023-02-28", 10), ("2023-03-01", 100)):
		invoice(database, "A", day, amount)
	assert read(database, OF_CUSTOMERS, date(2023, 6, 30)) == {"A": [100, 10, "2020-02-29"]}


def test_who_only_returned_has_no_year(database: Database):
	invoice(database, "A", "2024-02-01", -5, is_return=1)
	assert read(database, OF_CUSTOMERS) == {"A": [None, None, None]}


def test_only_customers_of_the_range_are_read(database: Database):
	for customer in "ABC":
		invoice(database, customer, "2024-02-01", 5)
	assert set(read(database, OF_CUSTOMERS, keys=KeyRange("A", "B"))) == {"B"}
	assert set(read(database, YEAR, keys=KeyRange(names=("C",)))) == {"C"}


def test_amounts_are_converted_as_scores_convert_them(database: Database):
	money = Money("EUR", (), (CompanyRate("Main", 2.0), CompanyRate("Other", None)))
	invoice(database, "A", "2024-02-01", 5)
	invoice(database, "A", "2024-02-01", 100, company="Other")
	assert read(database, YEAR, money=money) == {"A": [10]}
	assert read(database, OF_CUSTOMERS, money=money)["A"][0] == 10


def test_it_is_the_revenue_of_scores(database: Database):
	dice = random.Random(7)
	for _ in range(200):
		day = AS_OF - timedelta(days=dice.randrange(900))
		invoice(database, dice.choice("ABCDE"), day.isoformat(), dice.randrange(-50, 200))
	asked = metric(Measure.SUM, value_field="base_net_total", window_days=366)
	scored = values(database, asked)["m"]
	assert {name: found[0] or 0 for name, found in read(database, YEAR).items()} == scored.loc[
		[name for name in scored.index if name in read(database, YEAR)]
	].to_dict()


def test_random_years_of_customers_are_those_of_the_rules(database: Database):
	dice = random.Random(11)
	rows = []
	for _ in range(300):
		day = date(2019, 1, 1) + timedelta(days=dice.randrange(2_100))
		rows.append((dice.choice("ABCDEFGH"), day, dice.randrange(1, 200)))
		invoice(database, rows[-1][0], day.isoformat(), rows[-1][2])
	for as_of in (date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 31), date(2021, 1, 1)):
		found = read(database, OF_CUSTOMERS, as_of)
		for customer in {name for name, day, _ in rows if day <= as_of}:
			of = [(day, amount) for name, day, amount in rows if name == customer and day <= as_of]
			first = min(day for day, _ in of)
			sums = [
				sum(amount for day, amount in of if begin <= day <= end)
				for begin, end in counted_days(Period.ANNIVERSARY, as_of, first)
			]
			assert [found[customer][0] or 0, found[customer][1] or 0] == sums
			assert found[customer][2] == first.isoformat()
