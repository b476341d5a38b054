"""Companies made for choosing defaults: the same every time, and their records say what they are meant to say."""

from datetime import date, timedelta
from pathlib import Path
from statistics import fmean

import pytest

from crm_success.scoring.engine.definitions import Money
from crm_success.scoring.engine.truth.back_test import RiskNumber
from crm_success.standalone.address import sqlite_url
from crm_success.standalone.backtest.replay import Replay
from crm_success.standalone.connections import connect
from crm_success.standalone.default_definitions import default_definitions
from tools.truth.company_database import Sale
from tools.truth.judged_cut import judge
from tools.truth.made_buyers import (
	HISTORY_DAYS,
	LAST_DAY,
	Buyer,
	irregular,
	made_buyers,
	sales_of,
	seasonal,
	small_amount,
	subscribed,
	trouble_of,
)
from tools.truth.made_companies import RANDOM, RETAIL_EARLY, made_companies
from tools.truth.past_cut import past_cut
from tools.truth.records_beside import drawn_trouble, records_beside

LEFT, STAYED = (
	Buyer("left", 0, 400, 0.1, 100.0, (0, 200, 399)),
	Buyer("stayed", 0, HISTORY_DAYS, 0.1, 100.0, (0, 200, 399)),
)


def few(habit, seed: int = 5) -> list[Buyer]:
	return made_buyers(60, seed, habit, 300, small_amount)


def test_the_same_seed_makes_the_same_company():
	buyers = few(irregular)
	assert buyers == few(irregular)
	assert buyers != few(irregular, seed=6)
	sales = sales_of(buyers, seed=1)
	assert sales == sales_of(buyers, seed=1)
	made = [records_beside(sales, drawn_trouble(2), LAST_DAY, seed=3) for _ in range(2)]
	assert made[0] == made[1]
	assert made[0]["Issue"]
	assert made[0]["Payment Ledger Entry"]


def test_who_has_left_buys_no_more():
	for habit in (irregular, seasonal, subscribed):
		for buyer in few(habit):
			assert all(buyer.first <= day < max(buyer.left, buyer.first + 1) for day in buyer.days)


def test_subscribers_pay_every_month_until_they_stop():
	for buyer in few(subscribed):
		assert {later - day for day, later in zip(buyer.days, buyer.days[1:], strict=False)} <= {30}
		assert buyer.left - buyer.days[-1] <= 30


def test_seasonal_customers_buy_mostly_at_the_end_of_a_year():
	days = [day % 365 for buyer in few(seasonal) for day in buyer.days[1:]]
	assert sum(day > 270 for day in days) > 0.4 * len(days)


def test_trouble_grows_before_a_customer_leaves_and_only_then():
	assert LEFT.trouble_on(270) == STAYED.trouble_on(270) == 0.1
	assert LEFT.trouble_on(399) == pytest.approx(0.1 + 0.6 * (1 - 1 / 120))
	assert STAYED.trouble_on(399) == 0.1
	assert LEFT.trouble_on(401) == 0.0
	told = trouble_of([LEFT, STAYED])
	assert told("left", date(2021, 1, 1) + timedelta(399)) == LEFT.trouble_on(399)


def test_drawn_trouble_is_the_customers_own_for_all_its_life():
	trouble = drawn_trouble(7)
	assert trouble("a", date(2021, 1, 1)) == trouble("a", date(2023, 1, 1))
	assert len({trouble(name, LAST_DAY) for name in "abcdefgh"}) == 8


def test_trouble_pays_late_and_complains():
	sales = [Sale(f"I{number}", f"C{number}", date(2021, 1, 1), 10.0) for number in range(400)]
	calm, troubled = (
		records_beside(sales, lambda name, day, t=t: t, date(2021, 12, 31), seed=1) for t in (0.0, 0.9)
	)
	assert len(troubled["Issue"]) > 3 * len(calm["Issue"])
	assert fmean(_days_to_pay(troubled)) > fmean(_days_to_pay(calm)) + 30
	# an invoice has a row, and another once it is paid
	assert len(calm["Payment Ledger Entry"]) > len(troubled["Payment Ledger Entry"]) > 400


def _days_to_pay(rows) -> list[int]:
	paid = (row for row in rows["Payment Ledger Entry"] if row["voucher_type"] == "Payment Entry")
	return [(date.fromisoformat(row["posting_date"]) - date(2021, 1, 1)).days for row in paid]


def test_nothing_is_on_record_after_the_last_day():
	sales = sales_of(few(irregular), seed=1)
	rows = records_beside(sales, drawn_trouble(1), LAST_DAY, seed=1)
	last = LAST_DAY.isoformat()
	assert max(row["posting_date"] for row in rows["Payment Ledger Entry"]) <= last
	assert max(row["opening_date"] for row in rows["Issue"]) <= last
	# what a day shows does not tell that more is to come
	assert all(row["status"] == "Closed" or "sla_resolution_date" not in row for row in rows["Issue"])


def test_what_is_chosen_on_is_over_before_what_judges_begins():
	ends = [day.as_of + timedelta(day.horizon) for day in RETAIL_EARLY]
	assert max(ends) < date(2011, 6, 10)


def test_a_cut_says_what_the_command_says(tmp_path: Path):
	company = next(c for c in made_companies() if (c.name, c.records) == ("few large buyers", RANDOM))
	day = company.dates[1]
	company.build(tmp_path / "erp.db")
	with connect(sqlite_url(tmp_path / "erp.db")) as database:
		judged = judge(past_cut(database, company.title, day), default_definitions(Money()), draws=0)
		test = Replay(database, day.as_of, day.horizon).run(lambda done: None).test
	assert test is not None
	assert len(judged.score) == test.customers
	assert judged.areas == test.areas
	assert judged.gain == test.gains[RiskNumber.RFM]
	assert judged.at_risk == test.calls.customers / test.customers
	assert judged.are_bands_ordered == test.bands_ordered
