"""What ledger rows mean: documents made through ERPNext's own API, and what a person who reads them would say."""

import unittest
from typing import Any

import frappe
import pandas as pd
from frappe.utils import add_days, getdate

from crm_success.batches.working import drain
from crm_success.scoring.explain.evidence import readable_documents
from crm_success.tests.support import factories, ledgers, measuring, tills
from crm_success.tests.support.ledgers import days_ago
from crm_success.tests.support.scoring_site import ScoringTestCase, health_rows, start_and_prepare
from crm_success.tests.support.utils import IS_VERSION_15

PREFIX = "Facts"


class FactsCase(ScoringTestCase):
	"""Customers with documents, and what is measured of them."""

	def measured(self, customer: str, days: int = 0) -> pd.Series:
		"""All raw values of a customer, as of so many days ago."""
		return measuring.raw_values(days_ago(days), [named(customer)]).loc[named(customer)]

	def assert_facts(self, customer: str, days: int = 0, **expected: float | None) -> None:
		"""These values, to the penny; None means that there is none."""
		values = self.measured(customer, days)
		for key, value in expected.items():
			with self.subTest(customer=customer, days_ago=days, fact=key):
				found = None if pd.isna(values[key]) else round(float(values[key]), 2)
				self.assertEqual(found, value)

	def assert_nothing_paid(self, customer: str) -> None:
		self.assert_facts(customer, average_days_late=None, _last_payment=None)


