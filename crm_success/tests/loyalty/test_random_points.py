"""Random histories of sales, payments, returns, cancellations, spending and nights: the ledger always adds up."""

import os
from typing import Any

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.record_names import LEDGER_ENTRY
from crm_success.tests.support import factories
from crm_success.tests.support.points_site import (
	TODAY,
	PointsTestCase,
	assert_sums,
	days_ago,
	earn_now,
	forget_points,
	make_rule,
)

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
CUSTOMER = "Points Random"
STEPS = ("sell", "sell old", "pay", "give back", "cancel", "cancel return", "spend", "night", "look")


class History:
	"""What a made-up company does with one customer."""

	def __init__(self) -> None:
		self.sales: list[Any] = []
		self.returns: list[Any] = []

	def do(self, step: str, number: int) -> None:
		getattr(self, step.replace(" ", "_"))(number)
		frappe.db.commit()

	def sell(self, number: int) -> None:
		self.sales.append(factories.make_invoice(CUSTOMER, 10 + number * 7.77, TODAY))

	def sell_old(self, number: int) -> None:
		self.sales.append(factories.make_invoice(CUSTOMER, 10 + number * 7.77, days_ago(5 + number)))

	def pay(self, number: int) -> None:
		if sale := self._one(self.sales, number):
			sale.reload()
			if sale.outstanding_amount > 0:
				part = sale.outstanding_amount if number % 2 else round(sale.outstanding_amount / 2, 2)
				factories.make_payment(sale, TODAY, part)

	def give_back(self, number: int) -> None:
		sale = self._one(self.sales, number)
		if sale and not any(each.return_against == sale.name for each in self._living(self.returns)):
			self.returns.append(
				factories.make_return(sale, round(sale.net_total / (1 + number % 3), 2), TODAY)
			)

	def cancel(self, number: int) -> None:
		sale = self._one(self.sales, number)
		if sale and not any(each.return_against == sale.name for each in self._living(self.returns)):
			for name in frappe.get_all(
				"Payment Entry Reference",
				{"reference_name": sale.name, "docstatus": 1},
				pluck="parent",
				distinct=True,
			):
				frappe.get_doc("Payment Entry", name).cancel()
			sale.reload().cancel()

	def cancel_return(self, number: int) -> None:
		if credit := self._one(self.returns, number):
			credit.reload().cancel()

	def spend(self, number: int) -> None:
		ledger = Ledger([CUSTOMER], TODAY)
		try:
			ledger.redeem(CUSTOMER, 1 + number, Details(TODAY))
		except frappe.ValidationError:
			frappe.clear_messages()
			return
		ledger.write()

	def look(self, number: int) -> None:
		earn_now()

	def _one(self, documents: list[Any], number: int) -> Any:
		living = self._living(documents)
		return living[number % len(living)] if living else None

	def _living(self, documents: list[Any]) -> list[Any]:
		return [
			each for each in documents if frappe.db.get_value("Sales Invoice", each.name, "docstatus") == 1
		]


class TestRandomPoints(PointsTestCase):
	@settings(
		max_examples=4 * TIMES,
		deadline=None,
		suppress_health_check=list(HealthCheck),
		derandomize=TIMES == 1,
	)
	@given(
		event=st.sampled_from(("Invoice Submitted", "Invoice Paid in Full", "Invoice Paid in Proportion")),
		wait=st.sampled_from((0, 3)),
		lapse=st.sampled_from((0, 7)),
		steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 12)), min_size=4, max_size=14),
	)
	def test_the_ledger_adds_up_whatever_happens(self, event, wait, lapse, steps):
		frappe.db.rollback()
		forget_points()
		self._take_back_documents()
		factories.make_customer(CUSTOMER)
		rule = {"event": event, "wait_days": wait, "points": 3, "each_amount": 10}
		make_rule(**rule, **({"lapse": "After Days", "lapse_number": lapse} if lapse else {}))
		history = History()
		for step, number in steps:
			if step == "night":
				self.night()
			else:
				history.do(step, number)
			frappe.db.rollback()
			assert_sums(CUSTOMER)
		earn_now()
		assert_sums(CUSTOMER)
		self.check_documents(history)
		before = frappe.db.count(LEDGER_ENTRY)
		for sale in history.sales:
			frappe.get_doc("Sales Invoice", sale.name).run_method("on_change")
		earn_now()
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), before, "looking again wrote something")

	def check_documents(self, history: History) -> None:
		"""What each sale has is a share of what it is worth, and nothing where it was cancelled; no lot was overdrawn."""
		for sale in history.sales:
			rows = frappe.get_all(
				LEDGER_ENTRY,
				{"reference_name": sale.name, "kind": ("in", ("Earn", "Reverse"))},
				["points", "full_points"],
			)
			total = sum(row.points for row in rows)
			self.assertTrue(0 <= total <= max((row.full_points for row in rows), default=0))
			if frappe.db.get_value("Sales Invoice", sale.name, "docstatus") == 2:
				self.assertEqual(total, 0)
