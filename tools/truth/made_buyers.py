"""Made customers who buy in a known way and leave for a known reason. Writes no rows.

Days are counted from the first of them; a customer's way of buying never changes but for what `Buyer` says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from math import cos, exp, pi
from random import Random

from tools.truth.company_database import Sale
from tools.truth.records_beside import Trouble

FIRST_DAY = date(2021, 1, 1)
HISTORY_DAYS = 1095
LAST_DAY = FIRST_DAY + timedelta(HISTORY_DAYS)
# how long trouble shows before a customer leaves
_DAYS_OF_WARNING = 120


@dataclass(frozen=True)
class Buyer:
	"""A customer; `left` is the day of the last thing it does. `trouble` from 0, all is well, to 1."""

	name: str
	first: int
	left: int
	trouble: float
	amount: float
	days: tuple[int, ...]

	def trouble_on(self, day: int) -> float:
		"""It grows before a customer leaves; who has left is in none."""
		if day > self.left:
			return 0.0
		nearness = max(0.0, 1 - (self.left - day) / _DAYS_OF_WARNING)
		return min(1.0, self.trouble + (0.6 * nearness if self.left < HISTORY_DAYS else 0.0))


# from who a customer is, when it comes and until when it stays to the days on which it buys
Habit = Callable[[Random, int, int], Iterator[int]]


def sales_of(buyers: list[Buyer], seed: int) -> list[Sale]:
	"""Their invoices, each amount somewhere about the buyer's usual one, with a return now and then."""
	chance, numbers, sales = Random(seed), count(1), []
	for buyer in buyers:
		for day in buyer.days:
			amount = round(buyer.amount * chance.lognormvariate(0, 0.4), 2)
			sales.append(_sale(f"INV-{next(numbers)}", buyer, day, amount))
			back = day + chance.randint(3, 20)
			if chance.random() < 0.03 and back < HISTORY_DAYS:
				sales.append(_sale(f"INV-{next(numbers)}", buyer, back, round(-amount / 2, 2)))
	return sales


def trouble_of(buyers: list[Buyer]) -> Trouble:
	"""The trouble that goes before their leaving."""
	by_name = {buyer.name: buyer for buyer in buyers}
	return lambda name, day: by_name[name].trouble_on((day - FIRST_DAY).days)


def made_buyers(
	number: int, seed: int, habit: Habit, stay: float, amount: Callable[[Random], float]
) -> list[Buyer]:
	"""Customers who come all the time; `stay` is how many days one in no trouble stays on average."""
	chance = Random(seed)
	return [_buyer(f"C-{place:05d}", chance, habit, stay, amount(chance)) for place in range(number)]


def irregular(chance: Random, first: int, left: int) -> Iterator[int]:
	"""Any day is as good as another, for each at a rate of its own."""
	gap = 1 / max(chance.gammavariate(0.8, 1 / 45), 1 / 1500)
	day = float(first)
	while day < left:
		yield int(day)
		day += chance.expovariate(1 / gap)


def regular(chance: Random, first: int, left: int) -> Iterator[int]:
	"""A rhythm of its own, kept to within a quarter."""
	gap, day = chance.lognormvariate(3.4, 0.7), float(first)
	while day < left:
		yield int(day)
		day += max(1.0, gap * chance.lognormvariate(0, 0.25))


def seasonal(chance: Random, first: int, left: int) -> Iterator[int]:
	"""As irregular, but most of it in the last quarter of a year; some buy in no other."""
	gap, depth = 1 / max(chance.gammavariate(0.8, 1 / 30), 1 / 900), chance.choice((0.5, 0.9, 1.0))
	day = float(first)
	yield first
	while True:
		day += max(1.0, chance.expovariate(1 / gap))
		if day >= left:
			return
		if chance.random() < (1 - depth) + depth * exp(4 * (cos(2 * pi * (day - 325) / 365) - 1)):
			yield int(day)


def subscribed(chance: Random, first: int, left: int) -> Iterator[int]:
	"""Every month, until it stops."""
	return iter(range(first, left, 30))


def small_amount(chance: Random) -> float:
	"""Of a shop."""
	return chance.lognormvariate(4.5, 0.9)


def large_amount(chance: Random) -> float:
	"""A few bring most of the revenue."""
	return 1000 * chance.paretovariate(0.9)


def plan_price(chance: Random) -> float:
	"""One of three plans."""
	return chance.choice((19.0, 49.0, 199.0))


def _buyer(name: str, chance: Random, habit: Habit, stay: float, amount: float) -> Buyer:
	first = chance.randrange(HISTORY_DAYS - 30)
	trouble = chance.betavariate(1.2, 3.0)
	left = min(HISTORY_DAYS, first + 1 + int(chance.expovariate(exp(2.5 * trouble) / (2 * stay))))
	return Buyer(name, first, left, trouble, amount, tuple(habit(chance, first, left)))


def _sale(name: str, buyer: Buyer, day: int, amount: float) -> Sale:
	return Sale(name, buyer.name, FIRST_DAY + timedelta(day), amount, is_return=amount < 0)
