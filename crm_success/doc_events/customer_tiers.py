"""Keeps the tier of a customer with the customer: whoever saves it, renamed, merged or deleted with it."""

from collections.abc import Collection

import frappe
from frappe.model.document import Document

from crm_success.customer_loyalty.tiers.tier_merging import merge_standings
from crm_success.customer_loyalty.tiers.tier_writing import COPIES, forget_customers
from crm_success.database import conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.database.dialects import KeyRange
from crm_success.doc_events.guard import never_stops_saving
from crm_success.record_names import STANDING, TIER_CHANGE

# a statement stays far below MariaDB's default of 16 MB
_AT_ONCE = 5000


@never_stops_saving
def keep_tier(doc: Document, method: str | None = None) -> None:
	"""validate: tiers are written past open forms, so what a form sends may be old."""
	doc.update(COPIES.values_of(doc.name))


@never_stops_saving
def keep_tier_saved(doc: Document, method: str | None = None) -> None:
	"""on_update: what `validate` read may be older than a tier that was given meanwhile. Compared once the save is
	committed, so that no lock of ours can reach it.
	"""
	if not doc.flags.in_insert:
		_TO_COMPARE.note([doc.name])


@never_stops_saving
def delete_tier(doc: Document, method: str | None = None) -> None:
	"""on_trash: what is known of a customer goes with it."""
	forget_customers([doc.name])


@never_stops_saving
def make_room_for_tier(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename: a customer has one standing, so a merge keeps that of `new`, with the higher tier of both.

	Frappe then moves what is left. A name that no customer has yet has none.
	"""
	if merge:
		merge_standings(old, new)
	# "acme" renamed to "Acme" is the same customer to the database
	elif not frappe.db.exists("Customer", new):
		forget_customers([new])


@never_stops_saving
def clear_tier(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""before_rename, after the other: if that failed, what would make Frappe's own merge collide is lost."""
	if merge and any(_have_both(doctype, old, new) for doctype in (STANDING, TIER_CHANGE)):
		forget_customers([old])


@never_stops_saving
def show_tier(doc: Document, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""after_rename: the fields of the customer follow, also those that the other brought."""
	COPIES.update(KeyRange(names=(new,)))


def _have_both(doctype: str, *customers: str) -> bool:
	return all(frappe.db.exists(doctype, {"customer": customer}) for customer in customers)


def _compare(names: Collection[str]) -> None:
	asked = sorted(names)
	try:
		with conflicts.impatient():
			for start in range(0, len(asked), _AT_ONCE):
				COPIES.update(KeyRange(names=tuple(asked[start : start + _AT_ONCE])))
	except Exception as error:
		# somebody writes their tiers right now, perhaps, and the next evaluation compares again
		if not conflicts.is_passing(error):
			raise


_TO_COMPARE = AfterCommit(
	"crm_success_customers_with_tiers", _compare, "Customers could not be compared with their tiers"
)