class TestInstalments(FactsCase):
	"""Each instalment of an invoice is due on a day of its own."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		# due 60 and 30 days ago, and in 30 days
		ledgers.sell(customer("Owes Three"), 300, days_ago(90), [(30, 100), (60, 100), (120, 100)])
		# due 100 and 70 days ago
		late = ledgers.sell(customer("Pays Late"), 200, days_ago(130), [(30, 100), (60, 100)])
		ledgers.pay(late, days_ago(60), 100)
		ledgers.pay(late, days_ago(30), 100)
		ledgers.pay(
			ledgers.sell(customer("Pays At Once"), 200, days_ago(130), [(30, 100), (60, 100)]), days_ago(60)
		)
		by_terms = ledgers.sell(
			customer("Pays By Terms"), 200, days_ago(130), payment_terms_template=_terms(70, 30)
		)
		factories.make_payment(by_terms, days_ago(60))
		for _ in range(5):
			twice = ledgers.sell(customer("Pays Twice A Day"), 200, days_ago(130), [(30, 100), (60, 100)])
			ledgers.pay(twice, days_ago(60), 150)
			ledgers.pay(twice, days_ago(60), 50)
		# due 50 and 20 days ago: 150 of it are paid on the day before the first is due
		early = ledgers.sell(customer("Pays Ahead"), 200, days_ago(80), [(30, 100), (60, 100)])
		ledgers.pay(early, days_ago(51), 150)
		today = ledgers.sell(customer("Due Today"), 100, days_ago(30), [(30, 60), (60, 40)])
		ledgers.pay(today, days_ago(1), 10)
		credited = ledgers.sell(customer("Credited"), 300, days_ago(90), [(30, 100), (60, 100), (120, 100)])
		ledgers.credit(credited, 150, days_ago(10), by_itself=False)
		advance = ledgers.receive(customer("Paid Ahead"), 100, days_ago(95))
		_sell_with_advance(named("Paid Ahead"), advance)

	def test_what_is_past_due_is_overdue_and_not_the_rest(self):
		self.assert_facts(
			"Owes Three", overdue_amount=200, _overdue=200, billed_365d=300, overdue_share=66.67
		)

	def test_it_becomes_overdue_instalment_by_instalment(self):
		for days, overdue in ((61, 0), (60, 0), (59, 100), (30, 100), (29, 200)):
			self.assert_facts("Owes Three", days, overdue_amount=overdue)

	def test_an_instalment_due_today_is_not_overdue(self):
		self.assert_facts("Due Today", overdue_amount=0)

	def test_payments_are_late_against_the_instalment_they_pay(self):
		self.assert_facts("Pays Late", average_days_late=40, overdue_amount=0)
		self.assert_facts("Pays Late", 31, average_days_late=40, overdue_amount=100)
		self.assert_facts("Pays Late", 61, average_days_late=None, overdue_amount=200)
		self.assert_facts("Pays Late", 70, average_days_late=None, overdue_amount=100)

	def test_a_payment_of_several_instalments_is_as_late_as_the_earliest_that_was_open(self):
		self.assert_facts("Pays At Once", average_days_late=40, overdue_amount=0)

	def test_so_is_each_row_of_one_that_erpnext_allocates_to_terms(self):
		# version 16 keeps a row for each term, 10 days behind that of the second
		self.assert_facts("Pays By Terms", average_days_late=40 if IS_VERSION_15 else 25, overdue_amount=0)

	def test_payments_of_a_day_settle_in_the_order_in_which_they_were_made(self):
		# 150 when the first instalment was open, 50 when only the second was
		self.assert_facts("Pays Twice A Day", average_days_late=25, overdue_amount=0)

	def test_what_was_paid_ahead_pays_the_oldest_instalments(self):
		self.assert_facts("Pays Ahead", overdue_amount=50, average_days_late=0)
		self.assert_facts("Pays Ahead", 21, overdue_amount=0)

	def test_a_credit_note_takes_from_the_oldest_instalments(self):
		self.assert_facts("Credited", 11, overdue_amount=200)
		self.assert_facts("Credited", overdue_amount=50)

	def test_the_instalments_of_an_invoice_with_an_advance_are_for_the_rest(self):
		# 200 of 300 are left, in thirds, and the last of 66.67 is not due yet
		self.assert_facts("Paid Ahead", overdue_amount=133.33)

	def test_a_cap_on_what_is_overdue_takes_effect(self):
		scorecard = frappe.get_doc("Health Scorecard", "Standard")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(
			frappe.db.set_value, "Health Scorecard Cap", scorecard.caps[0].name, "cap", scorecard.caps[0].cap
		)
		scorecard.caps[0].db_set("cap", 5)
		self.score_all()
		rows = health_rows(named("Owes Three"), named("Due Today"))
		capped = {name: (row["overdue"], row["score"]) for name, row in rows.items()}
		self.assertEqual(capped[named("Owes Three")], (200, 5))
		self.assertGreater(capped[named("Due Today")][1], 5)


class TestDebtWithoutInvoice(FactsCase):
	"""Journals by which a customer owes: from before ERPNext, or taken over from somebody else."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		opened = ledgers.open_debt(customer("Owed Before"), 1000, days_ago(100), due=days_ago(20))
		later = ledgers.open_debt(customer("Paid Since"), 1000, days_ago(100), due=days_ago(60))
		ledgers.receive(named("Paid Since"), 400, days_ago(30), [(later, 400)])
		ledgers.open_debt(customer("Owed Later"), 1000, days_ago(100), due=days_ago(-20))
		invoice = ledgers.sell(customer("Gave Away"), 1000, days_ago(130))
		ledgers.move_debt(invoice, 1000, customer("Took Over"), days_ago(50), due=days_ago(25))
		ledgers.receive(customer("Paid Before"), 100, days_ago(10))
		ledgers.receive_by_journal(customer("Paid Before By Journal"), 100, days_ago(10))
		cls.opened = opened.name

	def test_a_debt_of_before_is_overdue_after_its_due_date(self):
		for days, overdue in ((99, 0), (20, 0), (19, 1000), (0, 1000)):
			self.assert_facts("Owed Before", days, overdue_amount=overdue, _overdue=overdue)
		self.assert_facts("Owed Later", overdue_amount=0)

	def test_what_is_paid_of_it_is_not_owed_and_is_late(self):
		self.assert_facts("Paid Since", overdue_amount=600, average_days_late=30, _last_payment=30)

	def test_a_debt_taken_over_is_owed_by_who_took_it(self):
		self.assert_facts("Gave Away", 51, overdue_amount=1000)
		self.assert_facts("Gave Away", overdue_amount=0)
		self.assert_facts("Took Over", 25, overdue_amount=0)
		self.assert_facts("Took Over", overdue_amount=1000, overdue_share=100)

	def test_who_only_paid_ahead_has_nothing_observed_of_debts(self):
		for name in ("Paid Before", "Paid Before By Journal"):
			self.assert_facts(
				name, overdue_amount=None, overdue_share=None, average_days_late=None, _last_payment=10
			)


