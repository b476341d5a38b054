"""Random histories of sales, payments, returns, tills, cancellations, spending, merged customers and nights: the ledger always
adds up, and each sale has what it is due.
"""

import os
from contextlib import ExitStack

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_success.record_names import LEDGER_ENTRY
from crm_success.tests.support import tills
from crm_success.tests.support.points_due import EACH, POINTS, due_of
from crm_success.tests.support.points_histories import PREFIX, STEPS, PointsHistory
from crm_success.tests.support.points_site import (
	PointsTestCase,
	assert_sums,
	earn_now,
	forget_points,
	make_rule,
)

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
EVENTS = ("Invoice Submitted", "Invoice Paid in Full", "Invoice Paid in Proportion")


class TestRandomPoints(PointsTestCase):
	def setUp(self):
		super().setUp()
		till = ExitStack()
		till.enter_context(tills.till_that_writes("POS Invoice"))
		self.addCleanup(till.close)

	@settings(
		max_examples=6 * TIMES,
		deadline=None,
		suppress_health_check=list(HealthCheck),
		derandomize=TIMES == 1,
	)
	@given(
		event=st.sampled_from(EVENTS),
		wait=st.sampled_from((0, 3)),
		lapse=st.sampled_from((None, "After Days", "After Days Without Activity")),
		steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 12)), min_size=8, max_size=20),
	)
	def test_the_ledger_adds_up_whatever_happens(self, event, wait, lapse, steps):
		frappe.db.rollback()
		forget_points()
		self._take_back_documents()
		rule = {"event": event, "wait_days": wait, "points": POINTS, "each_amount": EACH}
		make_rule(**rule, **({"lapse": lapse, "lapse_number": 7} if lapse else {}))
		history = PointsHistory()
		for step, number in steps:
			if step == "night":
				self.night()
			else:
				history.do(step, number)
			frappe.db.rollback()
			self.assert_sums_of_all()
		self.night()
		self.assert_sums_of_all()
		self.check_documents(history, event)
		before = frappe.db.count(LEDGER_ENTRY)
		for doctype, name in history.documents:
			if frappe.db.exists(doctype, name):
				frappe.get_doc(doctype, name).run_method("on_change")
		earn_now()
		self.night()
		self.assertEqual(frappe.db.count(LEDGER_ENTRY), before, "looking again wrote something")

	def assert_sums_of_all(self) -> None:
		for customer in frappe.get_all("Customer", {"name": ("like", f"{PREFIX}%")}, pluck="name"):
			assert_sums(customer)

	def check_documents(self, history: PointsHistory, event: str) -> None:
		"""Each sale has what it is due: nothing where it was cancelled or is gone. Nothing else gave any points."""
		filters = {"kind": ("in", ("Earn", "Reverse"))}
		asked = ["reference_doctype", "reference_name", "points"]
		has = dict.fromkeys(history.documents, 0)
		for row in frappe.get_all(LEDGER_ENTRY, filters, asked, order_by=None):
			document = (row.reference_doctype, row.reference_name)
			self.assertIn(document, has, "points of nothing")
			has[document] += row.points
		self.assertEqual(has, {document: due_of(*document, event) for document in has})
