"""A company in which how lately customers bought tells who leaves, and for how long they have been there does not."""

from collections.abc import Iterable
from datetime import date, timedelta

from frappe.utils import getdate

from crm_success.tests.support.known_past import insert_buyers

PREFIX = "Telling "
HORIZON = 90
CUSTOMERS = 130


def early_day() -> date:
	"""The day that weights can be learned from."""
	return getdate() - timedelta(200)


def late_day() -> date:
	"""The day by which they can be judged."""
	return early_day() + timedelta(HORIZON)


def make_telling_past() -> None:
	"""130 customers: by the early day 55 leave, 45 of whom had not bought for 100 days; by the late day 80 do."""
	insert_buyers(_invoices())


def _invoices() -> Iterable[tuple[str, date, float]]:
	yield from _group("Stays", 50, -10, HORIZON - 10, HORIZON + 20)
	yield from _group("Leaves", 15, -10, HORIZON - 10)
	yield from _group("Gone", 45, -100)
	yield from _group("Comes Back", 10, -100, 30)
	yield from _group("Surprises", 10, -10)
	# somebody buys after the horizon of the late day, so that it is over
	yield f"{PREFIX}New", late_day() + timedelta(HORIZON + 1), 100.0


def _group(name: str, number: int, *days: int) -> Iterable[tuple[str, date, float]]:
	for at in range(number):
		customer = f"{PREFIX}{name} {at:02}"
		# the first purchase is as long ago in every group
		first = -200 - 5 * (at * 37 % 50)
		yield from (
			(customer, early_day() + timedelta(day), 100.0)
			for day in (first, *(day - at % 7 for day in days))
		)
