"""A test case with rules that give points for real: jobs commit, and all of it is taken back. Judges nobody."""

import threading
from collections.abc import Callable
from typing import Any

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.preparing import prepare_run
from crm_success.batches.run_life import start_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.customer_loyalty.points import points_night
from crm_success.customer_loyalty.points.due_earning import earn_due_documents
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.switching import switch_overs
from crm_success.record_names import (
	ACCOUNT,
	ADJUSTMENT,
	DUE_DOCUMENT,
	EARNING_RULE,
	LEDGER_ENTRY,
	SWITCH_OVER,
	SWITCHED_PROGRAM,
)
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase

TODAY = getdate()
# a point for each ten
ONE_FOR_TEN = {"event": "Invoice Submitted", "basis": "For Each Amount", "points": 1, "each_amount": 10}
FIGURES = ("available", "pending", "balance")


class PointsTestCase(ScoringTestCase):
	"""Rules, entries, accounts and adjustments of a test are gone after it, and so are its customers and documents."""

	def setUp(self):
		super().setUp()
		factories.make_fiscal_years(TODAY.year - 1, TODAY.year)
		self._before = {doctype: set(frappe.get_all(doctype, pluck="name")) for doctype in _MADE}
		self.addCleanup(self._take_back_documents)
		self.addCleanup(forget_points)

	def _take_back_documents(self):
		frappe.db.rollback()
		frappe.set_user("Administrator")
		for doctype, names in self._before.items():
			for name in set(frappe.get_all(doctype, pluck="name")) - names:
				frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()

	def night(self, as_of: Any = None) -> Any:
		"""A whole night of points in this process; the run's document."""
		frappe.db.commit()
		run = start_run(points_night.KIND, getdate(as_of), "Command")
		frappe.db.commit()
		prepare_run(run)
		drain(run)
		earn_now()
		doc = frappe.get_doc(RUN, run)
		self.assertTrue(doc.status.startswith("Completed"), doc.as_dict())
		return doc


_MADE = (
	"Customer",
	"Sales Invoice",
	"POS Invoice",
	"Payment Entry",
	"GL Entry",
	"Payment Ledger Entry",
	"Loyalty Point Entry",
	"Loyalty Program",
	"Loyalty Program Collection",
)


def forget_points() -> None:
	"""As the site was: no rules, no points."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	ours = (LEDGER_ENTRY, ACCOUNT, DUE_DOCUMENT, EARNING_RULE, ADJUSTMENT, SWITCH_OVER, SWITCHED_PROGRAM)
	for doctype in ours:
		frappe.db.delete(doctype)
	frappe.db.delete(RUN, {"kind": ("in", (points_night.KIND, switch_overs.KIND))})
	frappe.clear_cache()
	frappe.db.commit()


def make_rule(name: str = "One for Ten", **values: Any) -> Any:
	"""A rule through its controller; its document. Without values, a point for each ten of submitted invoices."""
	rule = frappe.get_doc({"doctype": EARNING_RULE, "rule_name": name, **ONE_FOR_TEN, **values}).insert()
	frappe.db.commit()
	return rule


def earn_now() -> None:
	"""What a job does soon after a document was saved."""
	frappe.db.commit()
	earn_due_documents()


def points_of(customer: str) -> tuple[int, int, int]:
	"""Available, pending and balance of the customer's account, which must be the sums of its entries."""
	frappe.db.rollback()
	assert_sums(customer)
	return frappe.db.get_value(ACCOUNT, {"customer": customer}, FIGURES) or (0, 0, 0)


def assert_sums(customer: str) -> None:
	"""The balance is the sum of entries, and no lot holds less than nothing beside one that holds more."""
	entries = frappe.get_all(LEDGER_ENTRY, {"customer": customer}, ["name", "lot", "points"])
	left: dict[str, int] = {}
	for entry in entries:
		lot = entry.lot or entry.name
		left[lot] = left.get(lot, 0) + entry.points
	balance = frappe.db.get_value(ACCOUNT, {"customer": customer}, "balance") or 0
	assert balance == sum(left.values()) == sum(entry.points for entry in entries), (balance, entries)
	assert not (min(left.values(), default=0) < 0 < max(left.values(), default=0)), left


def spend(customer: str, points: int) -> None:
	"""As a redemption does."""
	ledger = Ledger([customer], TODAY)
	ledger.redeem(customer, points, Details(TODAY))
	ledger.write()
	frappe.db.commit()


def side_by_side(number: int, work: Callable[[], None]) -> None:
	"""Do the work so many times at once, each on a connection of its own."""
	site = frappe.local.site

	def connected() -> None:
		frappe.init(site=site)
		frappe.connect()
		try:
			work()
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=connected) for _number in range(number)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	frappe.db.rollback()


def entries_of(customer: str) -> list[tuple[str, int]]:
	"""Kind and points of each entry, in order."""
	frappe.db.rollback()
	return frappe.get_all(
		LEDGER_ENTRY, {"customer": customer}, ["kind", "points"], order_by="entry_number", as_list=True
	)


def days_ago(days: int) -> Any:
	return add_days(TODAY, -days)