class TestWhatAPaymentIs(FactsCase):
	"""Money received, and nothing else that makes a debt smaller."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		cls.set_until_over(ledgers.DOLLARS_ALLOWED)
		ledgers.make_dollars_usable()
		for make in (_give_up, _pay_in_dollars, _credit_and_reconcile, _move, _pay_by_journal, _pay_at_once):
			make()

	def test_a_debt_given_up_is_not_paid(self):
		self.assert_facts("Given Up", 11, overdue_amount=500, billed_365d=500)
		self.assert_facts("Given Up", overdue_amount=0, billed_365d=500)
		self.assert_nothing_paid("Given Up")

	def test_what_is_given_up_of_a_paid_invoice_does_not_make_it_later(self):
		self.assert_facts("Mostly Paid", average_days_late=5, _last_payment=45, overdue_amount=0)

	def test_exchange_gains_and_losses_are_no_payments(self):
		self.assert_facts("Pays Dollars", average_days_late=10, _last_payment=50, overdue_amount=0)
		# 100 dollars at .80 and 100 at .75
		self.assert_facts("Pays Dollars", billed_365d=155)

	def test_a_credit_note_is_no_payment_reconciled_or_not(self):
		for name in ("Credited", "Credited And Reconciled"):
			self.assert_facts(name, 31, overdue_amount=300)
			# on the day of the credit note, and ever since
			self.assert_facts(name, 30, overdue_amount=0)
			self.assert_facts(name, overdue_amount=0)
			self.assert_nothing_paid(name)

	def test_a_refund_is_no_payment(self):
		self.assert_facts("Refunded", average_days_late=0, _last_payment=60, overdue_amount=0)

	def test_a_debt_that_somebody_else_takes_over_is_not_paid(self):
		self.assert_nothing_paid("Moved")
		self.assert_nothing_paid("Moved To")

	def test_money_booked_by_a_journal_is_a_payment(self):
		self.assert_facts("By Bank", average_days_late=20, _last_payment=30, overdue_amount=0)
		self.assert_facts("By Cash", average_days_late=10, _last_payment=40, overdue_amount=0)
		# 90 at the bank and 10 given up, in one journal
		self.assert_facts("By Bank With Discount", average_days_late=20, _last_payment=30, overdue_amount=0)

	def test_what_is_paid_at_once_is_a_payment_in_time(self):
		self.assert_facts("At Once", average_days_late=0, _last_payment=15, overdue_amount=0)


class TestBilled(FactsCase):
	"""What was sold with taxes, whatever money went to and fro at the till."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		cls.set_until_over(*tills.CHANGE)
		tills.sell_for_cash(customer("Big Note"), 190, days_ago(20))
		tills.sell_for_cash(named("Big Note"), 10, days_ago(10), paid=200)
		for name, by_itself in (("Brought Back", False), ("Brought Back By Itself", True)):
			sold = tills.sell_for_cash(customer(name), 100, days_ago(20))
			tills.return_for_cash(sold, 100, days_ago(10), by_itself)
		invoice = ledgers.sell(customer("Refunded"), 100, days_ago(40))
		ledgers.pay(invoice, days_ago(35))
		ledgers.refund(ledgers.credit(invoice, 100, days_ago(30)), days_ago(20))
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			tills.visit(customer("Consolidated"), 100, days_ago(9))
			tills.bring_back(tills.visit(named("Consolidated"), 60, days_ago(8)), days_ago(7))
			tills.close_till(shift)

	def test_change_is_not_billed(self):
		self.assert_facts("Big Note", billed_365d=200, _overdue=0)

	def test_a_refund_is_not_billed(self):
		for name in ("Brought Back", "Brought Back By Itself", "Refunded"):
			self.assert_facts(name, billed_365d=100, _overdue=0)

	def test_a_consolidated_credit_note_is_not_billed(self):
		self.assert_facts("Consolidated", billed_365d=160, _overdue=0)


