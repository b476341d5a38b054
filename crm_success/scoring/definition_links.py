"""Links from scores to definitions: none is written to a definition that is gone, and a deletion takes them back.

What is written is held until the transaction ends: whoever renames or deletes a definition comes before, and it is
left out here, or after, and then Frappe's own renaming or `forget` finds the new rows too.
"""

from collections.abc import Iterable, Sequence

import frappe
from frappe import _

from crm_success.batches.messages import EXAMPLES, WARNING, Message
from crm_success.database import reading
from crm_success.record_names import SCORECARD, SEGMENT
from crm_success.scoring.health_rows import Row

# fields of Customer Health and its snapshots, and the definitions that an administrator may delete in the middle of a run
LINKS = {"segment": SEGMENT, "scorecard": SCORECARD}

_AT_ONCE = 2000


def without_dangling(rows: Sequence[Row]) -> tuple[list[Row], list[str], list[Message]]:
	"""The rows without links to what is gone, the customers that lost one, and what to say of it."""
	gone = {fieldname: _gone(doctype, rows, fieldname) for fieldname, doctype in LINKS.items()}
	kept, poorer, messages = list(rows), set(), []
	for fieldname, names in gone.items():
		customers = [row["customer"] for row in kept if row[fieldname] in names]
		if customers:
			kept = [{**row, fieldname: None} if row[fieldname] in names else row for row in kept]
			poorer.update(customers)
			messages.append(_about(LINKS[fieldname], names, customers))
	return kept, sorted(poorer), messages


def forget(doctypes: Iterable[str], fieldname: str, names: Sequence[str]) -> None:
	"""Empty this link wherever it names one of these, by name and in pieces.

	Commits after each piece: the link has no index, and one update would lock every score until the caller's commit.
	"""
	for doctype in doctypes:
		while rows := frappe.get_all(
			doctype, filters={fieldname: ("in", names)}, pluck="name", order_by="name", limit=_AT_ONCE
		):
			frappe.db.set_value(doctype, {"name": ("in", rows)}, fieldname, None, update_modified=False)
			# lets go of the locks
			frappe.db.commit()  # nosemgrep: frappe-manual-commit


def _gone(doctype: str, rows: Iterable[Row], fieldname: str) -> set[str]:
	"""The names among the rows that do not exist; those that do are kept from changing until the transaction ends."""
	named = {row[fieldname] for row in rows if row[fieldname]}
	return named - set(reading.hold(doctype, named))


def _about(doctype: str, names: Iterable[str], customers: Sequence[str]) -> Message:
	reason = _("{0} {1} was renamed or deleted meanwhile. Customers lack it until they are scored again.")
	named = ", ".join(sorted(names))
	return Message(
		WARNING, reason.format(_(doctype), named), doctype, len(customers), tuple(customers[:EXAMPLES])
	)
