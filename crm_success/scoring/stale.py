"""Notes which customers need scoring again because a document of theirs changed. Scores none of them.

A mark has its moment, by the database's clock. Scores that were read before it leave it, so that a document that
arrives while its customer is being scored is not forgotten.
"""

from collections.abc import Callable, Iterable

import frappe
from frappe.utils import now

from crm_success.database import clock, conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.database.upsert import take_the_offer, upsert
from crm_success.record_names import HEALTH, SETTINGS

FRESH = 0
STALE = 1

# "no score" is not zero
_NO_SCORE = dict.fromkeys(
	("score", "computed_score", "coverage", "change_30", "expected_spend", "clv", "lapse_risk", "usual_gap")
)


def mark_stale_after_commit(customers: Iterable[str | None]) -> None:
	"""Mark these customers once the running transaction is saved, whatever happens to the mark itself.

	Nothing of ours is part of a user's save: no lock, no conflict and no error can reach it.
	"""
	if _is_wanted():
		note_stale(customers)


def note_stale(customers: Iterable[str | None]) -> None:
	"""The same, whether or not the settings want it: for customers whose health may be wrong."""
	_TO_MARK.note(customer for customer in customers if customer)


def mark_stale(customers: Iterable[str], finish: Callable[[str], str] = str) -> None:
	"""One statement that marks these customers; one without a health row gets one that says so and no more."""
	mark = {"stale": STALE, "stale_since_utc": clock.utc_now_in_statement()}
	moment, user = now(), frappe.session.user
	stamps = {"creation": moment, "modified": moment, "owner": user, "modified_by": user}
	rows = [{"name": name, "customer": name, **mark, **_NO_SCORE, **stamps} for name in sorted(customers)]
	upsert(HEALTH, rows, ["customer"], dict.fromkeys(mark, take_the_offer), finish)


def mark_again(customers: Iterable[str]) -> None:
	"""Mark those of these customers that have a health row, whatever was just written there."""
	health = frappe.qb.DocType(HEALTH)
	query = (
		frappe.qb.update(health)
		.set(health.stale, STALE)
		.set(health.stale_since_utc, clock.utc_now_in_statement())
	)
	query.where(health.customer.isin(list(customers))).run()


def unmark(customers: Iterable[str]) -> None:
	"""Take the marks of customers that cannot be scored, until another document marks them. Commits, one by one.

	What keeps a row from being written may keep its mark from being taken: then it stays.
	"""
	for customer in customers:
		try:
			frappe.db.set_value(HEALTH, {"customer": customer}, "stale", FRESH, update_modified=False)
			# one by one: a row that cannot be written keeps no other mark
			frappe.db.commit()
		except Exception as error:
			conflicts.raise_if_out_of_time(error)
			conflicts.start_over()


def stale_customers(limit: int, after: str = "") -> list[str]:
	"""The next customers that need scoring, by name."""
	filters = {"stale": STALE, "customer": (">", after)}
	return frappe.get_all(HEALTH, filters=filters, pluck="customer", order_by="customer", limit=limit)


def _is_wanted() -> bool:
	if frappe.flags.in_install or frappe.flags.in_migrate:
		return False
	return bool(frappe.db.get_single_value(SETTINGS, "rescore_on_transactions"))


def mark_or_queue(names: Iterable[str]) -> None:
	"""Mark them; where a row is locked for longer than a second, a background job does it."""
	try:
		mark_stale(names, conflicts.impatiently)
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.enqueue(mark_stale_later, queue="short", timeout=300, customers=sorted(names))


def mark_stale_later(customers: list[str]) -> None:
	"""Background job: mark customers whose rows were locked when their document was saved."""

	def mark() -> None:
		mark_stale(customers)
		# tried again after a conflict, as a whole transaction
		frappe.db.commit()  # nosemgrep: frappe-manual-commit

	conflicts.again_after_conflict(mark)


_TO_MARK = AfterCommit(
	"crm_success_stale_customers", mark_or_queue, "Customers could not be marked for scoring"
)