class TestTills(FactsCase):
	"""A visit counts on its day, once, whatever ERPNext makes of it when the shift ends."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		with tills.till_that_writes("POS Invoice"):
			shift = tills.open_till()
			# the shift is open for 40 days, and the customers never bought otherwise
			for name in ("Three Visits", "And An Invoice"):
				for days, amount in ((40, 10), (20, 20), (5, 30)):
					tills.visit(customer(name), amount, days_ago(days))
			ledgers.sell(named("And An Invoice"), 100, days_ago(10))
			taken = tills.visit(customer("Brings Back"), 50, days_ago(6))
			tills.visit(named("Brings Back"), 30, days_ago(4))
			tills.bring_back(taken, days_ago(2))
			frappe.db.commit()
			cls.open = {name: cls.facts_of(name) for name in EXPECTED}
			cls.health_while_open = cls.stages()
			tills.close_till(shift)
			cls.health_when_closed = cls.stages()

	@classmethod
	def facts_of(cls, name: str) -> dict[str, float]:
		values = measuring.raw_values(getdate(), [named(name)]).loc[named(name)]
		return {key: None if pd.isna(values[key]) else float(values[key]) for key in EXPECTED[name]}

	@classmethod
	def stages(cls) -> dict[str, str]:
		drain(start_and_prepare())
		rows = health_rows(*map(named, EXPECTED))
		return {name: rows[named(name)]["stage"] for name in EXPECTED}

	def test_visits_count_while_the_shift_is_open(self):
		self.assertEqual(self.open, EXPECTED)

	def test_they_count_the_same_when_it_is_closed(self):
		self.assertTrue(
			frappe.db.exists("Sales Invoice", {"is_consolidated": 1, "customer": named("Three Visits")})
		)
		self.assertEqual({name: self.facts_of(name) for name in EXPECTED}, EXPECTED)

	def test_who_only_buys_at_the_till_is_no_prospect(self):
		self.assertNotIn("Potential", self.health_while_open.values())
		self.assertEqual(self.health_while_open, self.health_when_closed)

	def test_visits_are_seen_on_their_own_days(self):
		self.assert_facts(
			"Three Visits", 10, invoices_365d=2, days_since_last_invoice=10, net_revenue_365d=30
		)
		self.assert_facts("Three Visits", 41, invoices_365d=None, net_revenue_365d=None)
		self.assert_facts("Brings Back", 3, net_revenue_365d=80, return_rate=0)


@unittest.skipIf(IS_VERSION_15, "tills of version 15 write POS Invoices only")
class TestTillsThatWriteSalesInvoices(FactsCase):
	"""From version 16 on a till may write Sales Invoices at once."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		with tills.till_that_writes("POS Invoice"):
			earlier = tills.open_till()
			sold = tills.visit(customer("Brings Back Later"), 50, days_ago(30))
			tills.visit(named("Brings Back Later"), 70, days_ago(20))
			tills.close_till(earlier)
		with tills.till_that_writes("Sales Invoice"):
			shift = tills.open_till()
			for days, amount in ((40, 10), (20, 20), (5, 30)):
				tills.visit(customer("Directly"), amount, days_ago(days), doctype="Sales Invoice")
			# ERPNext makes a Sales Invoice of this one at once
			tills.bring_back(sold, days_ago(3))
			cls.before = cls.both()
			tills.close_till(shift)

	@classmethod
	def both(cls) -> pd.DataFrame:
		return measuring.raw_values(getdate(), [named("Directly"), named("Brings Back Later")])

	def test_each_is_counted_once_before_and_after_the_end_of_the_shift(self):
		pd.testing.assert_frame_equal(self.both(), self.before)
		self.assert_facts(
			"Directly", invoices_365d=3, _frequency=3, _recency=5, net_revenue_365d=60, billed_365d=60
		)

	def test_what_is_brought_back_of_an_earlier_shift_is_credited_once(self):
		self.assert_facts(
			"Brings Back Later",
			invoices_365d=2,
			net_revenue_365d=70,
			returned_value_365d=-50,
			_recency=20,
		)


