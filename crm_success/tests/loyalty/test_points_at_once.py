"""Two real connections do something with the points of one customer at the same instant, again and again: no point is spent
twice, or lost and spent, and no limit is passed.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable

import frappe

from crm_success.customer_loyalty.earning.earning import earn
from crm_success.customer_loyalty.earning.earning_records import rules_of_now
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.record_names import ACCOUNT, DUE_DOCUMENT, LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.customer_rows import insert_customers
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	at_once,
	days_ago,
	earn_now,
	entries_of,
	in_rounds,
	make_rule,
	points_of,
)

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
ROUNDS = 1000 * TIMES
YESTERDAY = days_ago(1)
FIRST, SECOND = "At Once A", "At Once B"


class TestPointsAtOnce(PointsTestCase):
	def customers_with_points(self, number: int, **lot) -> list[str]:
		"""So many customers, of whom each has a lot of ten points and one of five."""
		names = [f"At Once {each:06}" for each in range(number)]
		insert_customers(names)
		for start in range(0, number, 1000):
			some = names[start : start + 1000]
			ledger = Ledger(some, YESTERDAY)
			for name in some:
				for points in (10, 5):
					ledger.earn(name, points, Details(days_ago(30), **lot))
			ledger.write()
			frappe.db.commit()
		return names

	def test_what_is_redeemed_and_expires_at_the_same_instant_is_counted_once(self):
		"""Somebody spends in the last second of the last day, when the night begins."""
		customers = self.customers_with_points(ROUNDS, expires_on=YESTERDAY)
		in_rounds(customers, redeem_twelve, lapse)
		outcomes = self.assert_all_add_up(customers)
		# whoever comes first; the rest of what is spent lapses
		self.assertLessEqual(set(outcomes), {(12, 3), (0, 15)})
		self.assertEqual(sum(outcomes.values()), ROUNDS)

	def test_two_redemptions_at_the_same_instant_never_spend_the_same_points(self):
		customers = self.customers_with_points(ROUNDS // 4)
		in_rounds(customers, redeem_twelve, redeem_twelve)
		self.assertEqual(self.assert_all_add_up(customers), {(12, 0): ROUNDS // 4})

	def test_two_jobs_at_once_do_not_pass_the_limit_of_a_rule(self):
		make_rule(cap=150, cap_period="Ever")
		factories.make_customer(FIRST)
		invoices = [factories.make_invoice(FIRST, 1000, TODAY).name for _number in range(2)]
		frappe.db.commit()
		frappe.db.delete(DUE_DOCUMENT)
		frappe.db.commit()
		in_rounds([FIRST], *(lambda customer, name=name: earn_of(name) for name in invoices))
		self.assertEqual(points_of(FIRST), (150, 0, 150))

	def test_a_job_that_waited_for_an_account_goes_by_what_is_true_when_it_has_it(self):
		make_rule()
		for customer in (FIRST, SECOND):
			factories.make_customer(customer)
			invoice = factories.make_invoice(customer, 1000, TODAY)
		is_held = threading.Event()

		def cancel_meanwhile():
			Ledger([FIRST], TODAY)
			is_held.set()
			wait_until(somebody_waits, "The job does not wait for the account.")
			frappe.get_doc("Sales Invoice", invoice.name).cancel()
			frappe.db.commit()

		def earn_when_held():
			is_held.wait(60)
			earn_now()

		frappe.db.commit()
		at_once(cancel_meanwhile, earn_when_held)
		self.assertEqual(entries_of(FIRST), (("Earn", 100),))
		self.assertEqual(entries_of(SECOND), (), "it earned by what was true before it waited")

	def assert_all_add_up(self, customers: list[str]) -> Counter[tuple[int, int]]:
		"""Each account is the sum of its entries, no lot gave more than it had; how often how much was spent and lost."""
		rows = frappe.get_all(
			LEDGER_ENTRY,
			{"customer": ("like", "At Once %")},
			["name", "customer", "kind", "lot", "points"],
			order_by=None,
		)
		left, sums = Counter(), {name: Counter() for name in customers}
		for row in rows:
			left[row.lot or row.name] += row.points
			sums[row.customer][row.kind] += row.points
			sums[row.customer]["balance"] += row.points
		self.assertGreaterEqual(min(left.values()), 0, "a lot was consumed beyond its points")
		accounts = frappe.get_all(
			ACCOUNT,
			{"customer": ("in", customers)},
			["customer", "balance", "spent", "expired"],
			order_by=None,
		)
		told = {row.customer: (row.balance, row.spent, row.expired) for row in accounts}
		counted = {name: (of["balance"], -of["Redeem"], -of["Expire"]) for name, of in sums.items()}
		self.assertEqual(told, counted)
		self.assertEqual({of["Earn"] for of in sums.values()}, {15})
		return Counter((-of["Redeem"], -of["Expire"]) for of in sums.values())


def redeem_twelve(customer: str) -> None:
	"""As a till does that still has yesterday's date; nothing where there is not enough."""
	ledger = Ledger([customer], YESTERDAY)
	try:
		ledger.redeem(customer, 12, Details(YESTERDAY))
	except frappe.ValidationError:
		frappe.db.rollback()
		frappe.clear_messages()
		return
	ledger.write()
	frappe.db.commit()


def lapse(customer: str) -> None:
	"""As the night does."""
	ledger = Ledger([customer], TODAY)
	ledger.lapse(customer)
	ledger.write()
	frappe.db.commit()


def earn_of(invoice: str) -> None:
	earn("Sales Invoice", [invoice], rules_of_now())
	frappe.db.commit()


def somebody_waits() -> bool:
	"""Whether another connection to this site waits for rows that this one holds."""
	waiting = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE %s AND time_ms > 300"
	return bool(frappe.db.sql(f"{waiting} AND id != CONNECTION_ID()", ("%FOR UPDATE",)))


def wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
	enough = time.monotonic() + 30
	while not is_so():
		if time.monotonic() > enough:
			raise AssertionError(otherwise)
		time.sleep(0.1)
