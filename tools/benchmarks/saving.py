"""What hearing of documents costs whoever saves one: the door for watchers, and the mark that follows the commit.

A save is what the desk asks for when somebody presses Save: the document comes as JSON, is saved and committed, and the
answer is made. The network, the session and the reading of the request are left out, which makes the share larger than it is.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median

import frappe
from frappe.desk.form.save import savedocs
from frappe.model.document import Document
from frappe.utils import getdate, nowdate

from crm_success.database.after_commit import AfterCommit
from crm_success.record_names import METRIC
from crm_success.tests.support import factories
from crm_success.watching import watched_doctypes, watchers
from crm_success.watching.watched_doctypes import ask_again
from tools.benchmarks.small_jobs import clock, seconds_of

SAVES = 100
WARM_UP = 10
LINES = 5
METRIC_NAME = "Watched by the Benchmark"


def nobody_watches() -> dict:
	"""Seconds of saving a Quotation, and those of them that go into hearing of it: medians of SAVES."""
	quotation = make_offer("Quotation", quotation_to="Customer", party_name=_customer())
	return _clocked(quotation, "Save", "terms")


def a_metric_watches() -> dict:
	"""The same for a Sales Order that is updated after it was submitted, while a metric counts orders."""
	order = make_offer("Sales Order", customer=_customer(), delivery_date=nowdate()).submit()
	with measured("Sales Order"):
		return _clocked(order, "Update", "po_no")


def make_offer(doctype: str, **values: str) -> Document:
	"""A draft of LINES lines, through ERPNext's API."""
	factories.make_fiscal_years(getdate().year)
	line = {"item_code": factories.make_item(), "qty": 1, "rate": 10, "delivery_date": nowdate()}
	head = {"company": factories.default_company(), "transaction_date": nowdate(), "items": [line] * LINES}
	return frappe.get_doc({"doctype": doctype, **head, **values}).insert()


def _customer() -> str:
	return frappe.get_all("Customer", pluck="name", limit=1)[0]


@contextmanager
def measured(doctype: str) -> Iterator[None]:
	"""A metric counts the documents of a DocType meanwhile."""
	how = {"measure": "Count", "scale": "Linear", "worst": 0, "best": 10}
	metric = frappe.get_doc(
		{"doctype": METRIC, "metric_name": METRIC_NAME, "source_doctype": doctype, **how}
	).insert()
	try:
		yield
	finally:
		metric.delete()
		frappe.db.commit()


def _clocked(doc: Document, action: str, fieldname: str) -> dict:
	"""What hearing of it costs is clocked within each save: with and without it in turns, a hundred pairs of saves differ by
	more than its whole cost.
	"""
	# as on any day: what is watched is kept for all
	ask_again()
	frappe.db.commit()
	prepare = _changing(doc, fieldname)
	whole, hearing = [], []
	for number in range(-WARM_UP, SAVES):
		text = prepare()
		with (
			clock(watchers, "tell_watchers") as told,
			clock(AfterCommit, "act_on_noted") as marked,
			clock(watched_doctypes, "_forget_here") as forgotten,
		):
			seconds = seconds_of(lambda text=text: _save(text, action))
		if number >= 0:
			whole.append(seconds)
			hearing.append(sum(told) + sum(marked) + sum(forgotten))
	return {"save": median(whole), "hearing": median(hearing)}


def _changing(doc: Document, fieldname: str) -> Callable[[], str]:
	"""The document as the desk sends it, with another value each time."""
	numbers = count()

	def change() -> str:
		# as at the beginning of a request
		frappe.clear_messages()
		frappe.response.docs = []
		fresh = frappe.get_doc(doc.doctype, doc.name)
		# no other document has that value: the site stays for the next call
		return json.dumps({**fresh.as_dict(), fieldname: f"{doc.name} {next(numbers)}"}, default=str)

	return change


def _save(text: str, action: str) -> None:
	savedocs(text, action)
	frappe.db.commit()
