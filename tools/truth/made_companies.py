"""The companies that defaults are chosen on: made ones of many kinds, and the real invoices as of early dates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from tools.truth import retail_company
from tools.truth.company_database import Sale, write_company
from tools.truth.made_buyers import (
	FIRST_DAY,
	LAST_DAY,
	Buyer,
	irregular,
	large_amount,
	made_buyers,
	plan_price,
	regular,
	sales_of,
	seasonal,
	small_amount,
	subscribed,
	trouble_of,
)
from tools.truth.records_beside import Rows, drawn_trouble, records_beside

NONE, RANDOM, TELLING = "no records", "random records", "telling records"


@dataclass(frozen=True)
class PastDate:
	"""A date to score, and the days after it in which a customer could buy again."""

	as_of: date
	horizon: int = 90


@dataclass(frozen=True)
class Company:
	"""`build` writes its database; `records`: what its payments and issues say about who goes on buying."""

	name: str
	records: str
	dates: tuple[PastDate, ...]
	build: Callable[[Path], None]

	@property
	def title(self) -> str:
		"""Its name with its records."""
		return f"{self.name}, {self.records}"


_MADE_DATES = tuple(PastDate(FIRST_DAY + timedelta(day)) for day in (600, 780, 960))
# all are over before 2011-06-10: later ones judge what was chosen on these
RETAIL_EARLY = (
	PastDate(date(2011, 2, 10)),
	PastDate(date(2011, 3, 11)),
	PastDate(date(2011, 4, 10), 60),
	PastDate(date(2011, 4, 25), 45),
)
_KINDS = {
	"irregular shop": partial(made_buyers, 2500, 11, irregular, 1200, small_amount),
	"trade on account": partial(made_buyers, 1500, 12, regular, 1500, large_amount),
	"seasonal shop": partial(made_buyers, 2500, 13, seasonal, 2000, small_amount),
	"subscriptions": partial(made_buyers, 2000, 14, subscribed, 1000, plan_price),
	"few customers": partial(made_buyers, 150, 15, regular, 1500, large_amount),
	"few large buyers": partial(made_buyers, 300, 16, irregular, 2000, large_amount),
}


def made_companies() -> tuple[Company, ...]:
	"""Each kind without payments and issues, with some that say nothing, and with some that say much."""
	return tuple(
		Company(kind, records, _MADE_DATES, partial(_build_made, buyers, records))
		for kind, buyers in _KINDS.items()
		for records in (NONE, RANDOM, TELLING)
	)


def retail_companies(invoices: Path, dates: tuple[PastDate, ...] = RETAIL_EARLY) -> tuple[Company, ...]:
	"""The real invoices, without payments and issues and with some that say nothing."""
	return tuple(
		Company("real invoices", records, dates, partial(_build_retail, invoices, records))
		for records in (NONE, RANDOM)
	)


def _build_made(buyers_of: Callable[[], list[Buyer]], records: str, database: Path) -> None:
	buyers = buyers_of()
	sales = sales_of(buyers, seed=21)
	trouble = trouble_of(buyers) if records == TELLING else drawn_trouble(22)
	beside = records_beside(sales, trouble, LAST_DAY, seed=23) if records != NONE else {}
	write_company(database, sales, beside)


def _build_retail(invoices: Path, records: str, database: Path) -> None:
	sales = retail_company.sales_of(invoices)
	write_company(database, sales, random_records(sales) if records == RANDOM else {})


def random_records(sales: list[Sale], seed: int = 24) -> Rows:
	"""Payments and issues for any sales, which say nothing about what their customers will buy."""
	last = max(sale.day for sale in sales)
	return records_beside(sales, drawn_trouble(seed), last, seed)
