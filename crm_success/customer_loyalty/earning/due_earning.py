"""Looks at the documents that are due for points, and brings the ledger up. Notes none of them."""

from collections.abc import Collection, Sequence

import frappe
from frappe.utils import cstr

from crm_success.batches import piecewise
from crm_success.batches.scheduled import logged
from crm_success.customer_loyalty.earning.due_documents import note
from crm_success.customer_loyalty.earning.earning import earn
from crm_success.customer_loyalty.earning.earning_documents import INVOICE, TILL, till_sales_in
from crm_success.customer_loyalty.earning.earning_records import rules_of_now
from crm_success.customer_loyalty.earning.earning_values import EarningRule
from crm_success.customer_loyalty.earning.holding import hold_customers_of
from crm_success.record_names import DUE_DOCUMENT

AT_ONCE = 200
# whoever saves such a document again makes it due anew, and so does the nightly check
MOST_ATTEMPTS = 3


@logged
def earn_due_documents() -> None:
	"""Every five minutes, and soon after a document changed: until nothing is due. Commits."""
	while due := _next():
		rules = rules_of_now(with_disabled=True)
		for doctype in sorted({row.reference_doctype for row in due}):
			_earn_some(doctype, [row for row in due if row.reference_doctype == doctype], rules)


def _next() -> list[frappe._dict]:
	# a new transaction sees what others have noted
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return frappe.get_all(
		DUE_DOCUMENT,
		{"attempts": ("<", MOST_ATTEMPTS)},
		["name", "reference_doctype", "reference_name", "modified", "attempts"],
		order_by="attempts, modified",
		limit=AT_ONCE,
	)


def _earn_some(doctype: str, due: Sequence[frappe._dict], rules: Collection[EarningRule]) -> None:
	def work(some: Sequence[frappe._dict]) -> None:
		names = sorted(row.reference_name for row in some)
		hold_customers_of(doctype, names, rules)
		earn(doctype, names, rules)
		_forget(some)
		if doctype == INVOICE:
			# what sums up the sales of a shift may have been paid just now
			note((TILL, name) for name in till_sales_in(names))

	piecewise.work_through(due, work, _note_failure)


def _forget(due: Sequence[frappe._dict]) -> None:
	"""They are done, unless somebody noted one anew meanwhile."""
	rows = frappe.qb.DocType(DUE_DOCUMENT)
	for row in due:
		query = frappe.qb.from_(rows).delete()
		query.where((rows.name == row.name) & (rows.modified == row.modified)).run()


def _note_failure(row: frappe._dict, error: Exception) -> None:
	frappe.log_error(
		title=f"Points of {row.reference_doctype} {row.reference_name} could not be worked out"[:140]
	)
	values = {"attempts": row.attempts + 1, "error": cstr(error)[:500]}
	frappe.db.set_value(DUE_DOCUMENT, row.name, values, update_modified=False)
