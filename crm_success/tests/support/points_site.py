"""A test case with rules that give points for real: jobs commit, and all of it is taken back. Judges nobody."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import frappe
from frappe.utils import add_days, getdate

from crm_success.batches.preparing import prepare_run
from crm_success.batches.run_life import start_run
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.customer_loyalty.earning.backfill_records import KIND as BACKFILL_KIND
from crm_success.customer_loyalty.earning.due_earning import earn_due_documents
from crm_success.customer_loyalty.points import points_night
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.switching import switch_overs
from crm_success.database import conflicts
from crm_success.record_names import (
	ACCOUNT,
	ADJUSTMENT,
	BACKFILL,
	BACKFILL_REASON,
	DUE_DOCUMENT,
	EARNING_RULE,
	LEDGER_ENTRY,
	LOYALTY_SETTINGS,
	REFERRAL,
	SWITCH_OVER,
	SWITCHED_PROGRAM,
)
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase
from crm_success.tests.support.utils import forget_cached_values
from crm_success.watching.watched_doctypes import ask_again

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
	*("POS Invoice", "POS Opening Entry", "POS Closing Entry", "POS Invoice Merge Log"),
)


_OF_POINTS = (
	LEDGER_ENTRY,
	ACCOUNT,
	DUE_DOCUMENT,
	EARNING_RULE,
	ADJUSTMENT,
	BACKFILL,
	BACKFILL_REASON,
	REFERRAL,
	SWITCH_OVER,
	SWITCHED_PROGRAM,
)


def forget_points() -> None:
	"""As the site was: no rules, no points."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	for doctype in _OF_POINTS:
		frappe.db.delete(doctype)
	frappe.db.delete(RUN, {"kind": ("in", (points_night.KIND, BACKFILL_KIND, switch_overs.KIND))})
	# no more than what was kept of these: all metas would have to be read again for the next test
	for doctype in (*_OF_POINTS, LOYALTY_SETTINGS):
		frappe.clear_document_cache(doctype)
	forget_cached_values()
	ask_again()
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
	"""The balance is the sum of entries, no lot gave or took more than it is of, and none is owed beside one that holds some."""
	entries = frappe.get_all(LEDGER_ENTRY, {"customer": customer}, ["name", "lot", "points"])
	left: dict[str, int] = {}
	for entry in entries:
		lot = entry.lot or entry.name
		left[lot] = left.get(lot, 0) + entry.points
	account = frappe.db.get_value(ACCOUNT, {"customer": customer}, ["balance", "next_change"], as_dict=True)
	balance, total = (account.balance if account else 0), sum(left.values())
	# what has lapsed counts no more, and is written off in the night
	is_due = bool(account and account.next_change and account.next_change <= TODAY)
	assert balance <= total if is_due else balance == total, (balance, entries)
	assert not (min(left.values(), default=0) < 0 < max(left.values(), default=0)), left
	for entry in entries:
		if not entry.lot:
			lowest, highest = sorted((0, entry.points))
			assert lowest <= left[entry.name] <= highest, (entry, left[entry.name])


def adjust(customer: str, points: int, submit: bool = True, **values: Any) -> Any:
	"""A Loyalty Adjustment through its controller."""
	record = {
		"doctype": ADJUSTMENT,
		"customer": customer,
		"company": factories.default_company(),
		"posting_date": TODAY,
		"points": points,
		"reason": "For the test",
		**values,
	}
	doc = frappe.get_doc(record).insert()
	if submit:
		doc.submit()
	frappe.db.commit()
	return doc


def spend(customer: str, points: int) -> None:
	"""As a redemption does."""
	ledger = Ledger([customer], TODAY)
	ledger.redeem(customer, points, Details(TODAY))
	ledger.write()
	frappe.db.commit()


def side_by_side(number: int, work: Callable[[], None]) -> None:
	"""Do the work so many times at once, each on a connection of its own."""
	at_once(*[work] * number)


def at_once(*works: Callable[[], None]) -> None:
	"""Do all of it at once, each on a connection of its own. The first error of any is raised in the end."""
	site, errors = frappe.local.site, []

	def connected(work: Callable[[], None]) -> None:
		frappe.init(site=site)
		frappe.connect()
		try:
			work()
		except Exception as error:
			errors.append(error)
		finally:
			frappe.destroy()

	threads = [threading.Thread(target=connected, args=(work,)) for work in works]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	frappe.db.rollback()
	if errors:
		raise errors[0]


def in_rounds(customers: Sequence[str], *works: Callable[[str], None]) -> None:
	"""For each customer do all of it at the same instant, each on a connection that has read the account before."""
	barrier = threading.Barrier(len(works), timeout=60)

	def going_through(work: Callable[[str], None]) -> None:
		try:
			for customer in customers:
				# an old snapshot, as a user's request has one
				frappe.db.get_value(ACCOUNT, {"customer": customer}, "balance")
				barrier.wait()
				conflicts.again_after_conflict(partial(work, customer))
		except BaseException:
			# nobody waits for this one any more
			barrier.abort()
			raise

	at_once(*(partial(going_through, work) for work in works))


def entries_of(customer: str) -> list[tuple[str, int]]:
	"""Kind and points of each entry, in order."""
	frappe.db.rollback()
	return frappe.get_all(
		LEDGER_ENTRY, {"customer": customer}, ["kind", "points"], order_by="entry_number", as_list=True
	)


def let_a_day_pass() -> None:
	"""All points are a day older, which to the ledger is the same as a new day."""
	for doctype in (LEDGER_ENTRY, ACCOUNT):
		table = frappe.qb.DocType(doctype)
		query = frappe.qb.update(table)
		for df in frappe.get_meta(doctype).fields:
			if df.fieldtype == "Date":
				moved = frappe.query_builder.CustomFunction("ADDDATE", ["date", "days"])
				query = query.set(table[df.fieldname], moved(table[df.fieldname], -1))
		query.run()
	frappe.db.commit()


def days_ago(days: int) -> Any:
	return add_days(TODAY, -days)
