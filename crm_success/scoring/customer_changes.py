"""Shows on a customer's health what changed on the customer itself: name, group, territory, account manager, and
whether it is disabled. Scoring writes these too; this is for the time until then.

Snapshots stay as they were written. Leaves `modified` alone, as marks do. Computes no score and marks nobody.
"""

from collections.abc import Sequence

import frappe

from crm_success.record_names import HEALTH
from crm_success.scoring.health_rows import Row, repeated
from crm_success.scoring.queries.repeated_fields import REPEATED_FIELDS

CUSTOMER = "Customer"

_AT_ONCE = 1000


def show_on_health(customers: Sequence[str]) -> int:
	"""Write what is otherwise on the health of these customers, without committing; of how many."""
	starts = range(0, len(customers), _AT_ONCE)
	return sum(_show(customers[start : start + _AT_ONCE]) for start in starts)


def _show(customers: Sequence[str]) -> int:
	facts = _facts_of(customers)
	healths = frappe.get_all(
		HEALTH, {"customer": ("in", customers)}, ["name", "customer", *REPEATED_FIELDS], order_by=None
	)
	# not compared by the database, which takes capitals and small letters for the same
	changed = [row for row in healths if repeated(row) != facts.get(row.customer, repeated(row))]
	values = {row.name: facts[row.customer] for row in changed}
	frappe.db.bulk_update(HEALTH, values, update_modified=False)
	return len(changed)


def _facts_of(customers: Sequence[str]) -> dict[str, Row]:
	"""What their health has to repeat, of those who exist."""
	fields = ["name", *REPEATED_FIELDS.values()]
	rows = frappe.get_all(CUSTOMER, {"name": ("in", customers)}, fields, order_by=None)
	return {row.name: repeated({name: row[field] for name, field in REPEATED_FIELDS.items()}) for row in rows}
