"""Once the save of a customer is committed, compares the customer with its health, both ways. Writes nothing before that.

Nothing of it is part of the user's save: no lock, no conflict and no error can reach it.
"""

from collections.abc import Collection

import frappe
from frappe.model.document import Document

from crm_success.database import conflicts
from crm_success.database.after_commit import AfterCommit
from crm_success.database.dialects import KeyRange
from crm_success.scoring.customer_changes import show_on_health
from crm_success.scoring.customer_fields import update_customers
from crm_success.scoring.queries.repeated_fields import REPEATED_FIELDS
from crm_success.scoring.stale import mark_again, mark_or_queue

# a statement stays far below MariaDB's default of 16 MB
_AT_ONCE = 5000


def compare_after_commit(customer: Document) -> None:
	"""Compare a customer with its health once the running transaction is saved, whatever happens to that.

	Where it says something else than before, it is marked for scoring too: another group may bring another scorecard,
	and a batch that read the customer before may write what it read after this.
	"""
	says_else = any(customer.has_value_changed(fieldname) for fieldname in REPEATED_FIELDS.values())
	_TO_COMPARE.note([(customer.name, says_else)])


def _compare(noted: Collection[tuple[str, bool]]) -> None:
	names = sorted({name for name, _says_else in noted})
	try:
		with conflicts.impatient():
			show_on_health(names)
			if changed := [name for name in names if (name, True) in noted]:
				mark_again(changed)
			for start in range(0, len(names), _AT_ONCE):
				update_customers(KeyRange(names=tuple(names[start : start + _AT_ONCE])))
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		# scoring is writing their health: it may have looked at the customers before they were saved
		mark_or_queue(names)


# the next scoring compares again
_TO_COMPARE = AfterCommit(
	"crm_success_saved_customers", _compare, "Customers could not be compared with their health"
)
