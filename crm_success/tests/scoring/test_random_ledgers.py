"""Random ledgers made through ERPNext's API: what is overdue is what ERPNext's own reports say, that day and earlier.

FUZZ_TIMES=10 makes ten times as many (`make soak`).
"""

import os
import unittest
from collections import Counter, defaultdict

import frappe

from crm_success.scoring.explain.evidence import documents_behind
from crm_success.scoring.frozen_definitions import freeze
from crm_success.tests.scoring.test_standalone_agrees import AgreementCase
from crm_success.tests.support import ledgers, measuring, receivables, tills
from crm_success.tests.support.ledgers import days_ago

try:
	from crm_success.tests.support import random_ledgers
except ImportError as error:
	raise unittest.SkipTest(
		"Random ledgers need the Python package hypothesis, of Frappe's development requirements"
	) from error

LEDGERS = 10 * int(os.environ.get("FUZZ_TIMES") or 1)
EARLIER = (30, 100, 200)
PENNY = 0.0101


class TestRandomLedgers(AgreementCase):
	@classmethod
	def make_documents(cls):
		ledgers.make_years()
		ledgers.make_dollars_usable()
		cls.set_until_over(ledgers.DOLLARS_ALLOWED, *tills.CHANGE)
		cls.books = random_ledgers.make_books("Random", LEDGERS, frappe.db.commit)
		cls.stories = {name: "\n".join(books.story) for books in cls.books for name in books.customers}
		cls.expected = {days: receivables.overdue_on(days_ago(days)) for days in (0, *EARLIER)}

	def test_everything_was_done(self):
		done = sum((books.done for books in self.books), Counter())
		refused = sum((books.refused for books in self.books), Counter())
		print(f"{dict(done)}, refused {dict(refused)}", end=" ", flush=True)
		self.assertEqual({kind for kind in random_ledgers.KINDS if not done[kind]}, set())
		self.assertGreater(done.total(), 10 * LEDGERS)

	def test_overdue_is_what_accounts_receivable_says(self):
		for days, overdue in self.expected.items():
			expected = Counter()
			for (customer, _voucher), amount in overdue.items():
				expected[customer] += amount
			values = measuring.raw_values(days_ago(days), list(self.stories)).fillna(0)
			self.assertGreater(len(expected), LEDGERS / 2)
			for customer, story in self.stories.items():
				for key in ("overdue_amount", "_overdue"):
					with self.subTest(customer=customer, days_ago=days, key=key, story=story):
						self.assertAlmostEqual(values[key][customer], expected[customer], delta=PENNY)

	def test_each_document_is_overdue_by_as_much(self):
		for days, overdue in self.expected.items():
			documents = self.overdue_documents(days)
			for customer, story in self.stories.items():
				theirs = {name: amount for (of, name), amount in overdue.items() if of == customer}
				ours = documents[customer]
				with self.subTest(customer=customer, days_ago=days, story=story):
					self.assertEqual(set(ours), set(theirs))
					for name, amount in theirs.items():
						self.assertAlmostEqual(ours[name], amount, delta=PENNY)

	def test_the_same_invoices_have_the_status_overdue(self):
		vouchers = receivables.outstanding_on(days_ago(0))
		in_doubt = {invoice for _customer, invoice in receivables.open_credits(vouchers)}
		filters = {"customer": ("in", list(self.stories)), "docstatus": 1}
		invoices = frappe.get_all("Sales Invoice", filters, ["name", "customer"])
		theirs = {(row.customer, row.name) for row in invoices if is_overdue(row.name)}
		self.assertGreater(len(theirs), LEDGERS / 2)
		documents = self.overdue_documents(0)
		for customer, story in self.stories.items():
			ours = {name for name in documents[customer] if frappe.db.exists("Sales Invoice", name)}
			with self.subTest(customer=customer, story=story):
				self.assertEqual(ours - in_doubt, {name for of, name in theirs if of == customer} - in_doubt)

	def test_the_standalone_command_says_the_same(self):
		self.assert_agreement()

	def test_so_it_does_of_an_earlier_day(self):
		self.today = days_ago(EARLIER[1])
		site, _run, standalone, _outcome = self.score_both()
		self.assert_same_rows(site, standalone)

	def overdue_documents(self, days: int) -> dict[str, dict[str, float]]:
		"""What of ours is overdue, by customer and document."""
		frozen = freeze(days_ago(days))
		metric = next(metric for metric in frozen.definitions.metrics if metric.key == "overdue_amount")
		tables, money = frozen.tables_by_doctype, frozen.definitions.money
		found: dict[str, dict[str, float]] = defaultdict(dict)
		for customer in self.stories:
			rows = documents_behind(metric, tables, money, customer, days_ago(days), 1000)
			for row in rows:
				voucher = frappe.db.get_value(row["doctype"], row["name"], "against_voucher_no")
				amount = found[customer].get(voucher, 0) + float(row["value"] or 0)
				found[customer][voucher] = amount
		return found


def is_overdue(invoice: str) -> bool:
	"""By the status that ERPNext gives it today."""
	doc = frappe.get_doc("Sales Invoice", invoice)
	doc.set_status(update=True)
	return doc.status.startswith("Overdue")