class TestRateAdjustments(FactsCase):
	"""A debit note raises a price: it is revenue, but nobody bought anything."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		invoices = [ledgers.sell(customer("Adjusted"), 100, days_ago(days)) for days in (300, 250, 200)]
		ledgers.adjust(invoices[-1], 40, days_ago(2))

	def test_it_is_revenue(self):
		self.assert_facts(
			"Adjusted", net_revenue_365d=340, gross_revenue_365d=340, _monetary=340, billed_365d=340
		)

	def test_it_is_no_purchase(self):
		self.assert_facts(
			"Adjusted",
			invoices_365d=3,
			_frequency=3,
			days_since_last_invoice=200,
			_recency=200,
			tenure_days=300,
		)

	def test_it_is_no_activity(self):
		self.score_all()
		row = health_rows(named("Adjusted"))[named("Adjusted")]
		self.assertEqual((row["activity"], row["invoices"], row["revenue"]), ("Lapsing", 3, 340))


class TestCancelledRows(FactsCase):
	"""Rows of tables that are no documents are cancelled by a flag."""

	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		ledgers.sell(customer("Cancelled"), 150, days_ago(20))
		ledgers.sell(named("Cancelled"), 100, days_ago(10)).cancel()

	def test_cancelled_ledger_rows_do_not_count(self):
		for source, value_field in (("GL Entry", "debit"), ("Payment Ledger Entry", "amount")):
			with self.subTest(source=source):
				self.assertEqual(self.sum_of(source, value_field), 150)

	def test_they_are_not_among_the_documents_behind_the_value(self):
		self.make_metric("GL Entry", "debit")
		record = frappe.get_doc("Health Metric", "Booked").as_dict()
		behind = readable_documents(record, named("Cancelled"), getdate())["documents"]
		self.assertEqual([document["value"] for document in behind], [150])

	def sum_of(self, source: str, value_field: str) -> float:
		self.make_metric(source, value_field)
		return self.measured("Cancelled")["booked"]

	def make_metric(self, source: str, value_field: str) -> None:
		frappe.delete_doc("Health Metric", "Booked", ignore_missing=True, force=True)
		values = {"metric_name": "Booked", "dimension": "Payment", "measure": "Sum", "source_doctype": source}
		values |= {"customer_field": "party", "date_field": "posting_date", "value_field": value_field}
		scale = {"scale": "Linear", "worst": 0, "best": 100, "window_days": 365, "enabled": 1}
		frappe.get_doc({"doctype": "Health Metric", **values, **scale}).insert()


EXPECTED: dict[str, dict[str, Any]] = {
	"Three Visits": {
		"invoices_365d": 3,
		"_frequency": 3,
		"days_since_last_invoice": 5,
		"_recency": 5,
		"tenure_days": 40,
		"net_revenue_365d": 60,
		"_monetary": 60,
	},
	"And An Invoice": {
		"invoices_365d": 4,
		"_frequency": 4,
		"_recency": 5,
		"tenure_days": 40,
		"net_revenue_365d": 160,
	},
	"Brings Back": {
		"invoices_365d": 2,
		"_recency": 4,
		"net_revenue_365d": 30,
		"gross_revenue_365d": 80,
		"returned_value_365d": -50,
		"return_rate": 62.5,
	},
}


def named(name: str) -> str:
	return f"{PREFIX} {name}"


def customer(name: str) -> str:
	"""A customer of that name, made where there is none yet."""
	return named(name) if frappe.db.exists("Customer", named(name)) else factories.make_customer(named(name))


def _terms(*portions: int) -> str:
	"""Terms by which parts are due 30 days one after another, and payments are allocated to them."""
	name = f"{PREFIX} {portions}"
	if not frappe.db.exists("Payment Terms Template", name):
		terms = [
			{
				"invoice_portion": portion,
				"credit_days": 30 * number,
				"due_date_based_on": "Day(s) after invoice date",
			}
			for number, portion in enumerate(portions, start=1)
		]
		for term in terms:
			values = {**term, "payment_term_name": f"{name} {term['credit_days']}"}
			term["payment_term"] = frappe.get_doc({"doctype": "Payment Term", **values}).insert().name
		values = {"template_name": name, "allocate_payment_based_on_payment_terms": 1, "terms": terms}
		frappe.get_doc({"doctype": "Payment Terms Template", **values}).insert()
	return name


def _sell_with_advance(customer: str, advance) -> None:
	"""An invoice over 300 in thirds, 100 of it paid by that advance."""
	invoice = ledgers.sell(customer, 300, days_ago(90), [(30, 100), (60, 100), (120, 100)], submit=False)
	invoice.append(
		"advances",
		{
			"reference_type": advance.doctype,
			"reference_name": advance.name,
			"advance_amount": 100,
			"allocated_amount": 100,
		},
	)
	invoice.set("payment_schedule", [])
	for portion, days in ((100 / 3, 30), (100 / 3, 60), (100 / 3, 120)):
		due = add_days(invoice.posting_date, days)
		invoice.append("payment_schedule", {"due_date": due, "invoice_portion": portion})
	invoice.save().submit()


def _give_up() -> None:
	invoice = ledgers.sell(customer("Given Up"), 500, days_ago(200))
	ledgers.write_off(invoice, 500, days_ago(10))
	# due 50 days ago
	mostly = ledgers.sell(customer("Mostly Paid"), 500, days_ago(80))
	ledgers.pay(mostly, days_ago(45), 480)
	ledgers.write_off(mostly, 20, days_ago(5))


def _pay_in_dollars() -> None:
	ledgers.make_dollar_customer(named("Pays Dollars"))
	late = ledgers.sell(named("Pays Dollars"), 100, days_ago(110), rate=0.8)
	ledgers.pay(late, days_ago(60), 100, rate=0.7)
	punctual = ledgers.sell(named("Pays Dollars"), 100, days_ago(80), rate=0.75)
	ledgers.pay(punctual, days_ago(50), 100, rate=0.9)


def _credit_and_reconcile() -> None:
	for name in ("Credited", "Credited And Reconciled"):
		invoice = ledgers.sell(customer(name), 300, days_ago(90))
		ledgers.credit(invoice, 300, days_ago(30))
	ledgers.reconcile(named("Credited And Reconciled"))
	paid = ledgers.sell(customer("Refunded"), 100, days_ago(90))
	ledgers.pay(paid, days_ago(60))
	ledgers.refund(ledgers.credit(paid, 100, days_ago(30)), days_ago(20))


def _move() -> None:
	ledgers.move_debt(
		ledgers.sell(customer("Moved"), 100, days_ago(90)), 100, customer("Moved To"), days_ago(40)
	)


def _pay_by_journal() -> None:
	# due 50 days ago
	for name, kind, days in (("By Bank", "Bank", 30), ("By Cash", "Cash", 40)):
		invoice = ledgers.sell(customer(name), 100, days_ago(80))
		ledgers.receive_by_journal(named(name), 100, days_ago(days), invoice, kind)
	invoice = ledgers.sell(customer("By Bank With Discount"), 100, days_ago(80))
	ledgers.journal(
		days_ago(30),
		ledgers.owed_by(invoice.customer, -100, invoice),
		ledgers.booked_on(ledgers.account_of("Bank"), 90),
		ledgers.booked_on(ledgers.company_account("default_expense_account"), 10),
	)


def _pay_at_once() -> None:
	tills.sell_for_cash(customer("At Once"), 100, days_ago(15))
