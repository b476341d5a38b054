"""Points on the soak's site: rules by which invoices earn, what people spend, and what must hold after the nights of points."""

import random
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress

import frappe
from frappe.utils import add_days, getdate
from redis.exceptions import RedisError

from crm_success.batches.queueing import enqueue_prepare
from crm_success.batches.run_life import start_run
from crm_success.customer_loyalty.earning import due_documents
from crm_success.customer_loyalty.earning.due_earning import earn_due_documents
from crm_success.customer_loyalty.earning.earning_documents import INVOICE
from crm_success.customer_loyalty.points import points_night
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.record_names import ACCOUNT, DUE_DOCUMENT, EARNING_RULE, LEDGER_ENTRY
from crm_success.tests.support.points_due import EACH, POINTS, due_of

# name: what it has besides its points; older documents than these days earn nothing
RULES = {
	"Submitted": {"event": "Invoice Submitted", "lapse": "After Days", "lapse_number": 2},
	"Paid in Part": {"event": "Invoice Paid in Proportion", "wait_days": 1},
	"Paid": {"event": "Invoice Paid in Full", "lapse": "After Days Without Activity", "lapse_number": 3},
}
OLDEST_DAYS = 30


class SoakPoints:
	"""What people spend; each knows what it was told."""

	def __init__(self, dice: random.Random) -> None:
		self.dice = dice
		self.spent: dict[str, int] = {}
		self._asked: tuple[str, str, int] | None = None

	def spend(self) -> None:
		"""Some of what a customer has."""
		self.note_what_was_kept()
		key, customer, points = self._asked = self._choose()
		if points:
			ledger = Ledger([customer], getdate())
			ledger.redeem(customer, points, Details(getdate(), event_key=key))
			ledger.write()
			frappe.db.commit()
		self.note_what_was_kept()

	def note_what_was_kept(self) -> None:
		"""A spending of which no answer came may be kept all the same."""
		if self._asked:
			key, _customer, points = self._asked
			if frappe.db.exists(LEDGER_ENTRY, {"event_key": key}):
				self.spent[key] = points
			self._asked = None

	def _choose(self) -> tuple[str, str, int]:
		accounts = frappe.get_all(
			ACCOUNT, {"available": (">", 0)}, ["customer", "available"], order_by="customer"
		)
		key = key_of("soak", self.dice.random())
		if not accounts:
			return key, "", 0
		account = self.dice.choice(accounts)
		return key, account.customer, self.dice.randint(1, account.available)


def begin() -> None:
	"""Three rules, so that an invoice has points of its own by each."""
	values = {"basis": "For Each Amount", "points": POINTS, "each_amount": EACH}
	values["valid_from"] = add_days(getdate(), -OLDEST_DAYS)
	for name, own in RULES.items():
		frappe.get_doc({"doctype": EARNING_RULE, "rule_name": name, **values, **own}).insert()
	frappe.db.commit()


def begin_night() -> str:
	"""As the scheduler does once a day. A queue that is gone loses the job, not the run."""
	run = start_run(points_night.KIND, getdate(), "Schedule")
	frappe.db.commit()
	with suppress(RedisError):
		enqueue_prepare(run)
		frappe.db.commit()
	return run


def is_something_due() -> bool:
	frappe.db.rollback()
	return bool(frappe.get_all(DUE_DOCUMENT, limit=1))


def queue_earning() -> None:
	due_documents.queue_earning()


def earn_what_is_left() -> None:
	"""In this process; workers may be at it too."""
	earn_due_documents()


def entries() -> int:
	frappe.db.rollback()
	return frappe.db.count(LEDGER_ENTRY)


def contradictions(points: SoakPoints, invoices: Collection[str]) -> Iterator[str]:
	"""What must hold when nights and jobs are over: accounts and lots add up, each document has what it is due, and what
	was spent was spent once.
	"""
	points.note_what_was_kept()
	rows = frappe.get_all(LEDGER_ENTRY, fields=["*"], order_by=None)
	yield from _wrong_sums(rows)
	yield from _wrong_lots(rows)
	yield from _wrong_documents(rows, invoices)
	yield from _wrong_spendings(rows, points.spent)
	for row in frappe.get_all(DUE_DOCUMENT, fields=["reference_name", "attempts", "error"]):
		yield f"{row.reference_name} is due still, after {row.attempts} attempts: {row.error}"


def _wrong_sums(rows: list) -> Iterator[str]:
	sums, spent, lost = Counter(), Counter(), Counter()
	for row in rows:
		sums[row.customer] += row.points
		spent[row.customer] -= row.points if row.kind == "Redeem" else 0
		lost[row.customer] -= row.points if row.kind == "Expire" else 0
	for row in frappe.get_all(ACCOUNT, fields=["customer", "balance", "spent", "expired"]):
		told, counted = (
			(row.balance, row.spent, row.expired),
			(sums[row.customer], spent[row.customer], lost[row.customer]),
		)
		if told != counted:
			yield f"the account of {row.customer} says {told} of balance, spent and lost; its entries {counted}"
	for customer in {name for name, points in sums.items() if points} - set(
		frappe.get_all(ACCOUNT, pluck="customer")
	):
		yield f"{customer} has points and no account"


def _wrong_lots(rows: list) -> Iterator[str]:
	left, lots = Counter(), {row.name: row for row in rows if not row.lot}
	for row in rows:
		left[row.lot or row.name] += row.points
	for name, points in left.items():
		if name not in lots:
			yield f"entries are of {name}, which is no lot"
			continue
		lowest, highest = sorted((0, lots[name].points))
		if not lowest <= points <= highest:
			yield f"of {lots[name].points} points of {lots[name].reference_name}, {points} are left"


def _wrong_documents(rows: list, invoices: Collection[str]) -> Iterator[str]:
	"""Of invoices that people made: what they should have. Of any others: nothing, where they are gone."""
	has = Counter()
	for row in rows:
		if row.rule:
			has[row.reference_name, row.rule] += row.points if row.kind in ("Earn", "Reverse") else 0
	living = set(frappe.get_all(INVOICE, {"docstatus": 1}, pluck="name"))
	made = {(name, rule) for name in invoices for rule in RULES}
	for name, rule in sorted({*has, *made}):
		is_known = (name, rule) in made or name not in living
		if is_known and has[name, rule] != (due := due_of(INVOICE, name, RULES[rule]["event"])):
			yield f"{name} has {has[name, rule]} points by {rule}, and is due {due}"


def _wrong_spendings(rows: list, spent: dict[str, int]) -> Iterator[str]:
	found = Counter()
	for row in rows:
		if row.kind == "Redeem":
			found[row.event_key.partition("|")[0]] -= row.points
	for key in {*found, *spent}:
		if found[key] != spent.get(key):
			yield f"{found[key]} points were spent where {spent.get(key)} were told"
